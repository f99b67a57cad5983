package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"filterbank/filters"
	"filterbank/pipeline/animate"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/drawing"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/source"
)

// animation are the flags of animate.
type animation struct {
	flags
	layer, filter string
	file          string
	each          string
	frames        int
	delay         time.Duration
	size          string
	theme         string
	pair          bool
}

func newAnimate(c console) *cobra.Command {
	f := animation{flags: flags{noMaps: true, layers: "all"}}
	cmd := &cobra.Command{
		Use:   "animate [flags] INPUT",
		Short: "Animate a layer on a picture, with every number of its sums",
		Long: "Draws a layer at work: the window on the input, values × weights = products, the sum\n" +
			"so far and the outputs, frame by frame. The ending of -o chooses the form: .gif is one\n" +
			"animation; .png and .svg are a file a frame, so that -o step.png writes step-0001.png,\n" +
			"step-0002.png and so on. A map with more places than frames is shown row 0 by place and\n" +
			"then by whole rows.",
		Example: "  filterbank animate samples/textbook.png -c samples/textbook.yaml -o a.gif\n" +
			"  filterbank animate photo.jpg -c stack.yaml --layer edges --filter 3 -o b.gif\n" +
			"  filterbank animate photo.jpg -c stack.yaml --each term -o step.svg",
		Args: arguments{1, 1, "a picture", "samples/textbook.png -c samples/textbook.yaml -o textbook.gif"}.check,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), c, args)
		},
	}
	s := cmd.Flags()
	s.StringVarP(&f.config, "config", "c", "", "stack file, YAML or JSON (the embedded starter stack)")
	s.StringArrayVar(&f.banks, "bank", nil, "built-in banks in place of -c, one layer each: sobel,prewitt or gabor:orientations=4,wavelength=12")
	s.StringArrayVar(&f.sets, "set", nil, "override a value of the stack file, as in layers.0.conv.stride=2; repeatable")
	s.Int64Var(&f.pixels, "limit-pixels", decode.DefaultPixels, "refuse pictures with more pixels before decoding them")
	s.StringVar(&f.layer, "layer", "", "layer to show (the last one)")
	s.StringVar(&f.filter, "filter", "", "filter to show, by name or from 0 (all if their places fit into the frames, or else the first)")
	s.StringVarP(&f.file, "out", "o", "", "file to write: .gif, .png or .svg")
	s.StringVar(&f.each, "each", animate.Place, "what a frame adds: place, channel or term")
	s.IntVar(&f.frames, "frames", 120, fmt.Sprintf("frames at most, up to %d", animate.MostFrames))
	s.DurationVar(&f.delay, "delay", 700*time.Millisecond, "time that a frame of a GIF is shown; the last one stays three times as long")
	s.StringVar(&f.size, "size", "1280x720", fmt.Sprintf("width and height in pixels, up to %dx%[1]d", animate.MostSide))
	s.StringVar(&f.theme, "theme", "light", "light, dark or print")
	s.BoolVar(&f.pair, "before-after", false, "show outputs before and after the activation")
	var themes []string
	for _, t := range animate.Themes() {
		themes = append(themes, t.Name)
	}
	for name, values := range map[string][]string{"each": {animate.Place, animate.Channel, animate.Term}, "theme": themes} {
		must(cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
	}
	must(cmd.RegisterFlagCompletionFunc("bank", completeBanks))
	must(cmd.MarkFlagFilename("config", "yaml", "yml", "json"))
	must(cmd.MarkFlagFilename("out", "gif", "png", "svg"))
	return cmd
}

// options checks the flags that need no picture.
func (f *animation) options() (o animate.Options, err error) {
	o = animate.Options{Each: f.each, Frames: f.frames, Delay: f.delay}
	if o.Size, err = frameSize(f.size); err != nil {
		return o, err
	}
	if o.Theme, err = animate.ParseTheme(f.theme); err != nil {
		return o, err
	}
	if err = o.Check(); err != nil {
		return o, err
	}
	if _, ok := formOf(f.file); !ok && filepath.Ext(f.file) == "" {
		return o, errors.New("name the file with -o: .gif for an animation, .png or .svg for a file a frame, as in -o steps.gif")
	} else if !ok {
		return o, fmt.Errorf("-o %s: the ending must be .gif for an animation, or .png or .svg for a file a frame", source.Display(f.file))
	}
	if err = folderThere(f.file); err != nil {
		return o, fmt.Errorf("-o %s: %w", source.Display(f.file), err)
	}
	return o, nil
}

// frameSize reads a width and a height.
func frameSize(text string) (image.Point, error) {
	w, h, ok := strings.Cut(text, "x")
	x, errX := strconv.Atoi(w)
	y, errY := strconv.Atoi(h)
	if !ok || errX != nil || errY != nil {
		return image.Point{}, fmt.Errorf("size %q: it must be a width and a height in pixels, as in 1280x720", text)
	}
	return image.Pt(x, y), nil
}

func (f *animation) run(ctx context.Context, c console, args []string) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	j, err := f.job(ctx, c, args)
	if err != nil {
		return err
	}
	if len(j.entries) != 1 {
		return fmt.Errorf("animate takes one picture, and %s has %s; name one of them", source.Display(args[0]), counted(len(j.entries), "image"))
	}
	stack, layer, err := f.find(j)
	if err != nil {
		return err
	}
	pic, err := open(ctx, j)
	if err != nil {
		return err
	}
	defer pic.Release()
	plan, err := stack.Plan(pic.Size())
	if err != nil {
		return fmt.Errorf("animate %s: %w", source.Display(args[0]), err)
	}
	chosen, err := f.filters(&plan.Layers[layer], &o)
	if err != nil {
		return err
	}
	subject, err := animate.Load(ctx, plan, layer, chosen, f.pair, pic, j.res.Kernel)
	if err != nil {
		return err
	}
	fonts, err := drawing.NewFonts()
	if err != nil {
		return err
	}
	a, err := animate.New(subject, o, filepath.Base(j.entries[0].Path), fonts)
	if err != nil {
		return err
	}
	if err := f.checkFiles(j, a); err != nil {
		return fmt.Errorf("animate: %w", err)
	}
	return f.write(ctx, c, a)
}

// open decodes the picture.
func open(ctx context.Context, j *job) (*decode.Picture, error) {
	e := &j.entries[0]
	if e.Problem != nil {
		return nil, e.Problem
	}
	if e.Path == source.Stdin {
		return nil, errors.New("animate reads its picture from a file, not from standard input")
	}
	in, err := e.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	data, err := in.ReadAll()
	if err != nil {
		return nil, err
	}
	pic, err := j.Decoder.Decode(ctx, data)
	if err != nil {
		return nil, &exit{exitFailed, fmt.Errorf("decode %s: %w", source.Display(e.Path), err)}
	}
	return pic, nil
}

// find finds the layer: the last one of the first stack, or the one that --layer names.
func (f *animation) find(j *job) (*filters.Stack, int, error) {
	if f.layer == "" {
		stack := j.Stacks[0].Stack
		return stack, len(stack.Layers()) - 1, nil
	}
	var stacks []*filters.Stack
	for _, s := range j.Stacks {
		for i, layer := range s.Stack.Layers() {
			if f.layer == layer.Name() || f.layer == engine.LayerName(s.Stack.Name(), layer.Name()) {
				return s.Stack, i, nil
			}
		}
		stacks = append(stacks, s.Stack)
	}
	return nil, 0, fmt.Errorf("no layer is called %q: the layers are %s", f.layer, strings.Join(engine.LayerNames(stacks), ", "))
}

// filters chooses the filters: the one that --filter names, all if their places fit into the
// frames, or else the first.
func (f *animation) filters(lp *filters.LayerPlan, o *animate.Options) ([]int, error) {
	if f.filter != "" {
		k, err := animate.ChooseFilter(lp.Layer, f.filter)
		return []int{k}, err
	}
	if f.each == animate.Place && float64(lp.Out.C)*float64(lp.Out.H)*float64(lp.Out.W) <= float64(o.Frames) {
		return nil, nil
	}
	return []int{0}, nil
}

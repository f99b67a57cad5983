package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"

	"github.com/spf13/cobra"

	"filterbank/cmd/filterbank/terminal"
	"filterbank/filters/simd"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/render"
)

// showOptions are the flags of show.
type showOptions struct {
	protocol string
	width    int
	array    string // name of the array whose map is shown, in a file of several
	index    int    // index of the map in the array, or noMap
	colormap string
	pixels   int64
}

func newShow(c console) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show FILE...",
		Short: "Show maps, contact sheets and other pictures in the terminal",
		Long: "Shows PNG and JPEG files and, with --map, a map of an array in a .npy, .npz or\n" +
			".safetensors file. Below each it prints size, kind, scale and values. A picture has its own size, or the width of\n" +
			"the terminal if it is wider. It is drawn by the protocol of kitty, iTerm2 or sixel if the\n" +
			"terminal has one, else as coloured half blocks. In a pipe only the text is printed.",
		Example: "  filterbank show maps/scene/edges/*.png\n" +
			"  filterbank show maps/scene/edges.npy --map 3 --width 60\n" +
			"  filterbank show maps/scene.npz --array edges --map 3",
		Args: arguments{1, -1, "a picture or an array", "maps/scene/edges/*.png"}.check,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("map") {
				o.index = noMap
			} else if o.index < 0 {
				return fmt.Errorf("map must be 0 or more, got %d", o.index)
			}
			return runShow(cmd.Context(), c, args, o)
		},
	}
	s := cmd.Flags()
	s.StringVar(&o.protocol, "protocol", "auto", "auto, kitty, iterm, sixel, blocks or text")
	s.IntVar(&o.width, "width", 0, "columns that a picture takes (its own size, at most the terminal's width)")
	s.IntVar(&o.index, "map", 0, "which map of an array to show, from 0 (the only one)")
	s.StringVar(&o.array, "array", "", "array whose map to show, in an .npz or .safetensors file")
	s.StringVar(&o.colormap, "colormap", "auto", "colours of an array's map; run --help lists them")
	s.Int64Var(&o.pixels, "limit-pixels", decode.DefaultPixels, "refuse pictures with more pixels before decoding them")
	for name, values := range map[string][]string{
		"protocol": {"auto", "kitty", "iterm", "sixel", "blocks", "text"}, "colormap": render.Colormaps(),
	} {
		must(cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
	}
	return cmd
}

// noMap is the index if no map is named. otherArray is the index for arrays that are only
// described.
const (
	noMap      = -1
	otherArray = -2
)

// widest is the largest number of columns. No terminal has so many.
const widest = 10_000

func runShow(ctx context.Context, c console, files []string, o showOptions) error {
	v, err := newViewer(c, o)
	if err != nil {
		return err
	}
	failed := false
	for _, name := range files {
		err := v.show(ctx, name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, ok := errors.AsType[*writeError](err); ok {
			return err
		}
		if err != nil {
			fmt.Fprintf(c.err, "filterbank: show %s: %v\n", quoted(name), err)
			failed = true
		}
	}
	if failed {
		return &exit{code: exitFailed}
	}
	return nil
}

// viewer shows files.
type viewer struct {
	console  console
	options  showOptions
	colors   render.Colormap
	simd     simd.Set
	protocol terminal.Protocol
	screen   terminal.Screen
}

func newViewer(c console, o showOptions) (*viewer, error) {
	if o.width < 0 || o.width > widest {
		return nil, fmt.Errorf("width must be 1 to %d columns, or 0 for the picture's own, got %d", widest, o.width)
	}
	if o.pixels < 1 {
		return nil, fmt.Errorf("limit-pixels must be at least 1, got %d", o.pixels)
	}
	v := &viewer{console: c, options: o, protocol: terminal.Text}
	var err error
	if v.simd, err = chosenSIMD(); err != nil {
		return nil, err
	}
	if v.colors, err = render.ParseColormap(o.colormap); err != nil {
		return nil, err
	}
	wanted := terminal.Protocol("")
	if o.protocol != "auto" {
		if wanted, err = terminal.ParseProtocol(o.protocol); err != nil {
			return nil, err
		}
	}
	if out, ok := c.out.(*os.File); ok {
		v.protocol, v.screen = terminal.Detect(out, os.Getenv, wanted)
	}
	return v, nil
}

// show shows a file. It always decodes a picture, so that every fault is reported.
func (v *viewer) show(ctx context.Context, name string) error {
	s, err := v.read(ctx, name)
	if err != nil {
		return err
	}
	if s.picture != nil {
		m, err := v.drawn(ctx, s)
		if err != nil {
			return err
		}
		if err := terminal.Draw(v.console.out, v.protocol, v.screen, m); err != nil {
			return &writeError{err}
		}
	}
	if s.scale != nil {
		s.description += s.valuesOf()
	}
	if _, err := fmt.Fprintf(v.console.out, "%s: %s\n", quoted(name), s.description); err != nil {
		return &writeError{err}
	}
	return nil
}

// drawn returns a picture at its size on the screen. An enlarged one has its pixels repeated.
// The result is nil if no picture is drawn.
func (v *viewer) drawn(ctx context.Context, s *subject) (*image.RGBA, error) {
	size := v.fitted(s.size)
	resize := &decode.Resize{Width: size.X, Height: size.Y, Mode: decode.Stretch}
	if size.X > s.size.X {
		resize.Filter = decode.Nearest
	}
	d, err := v.decoder(resize)
	if err != nil {
		return nil, err
	}
	p, err := d.Decode(ctx, s.picture)
	if err != nil || v.protocol == terminal.Text {
		return nil, err
	}
	m := image.NewRGBA(image.Rectangle{Max: size})
	row := make([]byte, 3*size.X)
	for y := range size.Y {
		if err := p.ReadRGB(row, y); err != nil {
			return nil, err
		}
		for x := range size.X {
			copy(m.Pix[m.PixOffset(x, y):], row[3*x:3*x+3])
			m.Pix[m.PixOffset(x, y)+3] = 255
		}
	}
	return m, nil
}

// fitted is the size at which a picture is drawn: the number of columns that is asked for, or
// else its own size, at most as wide as the screen.
func (v *viewer) fitted(size image.Point) image.Point {
	w := size.X
	switch columns := v.options.width; {
	case v.protocol == terminal.Text:
	case columns > 0:
		w = v.screen.Width(v.protocol, columns)
	default:
		w = min(w, v.screen.Width(v.protocol, v.screen.Columns))
	}
	return image.Pt(w, max(1, (size.Y*w+size.X/2)/size.X))
}

func (v *viewer) decoder(resize *decode.Resize) (*decode.Decoder, error) {
	return decode.New(decode.Options{Limits: decode.Limits{Pixels: v.options.pixels}, Resize: resize, SIMD: v.simd})
}

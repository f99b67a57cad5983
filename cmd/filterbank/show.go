package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"

	"github.com/spf13/cobra"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/render"
	"filterbank/terminal"
)

// showOptions say how files are shown.
type showOptions struct {
	protocol string
	width    int
	index    int // of an array's map; −1 is none
	colormap string
	pixels   int64
}

func newShow(c console) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show FILE...",
		Short: "Show maps, contact sheets and other pictures in the terminal",
		Long: "Shows PNG and JPEG files, with --map also a map of a .npy file, and below each what it\n" +
			"is: size, kind, scale and values. Pictures have their own size, or the terminal's width\n" +
			"where they are wider. They are drawn by the protocol of kitty, iTerm2 or sixel where the\n" +
			"terminal has one, else as coloured half blocks; in a pipe only the text is printed.",
		Example: "  filterbank show maps/scene/edges/*.png\n" +
			"  filterbank show maps/scene/edges.npy --map 3 --width 60",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.index < 0 && cmd.Flags().Changed("map") {
				return fmt.Errorf("map must be 0 or more, got %d", o.index)
			}
			return runShow(cmd.Context(), c, args, o)
		},
	}
	s := cmd.Flags()
	s.StringVar(&o.protocol, "protocol", "auto", "auto, kitty, iterm, sixel, blocks or text")
	s.IntVar(&o.width, "width", 0, "columns that a picture takes (its own size, at most the terminal's)")
	s.IntVar(&o.index, "map", -1, "which map of a .npy file to show, from 0")
	s.StringVar(&o.colormap, "colormap", "auto", "colours of a .npy file's map; run --help lists them")
	s.Int64Var(&o.pixels, "limit-pixels", decode.DefaultPixels, "refuse larger pictures before decoding them")
	for name, values := range map[string][]string{
		"protocol": {"auto", "kitty", "iterm", "sixel", "blocks", "text"}, "colormap": render.Colormaps(),
	} {
		must(cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
	}
	return cmd
}

// widest is the most columns: no terminal has as many.
const widest = 10_000

func runShow(ctx context.Context, c console, files []string, o showOptions) error {
	if o.width < 0 || o.width > widest {
		return fmt.Errorf("width must be 1 to %d columns, or 0 for the picture's own, got %d", widest, o.width)
	}
	colors, err := render.ParseColormap(o.colormap)
	if err != nil {
		return err
	}
	protocol, screen, err := screenOf(c.out, o)
	if err != nil {
		return err
	}
	failed := false
	for _, name := range files {
		err := showFile(ctx, c, name, protocol, screen, o, colors)
		if ctx.Err() != nil {
			return &exit{exitInterrupted, fmt.Errorf("show: %w", ctx.Err())}
		}
		if wrong, ok := errors.AsType[*writeError](err); ok {
			return &exit{exitFailed, wrong}
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

// writeError is that of the output, after which no other file is shown.
type writeError struct{ err error }

func (e *writeError) Error() string { return "write to standard output: " + e.err.Error() }

func (e *writeError) Unwrap() error { return e.err }

// screenOf says how and on what pictures are drawn.
func screenOf(out io.Writer, o showOptions) (terminal.Protocol, terminal.Screen, error) {
	file, ok := out.(*os.File)
	if !ok {
		return terminal.Text, terminal.Screen{}, nil
	}
	screen := terminal.ScreenOf(file, os.Getenv)
	if o.protocol == "auto" {
		return terminal.Detect(file, os.Getenv), screen, nil
	}
	p, err := terminal.ParseProtocol(o.protocol)
	return p, screen, err
}

// showFile decodes a picture in any case, so that what is wrong with it is said.
func showFile(ctx context.Context, c console, name string, p terminal.Protocol, screen terminal.Screen, o showOptions, colors render.Colormap) error {
	s, err := readSubject(name, c.in, o, colors)
	if err != nil {
		return err
	}
	if s.picture != nil {
		size := s.size
		if p != terminal.Text {
			size = fitted(size, p, screen, o.width)
		}
		m, err := s.drawn(ctx, size, o.pixels)
		if err != nil {
			return err
		}
		if err := terminal.Draw(c.out, p, screen, m); err != nil {
			return &writeError{err}
		}
	}
	if _, err := fmt.Fprintf(c.out, "%s: %s\n", quoted(name), s.about); err != nil {
		return &writeError{err}
	}
	return nil
}

// fitted is the size at which a picture is drawn: its own or, where that is wider, the
// screen's width; or just the columns that are asked for.
func fitted(size image.Point, p terminal.Protocol, screen terminal.Screen, columns int) image.Point {
	w := min(size.X, screen.Width(p, screen.Columns))
	if columns > 0 {
		w = screen.Width(p, columns)
	}
	return image.Pt(w, max(1, (size.Y*w+size.X/2)/size.X))
}

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/pipeline"
	"filterbank/pipeline/render"
	"filterbank/pipeline/stats"
)

// register registers the flags of commands that write maps.
func (f *flags) register(cmd *cobra.Command) {
	f.registerInput(cmd)
	s := cmd.Flags()
	s.StringVarP(&f.out, "out", "o", "out", "output folder")
	s.StringVar(&f.layers, "layers", "last", "whose maps are written: last, all or names, separated by commas")
	s.StringArrayVar(&f.formats, "format", nil, "png, png16, npy, sheet or overlay; repeatable (png)")
	s.BoolVar(&f.sheet, "sheet", false, "a contact sheet of each layer too; --format sheet writes nothing else")
	s.BoolVar(&f.overlay, "overlay", false, "each map blended over the image too; --format overlay writes nothing else")
	s.IntVar(&f.tiles.Tile, "sheet-tile", pipeline.DefaultTile, "the longer side of a sheet's tiles, about, in pixels")
	s.IntVar(&f.tiles.Columns, "sheet-columns", 0, "columns of a sheet (as many as give it the shape of a slide)")
	s.StringVar(&f.scale, "scale", "map", "what the levels 0 and 255 stand for: map, layer, image, unit, percentile:LO,HI, dataset:FILE or LO:HI")
	s.StringVar(&f.colormap, "colormap", "auto", "colours of 8-bit maps: "+strings.Join(render.Colormaps(), ", ")+"; auto is coolwarm, with 0 in the middle, for layers that can be negative, and gray for the others")
	for name, values := range map[string][]string{
		"format": {"png", "png16", "npy", "sheet", "overlay"}, "scale": {"map", "layer", "image", "unit", "percentile:1,99", "dataset:stats.json"},
		"colormap": render.Colormaps(), "layers": {"last", "all"},
	} {
		must(cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
	}
	must(cmd.MarkFlagDirname("out"))
}

// setMaps sets what says which maps are written, and how. The stacks and the decoder are
// there.
func (f *flags) setMaps(o *pipeline.Options) (err error) {
	if o.Formats, err = pipeline.ParseFormats(f.formats); err != nil {
		return err
	}
	for _, also := range []struct {
		asked  bool
		format pipeline.Format
	}{{f.sheet, pipeline.Sheet}, {f.overlay, pipeline.Overlay}} {
		if also.asked && !slices.Contains(o.Formats, also.format) {
			o.Formats = append(o.Formats, also.format)
		}
	}
	o.Sheet = f.tiles
	if err = o.Sheet.Check(); err != nil {
		return err
	}
	if f.tiles != (pipeline.SheetOptions{Tile: pipeline.DefaultTile}) && !slices.Contains(o.Formats, pipeline.Sheet) {
		return errors.New("--sheet-tile and --sheet-columns are about contact sheets: add --sheet")
	}
	name, dataset := strings.CutPrefix(f.scale, "dataset:")
	if !dataset {
		if o.Scale, err = render.ParseScale(f.scale); err != nil {
			return err
		}
	}
	if o.Colormap, err = render.ParseColormap(f.colormap); err != nil {
		return err
	}
	if err = pipeline.CheckColormap(o.Colormap, o.Formats); err != nil {
		return err
	}
	if dataset {
		return useDataset(o, name)
	}
	return nil
}

// useDataset reads the scale FILE or FILE:LO,HI.
func useDataset(o *pipeline.Options, name string) error {
	var bounds stats.Bounds
	if at := strings.LastIndexByte(name, ':'); at >= 0 && strings.Contains(name[at:], ",") {
		var err error
		if bounds, err = stats.ParseBounds(name[at+1:]); err != nil {
			return fmt.Errorf("scale dataset:%s: %w", name, err)
		}
		name = name[:at]
	}
	file, err := stats.Read(name)
	if err != nil {
		return fmt.Errorf("scale dataset: %w", err)
	}
	if err := o.UseDataset(file, bounds); err != nil {
		return fmt.Errorf("scale dataset:%s: %w", name, err)
	}
	return nil
}

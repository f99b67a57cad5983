package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/pipeline"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/output"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
	"filterbank/pipeline/stats"
)

// register registers the flags of commands that write maps.
func (f *flags) register(cmd *cobra.Command) {
	f.registerInput(cmd)
	s := cmd.Flags()
	s.StringVarP(&f.out, "out", "o", "out", "output folder")
	s.StringVar(&f.label, "label", "", "folder: an image's label is the first folder below its input")
	s.StringVar(&f.columns.Label, "label-column", "", "column of a .csv, .tsv or .jsonl list that has the images' labels")
	s.StringVar(&f.layers, "layers", "last", "layers whose maps are written: last, all or names and patterns such as conv1.*, separated by commas")
	names := output.Names()
	s.StringArrayVar(&f.formats, "format", nil, strings.Join(names[:len(names)-1], ", ")+" or "+names[len(names)-1]+", separated by commas (png)")
	f.also = map[string]*bool{}
	for _, format := range output.All() {
		if format.Flag != "" {
			f.also[format.Name] = s.Bool(format.Name, false, format.Flag)
		}
	}
	s.StringArrayVar(&f.features, "features", nil, "file that ends in .parquet or .csv, for a row of statistics of each image's maps; maps are then written only with --format")
	must(cmd.MarkFlagFilename("features", "parquet", "csv"))
	f.tables = map[string]*string{}
	for _, t := range output.Tables() {
		f.tables[t.Option] = s.String(t.Option, "", t.Help)
	}
	f.options = map[*output.Option]*string{}
	for _, o := range output.Options() {
		if o.Word == "" {
			f.options[o] = new(o.Default())
			s.VarPF((*toggle)(f.options[o]), o.Name, "", o.Help).NoOptDefVal = "true"
			continue
		}
		f.options[o] = s.String(o.Name, o.Default(), o.Help)
		if o.Word == "FILE" {
			must(cmd.MarkFlagFilename(o.Name, o.Offers...))
		} else {
			must(cmd.RegisterFlagCompletionFunc(o.Name, cobra.FixedCompletions(o.Offers, cobra.ShellCompDirectiveNoFileComp)))
		}
	}
	s.StringVar(&f.scale, "scale", "", "values of the levels 0 and 255: map, layer, image, unit, percentile:LO,HI, dataset:FILE or LO:HI (map; if it is not given, sheets, overlays and the report show each map stretched)")
	s.StringVar(&f.colormap, "colormap", "auto", "colours of 8-bit maps: "+strings.Join(render.Colormaps(), ", ")+"; auto is coolwarm, with 0 in the middle, for layers that can be negative, and gray for the others")
	for name, values := range map[string][]string{
		"format": names, "scale": {"map", "layer", "image", "unit", "percentile:1,99", "dataset:stats.json"},
		"colormap": render.Colormaps(), "label": {labelFolder},
	} {
		must(cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
	}
	must(cmd.RegisterFlagCompletionFunc("layers", f.completeLayers))
	must(cmd.MarkFlagDirname("out"))
}

// toggle is the text of an option that is a switch.
type toggle string

func (t *toggle) String() string         { return string(*t) }
func (t *toggle) Set(value string) error { *t = toggle(value); return nil }
func (*toggle) Type() string             { return "bool" }

// completeLayers offers last, all and the layers of the stack file that the command line
// names, as a list.
func (f *flags) completeLayers(_ *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	begun := toComplete[:strings.LastIndexByte(toComplete, ',')+1]
	var offered []string
	if begun == "" {
		offered = []string{"last", "all"}
	}
	if file, err := f.stackFile(); err == nil {
		if model, err := file.Build(); err == nil {
			for _, name := range engine.LayerNames(model.Stacks) {
				if !slices.Contains(strings.Split(begun, ","), name) {
					offered = append(offered, begun+name)
				}
			}
		}
	}
	return offered, cobra.ShellCompDirectiveNoFileComp
}

// setMaps fills in which files are written, and how. The stacks and the decoder are set
// before.
func (f *flags) setMaps(j *pipeline.Job) (err error) {
	o := &j.Output
	if o.Formats, err = output.Parse(commas(f.formats)); err != nil {
		return err
	}
	*o = o.WithDefaults()
	for _, format := range output.All() {
		if also := f.also[format.Name]; also != nil && *also && !slices.Contains(o.Formats, format) {
			o.Formats = append(o.Formats, format)
		}
	}
	for option, name := range f.tables {
		t, err := output.ParseTable(option, *name)
		if err != nil {
			return err
		}
		if t != nil {
			o.Tables = append(o.Tables, t)
		}
	}
	for _, option := range output.Options() {
		if err := o.SetOption(option, *f.options[option]); err != nil {
			return err
		}
	}
	name, bounds, dataset := datasetFile(f.scale)
	switch {
	case f.scale == "":
		o.EyeScale = &scale.Scale{Per: scale.Stretched}
	case !dataset:
		if o.Scale, err = scale.Parse(f.scale); err != nil {
			return err
		}
	}
	if o.Colormap, err = render.ParseColormap(f.colormap); err != nil {
		return err
	}
	if err = o.Check(); err != nil {
		return err
	}
	if dataset {
		return useDataset(j, name, bounds)
	}
	return nil
}

// datasetScale begins a scale that a file has.
const datasetScale = "dataset:"

// datasetFile splits the scale dataset:FILE or dataset:FILE:LO,HI. The bounds begin with the
// colon.
func datasetFile(scale string) (name, bounds string, ok bool) {
	name, ok = strings.CutPrefix(scale, datasetScale)
	if at := strings.LastIndexByte(name, ':'); ok && at >= 0 && strings.Contains(name[at:], ",") {
		name, bounds = name[:at], name[at:]
	}
	return name, bounds, ok
}

// useDataset sets the scale that a file has. The bounds are datasetFile's.
func useDataset(j *pipeline.Job, name, within string) error {
	var bounds stats.Bounds
	if within != "" {
		var err error
		if bounds, err = stats.ParseBounds(within[1:]); err != nil {
			return fmt.Errorf("scale dataset:%s%s: %w", name, within, err)
		}
	}
	file, err := stats.Read(name)
	if err != nil {
		return fmt.Errorf("scale dataset: %w", err)
	}
	if err := j.UseDataset(file, bounds); err != nil {
		return fmt.Errorf("scale dataset:%s: %w", name, err)
	}
	return nil
}

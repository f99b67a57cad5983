package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/filters/config"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/source"
)

// matrixFlags are the flags about inputs that are matrices.
type matrixFlags struct {
	written []string
	layout  string
	scale   string
}

func (m *matrixFlags) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringArrayVar(&m.written, "matrix", nil, "a matrix as an input, as in '1 0 1; 0 1 0', with ;; between channels; repeatable")
	s.StringVar(&m.layout, "matrix-layout", "", "chw or hwc: the order of .npy inputs of three dimensions (chw)")
	s.StringVar(&m.scale, "matrix-scale", "", "divide the numbers of matrices by this (255 for uint8, 65535 for uint16, 1 for others)")
	must(cmd.RegisterFlagCompletionFunc("matrix-layout", cobra.FixedCompletions([]string{"chw", "hwc"}, cobra.ShellCompDirectiveNoFileComp)))
}

// sets are the flags as values of the stack file, which a run keeps.
func (m *matrixFlags) sets() (sets []string, err error) {
	switch m.layout {
	case "":
	case "chw", "hwc":
		sets = append(sets, "input.matrix_layout="+m.layout)
	default:
		return nil, fmt.Errorf("matrix-layout %q: it must be chw or hwc", m.layout)
	}
	var scale float32
	if m.scale != "" {
		v, err := strconv.ParseFloat(m.scale, 32)
		if err != nil || !(float32(v) > 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("matrix-scale %q: it must be a number above 0, as in 255", m.scale)
		}
		scale = float32(v)
		sets = append(sets, "input.matrix_scale="+strconv.FormatFloat(v, 'g', -1, 32))
	}
	for _, text := range m.written {
		if err := decode.CheckText(source.InlineText(text), scale); err != nil {
			return nil, fmt.Errorf("matrix %q: %w", text, err)
		}
	}
	return sets, nil
}

// matrixOptions are the settings of matrices in a stack file.
func matrixOptions(in *config.Input) decode.Matrix {
	if in == nil {
		return decode.Matrix{}
	}
	return decode.Matrix{ChannelsLast: in.MatrixLayout == "hwc", Scale: float32(in.MatrixScale)}
}

// extensions are those of the files that folders give: of pictures, and of the matrices that
// --include spells out.
func (f *flags) extensions() []string {
	all := decode.Extensions()
	for _, e := range decode.MatrixExtensions() {
		if mentions(f.include, e) {
			all = append(all, e)
		}
	}
	return all
}

// mentions says whether a name or a pattern ends in an extension, which may be one of several in
// braces: *.csv, *.{png,csv}, {a/*.png,b/*.csv}.
func mentions(names []string, extension string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return endsIn(strings.ToLower(name), extension) })
}

// endsIn says whether a pattern ends in an extension. A pattern that ends with braces stands for
// several, and each of them counts.
func endsIn(pattern, extension string) bool {
	inner, braces := strings.CutSuffix(pattern, "}")
	if !braces {
		return strings.HasSuffix(pattern, extension)
	}
	depth, end := 0, len(inner)
	var choices []string
	for i := len(inner) - 1; i >= 0; i-- {
		switch c := inner[i]; {
		case c == '}':
			depth++
		case c == '{' && depth > 0:
			depth--
		case depth == 0 && (c == ',' || c == '{'):
			choices = append(choices, inner[i+1:end])
			if end = i; c == '{' {
				return slices.ContainsFunc(choices, func(choice string) bool { return endsIn(inner[:i]+choice, extension) })
			}
		}
	}
	return false // the braces never begin
}

// mayBeMatrices says whether the names of inputs let expect a matrix.
func (f *flags) mayBeMatrices(inputs []string) bool {
	return len(f.matrices.written) > 0 || f.from != "" || slices.ContainsFunc(decode.MatrixExtensions(), func(e string) bool {
		return mentions(inputs, e) || mentions(f.include, e)
	})
}

// mostUnreadable is how many inputs are passed over to find the first that can be read.
const mostUnreadable = 100

// pictureChannels is the number of channels of a picture.
const pictureChannels = 3

// firstChannels is the number of channels of the first input that can be read: 3 of a picture.
func (f *flags) firstChannels(ctx context.Context, j *job) int {
	d, err := decode.New(decode.Options{
		Limits: decode.Limits{Pixels: f.pixels}, Channels: decode.AnyChannels, Matrix: matrixOptions(j.file.Input),
	})
	if err != nil {
		return pictureChannels // the job's own decoder says why
	}
	for i := range j.entries[:min(len(j.entries), mostUnreadable)] {
		e := &j.entries[i]
		if e.Problem != nil {
			continue
		}
		extension := strings.ToLower(filepath.Ext(e.Path))
		if !strings.HasPrefix(e.Path, source.InlinePrefix) && !slices.Contains(decode.MatrixExtensions(), extension) {
			return pictureChannels
		}
		in, err := e.Open(ctx)
		if err != nil {
			continue
		}
		info, err := d.ReadInfo(in)
		in.Close()
		if err == nil {
			return info.Prepared.C
		}
	}
	return pictureChannels
}

// build reads the stack file and builds its stacks, for the channels of the first input unless
// the file has them. It lists the inputs for that if one may be a matrix.
func (f *flags) build(ctx context.Context, c console, inputs []string, j *job) (*config.Model, error) {
	sets, err := f.matrices.sets()
	if err != nil {
		return nil, err
	}
	if j.file, err = f.stackFile(sets...); err != nil {
		return nil, err
	}
	model, err := j.file.Build()
	fixed := j.file.Input != nil && j.file.Input.Channels > 0
	if !fixed && f.mayBeMatrices(inputs) && !f.unlisted {
		var listErr error
		if j.entries, listErr = f.list(ctx, c, inputs, j); listErr != nil {
			return nil, listErr
		}
		if channels := f.firstChannels(ctx, j); channels != pictureChannels {
			sets = append(sets, fmt.Sprintf("input.channels=%d", channels))
			if j.file, err = f.stackFile(sets...); err == nil {
				model, err = j.file.Build()
			}
			if err != nil {
				err = fmt.Errorf("for an input of %s: %w", counted(channels, "channel"), err)
			}
		}
	}
	j.changed = len(sets) > 0
	return model, err
}

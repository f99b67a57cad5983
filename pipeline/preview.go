package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/filters/weights"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/render"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// Preview is what a run would do, worked out from the pictures' headers.
type Preview struct {
	Sizes    []SizePlan
	Failures []*manifest.Record // pictures that cannot be run, as far as headers tell
	Pictures int                // that can be run
	Maps     int
	Files    int
	Bytes    int64 // at most; .npy files have exactly the size counted here
	Memory   int64 // rough, in bytes: all workers on the largest picture
}

// SizePlan is the arithmetic for all pictures that enter the stacks with one size.
type SizePlan struct {
	Input    volume.Shape
	Pictures int
	Example  string // the first picture of that size
	Plans    []*filters.Plan
	Files    int   // a picture
	Maps     int   // a picture
	Bytes    int64 // a picture, at most
}

// NewPreview reads the headers of all entries and plans every size among them. Sizes
// come in the order in which they are first met. A picture on standard input cannot
// be looked at without using it up and counts as a failure.
func NewPreview(ctx context.Context, entries []source.Entry, opts Options) (*Preview, error) {
	p := &Preview{}
	known := map[volume.Shape]int{}
	for i := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e := &entries[i]
		info, err := readInfo(e, &opts)
		if err == nil {
			err = p.add(e.Path, info, known, &opts)
		}
		if err != nil {
			rec := &manifest.Record{Input: manifest.Path(e.Path), Output: manifest.Path(output(e))}
			fail(rec, err)
			p.Failures = append(p.Failures, rec)
		}
	}
	p.Memory *= int64(min(opts.jobs(), max(1, p.Pictures)))
	return p, nil
}

func readInfo(e *source.Entry, opts *Options) (decode.Info, error) {
	if e.Problem != nil {
		return decode.Info{}, e.Problem
	}
	if e.Path == source.Stdin {
		return decode.Info{}, errors.New("plan: a picture on standard input can only be run")
	}
	f, err := os.Open(e.Path)
	if err != nil {
		return decode.Info{}, fmt.Errorf("read: %w", shown(err))
	}
	defer f.Close()
	info, err := opts.Decoder.ReadInfo(f)
	if err != nil {
		return decode.Info{}, fmt.Errorf("decode %s: %w", source.Display(e.Path), err)
	}
	return info, nil
}

// add counts a picture, planning its size when it is the first of it.
func (p *Preview) add(path string, info decode.Info, known map[volume.Shape]int, opts *Options) error {
	at, ok := known[info.Prepared]
	if !ok {
		size, err := planSize(path, info.Prepared, opts)
		if err != nil {
			return err
		}
		at = len(p.Sizes)
		known[info.Prepared] = at
		p.Sizes = append(p.Sizes, size)
	}
	size := &p.Sizes[at]
	size.Pictures++
	p.Pictures++
	p.Maps += size.Maps
	p.Files += size.Files
	p.Bytes += size.Bytes
	p.Memory = max(p.Memory, info.Memory()+mapBytes(size.Plans, opts))
	return nil
}

func planSize(path string, in volume.Shape, opts *Options) (SizePlan, error) {
	size := SizePlan{Input: in, Example: path}
	for i, s := range opts.Stacks {
		plan, err := opts.plan(i, source.Display(path), in)
		if err != nil {
			return size, err
		}
		size.Plans = append(size.Plans, plan)
		for l, tapped := range s.Taps {
			if !tapped {
				continue
			}
			out := plan.Layers[l].Out
			size.Maps += out.C
			for _, format := range opts.Formats {
				n, bytes := opts.layerFiles(format, plan, l)
				size.Files += n
				size.Bytes += bytes
			}
		}
	}
	return size, nil
}

// layerFiles is the number of files that a layer's maps take in a format, and their
// size in bytes; PNG is counted as if nothing could be compressed.
func (o *Options) layerFiles(format Format, p *filters.Plan, layer int) (files int, bytes int64) {
	out := p.Layers[layer].Out
	switch format {
	case NPY:
		return 1, int64(len(weights.NPYHeader(out.C, out.H, out.W))) + 4*int64(out.H)*int64(out.W)*int64(out.C)
	case Sheet:
		size, _ := o.layerFigure(p, layer, "", nil).Size() // which has been checked
		return 1, pngBytes(size.X, size.Y, 3)
	case Overlay:
		return out.C, int64(out.C) * pngBytes(p.Input.W, p.Input.H, 3)
	case PNG16:
		return out.C, int64(out.C) * pngBytes(out.W, out.H, 2)
	}
	each := pngBytes(out.W, out.H, 1)
	if colormap := o.colormap(p.Layers[layer].Layer); !colormap.Gray() {
		each += 12 + 3*256 + 12 + int64(len(ColormapKeyword)+1+len(colormap.Name()))
	}
	return out.C, int64(out.C) * each
}

// pngBytes is the size of a gray PNG, or one of RGB, if nothing in it could be compressed.
func pngBytes(w, h, bytesPerPixel int) int64 {
	raw := int64(h) * (int64(w)*int64(bytesPerPixel) + 1) // a filter byte a row
	const chunks = 160                                    // signature, IHDR, the scale's text, IDAT frame, IEND
	return raw + raw/4096 + chunks
}

// mapBytes is about what a worker holds for the maps of a picture besides its pixels:
// the windows of its stacks, for the stack that takes most an encoder for each file and
// what counts each map's percentiles, the buffered part of every file, and what contact
// sheets take of the maps.
func mapBytes(plans []*filters.Plan, opts *Options) int64 {
	const encoder = 96 << 10
	var windows, files, sheets, most int64
	for s, p := range plans {
		windows += int64(p.WorkingSet())
		var own int64
		for l, tapped := range opts.Stacks[s].Taps {
			if !tapped {
				continue
			}
			if opts.Scale.Per == render.PerPercentile {
				own += int64(p.Layers[l].Out.C) * render.PercentileBytes
			}
			for _, format := range opts.Formats {
				n, bytes := opts.layerFiles(format, p, l)
				if format == Sheet {
					sheets += opts.sheetBytes(p, l)
				}
				files += min(bytes, int64(n)*store.BufferBytes)
				own += int64(n) * encoder
			}
		}
		most = max(most, own)
	}
	return windows + files + sheets + most
}

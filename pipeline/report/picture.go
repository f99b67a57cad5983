package report

import (
	"context"
	"encoding/base64"
	"fmt"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/render"
)

// task is a picture that goes into the report.
type task struct {
	index int    // index in the gallery
	place string // key of its record in the manifest
}

// result is a picture's part of the report.
type result struct {
	entry entry
	data  *pictureData // nil if the picture has no maps; samples, PNGs and bins are already written
	sums  [][2]string  // names and digests of the data files of the picture
}

// worker holds the buffers of a goroutine that works on pictures.
type worker struct {
	runners []filters.Runner // one per stack
	drawer  drawer
}

func (w *writer) newWorker() *worker {
	own := &worker{runners: make([]filters.Runner, len(w.opts.Stacks)), drawer: w.newDrawer()}
	own.drawer.workspace.SIMD = w.opts.Kernel.SIMD()
	for i := range own.runners {
		own.runners[i].Kernel = w.opts.Kernel
	}
	return own
}

// picture makes a picture's part of the report.
func (w *writer) picture(ctx context.Context, own *worker, t task) (*result, error) {
	rec, err := w.manifest.Record(t.place)
	if err != nil {
		return nil, err
	}
	if rec.Status == manifest.Failed {
		return &result{entry: w.failed(rec)}, nil
	}
	r := &result{entry: entry{Name: w.name(rec), Size: [2]int{rec.Width, rec.Height}}}
	r.data = &pictureData{
		Path: r.entry.Name, SHA256: rec.SHA256, Width: rec.Width, Height: rec.Height,
		Orientation: rec.Orientation, Ignored: rec.Ignored, Warnings: rec.Warnings,
	}
	name := fmt.Sprintf("%06d", t.index)
	size := pixels(rec)
	if err := w.pixels.Acquire(ctx, size); err != nil {
		return nil, err
	}
	defer w.pixels.Release(size)
	pic, err := w.decode(ctx, rec)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case rec.Stack != w.stacks:
		err = w.fromFiles(pic, rec, r, name)
	case err != nil && len(rec.Layers) == 0: // a run has kept maps that it did not make
		r.data, r.entry.Note = nil, err.Error()+", and the manifest does not have the size of its maps; run it again"
		return r, nil
	case err != nil:
		r.data.Gone = err.Error()
		err = w.fromMaps(rec, r.data)
	default:
		err = w.fromPicture(ctx, own, pic, rec, r, name)
		if err == nil && w.other != nil {
			err = w.withOther(ctx, rec, t.place, r)
		}
	}
	if err != nil {
		return nil, err
	}
	sum, err := w.stage.put("p/"+name, r.data)
	r.sums = append(r.sums, [2]string{"p/" + name, sum})
	r.data.Samples, r.data.With = nil, nil
	for _, layers := range r.data.Maps {
		for _, maps := range layers {
			for k := range maps {
				maps[k].PNG, maps[k].Bins = nil, nil
			}
		}
	}
	return r, err
}

// thumbSide is the longer side of the gallery's pictures in pixels.
const thumbSide = 256

// fromFiles fills in the maps of other stacks than the page's. pic is nil if the input is
// gone.
func (w *writer) fromFiles(pic *decode.Picture, rec *manifest.Record, r *result, name string) error {
	r.entry.Other, r.data.Maps = true, [][][]mapData{}
	r.data.Note = "Its maps were made by other stacks than the page's, and are shown from their files. Running it again with the page's stack gives it the page's maps."
	if rec.Version != manifest.Version {
		r.data.Note = "Its maps were made by an earlier version, whose settings cannot be compared with the page's stack, and are shown from their files. Running it again gives it the page's maps."
	}
	w.files(rec, r.data)
	if pic == nil {
		return nil
	}
	n := newNormalisation(w.opts.Decoder)
	_, thumb, err := newSamples(pic, &n, thumbSide)
	if err != nil {
		return fmt.Errorf("report %s: %w", r.entry.Name, err)
	}
	return w.thumb(r, name, thumb)
}

// fromPicture runs the stacks on the picture again and fills in its samples, maps and
// statistics.
func (w *writer) fromPicture(ctx context.Context, own *worker, pic *decode.Picture, rec *manifest.Record, r *result, name string) error {
	n := newNormalisation(w.opts.Decoder)
	prepared, thumb, err := newSamples(pic, &n, thumbSide)
	if err != nil {
		return fmt.Errorf("report %s: %w", r.entry.Name, err)
	}
	r.data.Samples = &prepared
	if err := w.thumb(r, name, thumb); err != nil {
		return err
	}
	plans, err := w.shapes(pic.Size(), r.data)
	if err != nil {
		return err
	}
	w.files(rec, r.data)
	for i, plan := range plans {
		wanted := w.opts.Stacks[i].Layers
		var open *openMaps
		tallies, err := measure(ctx, &own.runners[i], w.opts.Kernel, plan, wanted, pic, w.stretched(), func(tallies [][]tally) filters.Emit {
			open = own.drawer.begin(plan, r.data.Maps[i], tallies)
			return open.add
		})
		if err == nil {
			err = open.end()
		}
		if err != nil {
			return fmt.Errorf("report %s: %w", r.entry.Name, err)
		}
		for l, layer := range tallies {
			for k := range layer {
				m := &r.data.Maps[i][l][k]
				m.tallied(&layer[k])
				if w.stretched() {
					m.show(own.drawer.shown(plan.Layers[l].Layer, &layer[k]))
				}
			}
		}
	}
	return nil
}

// thumb adds the picture for the gallery.
func (w *writer) thumb(r *result, name string, thumb []byte) error {
	if w.opts.Embed {
		r.entry.Thumb = "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(thumb)
		return nil
	}
	r.entry.Thumb = "t/" + name + ".jpg"
	sum, err := w.stage.file(r.entry.Thumb, thumb)
	r.sums = append(r.sums, [2]string{r.entry.Thumb, sum})
	return err
}

// shapes fills in the sizes and plans.
func (w *writer) shapes(in volume.Shape, d *pictureData) ([]*filters.Plan, error) {
	d.Size = shapeOf(in)
	plans, data, err := w.plansOf(w.opts.Stacks, in)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", d.Path, err)
	}
	d.Plans = data
	d.Maps = make([][][]mapData, len(plans))
	for s, plan := range plans {
		d.Maps[s] = make([][]mapData, len(plan.Layers))
		for l, wanted := range w.opts.Stacks[s].Layers {
			d.Maps[s][l] = []mapData{}
			if wanted {
				d.Maps[s][l] = make([]mapData, plan.Layers[l].Out.C)
			}
		}
	}
	return plans, nil
}

// fromMaps fills in statistics from the maps' PNGs if the input is gone.
func (w *writer) fromMaps(rec *manifest.Record, data *pictureData) error {
	plans, err := w.shapes(rec.Layers[0].In, data)
	if err != nil {
		return err
	}
	w.files(rec, data)
	d := w.newDrawer()
	for s := range plans {
		for l, maps := range data.Maps[s] {
			for k := range maps {
				lp := &plans[s].Layers[l]
				maps[k].levels(w.opts.Kernel, lp.Out, w.stretched(), func(t *tally) render.Range { return d.shown(lp.Layer, t) })
			}
		}
	}
	return nil
}

// stretched says whether the page stretches maps.
func (w *writer) stretched() bool { return w.opts.Looks.EyeScale != nil }

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path"
	"strings"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/sheet"
	"filterbank/pipeline/sink"
	"filterbank/pipeline/source"
	"filterbank/pipeline/stats"
)

// WritePatches draws what every filter answers to most strongly, after Zeiler and Fergus,
// Visualizing and Understanding Convolutional Networks (2014), figure 2: the patches of
// the pictures that statistics name, as the stack saw them. A filter's are dir/LAYER/
// INDEX-FILTER.png, all of a layer's dir/LAYER.png; with several stacks below dir/STACK.
// The options are those that the statistics were made with. A picture that cannot be read
// again is given to opts.Each as a record that has failed, and its patches stay empty. The
// error is that of the folder, or ctx's own.
func WritePatches(ctx context.Context, f *stats.File, opts Options, dir string) error {
	if opts.Kernel == nil {
		opts.Kernel = kernel.Best()
	}
	tree, err := sink.Open(dir)
	if err != nil {
		return err
	}
	tell, told := opts.Each, map[sink.Path]bool{}
	opts.Each, opts.Ended, opts.StopOnError = func(r *sink.Record) {
		if tell != nil && !told[r.Input] {
			told[r.Input] = true
			tell(r)
		}
	}, nil, false
	p := patches{run: &run{opts: &opts, tree: tree, memory: newAdmission(opts.Memory)}, pictures: f.Pictures}
	at := 0
	for _, s := range opts.Stacks {
		for l, tapped := range s.Taps {
			if !tapped {
				continue
			}
			if err := p.layer(ctx, s.Stack, l, &f.Layers[at], f.Audit); err != nil {
				return err
			}
			at++
		}
	}
	return nil
}

// patches draws the patches of all layers.
type patches struct {
	*run
	pictures int
	drawer   sheet.Drawer
}

const (
	patchSide    = 128 // of a patch in its filter's picture, in pixels, at most
	overviewSide = 60  // in its layer's
	patchGap     = 2   // between those
	filtersOnce  = 64  // whose patches are held at a time

	outside = 0x9c // the gray of what lies in the padding
)

// layer draws the patches of a layer, of some filters at a time.
func (p *patches) layer(ctx context.Context, stack *filters.Stack, l int, of *stats.Layer, audit []stats.Finding) error {
	names := layerFileNames(PNG, stack, l)
	icons := kernelIcons(stack.Layers()[l], l == 0)
	folder := path.Dir(names[0].name)
	overview := sheet.Figure{
		Title: folder, Lines: p.heading(of),
		Cell: image.Pt(1, 1).Mul(3*overviewSide + 2*patchGap),
	}
	findings := make([]string, len(of.Filters))
	for i := range audit {
		if a := &audit[i]; a.Stack == of.Stack && a.Layer == of.Layer {
			findings[a.Index], overview.Notes = finding(a), 1
		}
	}
	for from := 0; from < len(of.Filters); from += filtersOnce {
		some := of.Filters[from:min(from+filtersOnce, len(of.Filters))]
		crops, err := p.crops(ctx, some)
		if err != nil {
			return err
		}
		batch := p.tree.Begin("")
		for k := range some {
			figure := p.figure(path.Base(folder), &some[k], crops[k])
			if note := findings[from+k]; note != "" {
				figure.Lines = append(figure.Lines, note)
			}
			if icons != nil {
				figure.Lead = &sheet.Lead{Raster: *icons[from+k], Caption: "kernel"}
			}
			err = errors.Join(err, p.draw(batch.Create(names[from+k].name), figure))
			cell := sheet.Cell{Picture: mosaic(crops[k]), Index: fmt.Sprintf("%03d", some[k].Index), Name: some[k].Filter, Notes: []string{findings[from+k]}}
			if icons != nil {
				cell.Icon = icons[from+k]
			}
			overview.Cells = append(overview.Cells, cell)
		}
		if err == nil {
			_, err = batch.Commit()
		}
		if err != nil {
			batch.Abort()
			return err
		}
	}
	batch := p.tree.Begin("")
	err := p.draw(batch.Create(folder+".png"), &overview)
	if err == nil {
		_, err = batch.Commit()
	}
	if err != nil {
		batch.Abort()
	}
	return err
}

// finding is what an audit found of a filter, in a word or two.
func finding(a *stats.Finding) string {
	if a.Kind == stats.Duplicate {
		return fmt.Sprintf("like %03d, r = %.3f", *a.Of, a.Correlation)
	}
	return string(a.Kind)
}

// heading is what an overview says of its layer.
func (p *patches) heading(of *stats.Layer) []string {
	for _, f := range of.Filters {
		for _, patch := range f.Strongest {
			return []string{
				fmt.Sprintf("each filter's strongest answers in %d images, one an image", p.pictures),
				fmt.Sprintf("receptive field %d×%d; gray is outside the image", patch.Box[2], patch.Box[3]),
			}
		}
	}
	return []string{fmt.Sprintf("no filter is above 0 on any of %d images", p.pictures)}
}

// figure is a filter's picture: three rows of three patches.
func (p *patches) figure(layer string, of *stats.Filter, crops []sheet.Raster) *sheet.Figure {
	f := &sheet.Figure{
		Title: fmt.Sprintf("%s %03d %s", layer, of.Index, of.Filter),
		Lines: []string{fmt.Sprintf("fires on %d of %d images", of.Fires, p.pictures)},
		Cell:  image.Pt(patchSide, patchSide), Columns: 3, Notes: 1,
	}
	for i, patch := range of.Strongest {
		name := source.Display(string(patch.Input))
		f.Cells = append(f.Cells, sheet.Cell{
			Picture: crops[i], Name: name[strings.LastIndexAny(name, `/\`)+1:],
			Notes: []string{fmt.Sprintf("%s at %d, %d", number(patch.Value), patch.At[0], patch.At[1])},
		})
	}
	return f
}

func (p *patches) draw(file *sink.File, f *sheet.Figure) error {
	if err := p.drawer.Write(file, f); err != nil {
		return fmt.Errorf("patches: %w", err)
	}
	return nil
}

// spot is a patch's place among those of some filters.
type spot struct{ filter, patch int }

// crops cuts the patches of some filters out of their pictures, each of which is decoded
// once.
func (p *patches) crops(ctx context.Context, some []stats.Filter) ([][]sheet.Raster, error) {
	crops := make([][]sheet.Raster, len(some))
	spots := map[string][]spot{}
	var entries []source.Entry
	for k := range some {
		crops[k] = make([]sheet.Raster, len(some[k].Strongest))
		for i, patch := range some[k].Strongest {
			crops[k][i] = sheet.Raster{Width: 1, Height: 1, Zoom: patchSide, Pix: []byte{outside, outside, outside}}
			input := string(patch.Input)
			if spots[input] == nil {
				entries = append(entries, source.Entry{Job: source.Job{Path: input, Rel: "patch"}})
			}
			spots[input] = append(spots[input], spot{k, i})
		}
	}
	_, err := p.work(ctx, entries, func(st *Stages) entryFunc {
		w := newWorker(p.run, st)
		return func(ctx context.Context, _ int, e *source.Entry) result {
			return w.crop(ctx, e, func(pic *decode.Picture) (err error) {
				for _, s := range spots[e.Path] {
					if crops[s.filter][s.patch], err = crop(pic, some[s.filter].Strongest[s.patch].Box); err != nil {
						return err
					}
				}
				return nil
			})
		}
	})
	return crops, err
}

// crop decodes a picture and gives it to do.
func (w *worker) crop(ctx context.Context, e *source.Entry, do func(*decode.Picture) error) result {
	rec := &sink.Record{Input: sink.Path(e.Path), Status: sink.OK}
	err := errors.New("standard input cannot be read again for its patches")
	if e.Path != source.Stdin {
		err = w.cropFrom(ctx, e, rec, do)
	}
	switch {
	case err == nil, interrupted(ctx, err):
		return result{}
	}
	fail(rec, err)
	return result{record: rec}
}

func (w *worker) cropFrom(ctx context.Context, e *source.Entry, rec *sink.Record, do func(*decode.Picture) error) error {
	in, err := w.open(ctx, e)
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = w.decoded(ctx, in, rec, func() int64 { return 0 }, func(_ context.Context, pic *decode.Picture) (int, error) {
		return 0, do(pic)
	})
	return err
}

// crop is a box of a picture, reduced to patchSide where it is larger and enlarged by a
// whole factor where it is smaller. Around the picture it is gray. Of a box much larger
// than the picture only what lies near it is shown.
func crop(pic *decode.Picture, box [4]int) (sheet.Raster, error) {
	size := pic.Size()
	picture := image.Rect(0, 0, size.W, size.H)
	near := image.Rect(-size.W, -size.H, 2*size.W, 2*size.H)
	part := image.Rect(box[1], box[0], box[1]+box[3], box[0]+box[2]).Intersect(near)
	to, zoom := sheet.Within(part.Size(), image.Pt(patchSide, patchSide))
	r := sheet.NewReduction(part.Size(), to, 3)
	line, row := make([]byte, 3*size.W), make([]byte, 3*part.Dx())
	inside := part.Intersect(picture)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for i := range row {
			row[i] = outside
		}
		if !inside.Empty() && y >= inside.Min.Y && y < inside.Max.Y {
			if err := pic.ReadRGB(line, y); err != nil {
				return sheet.Raster{}, err
			}
			copy(row[3*(inside.Min.X-part.Min.X):], line[3*inside.Min.X:3*inside.Max.X])
		}
		r.Row(row)
	}
	return r.Raster(zoom, nil), nil
}

// mosaic lays a filter's patches out three by three, smaller.
func mosaic(crops []sheet.Raster) sheet.Raster {
	const side = 3*overviewSide + 2*patchGap
	m := sheet.Raster{Width: side, Height: side, Pix: make([]byte, 3*side*side)}
	for i := range m.Pix {
		m.Pix[i] = 0xf3
	}
	for i, c := range crops {
		to, zoom := sheet.Within(image.Pt(c.Width, c.Height), image.Pt(overviewSide, overviewSide))
		small := sheet.NewReduction(image.Pt(c.Width, c.Height), to, 3)
		for y := range c.Height {
			small.Row(c.Pix[3*c.Width*y:][:3*c.Width])
		}
		tile := small.Raster(zoom, nil)
		size := tile.Size()
		left := i%3*(overviewSide+patchGap) + (overviewSide-size.X)/2
		top := i/3*(overviewSide+patchGap) + (overviewSide-size.Y)/2
		for y := range size.Y {
			for x := range size.X {
				copy(m.Pix[3*((top+y)*side+left+x):][:3], tile.Pix[3*(y/zoom*tile.Width+x/zoom):])
			}
		}
	}
	return m
}

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path"
	"slices"
	"strings"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/sheet"
	"filterbank/pipeline/source"
	"filterbank/pipeline/stats"
	"filterbank/pipeline/store"
)

// WritePatches draws what every filter answers to most strongly, after Zeiler and Fergus,
// Visualizing and Understanding Convolutional Networks (2014), figure 2: the patches of
// the pictures that statistics name, as the stack saw them. A filter's are dir/LAYER/
// INDEX-FILTER.png, all of a layer's dir/LAYER.png; with several stacks below dir/STACK.
// The options are those that the statistics were made with. A picture that cannot be read
// again is given to opts.Each as a record that has failed, and its patches stay empty. The
// error is that of the folder, or ctx's own.
func WritePatches(ctx context.Context, f *stats.File, opts Options, dir string) (err error) {
	if opts.Kernel == nil {
		opts.Kernel = kernel.Best()
	}
	tree, err := store.Open(dir)
	if err != nil {
		return err
	}
	unlock, err := alone(tree)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	tell, told := opts.Each, map[manifest.Path]bool{}
	opts.Each, opts.Ended, opts.StopOnError = func(r *manifest.Record) {
		if tell != nil && !told[r.Input] {
			told[r.Input] = true
			tell(r)
		}
	}, nil, false
	p := patches{run: &run{opts: &opts, tree: tree, memory: newAdmission(opts.Memory)}, pictures: f.Pictures, drawer: sheet.Drawer{SIMD: opts.Kernel.SIMD()}}
	for _, s := range opts.Stacks {
		for l, tapped := range s.Taps {
			if !tapped {
				continue
			}
			layer := s.Stack.Layers()[l]
			at := slices.IndexFunc(f.Layers, func(of stats.Layer) bool {
				return of.Stack == s.Stack.Name() && of.Layer == layer.Name() && len(of.Filters) == len(layer.Filters())
			})
			if at < 0 {
				return fmt.Errorf("patches: the statistics are not of layer %s", layer.Name())
			}
			if err := p.layer(ctx, s.Stack, l, &f.Layers[at], f.Audit); err != nil {
				return err
			}
		}
	}
	return nil
}

// alone keeps others out of a folder of patches until unlock, and removes what a crash has
// left of earlier ones.
func alone(tree *store.Folder) (unlock func() error, err error) {
	lock, err := tree.Lock()
	if err != nil {
		return nil, err
	}
	if lock.Crashed {
		err = tree.Sweep()
	}
	// A run's own crash is for the next run to look into.
	unlock = func() error { return lock.Unlock(lock.Crashed && tree.Exists(manifest.Name)) }
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	return unlock, nil
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
	mosaicSide   = 3*overviewSide + 2*patchGap
	filtersOnce  = 64 // whose patches are held at a time

	outside = 0x9c // the gray of what lies in the padding
)

// layer draws the patches of a layer, of some filters at a time.
func (p *patches) layer(ctx context.Context, stack *filters.Stack, l int, of *stats.Layer, audit []stats.Finding) error {
	names := layerFileNames(PNG, stack, l)
	folder := path.Dir(names[0].name)
	overview := &sheet.Figure{Title: folder, Lines: p.heading(of), Cell: image.Pt(mosaicSide, mosaicSide), Cells: overviewCells(stack, l, of, audit)}
	for _, c := range overview.Cells {
		overview.Notes = max(overview.Notes, len(c.Notes))
	}
	for from := 0; from < len(of.Filters); from += filtersOnce {
		some := of.Filters[from:min(from+filtersOnce, len(of.Filters))]
		crops, err := p.crops(ctx, some)
		if err != nil {
			return err
		}
		err = p.write(func(b *store.Batch) (err error) {
			for k := range some {
				cell := &overview.Cells[from+k]
				cell.Picture = mosaic(crops[k])
				err = errors.Join(err, p.draw(b.Create(names[from+k].name), p.figure(path.Base(folder), &some[k], cell, crops[k])))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return p.write(func(b *store.Batch) error { return p.draw(b.Create(folder+".png"), overview) })
}

// write commits the files that do makes, or none of them.
func (p *patches) write(do func(*store.Batch) error) error {
	b := p.tree.Begin("")
	err := do(b)
	if err == nil {
		_, err = b.Commit()
	}
	if err != nil {
		b.Abort()
	}
	return err
}

// overviewCells are those of a layer's filters, without their pictures.
func overviewCells(stack *filters.Stack, l int, of *stats.Layer, audit []stats.Finding) []sheet.Cell {
	cells := make([]sheet.Cell, len(of.Filters))
	for k, f := range of.Filters {
		cells[k].Index, cells[k].Name = fmt.Sprintf("%03d", k), f.Filter
	}
	for k, icon := range kernelIcons(stack.Layers()[l], l == 0) {
		cells[k].Icon = icon
	}
	for i := range audit {
		if a := &audit[i]; a.Stack == of.Stack && a.Layer == of.Layer && a.Index < len(cells) {
			cells[a.Index].Notes = []string{finding(a)}
		}
	}
	return cells
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

// figure is a filter's picture: three rows of three patches. cell is its overview's.
func (p *patches) figure(layer string, of *stats.Filter, cell *sheet.Cell, crops []sheet.Raster) *sheet.Figure {
	f := &sheet.Figure{
		Title: fmt.Sprintf("%s %s %s", layer, cell.Index, cell.Name),
		Lines: append([]string{fmt.Sprintf("fires on %d of %d images", of.Fires, p.pictures)}, cell.Notes...),
		Cell:  image.Pt(patchSide, patchSide), Columns: 3, Notes: 1,
	}
	if cell.Icon != nil {
		f.Lead = &sheet.Lead{Raster: *cell.Icon, Caption: "kernel"}
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

func (p *patches) draw(file *store.File, f *sheet.Figure) error {
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
			crops[k][i] = nothing()
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

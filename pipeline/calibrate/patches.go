package calibrate

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path"
	"strings"

	"filterbank/filters"
	"filterbank/pipeline"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/sheet"
	"filterbank/pipeline/source"
	"filterbank/pipeline/stats"
	"filterbank/pipeline/store"
)

// WritePatches draws the patches of the pictures that every filter answers to most
// strongly, as the stack saw them, after Zeiler and Fergus, Visualizing and Understanding
// Convolutional Networks (2014), figure 2. The patches of a filter go to
// dir/LAYER/INDEX-FILTER.png, and an overview of a layer to dir/LAYER.png. If there are
// several stacks, both are below dir/STACK. job and res are the ones that the statistics
// were gathered with; the font of the job's sheets is for names here too. A picture that
// cannot be read again has empty patches. Errors are errors of the folder and ctx's own.
func WritePatches(ctx context.Context, f *stats.File, job pipeline.Job, res pipeline.Resources, dir string, watch PatchWatch) (err error) {
	folder, err := store.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Release()
	unlock, err := alone(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	p := patches{job: job, res: res, folder: folder, pictures: f.Pictures, drawer: sheet.Drawer{SIMD: res.Kernel.SIMD(), Font: job.Output.Sheet.Font}}
	p.policy = watch.policy()
	layers, err := patchLayers(f, job.Stacks)
	if err != nil {
		return err
	}
	if watch.Begin != nil {
		watch.Begin(reads(layers))
	}
	for _, l := range layers {
		if err := p.layer(ctx, l.stack, l.index, l.of, f.Audit); err != nil {
			return err
		}
	}
	return nil
}

// alone locks a folder of patches until unlock, and removes the remains of earlier crashes.
func alone(folder *store.Folder) (unlock func() error, err error) {
	lock, err := folder.Lock()
	if err != nil {
		return nil, err
	}
	if lock.Crashed {
		err = folder.Sweep()
	}
	// The next run looks into the remains of a crashed run.
	unlock = func() error { return lock.Unlock(lock.Crashed && folder.Exists(manifest.Name)) }
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	return unlock, nil
}

// patches draws the patches of all layers into a folder.
type patches struct {
	job      pipeline.Job
	res      pipeline.Resources
	policy   pipeline.Policy
	folder   *store.Folder
	pictures int
	drawer   sheet.Drawer
	finder   source.Finder
}

const (
	patchSide    = 128 // longest side of a patch in its filter's picture, in pixels
	overviewSide = 60  // longest side of a patch in its layer's overview
	patchGap     = 2   // between the patches of an overview
	mosaicSide   = 3*overviewSide + 2*patchGap
	filtersOnce  = 64 // number of filters whose patches are held at a time

	outside = 0x9c // gray of everything outside the picture
)

// layer draws the patches of a layer, filtersOnce filters at a time.
func (p *patches) layer(ctx context.Context, stack *filters.Stack, l int, of *stats.Layer, audit []stats.Finding) error {
	names := output.MapNames(stack, l)
	folder := path.Dir(names[0])
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
				err = errors.Join(err, p.draw(b.Create(names[from+k]), p.figure(path.Base(folder), &some[k], cell, crops[k])))
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
	b := p.folder.BeginOwn()
	err := do(b)
	if err == nil {
		_, err = b.Commit()
	}
	if err != nil {
		b.Abort()
	}
	return err
}

// overviewCells are the overview's cells, one a filter, without their pictures.
func overviewCells(stack *filters.Stack, l int, of *stats.Layer, audit []stats.Finding) []sheet.Cell {
	cells := make([]sheet.Cell, len(of.Filters))
	for k, f := range of.Filters {
		cells[k].Index, cells[k].Name = fmt.Sprintf("%03d", k), f.Filter
	}
	for k, icons := range output.KernelIcons(stack.Layers()[l], l == 0) {
		cells[k].Icons = icons
	}
	for i := range audit {
		if a := &audit[i]; a.Stack == of.Stack && a.Layer == of.Layer && a.Index < len(cells) {
			cells[a.Index].Notes = []string{finding(a)}
		}
	}
	return cells
}

// finding puts an audit's finding about a filter in a word or two.
func finding(a *stats.Finding) string {
	if a.Kind == stats.Duplicate {
		return fmt.Sprintf("like %03d, r = %.3f", *a.Of, a.Correlation)
	}
	return string(a.Kind)
}

// heading is the text over a layer's overview.
func (p *patches) heading(of *stats.Layer) []string {
	for _, f := range of.Filters {
		for _, patch := range f.Strongest {
			return []string{
				fmt.Sprintf("each filter's strongest answers in %s, one an image", images(p.pictures)),
				fmt.Sprintf("receptive field %d×%d; gray is outside the image", patch.Box[2], patch.Box[3]),
			}
		}
	}
	return []string{fmt.Sprintf("no filter is above 0 on any of %s", images(p.pictures))}
}

// images is a number of images, with the noun.
func images(n int) string {
	if n == 1 {
		return "1 image"
	}
	return fmt.Sprintf("%d images", n)
}

// figure is a filter's picture: three rows of three patches. cell is its cell in the overview.
func (p *patches) figure(layer string, of *stats.Filter, cell *sheet.Cell, crops []sheet.Raster) *sheet.Figure {
	f := &sheet.Figure{
		Title: fmt.Sprintf("%s %s %s", layer, cell.Index, cell.Name),
		Lines: append([]string{fmt.Sprintf("fires on %d of %s", of.Fires, images(p.pictures))}, cell.Notes...),
		Cell:  image.Pt(patchSide, patchSide), Columns: 3, Notes: 1,
	}
	for i, icon := range cell.Icons {
		caption := icon.Caption
		if i == 0 {
			caption = "kernel"
		}
		f.Leads = append(f.Leads, sheet.Lead{Raster: icon.Raster, Caption: caption})
	}
	for i, patch := range of.Strongest {
		name := source.Display(string(patch.Input))
		f.Cells = append(f.Cells, sheet.Cell{
			Picture: crops[i], Name: name[strings.LastIndexAny(name, `/\`)+1:],
			Notes: []string{fmt.Sprintf("%s at %d, %d", sheet.Number(patch.Value), patch.At[0], patch.At[1])},
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

// spot names a patch of one of several filters.
type spot struct{ filter, patch int }

// crops cuts the patches of some filters out of their pictures, and decodes each picture
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
				entries = append(entries, again(ctx, &p.finder, input))
			}
			spots[input] = append(spots[input], spot{k, i})
		}
	}
	_, err := pipeline.Visit(ctx, entries, p.job, p.res, p.policy, func(*engine.Engine) pipeline.Visitor {
		return cropper(func(input string, pic *decode.Picture) (err error) {
			for _, s := range spots[input] {
				if crops[s.filter][s.patch], err = crop(pic, some[s.filter].Strongest[s.patch].Box); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return crops, err
}

package pipeline

import (
	"fmt"
	"slices"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/render"
	"filterbank/pipeline/sheet"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// sheetWriter makes a layer's contact sheet. Of each map it holds what its tile shows.
type sheetWriter struct {
	worker *worker
	tap    *tap
	file   *store.File
	figure *layerFigure
	grays  []render.Gray
	maps   []*sheet.Reduction
	labels [][]string // of each map its values, where it is so small that they can be read
}

func newSheetWriter(w *worker, t *tap, file *store.File) *sheetWriter {
	name := source.Display(string(t.rec.Output))
	s := &sheetWriter{worker: w, tap: t, figure: w.opts.layerFigure(t.plan, t.layer, name, t.ranges), file: file}
	reduction := sheet.NewReduction(s.figure.from, s.figure.to, 1)
	for k := range s.figure.Cells {
		s.grays = append(s.grays, w.opts.levels(t.plan.Layers[t.layer].Layer, t.ranges[k]))
		s.maps = append(s.maps, reduction.Again())
	}
	if s.figure.labelled() {
		s.labels = make([][]string, len(s.maps))
	}
	return s
}

func (s *sheetWriter) write(goroutines int, rows volume.Rows) error {
	return s.worker.maps.spread(goroutines, rows.C, func(l *lane, k int) error {
		defer l.clock.mark(&l.stages.Render)
		levels := l.scratch(rows.W)
		for i := range rows.N {
			s.grays[k].Row(levels, rows.Row(k, i))
			s.maps[k].Row(levels)
			if s.labels != nil {
				for _, v := range rows.Row(k, i) {
					s.labels[k] = append(s.labels[k], digits(float64(v), 3))
				}
			}
		}
		return nil
	})
}

// close draws the sheet.
func (s *sheetWriter) close() error {
	c := start()
	defer c.mark(&s.worker.stages.Render)
	if err := s.gather(); err != nil {
		return err
	}
	return s.worker.drawer.Write(s.file, &s.figure.Figure)
}

// gather puts the pictures on the figure.
func (s *sheetWriter) gather() error {
	f := s.figure
	for k := range f.Cells {
		f.Cells[k].Picture = s.maps[k].Raster(f.zoom, f.Bar.Palette)
		if s.labels != nil {
			f.Cells[k].Picture.Labels = s.labels[k]
		}
	}
	input := sheet.NewReduction(f.lead, f.leadRaster, 3)
	rgb := make([]byte, 3*f.lead.X)
	for y := range f.lead.Y {
		if err := s.tap.pic.ReadRGB(rgb, y); err != nil {
			return err
		}
		input.Row(rgb)
	}
	f.Lead.Raster = input.Raster(f.leadZoom, nil)
	return nil
}

// checkSheets refuses sheets of a stack's layers that are too large.
func (o *Options) checkSheets(p *filters.Plan, stack int) error {
	if !slices.Contains(o.Formats, Sheet) {
		return nil
	}
	for l, tapped := range o.Stacks[stack].Taps {
		if !tapped {
			continue
		}
		if _, err := o.layerFigure(p, l, "", nil).Size(); err != nil {
			return &largeError{fmt.Errorf("sheet of layer %s: %w", p.Layers[l].Layer.Name(), err)}
		}
	}
	return nil
}

// sheetBytes is about what a layer's contact sheet holds until it is written.
func (o *Options) sheetBytes(p *filters.Plan, layer int) int64 {
	f := o.layerFigure(p, layer, "", nil)
	tile := int64(f.to.X) * int64(f.to.Y)
	sums := int64(16 * f.to.X)
	if f.labelled() {
		const label = 32 // bytes, of its text and where that is
		tile *= 1 + label
	}
	lead := 3 * int64(f.leadRaster.X) * int64(f.leadRaster.Y)
	return int64(len(f.Cells))*(tile+sums) + lead + f.Bytes()
}

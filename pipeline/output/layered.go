package output

import (
	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/mapng"
	"filterbank/pipeline/moments"
	"filterbank/pipeline/render"
	"filterbank/pipeline/sheet"
	"filterbank/pipeline/store"
)

// Workspace holds the buffers of a worker's formats. They last from picture to picture. It
// has one owner.
type Workspace struct {
	Engine *engine.Engine // supplies the lanes, stages and instruction sets

	encoders []*mapng.Encoder // as many as were ever open at a time
	inUse    int
	encode   []mapng.Workspace // one per lane
	drawer   sheet.Drawer
	bins     []*moments.Bins // one per lane
	features []float32       // of the last picture

	// By suffix of the files of the picture that was written last: how many finite values have
	// become infinite.
	overflowed map[string]int64
}

// Reset drops all buffers, whose state is undefined after a panic.
func (ws *Workspace) Reset(e *engine.Engine) {
	*ws = Workspace{Engine: e, drawer: sheet.Drawer{SIMD: e.Kernel.SIMD()}}
}

// overflow counts values of a file that have become infinite.
func (ws *Workspace) overflow(suffix string, values int64) {
	if values == 0 {
		return
	}
	if ws.overflowed == nil {
		ws.overflowed = map[string]int64{}
	}
	ws.overflowed[suffix] += values
}

func (ws *Workspace) encoder() *mapng.Encoder {
	if ws.inUse == len(ws.encoders) {
		ws.encoders = append(ws.encoders, new(mapng.Encoder))
	}
	ws.inUse++
	return ws.encoders[ws.inUse-1]
}

// each calls do for each map of the rows, from a number of goroutines.
func (ws *Workspace) each(goroutines int, rows volume.Rows, do func(l *engine.Lane, encode *mapng.Workspace, k int) error) error {
	for len(ws.encode) < goroutines {
		ws.encode = append(ws.encode, mapng.Workspace{SIMD: ws.Engine.Kernel.SIMD()})
	}
	return ws.Engine.Lanes.Each(goroutines, rows.C, func(l *engine.Lane, i, k int) error {
		return do(l, &ws.encode[i], k)
	})
}

// finish closes the encoders of a layer's maps.
func (ws *Workspace) finish(encoders []*mapng.Encoder) error {
	c := engine.Start()
	defer c.Mark(&ws.Engine.Stages.Encode)
	for _, enc := range encoders {
		if err := enc.Close(); err != nil {
			return err
		}
	}
	return nil
}

// layerWriter writes the files of one layer in one format.
type layerWriter interface {
	write(goroutines int, rows volume.Rows) error
	close() error
}

// target is a layer of a picture and its files in one format.
type target struct {
	*View
	ws     *Workspace
	plan   *filters.Plan
	lp     *filters.LayerPlan
	index  int            // index of the layer
	ranges []render.Range // one per map; nil for formats that are not ranged
	names  []Planned
	files  []*store.File
}

// levels turns the values of map k into 8-bit levels.
func (t *target) levels(k int) render.Gray {
	return t.Levels(t.lp.Layer, t.ranges[k], t.ws.Engine.Kernel.SIMD())
}

// layered is the Writer of formats that write the files of each layer on their own.
type layered struct {
	view    *View
	ws      *Workspace
	batch   *store.Batch
	files   []Planned
	open    func(t *target) (layerWriter, error)
	writers []layerWriter // of the current stack, by layer; nil for layers that are not wanted
}

// openLayers makes the Open function of such formats.
func openLayers(files func(*View) []Planned, open func(t *target) (layerWriter, error)) func(*View, *Workspace, *store.Batch) (Writer, error) {
	return func(v *View, ws *Workspace, b *store.Batch) (Writer, error) {
		return &layered{view: v, ws: ws, batch: b, files: files(v), open: open}, nil
	}
}

func (w *layered) Begin(stack int) error {
	plan := w.view.Plans[stack]
	w.writers = make([]layerWriter, len(plan.Layers))
	for l, wanted := range w.view.Stacks[stack].Layers {
		if !wanted {
			continue
		}
		t := &target{View: w.view, ws: w.ws, plan: plan, lp: &plan.Layers[l], index: l, ranges: w.view.rangesOf(stack, l)}
		for _, p := range w.files {
			if p.stack == stack && p.layer == l {
				t.names = append(t.names, p)
				t.files = append(t.files, w.batch.CreateNamed(p.Name()))
			}
		}
		var err error
		if w.writers[l], err = w.open(t); err != nil {
			return err
		}
	}
	return nil
}

func (w *layered) Write(goroutines, _, layer int, rows volume.Rows) error {
	return w.writers[layer].write(goroutines, rows)
}

func (w *layered) End(int) error {
	for _, lw := range w.writers {
		if lw == nil {
			continue
		}
		if err := lw.close(); err != nil {
			return err
		}
	}
	w.writers = nil
	return nil
}

func (w *layered) Close() error { return nil }

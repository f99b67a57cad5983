package pipeline

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"filterbank/filters"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/mapng"
	"filterbank/pipeline/render"
	"filterbank/pipeline/store"
)

// ScaleKeyword names the PNG text chunk that holds a map's range: lo and hi,
// separated by a blank, so that value = lo + pixel/top·(hi − lo).
const ScaleKeyword = "filterbank:scale"

// ColormapKeyword names the PNG text chunk that holds the name of a map's colormap. The
// pixels are indices of its palette, and mean what gray pixels do.
const ColormapKeyword = "filterbank:colormap"

// mapBuffers are a worker's buffers for rendering and encoding.
type mapBuffers struct {
	simd     simd.Set
	lanes    []lane
	encoders []*mapng.Encoder // grows to the most maps that were ever open at a time
	inUse    int

	percentiles []render.Percentiles // one for each of the most maps of a stack
}

// lane is what one goroutine needs to render and encode maps, one after the other.
type lane struct {
	workspace mapng.Workspace
	bytes     []byte // rendered pixels, or .npy values, of some rows of a map
	clock     clock  // runs from one map to the next
	stages    Stages
}

func (b *mapBuffers) encoder() *mapng.Encoder {
	if b.inUse == len(b.encoders) {
		b.encoders = append(b.encoders, new(mapng.Encoder))
	}
	b.inUse++
	return b.encoders[b.inUse-1]
}

func (l *lane) scratch(n int) []byte {
	if cap(l.bytes) < n {
		l.bytes = make([]byte, n)
	}
	return l.bytes[:n]
}

// spread calls do for 0 ≤ k < n, from that many goroutines, each with a lane of its own.
func (b *mapBuffers) spread(goroutines, n int, do func(l *lane, k int) error) error {
	goroutines = max(1, min(goroutines, n))
	for len(b.lanes) < goroutines {
		b.lanes = append(b.lanes, lane{workspace: mapng.Workspace{SIMD: b.simd}})
	}
	if goroutines == 1 {
		l := &b.lanes[0]
		l.clock = start()
		for k := range n {
			if err := do(l, k); err != nil {
				return err
			}
		}
		return nil
	}
	var next atomic.Int64
	var group errgroup.Group
	for i := range goroutines {
		group.Go(func() (err error) {
			defer func() {
				if p := recover(); p != nil { // it would end the process and not this picture only
					err = internal(p)
				}
			}()
			l := &b.lanes[i]
			l.clock = start()
			for k := int(next.Add(1)) - 1; k < n; k = int(next.Add(1)) - 1 {
				if err := do(l, k); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// stages hands over the time that the lanes have counted.
func (b *mapBuffers) stages(to *Stages) {
	for i := range b.lanes {
		to.add(b.lanes[i].stages)
		b.lanes[i].stages = Stages{}
	}
}

// layerWriter writes the maps of one layer in one format.
type layerWriter interface {
	write(goroutines int, rows volume.Rows) error
	close() error
}

// write runs the stacks and writes the maps of their tapped layers. The files come
// back in the order in which the batch holds them.
func (w *worker) write(ctx context.Context, pic *decode.Picture, ranges [][][]render.Range, rec *manifest.Record, batch *store.Batch) (files []manifest.File, maps int, err error) {
	defer w.maps.stages(w.stages)
	for s, p := range w.plans() {
		w.maps.inUse = 0
		writers := make([][]layerWriter, len(p.Layers))
		for l, tapped := range w.opts.Stacks[s].Taps {
			if !tapped {
				continue
			}
			maps += p.Layers[l].Out.C
			for _, format := range w.opts.Formats {
				lw, infos, err := w.layerWriter(format, &tap{p, l, ranges[s][l], pic, rec}, batch)
				if err != nil {
					return nil, 0, err
				}
				writers[l] = append(writers[l], lw)
				files = append(files, infos...)
			}
		}
		err := w.convolve(ctx, s, pic, func(goroutines, layer int, rows volume.Rows) error {
			for _, lw := range writers[layer] {
				if err := lw.write(goroutines, rows); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
		for _, of := range writers {
			for _, lw := range of {
				if err := lw.close(); err != nil {
					return nil, 0, err
				}
			}
		}
	}
	return files, maps, nil
}

// layerFile is a file of a layer's maps.
type layerFile struct {
	name   string // below the picture's folder, slash-separated
	filter string // empty for files of the whole layer
}

// layerFileNames lists the files that a layer's maps take in a format.
func layerFileNames(format Format, stack *filters.Stack, layer int) []layerFile {
	l := stack.Layers()[layer]
	folder := l.Name()
	if name := stack.Name(); name != "" {
		folder = name + "/" + folder
	}
	switch format {
	case NPY:
		return []layerFile{{name: folder + ".npy"}}
	case Sheet:
		return []layerFile{{name: folder + ".sheet.png"}}
	}
	end := ".png"
	if format == Overlay {
		end = ".overlay.png"
	}
	var files []layerFile
	for k, name := range l.Filters() {
		files = append(files, layerFile{fmt.Sprintf("%s/%03d-%s%s", folder, k, name, end), name})
	}
	return files
}

// tap is a layer of the picture at hand whose maps are written.
type tap struct {
	plan   *filters.Plan
	layer  int
	ranges []render.Range // one a map
	pic    *decode.Picture
	rec    *manifest.Record
}

// MapNames are the PNG files that a layer's maps take, one a filter: slash-separated
// paths below a picture's folder.
func MapNames(stack *filters.Stack, layer int) []string {
	var names []string
	for _, f := range layerFileNames(PNG, stack, layer) {
		names = append(names, f.name)
	}
	return names
}

// layerWriter opens the files of a layer in one format.
func (w *worker) layerWriter(format Format, t *tap, batch *store.Batch) (layerWriter, []manifest.File, error) {
	lp := &t.plan.Layers[t.layer]
	info := manifest.File{Format: string(format), Stack: t.plan.Stack.Name(), Layer: lp.Layer.Name()}
	names := layerFileNames(format, t.plan.Stack, t.layer)
	switch format {
	case NPY:
		n, err := newNPYWriter(w, lp.Out, batch.Create(names[0].name))
		return n, []manifest.File{info}, err
	case Overlay:
		return newOverlayWriter(w, t, names, batch)
	case Sheet:
		return newSheetWriter(w, t, batch.Create(names[0].name)), []manifest.File{info}, nil
	}
	return newPNGWriter(w, t, format, names, batch)
}

// pngWriter renders and encodes the maps of a layer.
type pngWriter struct {
	worker   *worker
	depth    int // bits a pixel
	grays    []render.Gray
	encoders []*mapng.Encoder
}

// newPNGWriter opens a file for every map.
func newPNGWriter(w *worker, t *tap, format Format, names []layerFile, batch *store.Batch) (*pngWriter, []manifest.File, error) {
	lp := &t.plan.Layers[t.layer]
	info := manifest.File{Format: string(format), Stack: t.plan.Stack.Name(), Layer: lp.Layer.Name()}
	pw := &pngWriter{worker: w, depth: 8}
	header := mapng.Header{Width: lp.Out.W, Height: lp.Out.H, Text: make([]mapng.Text, 1)}
	colormap := w.opts.colormap(lp.Layer)
	if !colormap.Gray() {
		info.Colormap, header.Palette = colormap.Name(), colormap.Palette()
		header.Text = append(header.Text, mapng.Text{Keyword: ColormapKeyword, Value: colormap.Name()})
	}
	gray := func(r render.Range) render.Gray { return w.opts.levels(lp.Layer, r) }
	if format == PNG16 {
		pw.depth = 16
		gray = func(r render.Range) render.Gray { return render.Gray16(r, w.opts.Kernel.SIMD()) }
	}
	header.Depth = pw.depth
	var infos []manifest.File
	for k, f := range names {
		enc := w.maps.encoder()
		header.Text[0] = mapng.Text{Keyword: ScaleKeyword, Value: t.ranges[k].String()}
		err := enc.Reset(batch.Create(f.name), header)
		if err != nil {
			return nil, nil, fmt.Errorf("encode %s: %w", f.name, err)
		}
		pw.encoders = append(pw.encoders, enc)
		pw.grays = append(pw.grays, gray(t.ranges[k]))
		info.Filter, info.Index, info.Scale = f.filter, &k, &[2]float64{t.ranges[k].Lo, t.ranges[k].Hi}
		infos = append(infos, info)
	}
	return pw, infos, nil
}

func (p *pngWriter) write(goroutines int, rows volume.Rows) error {
	line := rows.W * p.depth / 8
	return p.worker.maps.spread(goroutines, rows.C, func(l *lane, k int) error {
		pixels := l.scratch(rows.N * line)
		for i := range rows.N {
			p.grays[k].Row(pixels[i*line:], rows.Row(k, i))
		}
		l.clock.mark(&l.stages.Render)
		defer l.clock.mark(&l.stages.Encode)
		return p.encoders[k].WriteRows(&l.workspace, pixels)
	})
}

func (p *pngWriter) close() error { return p.worker.finish(p.encoders) }

// finish ends the pictures of a layer's maps.
func (w *worker) finish(encoders []*mapng.Encoder) error {
	c := start()
	defer c.mark(&w.stages.Encode)
	for _, enc := range encoders {
		if err := enc.Close(); err != nil {
			return err
		}
	}
	return nil
}

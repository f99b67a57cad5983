package pipeline

import (
	"fmt"

	"filterbank/filters/volume"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/mapng"
	"filterbank/pipeline/render"
	"filterbank/pipeline/store"
)

// overlayRows is how many of the picture's rows are blended at a time.
const overlayRows = 32

// overlayWriter blends the maps of a layer over the picture. Rows of the picture follow as
// soon as the maps' rows around them are there, so that of every map one row is kept.
type overlayWriter struct {
	worker   *worker
	tap      *tap
	down     render.Axis
	grays    []render.Gray
	overlays []*render.Overlay
	encoders []*mapng.Encoder
	kept     []byte // the last row's levels of every map
	next     int    // row of the picture
	rgb      []byte // a row of the picture
	luma     []byte // overlayRows rows
}

// newOverlayWriter opens a file for every map.
func newOverlayWriter(w *worker, t *tap, names []layerFile, batch *store.Batch) (*overlayWriter, []manifest.File, error) {
	lp := &t.plan.Layers[t.layer]
	size := t.pic.Size()
	o := &overlayWriter{
		worker: w, tap: t,
		down: render.Axis{Start: lp.FieldStart[0], Jump: lp.Jump[0], Field: lp.Field[0], Outputs: lp.Out.H},
		kept: make([]byte, lp.Out.C*lp.Out.W),
		rgb:  make([]byte, 3*size.W), luma: make([]byte, overlayRows*size.W),
	}
	colormap := w.opts.overlayColormap(lp.Layer)
	across := render.NewCrossings(render.Axis{Start: lp.FieldStart[1], Jump: lp.Jump[1], Field: lp.Field[1], Outputs: lp.Out.W}, size.W)
	var infos []manifest.File
	for k, f := range names {
		r := t.ranges[k]
		enc := w.maps.encoder()
		err := enc.Reset(batch.Create(f.name), mapng.Header{Width: size.W, Height: size.H, Depth: 8, RGB: true})
		if err != nil {
			return nil, nil, fmt.Errorf("encode %s: %w", f.name, err)
		}
		o.encoders = append(o.encoders, enc)
		o.grays = append(o.grays, w.opts.levels(lp.Layer, r))
		o.overlays = append(o.overlays, render.NewOverlay(colormap, r, across))
		infos = append(infos, manifest.File{
			Format: string(Overlay), Stack: t.plan.Stack.Name(), Layer: lp.Layer.Name(), Filter: f.filter, Index: &k,
			Scale: &[2]float64{r.Lo, r.Hi}, Colormap: colormap.Name(),
		})
	}
	return o, infos, nil
}

func (o *overlayWriter) write(goroutines int, rows volume.Rows) error {
	height := o.tap.pic.Size().H
	for o.next < height {
		n := 0
		for n < min(overlayRows, height-o.next) && o.ready(o.next+n, rows) {
			n++
		}
		if n == 0 {
			break
		}
		if err := o.blend(goroutines, rows, n); err != nil {
			return err
		}
		o.next += n
	}
	return o.worker.maps.spread(goroutines, rows.C, func(l *lane, k int) error {
		defer l.clock.mark(&l.stages.Render)
		o.grays[k].Row(o.kept[k*rows.W:][:rows.W], rows.Row(k, rows.N-1))
		return nil
	})
}

// ready says whether the maps' rows that a row of the picture needs have come.
func (o *overlayWriter) ready(y int, rows volume.Rows) bool {
	i, weight := o.down.At(y)
	if weight > 0 {
		i++
	}
	return i < rows.Y+rows.N
}

// blend writes the next n rows of every overlay.
func (o *overlayWriter) blend(goroutines int, rows volume.Rows, n int) error {
	width := len(o.rgb) / 3
	for y := range n {
		if err := o.tap.pic.ReadRGB(o.rgb, o.next+y); err != nil {
			return err
		}
		render.Luma(o.luma[y*width:][:width], o.rgb)
	}
	return o.worker.maps.spread(goroutines, rows.C, func(l *lane, k int) error {
		scratch := l.scratch(2*rows.W + n*3*width)
		above, below, out := scratch[:rows.W], scratch[rows.W:2*rows.W], scratch[2*rows.W:]
		level := func(dst []byte, i int) []byte {
			if i < rows.Y {
				return o.kept[k*rows.W:][:rows.W]
			}
			o.grays[k].Row(dst, rows.Row(k, i-rows.Y))
			return dst
		}
		at := -1
		var a, b []byte
		for y := range n {
			i, weight := o.down.At(o.next + y)
			if i != at {
				a, b, at = level(above, i), nil, i
			}
			if weight > 0 && b == nil {
				b = level(below, i+1)
			}
			next := b
			if weight == 0 {
				next = a
			}
			o.overlays[k].Row(out[y*3*width:], o.luma[y*width:][:width], a, next, weight)
		}
		l.clock.mark(&l.stages.Render)
		defer l.clock.mark(&l.stages.Encode)
		return o.encoders[k].WriteRows(&l.workspace, out)
	})
}

func (o *overlayWriter) close() error { return o.worker.finish(o.encoders) }

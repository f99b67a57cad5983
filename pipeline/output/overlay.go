package output

import (
	"fmt"
	"io"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/mapng"
	"filterbank/pipeline/render"
)

// overlay is a map blended over the picture, one file per map.
var overlay = Format{
	Name: "overlay", Ranged: true, ForEye: true,
	Flag:  "also write each map blended over the image; --format overlay writes only these",
	Files: overlayFiles,
	Key: func(w io.Writer, v *View) {
		v.keyRanges(w)
		v.keyColours(w, v.overlayColormap)
	},
	Open: openLayers(overlayFiles, newOverlayWriter),
}

func overlayFiles(v *View) []Planned {
	files := v.ofMaps(".overlay.png", v.overlayColormap, func(p *Planned, lp *filters.LayerPlan) { p.Working = encoderBytes })
	for i := range files {
		files[i].File.Colormap = v.overlayColormap(v.layer(files[i].stack, files[i].layer)).Name()
		if v.Plans != nil {
			in := v.Plans[files[i].stack].Input
			files[i].Bytes = pngBytes(in.W, in.H, 3)
		}
	}
	return files
}

// overlayRows is the number of the picture's rows that are blended at a time.
const overlayRows = 32

// overlayWriter blends the maps of a layer over the picture. A row of the picture is blended
// as soon as the maps' rows around it are known. So only one row of every map is kept.
type overlayWriter struct {
	*target
	down     render.Axis
	grays    []render.Gray
	overlays []*render.Overlay
	encoders []*mapng.Encoder
	kept     []byte // levels of the last row of every map
	next     int    // next row of the picture
	rgb      []byte // a row of the picture
	luma     []byte // overlayRows rows
}

func newOverlayWriter(t *target) (layerWriter, error) {
	lp, size := t.lp, t.Picture.Size()
	o := &overlayWriter{
		target: t,
		down:   render.Axis{Start: lp.FieldStart[0], Jump: lp.Jump[0], Field: lp.Field[0], Outputs: lp.Out.H},
		kept:   make([]byte, lp.Out.C*lp.Out.W),
		rgb:    make([]byte, 3*size.W), luma: make([]byte, overlayRows*size.W),
	}
	colormap := t.overlayColormap(lp.Layer)
	across := render.NewCrossings(render.Axis{Start: lp.FieldStart[1], Jump: lp.Jump[1], Field: lp.Field[1], Outputs: lp.Out.W}, size.W)
	for k, f := range t.files {
		enc := t.ws.encoder()
		if err := enc.Reset(f, mapng.Header{Width: size.W, Height: size.H, Depth: 8, RGB: true}); err != nil {
			return nil, fmt.Errorf("encode %s: %w", t.names[k].Suffix, err)
		}
		o.encoders = append(o.encoders, enc)
		o.grays = append(o.grays, t.levels(k))
		o.overlays = append(o.overlays, render.NewOverlay(colormap, t.ranges[k], across))
	}
	return o, nil
}

func (o *overlayWriter) write(goroutines int, rows volume.Rows) error {
	height := o.Picture.Size().H
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
	return o.ws.each(goroutines, rows, func(l *engine.Lane, encode *mapng.Workspace, k int) error {
		defer l.Clock.Mark(&l.Stages.Render)
		o.grays[k].Row(o.kept[k*rows.W:][:rows.W], rows.Row(k, rows.N-1))
		return nil
	})
}

// ready says whether the maps' rows around row y of the picture are known.
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
		if err := o.Picture.ReadRGB(o.rgb, o.next+y); err != nil {
			return err
		}
		render.Luma(o.luma[y*width:][:width], o.rgb)
	}
	return o.ws.each(goroutines, rows, func(l *engine.Lane, encode *mapng.Workspace, k int) error {
		scratch := l.Scratch(2*rows.W + n*3*width)
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
		l.Clock.Mark(&l.Stages.Render)
		defer l.Clock.Mark(&l.Stages.Encode)
		return o.encoders[k].WriteRows(encode, out)
	})
}

func (o *overlayWriter) close() error { return o.ws.finish(o.encoders) }

package output

import (
	"errors"
	"fmt"
	"image"
	stdpng "image/png"
	"io"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/mapng"
	"filterbank/pipeline/render"
)

// ScaleKeyword is the keyword of the PNG text chunk with a map's range: lo and hi, separated
// by a blank. A pixel's value is lo + pixel/top·(hi − lo).
const ScaleKeyword = "filterbank:scale"

// ColormapKeyword is the keyword of the PNG text chunk with the name of a map's colormap. The
// pixels are indices in its palette and stand for the same values as gray pixels.
const ColormapKeyword = "filterbank:colormap"

// png8 is a picture of 8 bits per map, gray or in the colours of a colormap.
var png8 = Format{
	Name: "png", Ranged: true,
	Files: png8Files,
	Key: func(w io.Writer, v *View) {
		v.keyRanges(w)
		v.keyColours(w, v.ColormapOf)
	},
	Open: openLayers(png8Files, func(t *target) (layerWriter, error) {
		return newPNGWriter(t, 8, t.levels)
	}),
	Read: readPNG,
}

func png8Files(v *View) []Planned {
	return v.ofMaps(".png", v.ColormapOf, func(p *Planned, lp *filters.LayerPlan) {
		p.Bytes, p.Working = pngBytes(lp.Out.W, lp.Out.H, 1), encoderBytes
		if name := p.File.Colormap; name != "" {
			p.Bytes += 12 + 3*256 + 12 + int64(len(ColormapKeyword)+1+len(name))
		}
	})
}

// png16 is a gray picture of 16 bits per map.
var png16 = Format{
	Name: "png16", Family: "png", Ranged: true, Uncoloured: true,
	Files: png16Files,
	Key:   func(w io.Writer, v *View) { v.keyRanges(w) },
	Open: openLayers(png16Files, func(t *target) (layerWriter, error) {
		return newPNGWriter(t, 16, func(k int) render.Gray { return render.Gray16(t.ranges[k], t.ws.Engine.Kernel.SIMD()) })
	}),
	Read: readPNG,
}

func png16Files(v *View) []Planned {
	return v.ofMaps(".png", nil, func(p *Planned, lp *filters.LayerPlan) {
		p.Bytes, p.Working = pngBytes(lp.Out.W, lp.Out.H, 2), encoderBytes
	})
}

// encoderBytes is about the memory for encoding a map.
const encoderBytes = 96 << 10

// pngBytes is the size of a PNG if nothing in it could be compressed.
func pngBytes(w, h, bytesPerPixel int) int64 {
	raw := int64(h) * (int64(w)*int64(bytesPerPixel) + 1) // one filter byte per row
	const chunks = 160                                    // signature, IHDR, the scale's text, IDAT frame, IEND
	return raw + raw/4096 + chunks
}

// pngWriter renders and encodes the maps of a layer.
type pngWriter struct {
	ws       *Workspace
	depth    int // bits per pixel
	grays    []render.Gray
	encoders []*mapng.Encoder
}

func newPNGWriter(t *target, depth int, gray func(k int) render.Gray) (*pngWriter, error) {
	w := &pngWriter{ws: t.ws, depth: depth}
	header := mapng.Header{Width: t.lp.Out.W, Height: t.lp.Out.H, Depth: depth, Text: make([]mapng.Text, 1)}
	if c := t.ColormapOf(t.lp.Layer); !c.Gray() {
		header.Palette = c.Palette()
		header.Text = append(header.Text, mapng.Text{Keyword: ColormapKeyword, Value: c.Name()})
	}
	for k, f := range t.files {
		enc := t.ws.encoder()
		header.Text[0] = mapng.Text{Keyword: ScaleKeyword, Value: t.ranges[k].String()}
		if err := enc.Reset(f, header); err != nil {
			return nil, fmt.Errorf("encode %s: %w", t.names[k].Suffix, err)
		}
		w.encoders = append(w.encoders, enc)
		w.grays = append(w.grays, gray(k))
	}
	return w, nil
}

func (w *pngWriter) write(goroutines int, rows volume.Rows) error {
	line := rows.W * w.depth / 8
	return w.ws.each(goroutines, rows, func(l *engine.Lane, encode *mapng.Workspace, k int) error {
		pixels := l.Scratch(rows.N * line)
		for i := range rows.N {
			w.grays[k].Row(pixels[i*line:], rows.Row(k, i))
		}
		l.Clock.Mark(&l.Stages.Render)
		defer l.Clock.Mark(&l.Stages.Encode)
		return w.encoders[k].WriteRows(encode, pixels)
	})
}

func (w *pngWriter) close() error { return w.ws.finish(w.encoders) }

// readPNG reads a map of gray pixels or of palette indices. It checks the size before it
// decodes any pixel.
func readPNG(in *io.SectionReader, f *manifest.File, layers []manifest.Layer) ([]Maps, error) {
	if f.Scale == nil || f.Index == nil {
		return nil, errors.New("its bytes differ, and it has no scale that turns pixels into numbers")
	}
	shape, err := shapeOf(f, layers)
	if err != nil {
		return nil, err
	}
	shape.C = 1
	config, err := stdpng.DecodeConfig(in)
	if err != nil {
		return nil, err
	}
	if config.Width != shape.W || config.Height != shape.H {
		return nil, fmt.Errorf("it is %d×%d, but %d×%d in the manifest", config.Height, config.Width, shape.H, shape.W)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	img, err := stdpng.Decode(in)
	if err != nil {
		return nil, err
	}
	m := Maps{Stack: f.Stack, Layer: f.Layer, First: *f.Index, Shape: shape, lo: f.Scale[0], hi: f.Scale[1]}
	switch img := img.(type) {
	case *image.Gray:
		m.bytes = img.Pix
	case *image.Gray16:
		m.bytes, m.wide = img.Pix, true
	case *image.Paletted:
		m.bytes = img.Pix
	default:
		return nil, fmt.Errorf("its pixels are %T, but a map's are gray or of a palette", img)
	}
	return []Maps{m}, nil
}

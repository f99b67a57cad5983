package report

import (
	"bytes"
	"fmt"
	"image"
	"image/png"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
	"filterbank/pipeline/mapng"
	"filterbank/pipeline/output"
	"filterbank/pipeline/render"
)

// drawer draws the maps for which the run wrote no PNG, as with --format npy. Its buffers
// last from picture to picture. It has one owner.
type drawer struct {
	looks     output.Settings // settings of the run, as the format of its maps sees them
	workspace mapng.Workspace
	pixels    []byte
}

func (w *writer) newDrawer() drawer { return drawer{looks: w.opts.Looks.OfMaps()} }

// openMaps are the maps of a stack on a picture while they are drawn.
type openMaps struct {
	*drawer
	layers [][]*openMap // by layer and filter; nil if the run wrote a PNG
}

// openMap is a map while it is drawn.
type openMap struct {
	data    *mapData
	out     bytes.Buffer
	gray    render.Gray
	encoder mapng.Encoder
	err     error
}

// shown returns the range on which a map is looked at.
func (d *drawer) shown(layer filters.Layer, t *tally) render.Range {
	if t.ranked == nil {
		return d.looks.RangeFrom(layer, t.extremes)
	}
	eye := d.looks.ForEye()
	return eye.RangeOf(layer, t.ranked.Stretched())
}

// begin opens a PNG for every map that has none. It has the run's colours and levels. Its
// range is the map's own, stretched if the run's are.
func (d *drawer) begin(plan *filters.Plan, maps [][]mapData, tallies [][]tally) *openMaps {
	all := &openMaps{drawer: d, layers: make([][]*openMap, len(maps))}
	for l := range maps {
		out, layer := plan.Layers[l].Out, plan.Layers[l].Layer
		header := mapng.Header{Width: out.W, Height: out.H, Depth: 8}
		if colormap := d.looks.ColormapOf(layer); !colormap.Gray() {
			header.Palette = colormap.Palette()
		}
		all.layers[l] = make([]*openMap, len(maps[l]))
		for k := range maps[l] {
			m := &maps[l][k]
			if m.URL != "" || m.PNG != nil {
				continue
			}
			r := d.shown(layer, &tallies[l][k])
			m.Of = [2]float64{r.Lo, r.Hi}
			open := &openMap{data: m, gray: d.looks.Levels(layer, r, d.workspace.SIMD)}
			open.err = open.encoder.Reset(&open.out, header)
			all.layers[l][k] = open
		}
	}
	return all
}

// add draws the next rows of a layer.
func (d *openMaps) add(layer int, rows volume.Rows) error {
	for c, m := range d.layers[layer] {
		if m == nil {
			continue
		}
		if n := rows.N * rows.W; cap(d.pixels) < n {
			d.pixels = make([]byte, n)
		}
		pixels := d.pixels[:rows.N*rows.W]
		for i := range rows.N {
			m.gray.Row(pixels[i*rows.W:], rows.Row(c, i))
		}
		if m.err == nil {
			m.err = m.encoder.WriteRows(&d.workspace, pixels)
		}
	}
	return nil
}

// end closes the PNGs and puts them into the maps' data.
func (d *openMaps) end() error {
	for _, layer := range d.layers {
		for _, m := range layer {
			if m == nil {
				continue
			}
			if m.err == nil {
				m.err = m.encoder.Close()
			}
			if m.err != nil {
				return fmt.Errorf("draw a map: %w", m.err)
			}
			m.data.PNG = m.out.Bytes()
		}
	}
	return nil
}

// levels estimates a map's statistics from its PNG. A value lies within half a level of the
// value that its pixel stands for. A PNG of another size, or that cannot be read, is dropped.
func (m *mapData) levels(k *kernel.Kernel, shape volume.Shape, stretched bool, shown func(*tally) render.Range) {
	config, err := png.DecodeConfig(bytes.NewReader(m.PNG))
	if err != nil || config.Width != shape.W || config.Height != shape.H {
		m.PNG = nil
		return
	}
	img, err := png.Decode(bytes.NewReader(m.PNG))
	if err != nil {
		m.PNG = nil
		return
	}
	t, row := tally{}, make([]float32, shape.W)
	t.rank(stretched, shape.H*shape.W)
	rows := func(do func([]float32)) {
		for y := range shape.H {
			for x := range row {
				level, top := levelAt(img, x, y)
				row[x] = float32(m.Of[0] + float64(float64(level)/top*(m.Of[1]-m.Of[0])))
			}
			do(row)
		}
	}
	rows(func(row []float32) { t.add(k, row) })
	for one := [][]tally{{t}}; left(one); {
		rows(func(row []float32) { t.ranked.Add(k, row) })
	}
	rows(t.count)
	m.tallied(&t)
	if stretched {
		m.show(shown(&t))
	}
}

// levelAt returns a pixel of a map, gray or an index in a palette, and the largest level.
func levelAt(img image.Image, x, y int) (level int, top float64) {
	switch m := img.(type) {
	case *image.Gray:
		return int(m.GrayAt(x, y).Y), 255
	case *image.Gray16:
		return int(m.Gray16At(x, y).Y), 65535
	case *image.Paletted:
		return int(m.ColorIndexAt(x, y)), 255
	}
	return 0, 1
}

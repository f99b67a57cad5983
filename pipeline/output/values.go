package output

import (
	"fmt"

	"filterbank/filters/volume"
	"filterbank/pipeline/manifest"
)

// Maps holds maps of a layer as a file has them: numbers, or pixels with a scale that turns
// them into numbers.
type Maps struct {
	Stack, Layer string
	First        int          // index of the first map in its layer
	Shape        volume.Shape // maps × rows × columns

	floats []float32
	bytes  []byte // pixels of 8 bits, or of 16 bits with the higher byte first
	wide   bool
	lo, hi float64
}

// At returns the i-th value, in the order map, row, column. The value of a pixel is
// lo + pixel/top·(hi − lo), rounded after each step.
func (m *Maps) At(i int) float64 {
	if m.floats != nil {
		return float64(m.floats[i])
	}
	p, top := 0, 255
	if m.wide {
		p, top = int(m.bytes[2*i])<<8|int(m.bytes[2*i+1]), 65535
	} else {
		p = int(m.bytes[i])
	}
	return m.lo + float64(float64(p)/float64(top)*(m.hi-m.lo))
}

// maxMaps bounds the number of maps of a layer, since a manifest may claim any number.
const maxMaps = 1 << 20

// shapeOf returns the shape of a file's layer according to its record.
func shapeOf(f *manifest.File, layers []manifest.Layer) (volume.Shape, error) {
	for _, l := range layers {
		if l.Stack != f.Stack || l.Layer != f.Layer {
			continue
		}
		if _, err := l.Out.Len(); err != nil || l.Out.C > maxMaps {
			return volume.Shape{}, fmt.Errorf("the manifest gives its layer the shape %v", l.Out)
		}
		return l.Out, nil
	}
	return volume.Shape{}, fmt.Errorf("the manifest does not have the shape of its layer, %q", f.Layer)
}

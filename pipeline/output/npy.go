package output

import (
	"fmt"
	"io"
	"math"
	"sync/atomic"

	"filterbank/filters"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/mapng"
	"filterbank/pipeline/store"
)

// npy is one array per layer: K×H×W in float32 or float16, before scaling.
var npy = Format{
	Name:    "npy",
	Options: []*Option{&dtype},
	Files:   npyFiles,
	Key:     func(io.Writer, *View) {},
	Open:    openLayers(npyFiles, newNPYWriter),
	Read: func(in *io.SectionReader, f *manifest.File, layers []manifest.Layer) ([]Maps, error) {
		shape, err := shapeOf(f, layers)
		if err != nil {
			return nil, err
		}
		m, err := readNPY(in, shape)
		m.Stack, m.Layer = f.Stack, f.Layer
		return []Maps{m}, err
	},
}

func npyFiles(v *View) []Planned {
	return v.ofLayers(".npy", func(p *Planned, lp *filters.LayerPlan) {
		p.Bytes = npyBytes(v.Numbers, lp.Out)
		p.Held = store.HeldApart(p.Bytes, lp.Out.C)
	})
}

// npyBytes is the exact size of an array's file.
func npyBytes(t tensor.Type, s volume.Shape) int64 {
	return int64(len(tensor.NPYHeaderOf(t, s.C, s.H, s.W))) + int64(t.Bytes())*int64(s.H)*int64(s.W)*int64(s.C)
}

// arrayWriter writes a layer's values into a file, or a part of it. A band has some rows of
// every map, but in the file each map is in one piece. So each map's rows are written at
// their offset.
type arrayWriter struct {
	ws         *Workspace
	file       *store.File
	suffix     string // of the file
	numbers    tensor.Type
	shape      volume.Shape
	at         int64 // offset of the first value in the file
	took       func(k int, data []byte)
	overflowed atomic.Int64 // values that have become infinite
}

func newNPYWriter(t *target) (layerWriter, error) {
	shape, file := t.lp.Out, t.files[0]
	if err := checkArray(shape); err != nil {
		return nil, err
	}
	if err := file.Size(npyBytes(t.Numbers, shape)); err != nil {
		return nil, err
	}
	header := tensor.NPYHeaderOf(t.Numbers, shape.C, shape.H, shape.W)
	_, err := file.WriteAt(header, 0)
	return &arrayWriter{ws: t.ws, file: file, suffix: t.names[0].Suffix, numbers: t.Numbers, shape: shape, at: int64(len(header))}, err
}

// checkArray refuses arrays that are too large for a file.
func checkArray(shape volume.Shape) error {
	const header = 1 << 10
	values, err := shape.Len()
	if err == nil && values > (math.MaxInt-header)/4 {
		err = fmt.Errorf("shape %v: the array is too large for a file", shape)
	}
	return err
}

func (a *arrayWriter) write(goroutines int, rows volume.Rows) error {
	size := a.numbers.Bytes()
	return a.ws.each(goroutines, rows, func(l *engine.Lane, _ *mapng.Workspace, k int) error {
		defer l.Clock.Mark(&l.Stages.Write)
		data, overflowed := a.valuesOf(l, rows, k)
		if overflowed > 0 {
			a.overflowed.Add(int64(overflowed))
		}
		if a.took != nil {
			a.took(k, data)
		}
		_, err := a.file.WriteAt(data, a.at+int64(size)*int64(k*a.shape.H+rows.Y)*int64(a.shape.W))
		return err
	})
}

// valuesOf returns the bytes of a map's rows in a file, without a copy if they lie so in
// memory, and the number of values that have become infinite. The bytes are valid until the
// lane's next map.
func (a *arrayWriter) valuesOf(l *engine.Lane, rows volume.Rows, k int) (data []byte, overflowed int) {
	if a.numbers == tensor.Float32 && rows.RowStride == rows.W {
		if data, ok := tensor.FloatBytes(rows.Data[k*rows.ChannelStride:][:rows.N*rows.W]); ok {
			return data, 0
		}
	}
	size := a.numbers.Bytes()
	data = l.Scratch(size * rows.N * rows.W)
	for i := range rows.N {
		overflowed += a.numbers.Put(data[size*i*rows.W:], rows.Row(k, i))
	}
	return data, overflowed
}

func (a *arrayWriter) close() error {
	a.ws.overflow(a.suffix, a.overflowed.Load())
	return nil
}

// readNPY reads an array. It is an error if it does not have the shape in the manifest.
func readNPY(in io.Reader, shape volume.Shape) (Maps, error) {
	n, err := shape.Len()
	if err != nil {
		return Maps{}, err
	}
	a, err := tensor.ReadNPY(in, int64(n))
	if err != nil {
		return Maps{}, err
	}
	if got := fmt.Sprint(a.Shape); got != fmt.Sprint([]int{shape.C, shape.H, shape.W}) {
		return Maps{}, fmt.Errorf("its shape is %s, but %v in the manifest", got, shape)
	}
	return Maps{Shape: shape, floats: a.Data}, nil
}

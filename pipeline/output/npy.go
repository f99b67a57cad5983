package output

import (
	"fmt"
	"io"
	"math"

	"filterbank/filters"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/mapng"
	"filterbank/pipeline/store"
)

// npy is one array per layer: K×H×W in float32, before scaling.
var npy = Format{
	Name:  "npy",
	Files: npyFiles,
	Key:   func(io.Writer, *View) {},
	Open: openLayers(npyFiles, func(t *target) (layerWriter, error) {
		return newNPYWriter(t.ws, t.lp.Out, t.files[0])
	}),
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
		p.Bytes = npyBytes(lp.Out)
		p.Held = store.HeldApart(p.Bytes, lp.Out.C)
	})
}

// npyBytes is the exact size of an array's file.
func npyBytes(s volume.Shape) int64 {
	return int64(len(tensor.NPYHeader(s.C, s.H, s.W))) + 4*int64(s.H)*int64(s.W)*int64(s.C)
}

// arrayWriter writes a layer's values into a file, or a part of it. A band has some rows of
// every map, but in the file each map is in one piece. So each map's rows are written at
// their offset.
type arrayWriter struct {
	ws    *Workspace
	file  *store.File
	shape volume.Shape
	at    int64 // offset of the first value in the file
	took  func(k int, data []byte)
}

func newNPYWriter(ws *Workspace, shape volume.Shape, file *store.File) (*arrayWriter, error) {
	if err := checkArray(shape); err != nil {
		return nil, err
	}
	if err := file.Size(npyBytes(shape)); err != nil {
		return nil, err
	}
	header := tensor.NPYHeader(shape.C, shape.H, shape.W)
	_, err := file.WriteAt(header, 0)
	return &arrayWriter{ws: ws, file: file, shape: shape, at: int64(len(header))}, err
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
	return a.ws.each(goroutines, rows, func(l *engine.Lane, _ *mapng.Workspace, k int) error {
		defer l.Clock.Mark(&l.Stages.Write)
		data := valuesOf(l, rows, k)
		if a.took != nil {
			a.took(k, data)
		}
		_, err := a.file.WriteAt(data, a.at+4*int64(k*a.shape.H+rows.Y)*int64(a.shape.W))
		return err
	})
}

// valuesOf returns the bytes of a map's rows in a file, without a copy if they lie so in
// memory. They are valid until the lane's next map.
func valuesOf(l *engine.Lane, rows volume.Rows, k int) []byte {
	if rows.RowStride == rows.W {
		if data, ok := tensor.FloatBytes(rows.Data[k*rows.ChannelStride:][:rows.N*rows.W]); ok {
			return data
		}
	}
	data := l.Scratch(4 * rows.N * rows.W)
	for i := range rows.N {
		tensor.PutFloats(data[4*i*rows.W:], rows.Row(k, i))
	}
	return data
}

func (a *arrayWriter) close() error { return nil }

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

package output

import (
	"fmt"
	"io"
	"slices"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// dtype is the type of numbers in arrays.
var dtype = Option{
	Name: "dtype", Word: "TYPE",
	Help:   "numbers of arrays: f32, or f16 rounded to the nearest",
	Offers: []string{tensor.Float32.String(), tensor.Float16.String()},
	Set: func(s *Settings, value string) (err error) {
		if s.Numbers, err = tensor.ParseType(value); err != nil {
			err = fmt.Errorf("dtype %w", err)
		}
		return err
	},
	Text: func(s *Settings) string { return s.Numbers.String() },
}

// arraysWriter writes the arrays of all layers into one file, whose size is fixed.
type arraysWriter struct {
	ws     *Workspace
	file   *store.File
	layers map[[2]int]*arrayWriter // by stack and layer index
}

func newArraysWriter(ws *Workspace, file *store.File, suffix string, arrays []*array) arraysWriter {
	w := arraysWriter{ws: ws, file: file, layers: map[[2]int]*arrayWriter{}}
	for _, a := range arrays {
		w.layers[[2]int{a.stack, a.layer}] = &arrayWriter{ws: ws, file: file, suffix: suffix, numbers: a.numbers, shape: a.shape, at: a.at}
	}
	return w
}

// of returns the writer of an array.
func (w *arraysWriter) of(a *array) *arrayWriter { return w.layers[[2]int{a.stack, a.layer}] }

func (w *arraysWriter) Begin(int) error { return nil }

func (w *arraysWriter) Write(goroutines, stack, layer int, rows volume.Rows) error {
	return w.layers[[2]int{stack, layer}].write(goroutines, rows)
}

func (w *arraysWriter) End(int) error { return nil }

func (w *arraysWriter) Close() error {
	for _, l := range w.layers {
		if err := l.close(); err != nil {
			return err
		}
	}
	return nil
}

// checkArrays refuses arrays that are too large for a file.
func checkArrays(arrays []*array) error {
	for _, a := range arrays {
		if err := checkArray(a.shape); err != nil {
			return fmt.Errorf("layer %s: %w", a.name, err)
		}
	}
	return nil
}

// readArrays is the Read function of formats with all arrays of a picture in one file. It
// reads the arrays of the layers in the manifest.
func readArrays(format *tensor.Format) func(*io.SectionReader, *manifest.File, []manifest.Layer) ([]Maps, error) {
	return func(in *io.SectionReader, _ *manifest.File, layers []manifest.Layer) (all []Maps, err error) {
		err = format.Each(in, in, func(name string, r io.Reader) error {
			at := slices.IndexFunc(layers, func(l manifest.Layer) bool { return engine.LayerName(l.Stack, l.Layer) == name })
			if at < 0 {
				return fmt.Errorf("the manifest has no layer for its array %q", name)
			}
			l := &layers[at]
			shape, err := shapeOf(&manifest.File{Stack: l.Stack, Layer: l.Layer}, layers)
			if err != nil {
				return err
			}
			maps, err := readNPY(r, shape)
			if err != nil {
				return fmt.Errorf("array %q: %w", name, err)
			}
			maps.Stack, maps.Layer = l.Stack, l.Layer
			all = append(all, maps)
			return nil
		})
		return all, err
	}
}

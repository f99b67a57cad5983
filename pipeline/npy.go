package pipeline

import (
	"encoding/binary"
	"fmt"
	"math"

	"filterbank/filters/volume"
	"filterbank/filters/weights"
	"filterbank/pipeline/store"
)

// npyWriter writes a layer's values. A band holds some rows of every map, and in the
// file each map is whole, so the bands are written to their places.
type npyWriter struct {
	worker *worker
	file   *store.File
	shape  volume.Shape
	header int64
}

func newNPYWriter(w *worker, shape volume.Shape, file *store.File) (*npyWriter, error) {
	header := weights.NPYHeader(shape.C, shape.H, shape.W)
	values, err := shape.Len()
	if err != nil {
		return nil, err
	}
	if values > (math.MaxInt-len(header))/4 {
		return nil, fmt.Errorf("shape %v: too large for a file", shape)
	}
	if err := file.Size(int64(len(header) + 4*values)); err != nil {
		return nil, err
	}
	_, err = file.WriteAt(header, 0)
	return &npyWriter{w, file, shape, int64(len(header))}, err
}

func (n *npyWriter) write(goroutines int, rows volume.Rows) error {
	return n.worker.maps.spread(goroutines, rows.C, func(l *lane, k int) error {
		defer l.clock.mark(&l.stages.Write)
		data := l.scratch(4 * rows.N * rows.W)
		for i := range rows.N {
			putFloats(data[4*i*rows.W:], rows.Row(k, i))
		}
		at := n.header + 4*int64(k*n.shape.H+rows.Y)*int64(n.shape.W)
		_, err := n.file.WriteAt(data, at)
		return err
	})
}

func (n *npyWriter) close() error { return nil }

// putFloats writes values to the start of dst as .npy has them, lowest byte first. Two at
// a time take little more than half the time that they take one by one.
func putFloats(dst []byte, values []float32) {
	for len(values) >= 2 {
		pair := uint64(math.Float32bits(values[0])) | uint64(math.Float32bits(values[1]))<<32
		binary.LittleEndian.PutUint64(dst, pair)
		dst, values = dst[8:], values[2:]
	}
	if len(values) == 1 {
		binary.LittleEndian.PutUint32(dst, math.Float32bits(values[0]))
	}
}

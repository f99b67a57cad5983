package decode

import (
	"bytes"
	"fmt"
	"io"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
)

// NPY is NumPy's format of an array, read by package tensor.
const NPY Format = "npy"

func npyCodec() codec {
	return codec{
		format:     NPY,
		title:      "NPY",
		about:      "NPY, an array of H×W or C×H×W numbers",
		extensions: []string{".npy"},
		magics:     []string{"\x93NUMPY"},
		version:    "1",
		matrix:     true,
		header:     openNPY,
		explain:    explainLibrary,
	}
}

// npyMatrix is a .npy file whose header has been read.
type npyMatrix struct {
	tensor.NPYInfo
	shape  volume.Shape
	last   bool  // the channels are the last dimension
	values int64 // where the numbers begin
	scale  float32
}

// openNPY reads the header.
func openNPY(f *file) (*header, error) {
	info, err := tensor.ReadNPYInfo(f.reader())
	if err != nil {
		return nil, err
	}
	if info.Unread != nil {
		return nil, refuse(Unsupported, "unsupported NPY: %v", info.Unread)
	}
	m := &npyMatrix{NPYInfo: info, values: int64(f.at), scale: f.matrix.Scale}
	switch n := info.Shape; {
	case len(n) == 2:
		m.shape = volume.Shape{C: 1, H: n[0], W: n[1]}
	case len(n) == 3 && f.matrix.ChannelsLast:
		m.shape, m.last = volume.Shape{C: n[2], H: n[0], W: n[1]}, true
	case len(n) == 3:
		m.shape = volume.Shape{C: n[0], H: n[1], W: n[2]}
	default:
		return nil, refuse(Unsupported, "unsupported NPY: an array of shape %v; a matrix has H×W or C×H×W numbers", n)
	}
	if m.scale == 0 {
		m.scale = map[string]float32{"u1": 255, "u2": 65535}[info.Type]
	}
	h, err := matrixHeader(m.shape, info.Type)
	if err != nil {
		return nil, err
	}
	if info.Fortran {
		h.decoded += 9 * int64(info.Values) // a copy that grows
	}
	h.decode = m.decode
	return h, nil
}

// decode reads the numbers. The file has as many bytes as they need before anything is allocated
// for them.
func (m *npyMatrix) decode(f *file) (*pixels, error) {
	if have := int64(len(f.data)) - m.values; have < m.Bytes {
		return nil, io.ErrUnexpectedEOF
	}
	out, err := newMatrix(m.shape)
	if err != nil {
		return nil, err
	}
	scale := m.scale
	if scale == 0 {
		scale = 1
	}
	plane := m.shape.H * m.shape.W
	_, err = tensor.ScanNPY(f.reader(bytes.NewReader(f.data)), func(_ []int, at int, values []float32) error {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		for i, v := range values {
			to := at + i
			if m.last {
				to = to%m.shape.C*plane + to/m.shape.C
			}
			if out.data[to] = v / scale; !finite(out.data[to]) && finite(v) {
				return refuse(Unsupported, "unsupported NPY: channel %d, row %d, column %d: %g divided by the scale %g is beyond the range of float32 (±3.4e38)",
					to/plane, to%plane/m.shape.W, to%m.shape.W, v, scale)
			}
		}
		return nil
	})
	if err != nil {
		f.end = false // the numbers are there
		return nil, fmt.Errorf("read numbers: %w", err)
	}
	return out.pixels(), nil
}

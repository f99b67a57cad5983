package decode

import (
	"fmt"
	"image"
	"math"

	"github.com/cespare/xxhash/v2"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
)

// Matrix says how arrays of numbers are read.
type Matrix struct {
	// ChannelsLast reads arrays of three dimensions as H×W×C. Otherwise they are C×H×W.
	ChannelsLast bool
	// Scale divides the numbers. With 0, uint8 is divided by 255 and uint16 by 65535, and other
	// types are taken as they are.
	Scale float32
}

// MaxChannels is the largest number of channels of a matrix.
const MaxChannels = 1 << 16

// matrix holds the numbers of a file, C×H×W, after scaling.
type matrix struct {
	volume.Shape
	data []float32
	// low and high are the smallest and the largest finite number, at most 0 and at least 1.
	low, high float32
}

// newMatrix allocates a matrix. The caller has compared the shape with the file's bytes.
func newMatrix(s volume.Shape) (*matrix, error) {
	n, err := s.Len()
	if err != nil {
		return nil, refuse(TooLarge, "matrix of %v: %v; use a smaller one", s, err)
	}
	return &matrix{Shape: s, data: make([]float32, n)}, nil
}

// matrixHeader is the header of a matrix whose numbers are of a kind.
func matrixHeader(s volume.Shape, kind string) (*header, error) {
	if s.C > MaxChannels {
		return nil, refuse(TooLarge, "matrix of %v has more than %d channels; use a smaller one", s, MaxChannels)
	}
	if s.C < 1 || s.H > maxSide || s.W > maxSide {
		return nil, refuse(Unsupported, "unsupported matrix of %v: each side must be from 1 to %d", s, maxSide)
	}
	h := &header{stored: image.Pt(s.W, s.H), channels: s.C, complete: true}
	h.Kind, h.Depth = kind, 32
	h.decoded = 4*int64(s.C)*int64(s.H)*int64(s.W) + 1<<18 // a buffer of numbers
	return h, nil
}

// pixels makes the matrix readable. It is done with its numbers.
func (m *matrix) pixels() *pixels {
	m.high = 1
	for _, v := range m.data {
		if !math.IsInf(float64(v), 0) { // NaN is neither below nor above
			if v < m.low {
				m.low = v
			} else if v > m.high {
				m.high = v
			}
		}
	}
	return &pixels{size: image.Pt(m.W, m.H), matrix: m, kind: fmt.Sprintf("float32-c%d", m.C), sum: m.sum}
}

// sum hashes the numbers as little-endian float32.
func (m *matrix) sum(to *xxhash.Digest) {
	var raw [4 << 10]byte
	for at := 0; at < len(m.data); {
		part := m.data[at:min(len(m.data), at+len(raw)/4)]
		tensor.PutFloats(raw[:4*len(part)], part)
		to.Write(raw[:4*len(part)])
		at += len(part)
	}
}

// matrixRows reads the rows of a matrix from a window.
type matrixRows struct {
	*matrix
	at     image.Point
	values *values
}

// normalisation is the mean and the standard deviation of a channel. Matrices without three
// channels have the first channel's for all.
func (r *matrixRows) normalisation(c int) (mean, std float32) {
	if r.C != 3 {
		c = 0
	}
	return r.values.mean[c], r.values.std[c]
}

// row is the part of a row of a channel that the window has.
func (r *matrixRows) row(c, y, width int) []float32 {
	return r.data[(c*r.H+r.at.Y+y)*r.W+r.at.X:][:width]
}

func (r *matrixRows) read(dst volume.Rows, _ *scratch) {
	for c := range dst.C {
		mean, std := r.normalisation(c)
		for i := range dst.N {
			out, row := dst.Row(c, i), r.row(c, dst.Y+i, dst.W)
			if r.values.unit {
				copy(out, row)
				continue
			}
			for x, v := range row {
				out[x] = float32(v-mean) / std
			}
		}
	}
}

// rgb writes a row as 8-bit RGB: three channels are red, green and blue, and of other numbers of
// channels the mean is gray. If numbers are below 0 or above 1, low is black and high is white.
func (r *matrixRows) rgb(dst []byte, y, width int) {
	level := func(v float64) byte {
		v = (v - float64(r.low)) / (float64(r.high) - float64(r.low))
		return byte(math.RoundToEven(255 * max(0, min(1, v))))
	}
	for x := range width {
		if r.C == 3 {
			for c := range 3 {
				dst[3*x+c] = level(finiteOr0(r.row(c, y, width)[x]))
			}
			continue
		}
		var sum float64
		for c := range r.C {
			sum += finiteOr0(r.row(c, y, width)[x])
		}
		dst[3*x] = level(sum / float64(r.C))
		dst[3*x+1], dst[3*x+2] = dst[3*x], dst[3*x]
	}
}

func finiteOr0(v float32) float64 {
	if !finite(v) {
		return 0
	}
	return float64(v)
}

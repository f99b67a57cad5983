// Package volume owns the two shapes in which pixels and activations travel: a Volume,
// all of it in memory, and Rows, a view of some of its rows. It never computes values.
package volume

import (
	"errors"
	"fmt"
	"math"

	"filterbank/filters/pages"
)

// Shape is the size of a volume: C channels of H rows and W columns.
type Shape struct {
	C int `json:"c"`
	H int `json:"h"`
	W int `json:"w"`
}

// String writes a shape as C×H×W.
func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d", s.C, s.H, s.W) }

// ErrTooLarge says that an int cannot count the bytes of a shape's values.
var ErrTooLarge = errors.New("more values than this machine can address")

// Len is C·H·W. It is an error if a dimension is below 1, and ErrTooLarge if an int
// cannot count the product's bytes, four a value.
func (s Shape) Len() (int, error) {
	if s.C < 1 || s.H < 1 || s.W < 1 {
		return 0, fmt.Errorf("shape %v: every dimension must be at least 1", s)
	}
	n, ok := Product(s.C, s.H, s.W)
	if !ok || n > math.MaxInt/4 {
		return 0, fmt.Errorf("shape %v: %w", s, ErrTooLarge)
	}
	return n, nil
}

// Product multiplies non-negative factors and says whether the result fits an int.
func Product(factors ...int) (n int, ok bool) {
	n = 1
	for _, f := range factors {
		if f < 0 || (f > 0 && n > math.MaxInt/f) {
			return 0, false
		}
		n *= f
	}
	return n, true
}

// Volume is C planes of H×W float32, plane after plane, row after row.
type Volume struct {
	Shape
	Data []float32 // len C·H·W
}

// New returns a volume of zeros. It fails as Shape.Len does.
func New(s Shape) (*Volume, error) {
	n, err := s.Len()
	if err != nil {
		return nil, err
	}
	data := make([]float32, n)
	pages.Enlarge(data)
	return &Volume{Shape: s, Data: data}, nil
}

// Rows views rows y0 ≤ y < y1 of every channel.
func (v *Volume) Rows(y0, y1 int) Rows {
	return Rows{
		C: v.C, N: y1 - y0, W: v.W, Y: y0,
		Data:          v.Data[y0*v.W:],
		ChannelStride: v.H * v.W,
		RowStride:     v.W,
	}
}

// ReadRows copies rows dst.Y ≤ y < dst.Y+dst.N into dst. It makes a Volume a reader of
// rows; the error is always nil.
func (v *Volume) ReadRows(dst Rows) error {
	dst.CopyFrom(v.Rows(dst.Y, dst.Y+dst.N))
	return nil
}

// Size is the volume's shape, named so beside the embedded Shape's fields.
func (v *Volume) Size() Shape { return v.Shape }

// Rows is a view of N consecutive rows of a volume, the first of them row Y. Row i of
// channel c is Data[c·ChannelStride+i·RowStride:][:W]. Values between rows do not belong
// to the view.
type Rows struct {
	C, N, W       int
	Y             int
	Data          []float32
	ChannelStride int
	RowStride     int
}

// Row is row Y+i of channel c, W values long.
func (r Rows) Row(c, i int) []float32 {
	at := c*r.ChannelStride + i*r.RowStride
	return r.Data[at : at+r.W : at+r.W]
}

// Sub views rows Y+i0 ≤ y < Y+i1 of r.
func (r Rows) Sub(i0, i1 int) Rows {
	r.Data = r.Data[i0*r.RowStride:]
	r.Y += i0
	r.N = i1 - i0
	return r
}

// CopyFrom copies src into r; both have the same C, N and W.
func (r Rows) CopyFrom(src Rows) {
	for c := range r.C {
		for i := range r.N {
			copy(r.Row(c, i), src.Row(c, i))
		}
	}
}

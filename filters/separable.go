package filters

import "math"

// rankOne bounds the norm of the part of a filter that a product of a column and a row leaves
// over, relative to the filter's norm, the square root of the sum of squares. Rounding to float32
// leaves about 2⁻²², and the built-in Gaussians of σ from 1 to 16, whose sums are exact, up to 2⁻¹⁹.
// Of the other built-in filters each leaves at least 2⁻⁸.
const rankOne = 1.0 / (1 << 18)

// RowsSuffix ends the name of the first layer of a separable convolution.
const RowsSuffix = "-rows"

// Separate splits a convolution whose filters have rank one into two: first 1×kW along the rows,
// over all channels of the group and without bias and activation, then kH×1 along the columns of
// each filter's own map. An output takes C/groups·kW + kH multiply-adds in place of
// C/groups·kW·kH. Its sums round otherwise than the whole convolution's.
//
// A filter has rank one if its rows are multiples of one row, over all channels (Treitel and
// Shanks, The Design of Multistage Separable Planar Filters, 1971). The product of the column and
// the row, in float32, must leave over at most 2⁻¹⁸ of the filter's norm, so that an output is
// within 2⁻¹⁸ of the norms of the filter and of its window multiplied, apart from rounding.
//
// The first convolution has the name with RowsSuffix and the inputs, the second the name and no
// inputs: it reads the layer before. Padding, stride and dilation are each axis's own. Errors are
// FieldErrors of separable, or NewConv's.
func (s ConvSpec) Separate() (rows, columns *Conv, err error) {
	whole, err := NewConv(s)
	if err != nil {
		return nil, nil, err
	}
	s = whole.spec
	h, w := s.KernelSize[0], s.KernelSize[1]
	if h == 1 || w == 1 {
		return nil, nil, wrong("separable", " is for kernels of several rows and columns, these are %d×%d: leave it out", h, w)
	}
	r, c := s, s
	r.Name, r.KernelSize, r.Stride, r.Dilation = s.Name+RowsSuffix, [2]int{1, w}, [2]int{1, s.Stride[1]}, [2]int{1, s.Dilation[1]}
	r.Padding.Top, r.Padding.Bottom = 0, 0
	r.Bias, r.Activation, r.NegativeSlope, r.Alpha, r.Slopes = nil, None, 0, 0, nil
	filters, channels := len(s.Filters), s.InChannels/s.Groups
	c.Inputs, c.InChannels, c.Groups = nil, filters, filters
	c.KernelSize, c.Stride, c.Dilation = [2]int{h, 1}, [2]int{s.Stride[0], 1}, [2]int{s.Dilation[0], 1}
	c.Padding.Left, c.Padding.Right = 0, 0
	r.Weights, c.Weights = make([]float32, filters*channels*w), make([]float32, filters*h)
	kernels, _ := whole.Kernels()
	for k := range filters {
		row, column := r.Weights[k*channels*w:][:channels*w], c.Weights[k*h:][:h]
		if left := factor(kernels.Of(k), row, column, w); left > rankOne {
			return nil, nil, wrong("separable", " needs filters of rank one, but the rows of filter %q are no multiples of one row: a column times a row leaves over %.2g of its norm, at most %.2g is possible; leave separable out, or put the filter into another layer",
				s.Filters[k], left, rankOne)
		}
	}
	if rows, err = NewConv(r); err != nil {
		return nil, nil, err
	}
	columns, err = NewConv(c)
	return rows, columns, err
}

// factor writes a filter of C×kH×kW weights as a row of C×kW and a column of kH, whose largest
// number is 1 or −1. left is the norm of the difference, relative to the filter's.
//
// The row and the column are each the best for the other in turn, from the row of the largest
// weight on. An error of the direction shrinks by the square of the ratio of the singular values
// in each turn, so two turns are enough for a filter that passes.
func factor(weights, row, column []float32, w int) (left float64) {
	f := factors{weights: weights, row: make([]float64, len(row)), column: make([]float64, len(column)), w: w}
	largest := 0
	for i, v := range weights {
		if math.Abs(float64(v)) > math.Abs(float64(weights[largest])) {
			largest = i
		}
	}
	if weights[largest] == 0 {
		return 0
	}
	y, _ := f.place(largest)
	f.column[y] = 1
	f.fitRow()
	for range 2 {
		f.fitColumn()
		f.fitRow()
	}
	scale := 0.0
	for _, v := range f.column {
		scale = max(scale, math.Abs(v))
	}
	for i, v := range f.column {
		column[i] = float32(v / scale)
	}
	for i, v := range f.row {
		row[i] = float32(v * scale)
	}
	var off, all float64
	for i, v := range weights {
		y, x := f.place(i)
		d := float64(v) - float64(float64(column[y])*float64(row[x]))
		off, all = off+float64(d*d), all+float64(float64(v)*float64(v))
	}
	return math.Sqrt(off / all)
}

// factors are a filter with a row and a column. Products are rounded before they are added, so
// that they are the same on every machine.
type factors struct {
	weights     []float32
	row, column []float64
	w           int // kW
}

// place is where a weight stands: its row in the column, and its channel and column in the row.
func (f *factors) place(i int) (y, x int) {
	h := len(f.column)
	return i / f.w % h, i/(h*f.w)*f.w + i%f.w
}

// fitRow makes the row that is best for the column: Kᵀc/|c|².
func (f *factors) fitRow() {
	clear(f.row)
	for i, v := range f.weights {
		y, x := f.place(i)
		f.row[x] += float64(float64(v) * f.column[y])
	}
	divide(f.row, f.column)
}

// fitColumn makes the column that is best for the row: Kr/|r|².
func (f *factors) fitColumn() {
	clear(f.column)
	for i, v := range f.weights {
		y, x := f.place(i)
		f.column[y] += float64(float64(v) * f.row[x])
	}
	divide(f.column, f.row)
}

// divide divides by the sum of the squares of other numbers.
func divide(values, by []float64) {
	squares := 0.0
	for _, v := range by {
		squares += float64(v * v)
	}
	for i := range values {
		values[i] /= squares
	}
}

package filters

import "math"

// rankOne is by how much a weight may differ from the product that replaces it, as a part of the
// filter's largest weight: 2⁻²⁰. The rounding of weights, quotients and folded batch
// normalization to float32 leaves at most nine parts in 2²⁴.
const rankOne = 1.0 / (1 << 20)

// RowsSuffix ends the name of the first layer of a separable convolution.
const RowsSuffix = "-rows"

// Separate splits a convolution whose filters have rank one into two: first 1×kW along the rows,
// over all channels of the group and without bias and activation, then kH×1 along the columns of
// each filter's own map. An output takes C/groups·kW + kH multiply-adds in place of
// C/groups·kW·kH. Its sums round otherwise than the whole convolution's.
//
// A filter has rank one if its rows are multiples of one row, over all channels: each weight is
// within 2⁻²⁰ of the filter's largest weight from that product (Treitel and Shanks, The Design of
// Multistage Separable Planar Filters, 1971). The row with the largest weight is the row, and the
// quotients of the weights in that weight's column, rounded to float32, are the column.
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
		if off := factor(kernels.Of(k), row, column, w); off > rankOne {
			return nil, nil, wrong("separable", " needs filters of rank one, but the rows of filter %q are no multiples of one row: a weight is off by %.2g of the largest, at most %.2g is possible; leave separable out, or put the filter into another layer",
				s.Filters[k], off, rankOne)
		}
	}
	if rows, err = NewConv(r); err != nil {
		return nil, nil, err
	}
	columns, err = NewConv(c)
	return rows, columns, err
}

// factor writes a filter of C×kH×kW weights as a row of C×kW and a column of kH. off is the
// largest difference of a weight from its product, as a part of the largest weight.
func factor(weights, row, column []float32, w int) (off float64) {
	h := len(column)
	pivot := 0
	for i, v := range weights {
		if math.Abs(float64(v)) > math.Abs(float64(weights[pivot])) {
			pivot = i
		}
	}
	largest := float64(weights[pivot])
	if largest == 0 {
		return 0
	}
	plane, at := pivot/(h*w)*(h*w), pivot%w
	for y := range column {
		column[y] = float32(float64(weights[plane+y*w+at]) / largest)
	}
	through := pivot % (h * w) / w
	for i := range row {
		row[i] = weights[i/w*h*w+through*w+i%w]
	}
	for i, v := range weights {
		product := float64(column[i%(h*w)/w]) * float64(row[i/(h*w)*w+i%w])
		off = max(off, math.Abs(float64(v)-product)/math.Abs(largest))
	}
	return off
}

package kernel

// Rows are rows of outputs and the input that they are computed from. A caller may use
// the value again, which keeps its scratch memory.
type Rows struct {
	Dst []float32
	// Row i of filter k is Dst[k·ChannelStride+i·RowStride:][:Width].
	ChannelStride, RowStride int
	Width, N                 int

	Src []float32
	// GroupStride is the distance in Src between a group's first channel and the next
	// group's.
	GroupStride int
	// Offsets holds N tables: in row i, tap t of output x of group g is
	// Src[g·GroupStride + Offsets[i·taps+t] + x·Stride].
	Offsets []int32
	Stride  int

	// Bare is where the input is read instead of Offsets, if it has Columns. Kernel.Bare says for
	// which layers it may.
	Bare Bare

	// Heights and Widths count the values that an average is divided by: Heights[i] rows
	// of them for row i, Widths[x·Stride] columns for output x.
	Heights, Widths []float32

	// Ahead is memory that will be read next. It comes into the cache during the
	// computation.
	Ahead Ahead

	sums       []float64 // scratch memory
	unfinished []float32
	row        []float32
	rows       []int32
	lines      []int
	maxima     maxima
}

// Bare is where rows of input without padding lie.
type Bare struct {
	// Rows[i·Stride+j] is the index in Src of the input row that row j of the windows of output row
	// i reads. It is −1 for a row of zeros above or below the input.
	Rows            []int
	Before, Columns int // columns of zeros left of a row, and columns of the row
}

// Part makes r rows from ≤ i < to of other rows. It keeps its scratch memory, and the rows have
// no memory ahead.
func (r *Rows) Part(of *Rows, from, to int) {
	r.Dst, r.ChannelStride, r.RowStride = of.Dst[from*of.RowStride:], of.ChannelStride, of.RowStride
	r.Width, r.N = of.Width, to-from
	r.Src, r.GroupStride, r.Stride = of.Src, of.GroupStride, of.Stride
	taps := len(of.Offsets) / of.N
	r.Offsets = of.Offsets[from*taps : to*taps]
	r.Heights, r.Widths = nil, of.Widths
	if len(of.Heights) == of.N { // others are left from another layer
		r.Heights = of.Heights[from:to]
	}
	r.Bare = of.Bare
	if of.Bare.Columns > 0 {
		r.Bare.Rows = of.Bare.Rows[from*of.Stride:]
	}
	r.Ahead.Len = 0
}

// Release forgets the memory that the rows are computed from and to.
func (r *Rows) Release() {
	r.Dst, r.Src, r.Offsets, r.Heights, r.Widths, r.Bare = nil, nil, nil, nil, nil, Bare{}
}

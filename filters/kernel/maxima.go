package kernel

// Window is the shape of a pool's windows: row r of the windows of output row i is row
// i·Stride + r·Dilation of the input with its padding.
type Window struct {
	Rows, Columns    int // taps
	Stride, Dilation int // vertical
}

// maxima computes max pooling in two steps: the maxima of each row's windows, and then the
// maxima of these from row to row. The first of the largest values stays the first one,
// because a window's taps come row by row. NaNs are only noticed. maxima is scratch memory of
// Rows.
type maxima struct {
	chain    chain
	unit     int       // outputs of a row at a stride of 1
	width    int       // floats of a row of across and parts
	rows     []int32   // distances of the rows of the input from the first one, each once
	places   []int32   // in rows, of the rows of the input with its padding
	vertical []int32   // offsets in across that output rows read
	offsets  []int32   // of the first columns, a table for each of rows
	starts   []int32   // the chain's, a table for each row of parts
	parts    []float32 // maxima of the first columns
	across   []float32 // maxima of rows' windows
	out      []float32 // outputs that cannot be stored where they belong
}

// mostAcross bounds across, and with it out: 4 MiB each. They have the rows of one channel.
const mostAcross = 1 << 20

// batchFloats bounds parts, unless a row is longer. It stays in the first-level cache.
const batchFloats = 4096

// Floats bounds the scratch memory, in floats, for n rows of so many outputs, whose windows are
// stride values apart and reach over so many columns.
func (w Window) Floats(n, outputs, stride, columns int) int {
	up := func(n int) int { return ceilDiv(n, Align) * Align }
	places := (n-1)*w.Stride + (w.Rows-1)*w.Dilation + 1
	rows := min(n*w.Rows, places)
	unit := (outputs-1)*stride + 1
	width := up(unit + columns)
	floats := min(rows*width, mostAcross) + max(batchFloats, width) + 3*Align
	if stride > 1 || outputs < Align {
		floats += min(n*up(unit), mostAcross)
	}
	return floats + places + n*w.Rows + rows*(w.Columns+2)
}

// ready prepares for rows of a pool. It is not ok if they cannot be computed in two steps.
func (m *maxima) ready(p *Pool, r *Rows) bool {
	w, lanes := p.window, p.kernel.lanes
	m.unit = (r.Width-1)*r.Stride + 1
	if !m.chain.of(r.Offsets[:w.Columns], m.unit, lanes) {
		return false
	}
	m.width = ceilDiv(m.chain.outputs, lanes) * lanes
	m.places = resize(m.places, (r.N-1)*w.Stride+(w.Rows-1)*w.Dilation+1)
	for i := range m.places {
		m.places[i] = -1
	}
	m.rows, m.vertical = m.rows[:0], m.vertical[:0]
	for i := range r.N {
		for row := range w.Rows {
			place := &m.places[i*w.Stride+row*w.Dilation]
			if *place < 0 {
				*place = int32(len(m.rows))
				m.rows = append(m.rows, r.Offsets[i*p.taps+row*w.Columns]-r.Offsets[0])
			}
			m.vertical = append(m.vertical, *place*int32(m.width))
		}
	}
	m.offsets, m.starts = m.offsets[:0], m.starts[:0]
	for _, row := range m.rows {
		for _, column := range m.chain.first {
			m.offsets = append(m.offsets, row+column)
		}
	}
	for i := range m.batch() {
		for _, start := range m.chain.starts {
			m.starts = append(m.starts, int32(i*m.width)+start)
		}
	}
	return m.width*len(m.rows) <= mostAcross
}

// compute computes a channel. It is not ok, and outputs are missing, if the input has a NaN.
func (m *maxima) compute(p *Pool, r *Rows, dst, src []float32) bool {
	k, taps := p.kernel, p.window.Rows
	if m.acrossRows(k, src) {
		return false
	}
	if r.Stride > 1 || r.Width < k.lanes {
		n := ceilDiv(m.unit, k.lanes)
		m.out = room(m.out, r.N*n*k.lanes)
		k.maxima(&m.out[0], 4*n*k.lanes, &m.across[0], &m.vertical[0], taps, r.N, n)
		for i := range r.N {
			pick(dst[i*r.RowStride:][:r.Width], m.out[i*n*k.lanes:], r.Stride)
		}
		return true
	}
	_ = dst[(r.N-1)*r.RowStride+r.Width-1]
	k.maxima(&dst[0], 4*r.RowStride, &m.across[0], &m.vertical[0], taps, r.N, r.Width/k.lanes)
	if r.Width%k.lanes > 0 { // the last vector overlaps the one before
		at := r.Width - k.lanes
		k.maxima(&dst[at], 4*r.RowStride, &m.across[at], &m.vertical[0], taps, r.N, 1)
	}
	return true
}

// batch is the number of rows whose parts are found at once.
func (m *maxima) batch() int { return min(len(m.rows), max(1, batchFloats/m.width)) }

// acrossRows finds the maxima of rows' windows. It stops at a NaN.
func (m *maxima) acrossRows(k *Kernel, src []float32) (nan bool) {
	c, rows := &m.chain, len(m.rows)
	m.across = room(m.across, rows*m.width+Align)
	if len(c.starts) == 0 {
		return k.maxima(&m.across[0], 4*m.width, &src[0], &m.offsets[0], len(c.first), rows, m.width/k.lanes)
	}
	batch := m.batch()
	m.parts = room(m.parts, batch*m.width+Align)
	for at := 0; at < rows; at += batch {
		n := min(batch, rows-at)
		if k.maxima(&m.parts[0], 4*m.width, &src[0], &m.offsets[at*len(c.first)], len(c.first), n, m.width/k.lanes) {
			return true
		}
		k.maxima(&m.across[at*m.width], 4*m.width, &m.parts[0], &m.starts[0], len(c.starts), n, ceilDiv(m.unit, k.lanes))
	}
	return false
}

// pick takes every stride-th value.
//
//go:noinline
func pick(out, from []float32, stride int) {
	if stride == 1 {
		copy(out, from)
		return
	}
	at := 0
	for x := range out {
		out[x] = from[at]
		at += stride
	}
}

// room is a slice of at least n floats, in the same memory if that suffices.
func room(s []float32, n int) []float32 {
	if len(s) < n {
		return Floats(n)
	}
	return s
}

// resize is a slice of n elements, in the same memory if that suffices.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

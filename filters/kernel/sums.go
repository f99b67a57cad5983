package kernel

// sumsLoop adds taps of a row of the input to the sums of several rows of outputs:
//
//	sums[i·row + x] += src[offsets[0] + x] + src[offsets[1] + x] + …
//
// one after the other, where row is in bytes and offsets has so many taps. The loop reads and
// writes so many pairs of vectors of each row.
type sumsLoop func(sums *float32, row int, src *float32, offsets *int32, taps, rows, pairs int)

// Sums of windows with so many columns are in memory from row to row of the input. For narrower
// windows the loop of averages is as fast. With few channels it is only as fast for windows that have
// both fewer columns and fewer taps than the other two bounds.
const (
	sumsColumns    = 7
	sumsColumnsFew = 5
	sumsTapsFew    = 32
)

// Sums of so many rows, and of so many values, are added up together. They stay in the
// first-level cache.
const (
	sumsTogether = 32
	sumsFloats   = 12288
)

// manySums says whether sums are computed from row to row of the input.
func (p *Pool) manySums(r *Rows) bool {
	k, w := p.kernel, p.window
	many := w.Columns >= sumsColumns
	if p.channels < averagesChannels {
		many = w.Columns >= sumsColumnsFew || p.taps >= sumsTapsFew
	}
	return many && p.average && k.sums != nil && r.Stride <= k.lanes && r.N > 1 &&
		w.Dilation == 1 && w.Rows > w.Stride && (r.Width-1)*r.Stride >= 2*k.lanes
}

// sums computes rows of a channel's averages. An input row is added to all sums whose windows
// have it, so that a value is loaded for several sums. The taps of each sum still come row by row.
func (p *Pool) sums(r *Rows, dst, src []float32) {
	lanes := p.kernel.lanes
	vectors := 2 * ceilDiv((r.Width-1)*r.Stride+1, 2*lanes)
	most, strip := min(sumsTogether, r.N), vectors
	if r.Stride > 1 { // outputs of whole rows are picked
		most = min(most, max(1, sumsFloats/(vectors*lanes)))
	} else {
		strip = min(vectors, max(2, sumsFloats/(most*lanes)&^1))
	}
	for from := 0; from < r.N; from += most {
		rows := min(most, r.N-from)
		for at := 0; at < vectors; at += strip {
			n := min(strip, vectors-at)
			p.addRows(r, src[at*lanes:], from, rows, n)
			for i := range rows {
				x, end := at*lanes, r.Width
				if r.Stride == 1 {
					end = min(end, x+n*lanes)
				}
				out := dst[(from+i)*r.RowStride:]
				p.divide(r, out[x:end], from+i, x, r.row[i*n*lanes:])
			}
		}
	}
}

// addRows computes sums of output rows from ≤ i < from+rows into r.row.
func (p *Pool) addRows(r *Rows, src []float32, from, rows, vectors int) {
	k, w := p.kernel, p.window
	width := vectors * k.lanes
	sums := r.scratch(rows * width)
	clear(sums[:rows*width])
	first, last := 0, -1
	for q := range (rows-1)*w.Stride + w.Rows { // rows of the input
		if last+1 < rows && (last+1)*w.Stride == q {
			last++
		}
		if q-first*w.Stride == w.Rows {
			first++
		}
		offsets := r.Offsets[(from+first)*p.taps+(q-first*w.Stride)*w.Columns:][:w.Columns]
		for i, left := first, last-first+1; left > 0; {
			n := left
			if left > k.sumsRows { // parts that are nearly even
				n = min(k.sumsRows, (left+1)/2)
			}
			k.sums(&sums[i*width], 4*width, &src[0], &offsets[0], w.Columns, n, vectors/2)
			i, left = i+n, left-n
		}
	}
}

// divide turns sums of outputs of row i from x on into averages.
func (p *Pool) divide(r *Rows, out []float32, i, x int, sums []float32) {
	k, to, n := p.kernel, sums, (len(out)-1)*r.Stride+1
	if r.Stride == 1 {
		to = out
	}
	r.rows = append(r.rows[:0], 0) // windows of a sum alone
	vectors := ceilDiv(n, k.lanes)
	k.averages(&to[0], 0, 0, &sums[0], 0, &r.rows[0], 1, 1, 1, vectors, n-(vectors-1)*k.lanes, &r.Widths[x], &r.Heights[i])
	if r.Stride > 1 {
		pick(out, sums, r.Stride)
	}
}

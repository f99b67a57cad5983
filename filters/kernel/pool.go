package kernel

import "math"

// Pool computes rows of pooling, each channel by itself. It is immutable and safe for
// concurrent use.
type Pool struct {
	kernel         *Kernel
	channels, taps int
	average        bool
	window         Window
}

// MaxPool is max pooling of so many channels. An output is the first of the window's largest
// values, and the quiet NaN if the window has a NaN. The offsets of its Rows are a row's
// offset plus a column's, row by row, and equal for equal rows of the input with its padding.
func (k *Kernel) MaxPool(channels int, w Window) *Pool {
	return &Pool{kernel: k, channels: channels, taps: w.Rows * w.Columns, window: w}
}

// AvgPool is average pooling of so many channels. An output is 0 plus one tap after the other,
// in float32, divided by Heights[i]·Widths[x·Stride] of its Rows. The offsets of its Rows are as
// a max pool's.
func (k *Kernel) AvgPool(channels int, w Window) *Pool {
	p := k.MaxPool(channels, w)
	p.average = true
	return p
}

// Channels is the number of channels.
func (p *Pool) Channels() int { return p.channels }

// Compute computes rows of every channel, which are r's groups. Src must have Slack
// floats behind the last value that a tap needs, and Widths behind its last value.
func (p *Pool) Compute(r *Rows) { p.ComputeChannels(r, 0, p.channels) }

// ComputeChannels is Compute of channels from ≤ c < to.
func (p *Pool) ComputeChannels(r *Rows, from, to int) {
	if p.stride2(r, from, to) || p.averages(r, from, to) {
		return
	}
	k, row := p.kernel, p.plain
	if k.max != nil && r.Stride <= k.lanes {
		row = p.vectors
	}
	sums, twoSteps := p.manySums(r), !p.average && k.maxima != nil && r.Stride <= k.lanes && r.maxima.ready(p, r)
	for c := from; c < to; c++ {
		dst, src := r.Dst[c*r.ChannelStride:], r.Src[c*r.GroupStride:]
		switch {
		case sums:
			p.sums(r, dst, src)
		case twoSteps && r.maxima.compute(p, r, dst, src):
		default:
			for i := range r.N {
				row(r, dst[i*r.RowStride:][:r.Width], src, i)
			}
		}
	}
}

// scratch is memory for a row of at least n floats.
func (r *Rows) scratch(n int) []float32 {
	r.row = room(r.row, n)
	return r.row
}

func (p *Pool) plain(r *Rows, out, src []float32, i int) {
	offsets := r.Offsets[i*p.taps:][:p.taps]
	if p.average {
		averageRow(out, src, offsets, r.Stride, r.Heights[i], r.Widths)
	} else {
		maxRow(out, src, offsets, r.Stride)
	}
}

// vectors computes the outputs of a stride of 1 and picks every Stride-th. If the stride
// is at most the number of lanes, that is less work than computing outputs one at a time.
func (p *Pool) vectors(r *Rows, out, src []float32, i int) {
	lanes := p.kernel.lanes
	n := ceilDiv((len(out)-1)*r.Stride+1, lanes)
	row := r.scratch(n * lanes)
	offsets := r.Offsets[i*p.taps:][:p.taps]
	if p.average {
		p.kernel.average(&row[0], &src[0], &offsets[0], p.taps, n, &r.Widths[:n*lanes][0], r.Heights[i])
	} else {
		p.kernel.max(&row[0], &src[0], &offsets[0], p.taps, n)
	}
	pick(out, row, r.Stride)
}

// maxRow is the specification of max pooling: tap t of output x is
// src[offsets[t] + x·stride].
func maxRow(out, src []float32, offsets []int32, stride int) {
	for x := range out {
		out[x] = float32(math.Inf(-1))
	}
	for _, offset := range offsets {
		src := src[offset:]
		for x, largest := range out {
			switch v := src[x*stride]; {
			case v != v:
				out[x] = quietNaN
			case v > largest: // no value is larger than a NaN
				out[x] = v
			}
		}
	}
}

// averageRow is the specification of average pooling.
func averageRow(out, src []float32, offsets []int32, stride int, height float32, widths []float32) {
	clear(out)
	for _, offset := range offsets {
		src := src[offset:]
		for x := range out {
			out[x] += src[x*stride]
		}
	}
	for x, sum := range out {
		out[x] = sum / (height * widths[x*stride])
		if sum != sum {
			out[x] = quietNaN
		}
	}
}

package kernel

import "math"

// Pool computes rows of pooling, each channel by itself. It is immutable and safe for
// concurrent use.
type Pool struct {
	kernel         *Kernel
	channels, taps int
	average        bool
}

// MaxPool is max pooling of so many channels, with so many taps in a window: an output
// is the first of the window's largest values, and the quiet NaN where it has a NaN.
func (k *Kernel) MaxPool(channels, taps int) *Pool {
	return &Pool{kernel: k, channels: channels, taps: taps}
}

// AvgPool is average pooling of so many channels, with so many taps in a window: an
// output is 0 plus one tap after the other, in float32, divided by Heights[i]·Widths[x]
// of its Rows.
func (k *Kernel) AvgPool(channels, taps int) *Pool {
	return &Pool{kernel: k, channels: channels, taps: taps, average: true}
}

// Compute computes rows of every channel, which are r's groups.
func (p *Pool) Compute(r *Rows) {
	for c := range p.channels {
		src := r.Src[c*r.GroupStride:]
		for i := range r.N {
			out := r.Dst[c*r.ChannelStride+i*r.RowStride:][:r.Width]
			offsets := r.Offsets[i*p.taps:][:p.taps]
			if p.average {
				averageRow(out, src, offsets, r.Stride, r.Heights[i], r.Widths)
			} else {
				maxRow(out, src, offsets, r.Stride)
			}
		}
	}
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
		out[x] = sum / (height * widths[x])
		if sum != sum {
			out[x] = quietNaN
		}
	}
}

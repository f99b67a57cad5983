package kernel

import "math"

// NormParams are those of local response normalization:
//
//	x[c] / (K + Alpha/Size · Σ x[c′]²)^Beta, c − ⌊Size/2⌋ ≤ c′ ≤ c + ⌊(Size−1)/2⌋
//
// over the channels that there are, at one place of the volume.
type NormParams struct {
	Size           int
	Alpha, Beta, K float64
}

// Norm computes rows of local response normalization. It is immutable and safe for
// concurrent use.
type Norm struct {
	channels int
	params   NormParams
	power    power
}

// NewNorm is the normalization of so many channels.
func NewNorm(channels int, p NormParams) *Norm {
	return &Norm{channels, p, newPower(p.Beta)}
}

// Compute computes rows of all channels; tap t of r's offsets is channel t, with a
// stride of 1. The squares, exact in float64, are summed there from the lowest channel
// on; the quotient is rounded to float32 once.
func (n *Norm) Compute(r *Rows) {
	if len(r.sums) < r.Width {
		r.sums = make([]float64, r.Width)
	}
	sums := r.sums[:r.Width]
	scale := n.params.Alpha / float64(n.params.Size)
	for i := range r.N {
		offsets := r.Offsets[i*n.channels:][:n.channels]
		for c := range n.channels {
			clear(sums)
			for _, offset := range offsets[max(0, c-n.params.Size/2):min(n.channels, c+(n.params.Size+1)/2)] {
				for x, v := range r.Src[offset:][:len(sums)] {
					sums[x] += float64(v) * float64(v) // exact: fused or not, the bits are the same
				}
			}
			in, out := r.Src[offsets[c]:], r.Dst[c*r.ChannelStride+i*r.RowStride:][:r.Width]
			for x, sum := range sums {
				out[x] = float32(float64(in[x]) / n.power.of(n.params.K+float64(scale*sum)))
				if out[x] != out[x] {
					out[x] = quietNaN
				}
			}
		}
	}
}

// power is an exponent in binary, from 0 up. math.Pow has other last bits on other
// processors; multiplication and the square root are rounded correctly on all.
type power struct {
	whole    uint64
	fraction uint32 // in units of 2⁻³²
}

// newPower rounds an exponent to 32 binary places, which moves a float32 result by less
// than half of its last bit.
func newPower(exponent float64) power {
	fixed := uint64(math.Round(math.Ldexp(exponent, 32)))
	return power{fixed >> 32, uint32(fixed)}
}

// of is base to that power.
func (p power) of(base float64) float64 {
	result := 1.0
	for bits, square := p.whole, base; bits != 0; bits, square = bits>>1, square*square {
		if bits&1 != 0 {
			result *= square
		}
	}
	for bits, root := p.fraction, base; bits != 0; bits <<= 1 {
		root = math.Sqrt(root)
		if bits>>31 != 0 {
			result *= root
		}
	}
	return result
}

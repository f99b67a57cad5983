package kernel

import "math"

// NormParams are the parameters of local response normalization:
//
//	x[c] / (K + Alpha/Size · Σ x[c′]²)^Beta, c − ⌊Size/2⌋ ≤ c′ ≤ c + ⌊(Size−1)/2⌋
//
// over the channels that exist, at one place of the volume.
type NormParams struct {
	Size           int
	Alpha, Beta, K float64
}

// Norm computes rows of local response normalization. It is immutable and safe for
// concurrent use.
type Norm struct {
	kernel   *Kernel
	channels int
	size     int
	scale, k float64
	power    power
}

// Norm is a normalization of so many channels.
func (k *Kernel) Norm(channels int, p NormParams) *Norm {
	return &Norm{k, channels, p.Size, p.Alpha / float64(p.Size), p.K, newPower(p.Beta)}
}

// Compute computes rows of all channels. Tap t of r's offsets is channel t, with a stride
// of 1. Src must have Slack floats behind the last value that a tap needs.
func (n *Norm) Compute(r *Rows) {
	row := n.plain
	if n.kernel.norm != nil && n.normal() {
		row = n.vectors
	}
	for i := range r.N {
		offsets := r.Offsets[i*n.channels:][:n.channels]
		for c := range n.channels {
			window := offsets[max(0, c-n.size/2):min(n.channels, c+(n.size+1)/2)]
			row(r, r.Dst[c*r.ChannelStride+i*r.RowStride:][:r.Width], window, offsets[c])
		}
	}
}

// plain is the specification: the squares, exact in float64, are summed in float64 from
// the lowest channel on, and the quotient is rounded to float32 once.
func (n *Norm) plain(r *Rows, out []float32, window []int32, own int32) {
	if len(r.sums) < len(out) {
		r.sums = make([]float64, len(out))
	}
	sums := r.sums[:len(out)]
	clear(sums)
	for _, offset := range window {
		for x, v := range r.Src[offset:][:len(sums)] {
			sums[x] += float64(v) * float64(v) // exact: fused or not, the bits are the same
		}
	}
	for x, v := range r.Src[own:][:len(sums)] {
		out[x] = float32(float64(v) / n.power.of(n.k+float64(n.scale*sums[x])))
		if out[x] != out[x] {
			out[x] = quietNaN
		}
	}
}

// normal says whether the base of the power is 0 or a normal number wherever the channel itself is
// not 0: a normLoop's estimate overflows for smaller bases. The square of a float32 is 0 or at
// least 2⁻²⁹⁸, and the smallest normal number is 2⁻¹⁰²².
func (n *Norm) normal() bool { return n.k >= 0x1p-1022 || n.scale >= 0x1p-724 }

func (n *Norm) vectors(r *Rows, out []float32, window []int32, own int32) {
	lanes := n.kernel.lanes / 2 // of float64
	vectors := ceilDiv(len(out), lanes)
	row := r.scratch(vectors * lanes)
	n.kernel.norm(&row[0], &r.Src[0], &window[0], len(window), int(own), vectors, n.scale, n.k, n.power.whole, n.power.fraction)
	copy(out, row)
}

// power is an exponent in binary, at least 0. The last bits of math.Pow differ between
// processors; multiplication and the square root are rounded correctly on all.
type power struct {
	whole    uint64
	fraction uint32 // in units of 2⁻³²
}

// newPower rounds an exponent to 32 binary places. This moves a float32 result by less
// than half of its last bit.
func newPower(exponent float64) power {
	fixed := uint64(math.Round(math.Ldexp(exponent, 32)))
	return power{fixed >> 32, uint32(fixed)}
}

// Power is the power in local response normalizations: base to an exponent of at least 0, which
// is rounded to 32 binary places. It has the same bits on every machine.
func Power(base, exponent float64) float64 { return newPower(exponent).of(base) }

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

package render

import (
	"encoding/binary"
	"math"
)

//go:generate go -C _asm run . -dir ..

// Gray turns the values of a map into gray pixels. It is immutable and safe for
// concurrent use; make one for each range, not for each row.
type Gray struct {
	lo, width float64
	top       float64 // the largest level
	constant  bool    // all pixels are 0
	estimate  estimate
}

// Gray8 makes pixels of one byte: (v − r.Lo)/(r.Hi − r.Lo)·255, in float64 and in
// that order, rounded half to even and clamped to 0…255. NaN is 0, and every pixel is
// where r has no width.
func Gray8(r Range) Gray {
	return Gray{
		lo: r.Lo, width: r.Hi - r.Lo, top: math.MaxUint8,
		constant: r.Lo == r.Hi, estimate: newEstimate(r),
	}
}

// Gray16 is Gray8 with 65535 in place of 255. A pixel is two bytes, the higher one
// first.
func Gray16(r Range) Gray {
	return Gray{lo: r.Lo, width: r.Hi - r.Lo, top: math.MaxUint16, constant: r.Lo == r.Hi}
}

// Row writes the pixels of a row to the start of dst, which must have room for them.
func (g *Gray) Row(dst []byte, row []float32) {
	if g.top == math.MaxUint8 {
		dst = dst[:len(row)]
	} else {
		dst = dst[:2*len(row)]
	}
	switch {
	case g.constant:
		clear(dst)
	case g.top == math.MaxUint16:
		g.exact16(dst, row)
	case g.estimate.valid:
		g.estimate8(dst, row)
	default:
		g.exact8(dst, row)
	}
}

// level is a pixel, as a whole number.
func (g *Gray) level(v float32) float64 {
	p := math.RoundToEven((float64(v) - g.lo) / g.width * g.top)
	if !(p > 0) { // also NaN
		return 0
	}
	return min(p, g.top)
}

func (g *Gray) exact8Generic(dst []byte, row []float32) {
	dst = dst[:len(row)]
	for i, v := range row {
		dst[i] = byte(g.level(v))
	}
}

func (g *Gray) exact16Generic(dst []byte, row []float32) {
	for i, v := range row {
		binary.BigEndian.PutUint16(dst[2*i:], uint16(g.level(v)))
	}
}

// estimate finds most levels of 8 bits in float32. With p = (v + minusLo)·scale,
// clamped to 0…255, and n = p rounded to even, n is the level if |p − n| ≤ limit.
//
// Proof. Let u = 2⁻²⁴, P = (v − lo)/(hi − lo)·255 without rounding, q the same in
// float64, whose rounded and clamped value is the level, and S = |lo + minusLo|·scale.
// Sum, scale and product are each rounded once, with a relative error of at most u
// because scale is a normal number, so that before it is clamped
//
//	p = (P + s)·(1 + e) with |s| ≤ 1.01·S and |e| < 3.01·u
//
// but for an underflow, which moves p by no more than 2⁻¹⁴⁹, and an overflow of the
// sum, which needs |v − lo| > 2¹²⁷ > hi − lo and clamps p as it does q.
//
// Where −1 ≤ P ≤ 256, p is off P by less than 256·3.01·u + 1.02·S and q is by 2⁻⁴³;
// together that is less than 0.76·2⁻¹⁴ + 1.02·S, and the doubt, 2⁻¹⁴ + 2·S, leaves room
// for limit's own rounding of 2⁻²⁵. If p is inside 0…255 and no further than limit,
// ½ − doubt, from n, then q is nearer than ½ to n. If p was clamped, q is below ½ or
// above 254½, and that rounds to the same level. Outside, P < −1 gives p < 0 and q < 0,
// P > 256 gives p > 255 and q > 255, infinities included.
type estimate struct {
	valid                 bool
	minusLo, scale, limit float32
}

// mostDoubt keeps the values that must be computed again below 1 in 512.
const mostDoubt = 0x1p-10

func newEstimate(r Range) estimate {
	width := r.Hi - r.Lo
	if !(math.Abs(r.Lo) <= 0x1p126 && width <= 0x1p126 && width >= 0x1p-100) {
		return estimate{}
	}
	lo, scale := float32(r.Lo), 255/width
	doubt := 0x1p-14 + 2*float64(math.Abs(r.Lo-float64(lo))*scale)
	if doubt > mostDoubt {
		return estimate{}
	}
	return estimate{valid: true, minusLo: -lo, scale: float32(scale), limit: float32(0.5 - doubt)}
}

func (g *Gray) estimate8Generic(dst []byte, row []float32) {
	// The sum with 3·2²² has the last bit of the significand worth 1, so that it rounds
	// to even, and a small whole number in the low bits.
	const round = 3 << 22
	e := g.estimate
	dst = dst[:len(row)]
	for i, v := range row {
		p := float32((v + e.minusLo) * e.scale)
		switch {
		case p >= 255:
			dst[i] = 255
		case p > 0:
			sum := p + round
			if off := p - (sum - round); off > e.limit || off < -e.limit {
				dst[i] = byte(g.level(v))
			} else {
				dst[i] = byte(math.Float32bits(sum))
			}
		default:
			dst[i] = 0
		}
	}
}

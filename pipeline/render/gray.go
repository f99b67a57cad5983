package render

import (
	"encoding/binary"
	"math"

	"filterbank/filters/simd"
)

//go:generate go -C _asm run . -dir ..

// Gray turns the values of a map into levels: gray pixels, or indices of a Colormap's
// palette. It is immutable and safe for concurrent use. Make one for each range, not for
// each row.
type Gray struct {
	lo, width float64
	top       float64 // the largest level
	constant  bool    // the range has no width
	flat      byte    // every pixel if constant
	bracket   bracket // of 8-bit levels
	loops     loops
}

// Gray8 makes pixels of one byte: (v − r.Lo)/(r.Hi − r.Lo)·255, computed in float64 and in
// that order, rounded half to even and clamped to 0…255. NaN becomes 0. If r has no width,
// every pixel is 0. All instruction sets give the same pixels.
func Gray8(r Range, set simd.Set) Gray {
	return Gray{
		lo: r.Lo, width: r.Hi - r.Lo, top: math.MaxUint8,
		constant: r.Lo == r.Hi, bracket: newBracket(r), loops: newLoops(set),
	}
}

// Centred8 is Gray8 for a centred range. If r has no width, every pixel is 128, which is
// the pixel of the value 0 in every other centred range.
func Centred8(r Range, set simd.Set) Gray {
	g := Gray8(r, set)
	g.flat = 128
	return g
}

// Gray16 is Gray8 with 65535 in place of 255. A pixel is two bytes, the higher one
// first.
func Gray16(r Range, set simd.Set) Gray {
	return Gray{lo: r.Lo, width: r.Hi - r.Lo, top: math.MaxUint16, constant: r.Lo == r.Hi, loops: newLoops(set)}
}

// Row writes the pixels of a row to the start of dst. dst must have room for len(row) bytes,
// or 2·len(row) for 16 bits.
func (g *Gray) Row(dst []byte, row []float32) {
	if g.top == math.MaxUint8 {
		dst = dst[:len(row)]
	} else {
		dst = dst[:2*len(row)]
	}
	switch {
	case g.constant && g.flat == 0:
		clear(dst) // thirty times as fast as the general loop; black maps are common
	case g.constant:
		for i := range dst {
			dst[i] = g.flat
		}
	case g.top == math.MaxUint16:
		g.exact16(dst, row)
	case g.bracket.valid:
		g.bracket8(dst, row)
	default:
		g.exact8(dst, row)
	}
}

// level specifies the pixel of a value, as a whole number.
func (g *Gray) level(v float32) float64 {
	p := (float64(v) - g.lo) / g.width * g.top
	switch {
	case p >= g.top:
		return g.top
	case p > 0:
		return math.RoundToEven(p)
	}
	return 0 // NaN too
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

// bracket finds most levels of 8 bits in float32. With p = (v + offset)·scale, the
// level before rounding and clamping lies between p and p + span. If both ends round and
// clamp to the same level, that is the pixel.
//
// Proof. Let u = 2⁻²⁴, s = 255/(hi − lo), P = (v − lo)·s without rounding, q the same
// as Gray.level computes it in float64, and A = |lo|·s. offset is −lo − E/s rounded to
// float32, which displaces p by at most 1.01·u·(A + E). Sum, scale and product are each
// rounded once, with a relative error of at most u, because scale is a normal number.
// So where −1 ≤ P ≤ 256
//
//	|p − (P − E)| ≤ 1.01·u·(A + E) + 3.01·u·257
//	|q − P| ≤ 2⁻⁴³
//
// and adding span = 2·E rounds by at most 1.01·u·257. p ≤ q ≤ p + span follows from
// E ≥ u·(1.02·A + 1036); E = u·(2·A + 1280) leaves room for underflow, which moves p by
// no more than 2⁻⁴¹. For P < −1, both ends are negative like q. For P > 256, both are above
// 255 like q. This includes infinities and overflow of the sum, since the latter needs
// |v − lo| > 2¹²⁷ > hi − lo.
type bracket struct {
	valid               bool
	offset, scale, span float32
}

// farthest is the largest A that has a bracket. At A = farthest, 4% of groups of 32 values
// need exact arithmetic. In a map's own range A ≤ 255, and 0.7% need it.
const farthest = 4096

func newBracket(r Range) bracket {
	width := r.Hi - r.Lo
	scale := 255 / width
	levels := math.Abs(r.Lo) * scale
	if !(math.Abs(r.Lo) <= 0x1p126 && width <= 0x1p126 && width >= 0x1p-100 && levels <= farthest) {
		return bracket{}
	}
	half := 0x1p-24 * (float64(2*levels) + 1280)
	return bracket{
		valid:  true,
		offset: float32(-r.Lo - half/scale),
		scale:  float32(scale),
		span:   float32(2 * half),
	}
}

func (g *Gray) bracket8Generic(dst []byte, row []float32) {
	// The last bit of a sum with 3·2²² is worth 1. So adding it rounds half to even, and the
	// low bits of the sum are the level.
	const round = 3 << 22
	b := g.bracket
	dst = dst[:len(row)]
	for i, v := range row {
		low := float32((v + b.offset) * b.scale)
		high := low + b.span
		switch {
		case low >= 255:
			dst[i] = 255
		case high > 0:
			n := math.Float32bits(low + round)
			if n != math.Float32bits(high+round) {
				n = uint32(g.level(v))
			}
			dst[i] = byte(n)
		default: // NaN too
			dst[i] = 0
		}
	}
}

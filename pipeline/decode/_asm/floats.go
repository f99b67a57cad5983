package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// samples is a loop over RGBA pixels with samples of so many bits, 8 pixels at a time.
type samples struct {
	row
	bits int
	rgb  []operand.Mem // for RGB of 8 bits, shuffles that pick out a channel; nil for RGBA
}

func (s samples) full() float64 { return float64(int(1)<<s.bits - 1) }

func (s samples) name(loop string) string {
	if s.rgb != nil {
		return loop + "RGBAVX2"
	}
	return fmt.Sprintf("%s%dAVX2", loop, s.bits)
}

func (s samples) signature(more string) string {
	return fmt.Sprintf("func(red, green, blue *float32, px *uint%d, n int%s)", s.bits, more)
}

func (s samples) doc(loop, what string) string {
	layout := "RGBA"
	if s.rgb != nil {
		layout = "RGB"
	}
	return fmt.Sprintf("%s writes %s of n ≥ 8 pixels of %s.", s.name(loop), what, layout)
}

func (s samples) unit() {
	s.function(s.name("unit"), s.signature(""), s.doc("unit", "v/full"))
	s.opaque(nil, nil)
}

func (s samples) normal() {
	s.function(s.name("normal"), s.signature(", mean, std *float32"), s.doc("normal", "(v/full − mean)/std"))
	mean, std := s.perChannel("mean"), s.perChannel("std")
	s.opaque(mean, std)
}

// opaque is the loop that ignores alpha; mean and std may be nil.
func (s samples) opaque(mean, std []reg.VecVirtual) {
	planes, px := s.planes(), s.pointer("px")
	u := s.newUnits()
	s.blocks(8, func(i reg.Register) {
		q := s.load(px, i)
		for c, plane := range planes {
			x := u.of(q, c)
			if mean != nil {
				s.VSUBPS(mean[c], x, x)
				s.VDIVPS(std[c], x, x)
			}
			s.VMOVUPS(x, at(plane, i, 4, 0))
		}
	})
}

func (s samples) blend() {
	s.function(s.name("blend"), s.signature(", mean, std, background *float32"),
		s.doc("blend", "(v·a + background·(1−a) − mean)/std, with v and a in [0,1],"))
	// With the background's there would be one register too few for means.
	mean, std, background := s.pointer("mean"), s.pointer("std"), s.perChannel("background")
	planes, px := s.planes(), s.pointer("px")
	u, one := s.newUnits(), s.lanes(math.Float32bits(1))
	s.blocks(8, func(i reg.Register) {
		q := s.load(px, i)
		a, rest := u.of(q, 3), s.YMM()
		s.VSUBPS(a, one, rest)
		for c, plane := range planes {
			x, behind, k := u.of(q, c), s.YMM(), s.YMM()
			s.VMULPS(a, x, x)
			s.VMULPS(rest, background[c], behind)
			s.VADDPS(behind, x, x)
			s.VBROADCASTSS(operand.Mem{Base: mean, Disp: 4 * c}, k)
			s.VSUBPS(k, x, x)
			s.VBROADCASTSS(operand.Mem{Base: std, Disp: 4 * c}, k)
			s.VDIVPS(k, x, x)
			s.VMOVUPS(x, at(plane, i, 4, 0))
		}
	})
}

func (s samples) planes() (p [3]reg.Register) {
	for c, name := range []string{"red", "green", "blue"} {
		p[c] = s.pointer(name)
	}
	return p
}

// perChannel broadcasts three floats.
func (s samples) perChannel(param string) []reg.VecVirtual {
	from := s.pointer(param)
	y := []reg.VecVirtual{s.YMM(), s.YMM(), s.YMM()}
	for c := range y {
		s.VBROADCASTSS(operand.Mem{Base: from, Disp: 4 * c}, y[c])
	}
	return y
}

// pixels are 8 pixels: of 8 bits a sample in one register; of 16 bits in two, one
// with red and green and one with blue and alpha.
type pixels []reg.VecVirtual

func (s samples) load(px, i reg.Register) pixels {
	if s.rgb != nil { // four pixels in each half, the first with 4 bytes behind, the others with 4 before
		offset, q := s.GP64(), s.YMM()
		s.LEAQ(operand.Mem{Base: i, Index: i, Scale: 2}, offset)
		s.VMOVDQU(at(px, offset, 1, 0), q.AsX())
		s.VINSERTI128(operand.U8(1), at(px, offset, 1, 8), q, q)
		return pixels{q}
	}
	if s.bits == 8 {
		q := s.YMM()
		s.VMOVDQU(at(px, i, 4, 0), q)
		return pixels{q}
	}
	// Within each half, pixels 0 1 | 2 3 and 4 5 | 6 7 become 0 1 4 5 | 2 3 6 7.
	const even, odd, inOrder = operand.U8(0x88), operand.U8(0xdd), operand.U8(0xd8)
	low, high, rg, ba := s.YMM(), s.YMM(), s.YMM(), s.YMM()
	s.VMOVDQU(at(px, i, 8, 0), low)
	s.VMOVDQU(at(px, i, 8, 4), high)
	s.VSHUFPS(even, high, low, rg)
	s.VSHUFPS(odd, high, low, ba)
	s.VPERMQ(inOrder, rg, rg)
	s.VPERMQ(inOrder, ba, ba)
	return pixels{rg, ba}
}

// units turns samples into [0,1].
type units struct {
	samples
	high, low, mask reg.Register
}

func (s samples) newUnits() units {
	high := float32(1 / s.full())
	low := float32(1/s.full() - float64(high))
	return units{s, s.lanes(math.Float32bits(high)), s.lanes(math.Float32bits(low)), s.lanes(1<<s.bits - 1)}
}

// rgb8 is a loop over RGB pixels of 8 bits.
func rgb8(r row) samples {
	s := samples{row: r, bits: 8}
	for c := range 3 {
		order := r.StaticGlobal(fmt.Sprintf("channel%d", c))
		r.DataAttributes(attr.RODATA | attr.NOPTR)
		for k := range 8 {
			const zero = 0x80808000
			from := [...]int{0, 3, 6, 9, 4, 7, 10, 13}[k] + c
			r.AddDatum(4*k, operand.U32(zero|from))
		}
		s.rgb = append(s.rgb, order)
	}
	return s
}

// of is channel c of pixels over full, correctly rounded: v·low rounded, plus v·high.
// That is within a 2^-47th of v/full, and v/full has a binary expansion that repeats
// every 8 or 16 bits, so that it lies farther than that from where rounding turns.
func (u units) of(q pixels, c int) reg.VecVirtual {
	x := u.sample(q, c)
	u.VCVTDQ2PS(x, x)
	return u.divide(x)
}

// divide is whole samples over full.
func (u units) divide(x reg.VecVirtual) reg.VecVirtual {
	sum := u.YMM()
	u.VMULPS(u.low, x, sum)
	u.VFMADD231PS(u.high, x, sum)
	return sum
}

// sample is channel c of pixels.
func (u units) sample(q pixels, c int) reg.VecVirtual {
	perRegister := 32 / u.bits
	from, x := q[c/perRegister], u.YMM()
	switch {
	case u.rgb != nil:
		u.VPSHUFB(u.rgb[c], from, x)
	case c%perRegister == 0:
		u.VPAND(u.mask, from, x)
	case c%perRegister == perRegister-1:
		u.VPSRLD(operand.U8(32-u.bits), from, x)
	default:
		u.VPSRLD(operand.U8(c%perRegister*u.bits), from, x)
		u.VPAND(u.mask, x, x)
	}
	return x
}

// planes8 has the loops over a row of samples of one channel, 16 at a time.
func (s samples) planes8() {
	s.function("planeUnitAVX2", "func(dst *float32, src *uint8, n int)", "planeUnitAVX2 writes v/255 of n ≥ 16 samples.")
	s.plane(nil, nil)
	s.function("planeNormalAVX2", "func(dst *float32, src *uint8, n int, mean, std float32)", "planeNormalAVX2 writes (v/255 − mean)/std of n ≥ 16 samples.")
	mean, std := s.YMM(), s.YMM()
	s.VBROADCASTSS(s.address("mean"), mean)
	s.VBROADCASTSS(s.address("std"), std)
	s.plane(mean, std)
}

// address is where a parameter lies.
func (s samples) address(param string) operand.Mem {
	b, err := s.Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// plane is the loop; mean and std may be nil.
func (s samples) plane(mean, std reg.Register) {
	dst, src := s.pointer("dst"), s.pointer("src")
	u := s.newUnits()
	s.blocks(16, func(i reg.Register) {
		for k := 0; k < 16; k += 8 {
			x := s.YMM()
			s.VPMOVZXBD(at(src, i, 1, k), x)
			s.VCVTDQ2PS(x, x)
			x = u.divide(x)
			if mean != nil {
				s.VSUBPS(mean, x, x)
				s.VDIVPS(std, x, x)
			}
			s.VMOVUPS(x, at(dst, i, 4, k))
		}
	})
}

package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// width is the bytes of a vector.
type width int

const (
	ymm width = 32
	zmm width = 64
)

// vector is a function of vectors that have a block in each of their lanes of 16 bytes:
// one row or column of all blocks.
type vector struct {
	*build.Context
	width width
	words map[[2]int16]operand.Mem
}

const blockBytes = 128

// Constants of 13 fractional bits, as in idctGeneric.
const (
	fix0298 = 2446
	fix0390 = 3196
	fix0541 = 4433
	fix0765 = 6270
	fix0899 = 7373
	fix1175 = 9633
	fix1501 = 12299
	fix1847 = 15137
	fix1961 = 16069
	fix2053 = 16819
	fix2562 = 20995
	fix3072 = 25172
)

// The rounding of sums rides on their product with 1<<13: beside each sum is the word
// unit, whose factor makes half of what is shifted out.
const unit = 8

// idct writes a function that does as many blocks at a time as a vector has lanes.
func idct(c *build.Context, w width) {
	name := map[width]string{ymm: "idctAVX2", zmm: "idctAVX512"}[w]
	v := vector{c, w, map[[2]int16]operand.Mem{}}
	lanes := int(w) / 16
	c.Function(name)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr("func(pix *uint8, stride int, at *int, blocks *int16, quant *uint16, n int) int")
	c.Doc(fmt.Sprintf("%s is idctBlocksGeneric for n > 0 blocks, a multiple of %d. It stops before %d blocks", name, lanes, lanes),
		"of which one could wrap where its columns are flat, and gives how many it has done.")
	pix, stride := c.Load(c.Param("pix"), c.GP64()), c.Load(c.Param("stride"), c.GP64())
	at, blocks := c.Load(c.Param("at"), c.GP64()), c.Load(c.Param("blocks"), c.GP64())
	quant, n := c.Load(c.Param("quant"), c.GP64()), c.Load(c.Param("n"), c.GP64())
	done := c.GP64()
	c.XORQ(done, done)
	c.Label("loop")
	rows := v.load(blocks, quant)
	v.guard(rows[0])
	columns := v.transform(rows, 11)
	rows = v.transform(v.transpose(columns), 18)
	v.store(v.bytes(rows), pix, stride, at, lanes)
	c.ADDQ(operand.U32((8 * lanes)), at)
	c.ADDQ(operand.U32((blockBytes * lanes)), blocks)
	c.ADDQ(operand.U32((lanes)), done)
	c.CMPQ(done, n)
	c.JLT(operand.LabelRef("loop"))
	c.Label("done")
	c.VZEROUPPER()
	c.Store(done, c.ReturnIndex(0))
	c.RET()
}

func (v vector) reg() reg.VecVirtual {
	if v.width == zmm {
		return v.ZMM()
	}
	return v.YMM()
}

// pair is a constant in memory with two words in turn.
func (v vector) pair(low, high int16) operand.Mem {
	key := [2]int16{low, high}
	if m, ok := v.words[key]; ok {
		return m
	}
	m := v.StaticGlobal(fmt.Sprintf("pair%d_%d", v.width, len(v.words)))
	v.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := 0; i < int(v.width); i += 4 {
		v.AddDatum(i, operand.U32(uint32(uint16(low))|uint32(uint16(high))<<16))
	}
	v.words[key] = m
	return m
}

// load loads blocks and multiplies them with their quantisation.
func (v vector) load(blocks, quant reg.Register) (rows [8]reg.VecVirtual) {
	if v.width == zmm {
		rows = v.gather(blocks)
	} else {
		for y := range rows {
			r := v.YMM() // a load of 16 bytes would count as a part of what was there before
			v.VBROADCASTI128(operand.Mem{Base: blocks, Disp: 16 * y}, r)
			v.VINSERTI128(operand.U8(1), operand.Mem{Base: blocks, Disp: blockBytes + 16*y}, r, r)
			rows[y] = r
		}
	}
	for y := range rows {
		q := v.reg()
		m := operand.Mem{Base: quant, Disp: 16 * y}
		if v.width == zmm {
			v.VBROADCASTI32X4(m, q)
		} else {
			v.VBROADCASTI128(m, q)
		}
		v.VPMULLW(q, rows[y], rows[y])
	}
	return rows
}

// gather turns four blocks, of two vectors each, into rows.
func (v vector) gather(blocks reg.Register) (rows [8]reg.VecVirtual) {
	const (
		lows, highs = 0x44, 0xee // both halves of two vectors side by side
		even, odd   = 0x88, 0xdd
	)
	for half := range 2 {
		var in [4]reg.VecVirtual
		for b := range in {
			in[b] = v.ZMM()
			v.VMOVDQU64(operand.Mem{Base: blocks, Disp: b*blockBytes + 64*half}, in[b])
		}
		shuffle := func(imm uint64, a, b reg.VecVirtual) reg.VecVirtual {
			out := v.ZMM()
			v.VSHUFI64X2(operand.U8(imm), b, a, out)
			return out
		}
		low01, high01 := shuffle(lows, in[0], in[1]), shuffle(highs, in[0], in[1])
		low23, high23 := shuffle(lows, in[2], in[3]), shuffle(highs, in[2], in[3])
		rows[4*half] = shuffle(even, low01, low23)
		rows[4*half+1] = shuffle(odd, low01, low23)
		rows[4*half+2] = shuffle(even, high01, high23)
		rows[4*half+3] = shuffle(odd, high01, high23)
	}
	return rows
}

// guard leaves the loop where a value of the first row would not survive a shift by two.
func (v vector) guard(row reg.VecVirtual) {
	t := v.reg()
	v.VPSLLW(operand.U8(2), row, t)
	v.VPSRAW(operand.U8(2), t, t)
	if v.width == zmm {
		k, bits := v.K(), v.GP32()
		v.VPCMPW(operand.U8(4), row, t, k)
		v.KMOVD(k, bits)
		v.TESTL(bits, bits)
	} else {
		v.VPXOR(row, t, t)
		v.VPTEST(t, t)
	}
	v.JNE(operand.LabelRef("done"))
}

// halves are the two vectors of 32-bit lanes that belong to one of words.
type halves [2]reg.VecVirtual

// transform is a one-dimensional transform of vectors, rounded by so many bits. It
// overwrites them.
func (v vector) transform(in [8]reg.VecVirtual, bits int) (out [8]reg.VecVirtual) {
	z3, z4 := v.reg(), v.reg()
	v.VPADDW(in[7], in[3], z3)
	v.VPADDW(in[5], in[1], z4)
	z := v.unpack(z3, z4)
	in71, in53 := v.unpack(in[7], in[1]), v.unpack(in[5], in[3])
	z4s := v.product(z, fix1175, fix1175-fix0390)
	odd0 := v.addTo(v.product(in71, -fix0899, fix1501-fix0899), z4s)
	odd2 := v.addTo(z4s, v.product(in53, fix2053-fix2562, -fix2562))
	z3s := v.productIn(z, fix1175-fix1961, fix1175)
	odd3 := v.addTo(v.productIn(in71, fix0298-fix0899, -fix0899), z3s)
	odd1 := v.addTo(z3s, v.productIn(in53, -fix2562, fix3072-fix2562))

	difference := v.reg()
	v.VPSUBW(in[4], in[0], difference)
	v.VPADDW(in[4], in[0], in[0])
	in26 := v.unpack(in[2], in[6])
	out[0], out[7], out[3], out[4] = v.finish(in[0], v.product(in26, fix0541+fix0765, fix0541), odd0, odd3, bits)
	out[1], out[6], out[2], out[5] = v.finish(difference, v.productIn(in26, fix0541, fix0541-fix1847), odd1, odd2, bits)
	return out
}

// finish adds even and odd parts: first ± odd with first = sum + even, and second ± other
// with second = sum − even.
func (v vector) finish(sum reg.VecVirtual, even, odd, other halves, bits int) (a, b, c, d reg.VecVirtual) {
	sums := v.unpack(sum, v.pair(unit, unit))
	sums = v.productIn(sums, 1<<13, int16(int32(1)<<(bits-1)/unit))
	var first halves
	for i := range sums {
		first[i] = v.reg()
		v.VPADDD(even[i], sums[i], first[i])
		v.VPSUBD(even[i], sums[i], sums[i])
	}
	a, b = v.ends(first, odd, bits)
	c, d = v.ends(sums, other, bits)
	return a, b, c, d
}

// ends are even + odd and even − odd, shifted and clamped to words.
func (v vector) ends(even, odd halves, bits int) (plus, minus reg.VecVirtual) {
	for i := range even {
		t := v.reg()
		v.VPSUBD(odd[i], even[i], t)
		v.VPADDD(odd[i], even[i], odd[i])
		v.VPSRAD(operand.U8(bits), odd[i], odd[i])
		v.VPSRAD(operand.U8(bits), t, t)
		even[i] = t
	}
	v.VPACKSSDW(odd[1], odd[0], odd[0])
	v.VPACKSSDW(even[1], even[0], even[0])
	return odd[0], even[0]
}

// unpack brings the words of two vectors together in pairs.
func (v vector) unpack(low reg.VecVirtual, high operand.Op) (p halves) {
	p = halves{v.reg(), v.reg()}
	v.VPUNPCKLWD(high, low, p[0])
	v.VPUNPCKHWD(high, low, p[1])
	return p
}

// product is the sum of a pair's words, each with its factor.
func (v vector) product(p halves, low, high int16) (sum halves) {
	sum = halves{v.reg(), v.reg()}
	for i := range p {
		v.VPMADDWD(v.pair(low, high), p[i], sum[i])
	}
	return sum
}

// productIn is product in the place of the pairs.
func (v vector) productIn(p halves, low, high int16) halves {
	for i := range p {
		v.VPMADDWD(v.pair(low, high), p[i], p[i])
	}
	return p
}

// addTo is a + b in the place of a.
func (v vector) addTo(a, b halves) halves {
	for i := range a {
		v.VPADDD(b[i], a[i], a[i])
	}
	return a
}

// transpose turns rows into columns: of the six bits of a word's place in its block, three
// of them its row, each step moves the topmost to the bottom.
func (v vector) transpose(in [8]reg.VecVirtual) [8]reg.VecVirtual {
	for range 3 {
		var out [8]reg.VecVirtual
		for i := range 4 {
			out[2*i], out[2*i+1] = v.reg(), in[i]
			v.VPUNPCKLWD(in[i+4], in[i], out[2*i])
			v.VPUNPCKHWD(in[i+4], in[i], out[2*i+1])
		}
		in = out
	}
	return in
}

// bytes makes samples of columns of words: vectors of two rows each. Of the six bits of a
// byte's place, three of them its column, each step moves the topmost to the bottom.
func (v vector) bytes(in [8]reg.VecVirtual) (rows [4]reg.VecVirtual) {
	for i := range rows { // clamps to bytes
		rows[i] = in[2*i]
		v.VPACKSSWB(in[2*i+1], in[2*i], rows[i])
	}
	for range 3 {
		var out [4]reg.VecVirtual
		for i := range 2 {
			out[2*i], out[2*i+1] = v.reg(), rows[i]
			v.VPUNPCKLBW(rows[i+2], rows[i], out[2*i])
			v.VPUNPCKHBW(rows[i+2], rows[i], out[2*i+1])
		}
		rows = out
	}
	const centre = 128 | 128<<8 - 1<<16 // 128 in both bytes of a word
	for _, r := range rows {
		v.VPADDB(v.pair(centre, centre), r, r)
	}
	return rows
}

// store writes two rows of every block at a time.
func (v vector) store(rows [4]reg.VecVirtual, pix, stride, at reg.Register, lanes int) {
	to := make([]reg.GPVirtual, lanes)
	for b := range to {
		to[b] = v.GP64()
		v.MOVQ(operand.Mem{Base: at, Disp: 8 * b}, to[b])
		v.ADDQ(pix, to[b])
	}
	for i, r := range rows {
		for b := range to {
			x := r.AsX()
			if b > 0 {
				t := v.XMM()
				if v.width == zmm {
					v.VEXTRACTI32X4(operand.U8(b), r, t)
				} else {
					v.VEXTRACTI128(operand.U8(b), r, t)
				}
				x = t
			}
			v.VMOVQ(x, operand.Mem{Base: to[b]})
			v.VMOVHPS(x, operand.Mem{Base: to[b], Index: stride, Scale: 1})
			if i < len(rows)-1 {
				v.LEAQ(operand.Mem{Base: to[b], Index: stride, Scale: 2}, to[b])
			}
		}
	}
}

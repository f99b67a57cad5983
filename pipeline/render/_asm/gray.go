package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	bytes = 32 // bytes of a vector
	group = 4  // number of vectors of values whose levels fill one vector of bytes
)

// function begins a function with the attributes of all functions.
func function(c *build.Context, name, signature string, doc ...string) {
	c.Function(name)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.SignatureExpr(signature)
	c.Doc(doc...)
}

// broadcast fills a vector with a float parameter of 4 or 8 bytes.
func broadcast(c *build.Context, param string, size int) reg.VecVirtual {
	from, err := c.Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	v := c.YMM()
	if size == 8 {
		c.VBROADCASTSD(from.Addr, v)
	} else {
		c.VBROADCASTSS(from.Addr, v)
	}
	return v
}

// bracket8 computes both ends of the bracket of a level and compares their levels. VMINPS
// keeps values inside int32 and keeps NaN, since it gives p if either operand is NaN.
// VCVTPS2DQ converts NaN, and values that are too small, to the least int32. Packing with
// saturation clamps to 0…255.
func bracket8(c *build.Context) {
	name := "bracket8AVX2"
	order := constants(c, "order", 4, 0, 4, 1, 5, 2, 6, 3, 7)
	function(c, name, "func(dst *byte, row *float32, groups int, offset, scale, span float32) (sure int)",
		name+" writes the levels of groups > 0 of 32 values up to the first group in which",
		"a bracket holds two levels, and says how many groups it wrote.")
	dst, row := c.Load(c.Param("dst"), c.GP64()), c.Load(c.Param("row"), c.GP64())
	groups := c.Load(c.Param("groups"), c.GP64())
	offset, scale, span := broadcast(c, "offset", 4), broadcast(c, "scale", 4), broadcast(c, "span", 4)
	top, permutation := c.YMM(), c.YMM()
	c.VBROADCASTSS(constants(c, "top", 4, uint64(math.Float32bits(255))), top)
	c.VMOVDQU(order, permutation)
	sure := c.GP64()
	c.XORQ(sure, sure)

	c.Label("next")
	var low, high [group]reg.VecVirtual
	for i := range group {
		p := c.YMM()
		c.VADDPS(operand.Mem{Base: row, Disp: i * bytes}, offset, p)
		c.VMULPS(scale, p, p)
		c.VMINPS(p, top, p)
		low[i], high[i] = c.YMM(), c.YMM()
		c.VCVTPS2DQ(p, low[i])
		c.VADDPS(span, p, p)
		c.VCVTPS2DQ(p, high[i])
	}
	for _, v := range [][group]reg.VecVirtual{low, high} {
		c.VPACKSSDW(v[1], v[0], v[0])
		c.VPACKSSDW(v[3], v[2], v[2])
		c.VPACKUSWB(v[2], v[0], v[0])
	}
	c.VPCMPEQB(low[0], high[0], high[0])
	equal := c.GP32()
	c.VPMOVMSKB(high[0], equal)
	c.INCL(equal) // zero if all bits are set
	c.JNZ(operand.LabelRef("done"))
	c.VPERMD(low[0], permutation, low[0])
	c.VMOVDQU(low[0], operand.Mem{Base: dst})
	c.ADDQ(operand.I32(group*bytes), row)
	c.ADDQ(operand.I32(bytes), dst)
	c.INCQ(sure)
	c.CMPQ(sure, groups)
	c.JLT(operand.LabelRef("next"))

	c.Label("done")
	c.Store(sure, c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}

// exact is the arithmetic of Gray.level in vectors, for 8 or 16 bits a pixel. VMAXPD gives
// zero if p is NaN.
func exact(c *build.Context, depth int) {
	name := fmt.Sprintf("exact%dAVX2", depth)
	function(c, name, "func(dst *byte, row *float32, n int, lo, width float64)",
		fmt.Sprintf("%s writes the pixels of n > 0 values, a multiple of 8.", name))
	dst, row := c.Load(c.Param("dst"), c.GP64()), c.Load(c.Param("row"), c.GP64())
	n := c.Load(c.Param("n"), c.GP64())
	lo, width := broadcast(c, "lo", 8), broadcast(c, "width", 8)
	zero, top := c.YMM(), c.YMM()
	c.VXORPD(zero, zero, zero)
	c.VBROADCASTSD(constants(c, fmt.Sprintf("exactTop%d", depth), 8, math.Float64bits(float64(int(1)<<depth-1))), top)
	swap := c.XMM()
	if depth == 16 {
		c.VMOVDQU(constants(c, "swap", 8, 0x0607040502030001, 0x0e0f0c0d0a0b0809), swap)
	}

	c.Label("next")
	var level [2]reg.VecVirtual
	for i := range level {
		p := c.YMM()
		c.VCVTPS2PD(operand.Mem{Base: row, Disp: i * bytes / 2}, p)
		c.VSUBPD(lo, p, p)
		c.VDIVPD(width, p, p)
		c.VMULPD(top, p, p)
		c.VMAXPD(zero, p, p)
		c.VMINPD(top, p, p)
		level[i] = c.XMM()
		c.VCVTPD2DQY(p, level[i])
	}
	c.VPACKUSDW(level[1], level[0], level[0])
	if depth == 16 {
		c.VPSHUFB(swap, level[0], level[0])
		c.VMOVDQU(level[0], operand.Mem{Base: dst})
	} else {
		c.VPACKUSWB(level[0], level[0], level[0])
		c.VMOVQ(level[0], operand.Mem{Base: dst})
	}
	c.ADDQ(operand.I32(bytes), row)
	c.ADDQ(operand.I32(depth), dst)
	c.SUBQ(operand.I32(8), n)
	c.JNZ(operand.LabelRef("next"))
	c.VZEROUPPER()
	c.RET()
}

// constants puts values of 4 or 8 bytes each into read-only memory.
func constants(c *build.Context, name string, size int, values ...uint64) operand.Mem {
	m := c.StaticGlobal(name)
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for _, v := range values {
		if size == 8 {
			c.AppendDatum(operand.U64(v))
		} else {
			c.AppendDatum(operand.U32(v))
		}
	}
	return m
}

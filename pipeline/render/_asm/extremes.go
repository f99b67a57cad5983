package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// extremes keeps four vectors of each extreme, so that no comparison waits for the
// one before. VMINPS and VMAXPS give their first operand here for NaN, which is the
// extreme so far.
func extremes(c *build.Context) {
	name := "extremesAVX2"
	function(c, name, "func(row *float32, groups int) (lo, hi float32)",
		name+" is extremesGeneric of groups > 0 of 32 values.")
	row, groups := c.Load(c.Param("row"), c.GP64()), c.Load(c.Param("groups"), c.GP64())
	var lo, hi [group]reg.VecVirtual
	for i := range group {
		lo[i], hi[i] = c.YMM(), c.YMM()
	}
	c.VBROADCASTSS(constants(c, "inf", 4, uint64(math.Float32bits(float32(math.Inf(1))))), lo[0])
	c.VBROADCASTSS(constants(c, "minusInf", 4, uint64(math.Float32bits(float32(math.Inf(-1))))), hi[0])
	for i := 1; i < group; i++ {
		c.VMOVAPS(lo[0], lo[i])
		c.VMOVAPS(hi[0], hi[i])
	}

	c.Label("next")
	for i := range group {
		v := c.YMM()
		c.VMOVUPS(operand.Mem{Base: row, Disp: i * bytes}, v)
		c.VMINPS(lo[i], v, lo[i])
		c.VMAXPS(hi[i], v, hi[i])
	}
	c.ADDQ(operand.I32(group*bytes), row)
	c.DECQ(groups)
	c.JNZ(operand.LabelRef("next"))

	reduce(c, lo, c.VMINPS, 0)
	reduce(c, hi, c.VMAXPS, 1)
	c.VZEROUPPER()
	c.RET()
}

// reduce returns the extreme of all lanes as the function's result at index.
func reduce(c *build.Context, v [group]reg.VecVirtual, better func(ops ...operand.Op), index int) {
	better(v[1], v[0], v[0])
	better(v[3], v[2], v[2])
	better(v[2], v[0], v[0])
	x, y := v[0].AsX(), c.XMM()
	c.VEXTRACTF128(operand.U8(1), v[0], y)
	better(y, x, x)
	c.VPSHUFD(operand.U8(0b1110), x, y)
	better(y, x, x)
	c.VPSHUFD(operand.U8(0b01), x, y)
	better(y, x, x)
	result, err := c.ReturnIndex(index).Resolve()
	if err != nil {
		panic(err)
	}
	c.VMOVSS(x, result.Addr) // Store would mix MOVSS with AVX
}

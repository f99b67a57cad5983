package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// set describes an instruction set to the loops.
type set struct {
	suffix    string // of function names
	lanes     int    // float32 in a vector
	registers []reg.VecPhysical
}

func avx512() set {
	return set{"AVX512", 16, []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}}
}

func avx2() set {
	return set{"AVX2", 8, []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}}
}

func (s set) bytes() int { return 4 * s.lanes }

// masked says whether the set has mask registers.
func (s set) masked() bool { return s.lanes == 16 }

// at is the memory disp bytes behind a pointer.
func at(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// element is the memory disp bytes behind base[index], an array of 4-byte values.
func element(base, index reg.Register, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: 4, Disp: disp}
}

// Predicates of VCMPPS: that either operand is NaN, that neither is, and that the first
// one is greater.
const (
	unordered = operand.U8(3)
	unequal   = operand.U8(4) // or either is NaN
	ordered   = operand.U8(7)
	greater   = operand.U8(14)
)

// quietNaN is the one NaN that outputs may have.
const quietNaN = operand.U32(0x7fc00000)

// argument is the memory of a function's argument.
func argument(c *build.Context, name string) operand.Mem {
	b, err := c.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// fetchAhead prefetches the cache lines at the next address of the argument ahead, so that memory
// is read while sums are computed. It takes two registers and RCX.
func fetchAhead(c *build.Context, line, lines reg.GPPhysical) {
	list := reg.RCX
	c.Load(c.Param("ahead"), list)
	c.TESTQ(list, list)
	c.JZ(operand.LabelRef("fetched"))
	c.MOVQ(at(list, 0), line)
	c.ADDQ(operand.U8(8), list)
	c.MOVQ(list, argument(c, "ahead"))
	c.Load(c.Param("lines"), lines)
	c.Label("fetch")
	c.PREFETCHT1(at(line, 0))
	c.ADDQ(operand.U8(64), line)
	c.DECQ(lines)
	c.JNZ(operand.LabelRef("fetch"))
	c.Label("fetched")
}

// lastLanes makes a mask of the first RCX lanes of a vector: K2, or a register of AVX2.
func lastLanes(c *build.Context, s set, mask reg.VecPhysical) {
	if s.masked() {
		c.MOVL(operand.U32(1), reg.EAX)
		c.SHLL(reg.CL, reg.EAX)
		c.DECL(reg.EAX)
		c.KMOVW(reg.EAX, reg.K2)
		return
	}
	c.NEGQ(reg.RCX) // lanes−last words into ones followed by zeros
	c.LEAQ(operand.NewDataAddr(operand.NewStaticSymbol("lastMask"+s.suffix), 4*s.lanes), reg.RAX)
	c.VMOVUPS(element(reg.RAX, reg.RCX, 0), mask)
}

// storeLanes stores the lanes of the mask of lastLanes.
func storeLanes(c *build.Context, s set, from, mask reg.VecPhysical, to operand.Mem) {
	if s.masked() {
		c.VMOVUPS(from, reg.K2, to)
	} else {
		c.VMASKMOVPS(from, mask, to)
	}
}

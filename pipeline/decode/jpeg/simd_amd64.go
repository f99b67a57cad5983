//go:build !purego

package jpeg

//go:generate go -C _asm run . -dir ..

import "filterbank/filters/simd"

// idct is idctBlocksGeneric.
func idct(pix []uint8, stride int, at []int, blocks []int16, quant *[blockSize]uint16, set simd.Set) {
	for len(at) > 0 {
		n := idctFast(pix, stride, at, blocks, quant, set)
		if n == 0 { // what the assembly leaves: too few, or out of its range
			n = min(len(at), 4)
			idctBlocksGeneric(pix, stride, at[:n], blocks, quant)
		}
		at, blocks = at[n:], blocks[n*blockSize:]
	}
}

// idctFast does the first of the blocks in assembly and gives how many.
func idctFast(pix []uint8, stride int, at []int, blocks []int16, quant *[blockSize]uint16, set simd.Set) int {
	for _, to := range at {
		_ = pix[to : to+7*stride+8]
	}
	_ = blocks[:len(at)*blockSize]
	switch {
	case set.AVX512() && len(at) >= 4:
		return idctAVX512(&pix[0], stride, &at[0], &blocks[0], &quant[0], len(at)&^3)
	case set.AVX2() && len(at) >= 2:
		return idctAVX2(&pix[0], stride, &at[0], &blocks[0], &quant[0], len(at)&^1)
	}
	return 0
}

func (loops) upsampleH(dst, near []uint8)      { upsampleHGeneric(dst, near) }
func (loops) upsample(dst, near, far []uint8)  { upsampleGeneric(dst, near, far) }
func (loops) fromYCC(px, luma, cb, cr []uint8) { fromYCCGeneric(px, luma, cb, cr) }
func (loops) fromGray(px, gray []uint8)        { fromGrayGeneric(px, gray) }

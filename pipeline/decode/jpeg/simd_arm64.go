//go:build !purego

package jpeg

//go:generate go -C _asm run . -dir ..

import "filterbank/filters/simd"

// idctFast does the first of the blocks in assembly and gives how many.
func idctFast(pix []uint8, stride int, at []int, blocks []int16, quant *[blockSize]uint16, set simd.Set) int {
	if !set.NEON() {
		return 0
	}
	for _, to := range at {
		_ = pix[to : to+7*stride+8]
	}
	_ = blocks[:len(at)*blockSize]
	return idctNEON(&pix[0], stride, &at[0], &blocks[0], &quant[0], len(at))
}

func (loops) upsampleH2V1(dst, near []uint8)               { upsampleH2V1Generic(dst, near) }
func (loops) upsampleH2V2(dst, near, far []uint8)          { upsampleH2V2Generic(dst, near, far) }
func (loops) fromYCC(rgb [3][]uint8, luma, cb, cr []uint8) { fromYCCGeneric(rgb, luma, cb, cr) }
func (loops) interleave(px []uint8, rgb [3][]uint8)        { interleaveGeneric(px, rgb) }

func (r *reader) sequential(b *[blockSize]int16, dc, ac *table, pred int, _ simd.Set) (int, int) {
	return r.sequentialGeneric(b, dc, ac, pred)
}

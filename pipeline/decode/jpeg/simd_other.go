//go:build !amd64 || purego

package jpeg

import "filterbank/filters/simd"

func idct(pix []uint8, stride int, at []int, blocks []int16, quant *[blockSize]uint16, _ simd.Set) {
	idctBlocksGeneric(pix, stride, at, blocks, quant)
}

func (loops) upsampleH2V1(dst, near []uint8)      { upsampleH2V1Generic(dst, near) }
func (loops) upsampleH2V2(dst, near, far []uint8) { upsampleH2V2Generic(dst, near, far) }
func (loops) fromYCC(px, luma, cb, cr []uint8)    { fromYCCGeneric(px, luma, cb, cr) }

func (r *reader) sequential(b *[blockSize]int16, dc, ac *table, pred int, _ simd.Set) (int, int) {
	return r.sequentialGeneric(b, dc, ac, pred)
}

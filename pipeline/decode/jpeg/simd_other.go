//go:build !amd64 || purego

package jpeg

import "filterbank/filters/simd"

func idct(pix []uint8, stride int, at []int, blocks []int16, quant *[blockSize]uint16, _ simd.Set) {
	idctBlocksGeneric(pix, stride, at, blocks, quant)
}

func (loops) upsampleH(dst, near []uint8)      { upsampleHGeneric(dst, near) }
func (loops) upsample(dst, near, far []uint8)  { upsampleGeneric(dst, near, far) }
func (loops) fromYCC(px, luma, cb, cr []uint8) { fromYCCGeneric(px, luma, cb, cr) }
func (loops) fromGray(px, gray []uint8)        { fromGrayGeneric(px, gray) }

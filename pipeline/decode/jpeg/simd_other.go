//go:build (!amd64 && !arm64) || purego

package jpeg

import "filterbank/filters/simd"

func idctFast([]uint8, int, []int, []int16, *[blockSize]uint16, simd.Set) int { return 0 }

func (loops) upsampleH2V1(dst, near []uint8)               { upsampleH2V1Generic(dst, near) }
func (loops) upsampleH2V2(dst, near, far []uint8)          { upsampleH2V2Generic(dst, near, far) }
func (loops) fromYCC(rgb [3][]uint8, luma, cb, cr []uint8) { fromYCCGeneric(rgb, luma, cb, cr) }
func (loops) interleave(px []uint8, rgb [3][]uint8)        { interleaveGeneric(px, rgb) }

func (r *reader) sequential(b *[blockSize]int16, dc, ac *table, pred int, _ simd.Set) (int, int) {
	return r.sequentialGeneric(b, dc, ac, pred)
}

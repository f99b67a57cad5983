//go:build !purego

package jpeg

//go:generate go -C _asm run . -dir ..

import "filterbank/filters/simd"

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

// sequential is sequentialGeneric.
func (r *reader) sequential(b *[blockSize]int16, dc, ac *table, pred int, set simd.Set) (int, int) {
	if !set.AVX2() || r.pos < 0 || len(r.data) < 8 {
		return r.sequentialGeneric(b, dc, ac, pred)
	}
	const (
		atEnd    = 0
		longNext = 1
	)
	for k := -1; ; {
		var status int
		pred, k, status = blockBMI2(&r.data[0], len(r.data)-8, &r.pos, &b[0], &dc.look[0], &ac.look[0], &naturalOrder[0], pred, k)
		switch {
		case status == atEnd:
			return pred, k
		case status != longNext:
			return 0, -1
		case k < 0:
			diff, ok := r.pendingDC(longCode, dc)
			if !ok {
				return 0, -1
			}
			pred, k = pred+diff, 0
			b[0] = int16(pred)
		default:
			switch next := r.oneAC(b, ac, k); next {
			case -1:
				return 0, -1
			case endOfBlock:
				return pred, k
			case blockSize - 1:
				return pred, next
			default:
				k = next
			}
		}
	}
}

// A block is the number of elements that a loop does at once, and the fewest it can do.
const (
	chromaBlock = 32
	colourBlock = 16
)

func (l loops) upsampleH2V1(dst, near []uint8) {
	n := len(near)
	if n < chromaBlock+2 || !l.set.AVX2() {
		upsampleH2V1Generic(dst, near)
		return
	}
	// Plain Go writes the first and the last four outputs. It takes their neighbours for
	// ends of the row too; assembly overwrites those.
	dst = dst[:2*n]
	upsampleH2V1Generic(dst[:4], near[:2])
	upsampleH2V1Generic(dst[2*n-4:], near[n-2:])
	upsampleH2V1AVX2(&dst[2], &near[1], n-2)
}

func (l loops) upsampleH2V2(dst, near, far []uint8) {
	n := len(near)
	if n < chromaBlock+2 || !l.set.AVX2() {
		upsampleH2V2Generic(dst, near, far)
		return
	}
	dst, far = dst[:2*n], far[:n] // ends as above
	upsampleH2V2Generic(dst[:4], near[:2], far[:2])
	upsampleH2V2Generic(dst[2*n-4:], near[n-2:], far[n-2:])
	upsampleH2V2AVX2(&dst[2], &near[1], &far[1], n-2)
}

func (l loops) fromYCC(rgb [3][]uint8, luma, cb, cr []uint8) {
	n := len(luma)
	if n < colourBlock || !l.set.AVX2() {
		fromYCCGeneric(rgb, luma, cb, cr)
		return
	}
	_, _, _, _, _ = rgb[0][n-1], rgb[1][n-1], rgb[2][n-1], cb[n-1], cr[n-1]
	fromYCCAVX2(&rgb[0][0], &rgb[1][0], &rgb[2][0], &luma[0], &cb[0], &cr[0], n)
}

func (l loops) interleave(px []uint8, rgb [3][]uint8) {
	n := len(rgb[0])
	if n < colourBlock || !l.set.AVX2() {
		interleaveGeneric(px, rgb)
		return
	}
	_, _, _ = px[4*n-1], rgb[1][n-1], rgb[2][n-1]
	interleaveAVX2(&px[0], &rgb[0][0], &rgb[1][0], &rgb[2][0], n)
}

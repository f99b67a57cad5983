//go:build !purego

package decode

//go:generate go -C _asm run . -dir ..

// Assembly runs rows of at least one block, and plain Go shorter ones. Assembly makes
// ReadRows ten times as fast. The tag purego leaves it out.

// A block is the number of elements that a loop does at once, and the fewest it can do.
const (
	chromaBlock = 32
	colourBlock = 16
	floatBlock  = 8
)

func (l loops) upsampleH2V1(dst, near []uint8) {
	n := len(near)
	if n < chromaBlock+2 || !l.avx2 {
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
	if n < chromaBlock+2 || !l.avx2 {
		upsampleH2V2Generic(dst, near, far)
		return
	}
	dst, far = dst[:2*n], far[:n] // ends as above
	upsampleH2V2Generic(dst[:4], near[:2], far[:2])
	upsampleH2V2Generic(dst[2*n-4:], near[n-2:], far[n-2:])
	upsampleH2V2AVX2(&dst[2], &near[1], &far[1], n-2)
}

func (l loops) fromYCC(px, luma, cb, cr []uint8) {
	n := len(luma)
	if n < colourBlock || !l.avx2 {
		fromYCCGeneric(px, luma, cb, cr)
		return
	}
	_, _, _ = px[4*n-1], cb[n-1], cr[n-1]
	fromYCCAVX2(&px[0], &luma[0], &cb[0], &cr[0], n)
}

func (l loops) fromGray(px, gray []uint8) {
	n := len(gray)
	if n < colourBlock || !l.avx2 {
		fromGrayGeneric(px, gray)
		return
	}
	_ = px[4*n-1]
	fromGrayAVX2(&px[0], &gray[0], n)
}

func (l loops) fromBigEndian(dst []uint16, pix []uint8) {
	n := len(dst)
	if n < colourBlock || !l.avx2 {
		fromBigEndianGeneric(dst, pix)
		return
	}
	_ = pix[2*n-1]
	fromBigEndianAVX2(&dst[0], &pix[0], n)
}

func (v *values) opaque8(dst [3][]float32, px []uint8) {
	n := len(dst[0])
	if n < floatBlock || !v.loops.avx2 {
		v.opaque8Generic(dst, px)
		return
	}
	_, _, _ = dst[1][n-1], dst[2][n-1], px[4*n-1]
	if v.unit {
		unit8AVX2(&dst[0][0], &dst[1][0], &dst[2][0], &px[0], n)
	} else {
		normal8AVX2(&dst[0][0], &dst[1][0], &dst[2][0], &px[0], n, &v.mean[0], &v.std[0])
	}
}

func (v *values) opaque16(dst [3][]float32, px []uint16) {
	n := len(dst[0])
	if n < floatBlock || !v.loops.avx2 {
		v.opaque16Generic(dst, px)
		return
	}
	_, _, _ = dst[1][n-1], dst[2][n-1], px[4*n-1]
	if v.unit {
		unit16AVX2(&dst[0][0], &dst[1][0], &dst[2][0], &px[0], n)
	} else {
		normal16AVX2(&dst[0][0], &dst[1][0], &dst[2][0], &px[0], n, &v.mean[0], &v.std[0])
	}
}

func (v *values) blend8(dst [3][]float32, px []uint8) {
	n := len(dst[0])
	if n < floatBlock || !v.loops.avx2 {
		blendGeneric(v, dst, px)
		return
	}
	_, _, _ = dst[1][n-1], dst[2][n-1], px[4*n-1]
	blend8AVX2(&dst[0][0], &dst[1][0], &dst[2][0], &px[0], n, &v.mean[0], &v.std[0], &v.background[0])
}

func (v *values) blend16(dst [3][]float32, px []uint16) {
	n := len(dst[0])
	if n < floatBlock || !v.loops.avx2 {
		blendGeneric(v, dst, px)
		return
	}
	_, _, _ = dst[1][n-1], dst[2][n-1], px[4*n-1]
	blend16AVX2(&dst[0][0], &dst[1][0], &dst[2][0], &px[0], n, &v.mean[0], &v.std[0], &v.background[0])
}

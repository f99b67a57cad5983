//go:build !purego

package decode

//go:generate go -C _asm run . -dir ..

// Assembly runs rows of at least one block, and plain Go shorter ones. Assembly makes
// ReadRows ten times as fast. The tag purego leaves it out.

// A block is the number of elements that a loop does at once, and the fewest it can do.
const (
	colourBlock = 16
	planeBlock  = 16
	floatBlock  = 8
)

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

func (v *values) rgb8(dst [3][]float32, px []uint8) {
	n := len(dst[0])
	if n < floatBlock || !v.loops.avx2 {
		v.rgb8Generic(dst, px)
		return
	}
	_, _, _ = dst[1][n-1], dst[2][n-1], px[3*n-1]
	if v.unit {
		unitRGBAVX2(&dst[0][0], &dst[1][0], &dst[2][0], &px[0], n)
	} else {
		normalRGBAVX2(&dst[0][0], &dst[1][0], &dst[2][0], &px[0], n, &v.mean[0], &v.std[0])
	}
}

func (v *values) plane8(dst []float32, src []uint8, c int) {
	n := len(dst)
	if n < planeBlock || !v.loops.avx2 {
		v.plane8Generic(dst, src, c)
		return
	}
	_ = src[n-1]
	if v.unit {
		planeUnitAVX2(&dst[0], &src[0], n)
	} else {
		planeNormalAVX2(&dst[0], &src[0], n, v.mean[c], v.std[c])
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

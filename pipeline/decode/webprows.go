package decode

import (
	"encoding/binary"
	"image"

	"github.com/cespare/xxhash/v2"
)

// yuv reads the planes of a lossy WebP as libwebp 1.2 does by default, with its fancy
// upsampling and its fixed-point colour (src/dsp/upsampling.c, src/dsp/yuv.h).
type yuv struct {
	*image.YCbCr
	alpha  []uint8 // a value a pixel, or nil
	stride int     // of alpha
	cw, ch int     // size of the chroma planes' part that belongs to the picture
}

// newYUV reads planes of 4:2:0.
func newYUV(img *image.YCbCr, alpha []uint8, stride int) *pixels {
	size := img.Bounds().Size()
	rows := &yuv{YCbCr: img, alpha: alpha, stride: stride, cw: (size.X + 1) / 2, ch: (size.Y + 1) / 2}
	px := &pixels{size: size, rows8: rows, opaque: alpha == nil, kind: "ycbcr420", sum: rows.sum}
	if alpha != nil {
		px.kind = "rgba8"
	}
	return px
}

// sum adds the planes, or with alpha the pixels.
func (p *yuv) sum(to *xxhash.Digest) {
	size := p.Rect.Size()
	if p.alpha == nil {
		sumPlane(to, p.Y, p.YStride, size.X, size.Y)
		sumPlane(to, p.Cb, p.CStride, p.cw, p.ch)
		sumPlane(to, p.Cr, p.CStride, p.cw, p.ch)
		return
	}
	var s scratch
	for y := range size.Y {
		to.Write(p.row(y, &s))
	}
}

// row converts row y.
func (p *yuv) row(y int, s *scratch) []uint8 {
	w := p.Rect.Dx()
	px := grown(&s.px, 4*w)
	near := y / 2
	far := max(0, min(near+2*(y%2)-1, p.ch-1))
	upsampleYUV(px, p.Cb[near*p.CStride:][:p.cw], p.Cr[near*p.CStride:][:p.cw], p.Cb[far*p.CStride:][:p.cw], p.Cr[far*p.CStride:][:p.cw])
	for x, l := range p.Y[y*p.YStride:][:w] {
		q := px[4*x : 4*x+4 : 4*x+4]
		binary.LittleEndian.PutUint32(q, yuvToRGBA(l, q[0], q[2]))
	}
	if p.alpha != nil {
		for x, a := range p.alpha[y*p.stride:][:w] {
			px[4*x+3] = a
		}
	}
	return px
}

// upsampleYUV fills the first and third byte of each pixel with the chroma of one row. Of the
// four samples around a pixel the nearest, in the nearer row and column, has 9/16 of the
// weight, but it is rounded twice. At the ends of a row only two count.
func upsampleYUV(px, u, v, u2, v2 []uint8) {
	w := len(px) / 4
	v, u2, v2 = v[:len(u)], u2[:len(u)], v2[:len(u)]
	// Both channels of a sample are in one number, 16 bits each.
	const two, eight, low = 2 | 2<<16, 8 | 8<<16, 0x00ff00ff
	both := func(u, v uint8) uint32 { return uint32(u) | uint32(v)<<16 }
	left, leftFar := both(u[0], v[0]), both(u2[0], v2[0])
	binary.LittleEndian.PutUint32(px, (3*left+leftFar+two)>>2&low)
	for i := 1; i < len(u); i++ {
		right, rightFar := both(u[i], v[i]), both(u2[i], v2[i])
		sum := left + right + leftFar + rightFar + eight
		towards := (sum+2*(right+leftFar))>>3&0x1fff1fff + left
		away := (sum+2*(left+rightFar))>>3&0x1fff1fff + right
		if q := px[8*i-4:]; len(q) >= 8 {
			binary.LittleEndian.PutUint64(q, uint64(towards>>1&low)|uint64(away>>1&low)<<32)
		} else {
			binary.LittleEndian.PutUint32(q, towards>>1&low)
		}
		left, leftFar = right, rightFar
	}
	if w%2 == 0 {
		binary.LittleEndian.PutUint32(px[4*w-4:], (3*left+leftFar+two)>>2&low)
	}
}

// yuvToRGBA converts a pixel of ITU-R BT.601's limited range with libwebp's constants of 14
// fractional bits, of which 8 are dropped after each product.
func yuvToRGBA(y, u, v uint8) uint32 {
	luma := int32(y) * 19077 >> 8                           // 1.164
	r := luma + int32(v)*26149>>8 - 14234                   // 1.596
	g := luma - int32(u)*6419>>8 - int32(v)*13320>>8 + 8708 // 0.391, 0.813
	b := luma + int32(u)*33050>>8 - 17685                   // 2.018
	clip := func(v int32) uint8 { return uint8(max(0, min(v>>6, 255))) }
	return rgba8(clip(r), clip(g), clip(b))
}

package decode

import (
	"encoding/binary"
	"image"
)

// chroma reads YCbCr as libjpeg-turbo does by default (jdsample.c, jdcolor.c).
type chroma struct {
	*image.YCbCr
	cw, ch int // size of the chroma planes' part that belongs to the picture
	upsample
}

// upsample fills dst with one full-width row of chroma. near is the chroma row that covers
// the output row, and far is that row's neighbour, below it or above.
type upsample func(l loops, dst, near, far []uint8, below bool)

func newChroma(img *image.YCbCr) *chroma {
	c := &chroma{YCbCr: img, cw: img.Rect.Dx(), ch: img.Rect.Dy()}
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		c.cw = (c.cw + 1) / 2
	case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
		c.cw = (c.cw + 3) / 4
	}
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio410:
		c.ch = (c.ch + 1) / 2
	}
	narrow := c.cw <= 2 // libjpeg-turbo interpolates no rows of one or two samples
	switch r := img.SubsampleRatio; {
	case r == image.YCbCrSubsampleRatio444:
	case r == image.YCbCrSubsampleRatio422 && !narrow:
		c.upsample = func(l loops, dst, near, _ []uint8, _ bool) { l.upsampleH2V1(dst, near) }
	case r == image.YCbCrSubsampleRatio420 && !narrow:
		c.upsample = func(l loops, dst, near, far []uint8, _ bool) { l.upsampleH2V2(dst, near, far) }
	case r == image.YCbCrSubsampleRatio440:
		c.upsample = upsampleV2
	case r == image.YCbCrSubsampleRatio422, r == image.YCbCrSubsampleRatio420:
		c.upsample = func(_ loops, dst, near, _ []uint8, _ bool) { repeat(dst, near, 2) }
	default:
		c.upsample = func(_ loops, dst, near, _ []uint8, _ bool) { repeat(dst, near, 4) }
	}
	return c
}

// planes returns row y of the three channels, each at least as wide as the picture.
func (c *chroma) planes(y int, s *scratch) (luma, cb, cr []uint8) {
	w := c.Rect.Dx()
	luma = c.Y[y*c.YStride:][:w]
	if c.upsample == nil {
		return luma, c.Cb[y*c.CStride:][:w], c.Cr[y*c.CStride:][:w]
	}
	near, far, below := y, y, y%2 == 1
	if c.ch < c.Rect.Dy() { // the far row is the other neighbour, at the edges the row itself
		near = y / 2
		far = max(0, min(near+2*(y%2)-1, c.ch-1))
	}
	cb, cr = grown(&s.cb, 4*c.cw), grown(&s.cr, 4*c.cw)
	c.upsample(s.loops, cb, c.Cb[near*c.CStride:][:c.cw], c.Cb[far*c.CStride:][:c.cw], below)
	c.upsample(s.loops, cr, c.Cr[near*c.CStride:][:c.cw], c.Cr[far*c.CStride:][:c.cw], below)
	return luma, cb[:w], cr[:w]
}

func (c *chroma) row(y int, s *scratch) []uint8 {
	luma, cb, cr := c.planes(y, s)
	px := grown(&s.px, 4*len(luma))
	s.loops.fromYCC(px, luma, cb, cr)
	return px
}

// fromYCCGeneric makes a row of RGBA of three as long.
func fromYCCGeneric(px, luma, cb, cr []uint8) {
	cb, cr = cb[:len(luma)], cr[:len(luma)]
	for x, v := range luma {
		r, g, b := rgb(int32(v), int32(cb[x])-128, int32(cr[x])-128)
		binary.LittleEndian.PutUint32(px[4*x:], rgba8(r, g, b))
	}
}

// rgb converts luma and centred chroma (JFIF 1.02, section 7) with jdcolor.c's
// constants of 16 fractional bits, each rounded once.
func rgb(y, cb, cr int32) (r, g, b int32) {
	const half = 1 << 15
	r = y + (91881*cr+half)>>16           // 1.40200
	g = y + (-22554*cb-46802*cr+half)>>16 // 0.34414, 0.71414
	b = y + (116130*cb+half)>>16          // 1.77200
	return clamp8(r), clamp8(g), clamp8(b)
}

func clamp8(v int32) int32 { return max(0, min(v, 255)) }

// upsampleH2V1Generic doubles a row: each new sample is ¾ of the nearer and ¼ of the farther
// old one, rounded down to its left and up to its right (h2v1_fancy_upsample).
func upsampleH2V1Generic(dst, near []uint8) {
	n := len(near)
	dst = dst[:2*n]
	this := uint32(near[0])
	dst[0] = near[0]
	for i, v := range near[1:] {
		next := uint32(v)
		pair := dst[2*i+1 : 2*i+3 : 2*i+3]
		pair[0] = uint8((3*this + next + 2) >> 2)
		pair[1] = uint8((3*next + this + 1) >> 2)
		this = next
	}
	dst[2*n-1] = near[n-1]
}

// upsampleH2V2Generic does the same in both directions (h2v2_fancy_upsample).
func upsampleH2V2Generic(dst, near, far []uint8) {
	n := len(near)
	far, dst = far[:n], dst[:2*n]
	this := 3*uint32(near[0]) + uint32(far[0])
	dst[0] = uint8((4*this + 8) >> 4)
	for i := 1; i < n; i++ {
		next := 3*uint32(near[i]) + uint32(far[i])
		pair := dst[2*i-1 : 2*i+1 : 2*i+1]
		pair[0] = uint8((3*this + next + 7) >> 4)
		pair[1] = uint8((3*next + this + 8) >> 4)
		this = next
	}
	dst[2*n-1] = uint8((4*this + 7) >> 4)
}

// upsampleV2 is upsampleH2V1 turned by a quarter (h1v2_fancy_upsample).
func upsampleV2(_ loops, dst, near, far []uint8, below bool) {
	round := uint32(1)
	if below {
		round = 2
	}
	far, dst = far[:len(near)], dst[:len(near)]
	for i, v := range near {
		dst[i] = uint8((3*uint32(v) + uint32(far[i]) + round) >> 2)
	}
}

// repeat writes each sample n times.
func repeat(dst, near []uint8, n int) {
	for i, v := range near {
		for k := range n {
			dst[n*i+k] = v
		}
	}
}

package decode

import (
	"encoding/binary"
	"image"
)

// planar reads JPEGs whose channels are not YCbCr: RGB, CMYK, or YCCK, which is CMY as
// YCbCr with K beside it. image/jpeg interleaves their channels and repeats subsampled
// ones. planar separates them again and interpolates, as libjpeg-turbo does for channels
// of any meaning. Adobe stores CMYK inverted, with 255 for no ink, so that the channels
// are R, G, B and a factor.
type planar struct {
	chroma         // three channels, called Y, Cb and Cr whatever they hold
	k      []uint8 // the fourth as stored, one a pixel, or nil
	ycck   bool
}

// newRGB separates the channels of image/jpeg's RGB.
func newRGB(img *image.RGBA, h *jpegHeader) *planar {
	return &planar{chroma: *newChroma(h.split(img.Pix, img.Stride, img.Rect, 0))}
}

// newCMYK separates the channels of a picture that image/jpeg has decoded from
// rawFourChannels. All of them are inverted.
func newCMYK(img *image.CMYK, h *jpegHeader) *planar {
	const invert = 0xff
	k := make([]uint8, 0, img.Rect.Dx()*img.Rect.Dy())
	for i := 3; i < len(img.Pix); i += 4 {
		k = append(k, img.Pix[i]^invert)
	}
	return &planar{chroma: *newChroma(h.split(img.Pix, img.Stride, img.Rect, invert)), k: k, ycck: h.ycck}
}

// split copies the first three of four interleaved channels to planes, the second and
// third at the size at which the file stores them.
func (h *jpegHeader) split(pix []uint8, stride int, rect image.Rectangle, invert uint8) *image.YCbCr {
	dx, dy := h.ratio.X, h.ratio.Y
	ratio := map[image.Point]image.YCbCrSubsampleRatio{
		{2, 1}: image.YCbCrSubsampleRatio422,
		{2, 2}: image.YCbCrSubsampleRatio420,
		{1, 2}: image.YCbCrSubsampleRatio440,
		{4, 1}: image.YCbCrSubsampleRatio411,
		{4, 2}: image.YCbCrSubsampleRatio410,
	}[h.ratio] // else 4:4:4
	planes := image.NewYCbCr(rect, ratio)
	for y := range rect.Dy() {
		row := pix[y*stride:][:4*rect.Dx()]
		for x := range rect.Dx() {
			planes.Y[y*planes.YStride+x] = row[4*x] ^ invert
		}
		if y%dy != 0 {
			continue
		}
		for x := 0; x < rect.Dx(); x += dx {
			at := y/dy*planes.CStride + x/dx
			planes.Cb[at] = row[4*x+1] ^ invert
			planes.Cr[at] = row[4*x+2] ^ invert
		}
	}
	return planes
}

// row multiplies each of R, G, B by K/255 and rounds to nearest. Pillow and djpeg convert
// CMYK without a colour profile in the same way.
func (p *planar) row(y int, s *scratch) []uint8 {
	luma, cb, cr := p.planes(y, s)
	px := grown(&s.px, 4*len(luma))
	for x, v := range luma {
		r, g, b := int32(v), int32(cb[x]), int32(cr[x])
		if p.ycck {
			r, g, b = rgb(r, g-128, b-128)
			r, g, b = 255-r, 255-g, 255-b // here R, G, B stand for inks, not inverted
		}
		if p.k != nil {
			k := int32(p.k[y*len(luma)+x])
			r, g, b = (r*k+127)/255, (g*k+127)/255, (b*k+127)/255
		}
		binary.LittleEndian.PutUint32(px[4*x:], rgba8(r, g, b))
	}
	return px
}

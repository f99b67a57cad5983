package decode

import (
	"encoding/binary"
	"image"
	"image/color"
	"io"
)

// tiffPixels unpacks rows of samples into a picture.
type tiffPixels struct {
	*tiffFile
	picture image.Image
	pix     []uint8
	stride  int
	width   int // bytes of a channel
	step    int // bytes of a pixel

	row    []byte
	values []uint16
}

func newTIFFPixels(t *tiffFile) *tiffPixels {
	u := &tiffPixels{tiffFile: t, width: max(8, t.bits) / 8}
	rect := image.Rectangle{Max: t.size}
	switch wide := u.width == 2; {
	case t.rgba() && wide:
		img := image.NewNRGBA64(rect)
		u.picture, u.pix, u.stride = img, img.Pix, img.Stride
	case t.rgba():
		img := image.NewNRGBA(rect)
		u.picture, u.pix, u.stride = img, img.Pix, img.Stride
	case t.meaning == tiffPalette:
		img := image.NewPaletted(rect, t.colourMap())
		u.picture, u.pix, u.stride = img, img.Pix, img.Stride
	case wide:
		img := image.NewGray16(rect)
		u.picture, u.pix, u.stride = img, img.Pix, img.Stride
	default:
		img := image.NewGray(rect)
		u.picture, u.pix, u.stride = img, img.Pix, img.Stride
	}
	u.step = u.stride / t.size.X
	n := t.block.X
	if !t.planar {
		n *= t.samples
	}
	u.row, u.values = make([]byte, (n*t.bits+7)/8), make([]uint16, n)
	return u
}

// colourMap is the palette. Its values have 16 bits, of which the upper 8 count.
func (t *tiffFile) colourMap() color.Palette {
	n := len(t.palette) / 3
	palette := make(color.Palette, n)
	for i := range palette {
		palette[i] = color.NRGBA{uint8(t.palette[i] >> 8), uint8(t.palette[n+i] >> 8), uint8(t.palette[2*n+i] >> 8), 0xff}
	}
	return palette
}

// block reads rows of a block whose first pixel is at. plane counts if planes are apart.
func (u *tiffPixels) block(r io.Reader, at image.Point, rows, plane int) error {
	columns := min(u.tiffFile.block.X, u.size.X-at.X)
	for y := range rows {
		if _, err := io.ReadFull(r, u.row); err != nil {
			return err
		}
		u.unpack()
		to := u.pix[(at.Y+y)*u.stride+at.X*u.step:][:columns*u.step]
		if u.planar {
			u.place(to, 0, 1, plane)
			continue
		}
		for c := range u.samples {
			u.place(to, c, u.samples, c)
		}
	}
	return nil
}

// unpack makes values of a row's bytes and adds up predicted ones.
func (u *tiffPixels) unpack() {
	switch u.bits {
	case 8:
		for i, v := range u.row {
			u.values[i] = uint16(v)
		}
	case 16:
		for i := range u.values {
			u.values[i] = u.order.Uint16(u.row[2*i:])
		}
	default:
		each := 8 / u.bits
		for i := range u.values {
			u.values[i] = uint16(u.row[i/each]) >> (8 - u.bits*(1+i%each)) & (1<<u.bits - 1)
		}
	}
	if !u.predicted {
		return
	}
	n := 1
	if !u.planar {
		n = u.samples
	}
	full := uint16(1<<u.bits - 1)
	for i := n; i < len(u.values); i++ {
		u.values[i] = (u.values[i] + u.values[i-n]) & full
	}
}

// place writes sample c of the pixels of a row: each n-th of the values from the first on.
func (u *tiffPixels) place(to []uint8, first, n, c int) {
	channel := c
	switch {
	case u.alpha != noAlpha && c == u.alphaSample:
		channel = 3
	case c >= u.colours():
		return
	}
	full := uint16(1<<u.bits - 1)
	scale, flip := uint16(1), uint16(0)
	if u.meaning == tiffGray {
		if u.bits < 8 {
			scale = 255 / full
		}
		if u.inverted {
			flip = full
		}
	}
	values := u.values[first:]
	if u.width == 2 {
		for x := 0; x*u.step < len(to); x++ {
			binary.BigEndian.PutUint16(to[x*u.step+2*channel:], values[x*n]^flip)
		}
		return
	}
	for x := 0; x*u.step < len(to); x++ {
		to[x*u.step+channel] = uint8((values[x*n] ^ flip) * scale)
	}
}

// pixels are the rows of the picture.
func (u *tiffPixels) pixels() (*pixels, error) {
	if u.rgba() {
		for y := range u.size.Y {
			u.finish(u.pix[y*u.stride:][:u.size.X*u.step])
		}
	}
	px, err := pixelsOf(u.picture)
	if err == nil && u.alpha == noAlpha {
		px.opaque = true
	}
	return px, err
}

// finish makes RGBA of a row's samples.
func (u *tiffPixels) finish(row []uint8) {
	if u.width == 2 {
		for ; len(row) > 0; row = row[8:] {
			var q [4]uint32
			for c := range q {
				q[c] = uint32(binary.BigEndian.Uint16(row[2*c:]))
			}
			for c, v := range u.colour(q, 0xffff) {
				binary.BigEndian.PutUint16(row[2*c:], uint16(v))
			}
		}
		return
	}
	for ; len(row) > 0; row = row[4:] {
		q := [4]uint32{uint32(row[0]), uint32(row[1]), uint32(row[2]), uint32(row[3])}
		for c, v := range u.colour(q, 0xff) {
			row[c] = uint8(v)
		}
	}
}

// colour makes RGBA of one pixel's samples. CMYK and premultiplied colours give Pillow's
// values.
func (u *tiffPixels) colour(q [4]uint32, full uint32) [4]uint32 {
	if u.meaning == tiffCMYK {
		white := full - q[3]
		for c, ink := range q[:3] {
			p := ink*white + 128
			q[c] = max(white, (p+p>>8)>>8) - (p+p>>8)>>8
		}
		q[3] = full
		return q
	}
	if u.meaning == tiffGray {
		q[1], q[2] = q[0], q[0]
	}
	switch {
	case u.alpha == noAlpha:
		q[3] = full
	case u.alpha == premultiplied && q[3] == 0:
		return [4]uint32{}
	case u.alpha == premultiplied && q[3] < full:
		for c, v := range q[:3] {
			q[c] = min(full, v*full/q[3])
		}
	}
	return q
}

package decode

import (
	"encoding/binary"
	"image"
	"image/color"

	"filterbank/pipeline/decode/jpeg"
)

// sample is one channel of one pixel.
type sample interface{ uint8 | uint16 }

// source is a picture that can be read by rows, from several goroutines.
type source[T sample] interface {
	// row returns row y: R, G, B and alpha, not premultiplied, of each pixel. The caller must
	// not write to it. It holds until s is used again.
	row(y int, s *scratch) []T
}

// scratch holds the rows that one call of ReadRows or ReadRGB needs.
type scratch struct {
	loops loops
	px    []uint8
	px16  []uint16
	jpeg  jpeg.Scratch
	rgb   []float32
}

// grown returns *buf with length n and any content.
func grown[T any](buf *[]T, n int) []T {
	if cap(*buf) < n {
		*buf = make([]T, n)
	}
	return (*buf)[:n]
}

// raster is a source in memory, 4 samples a pixel, stride samples a row.
type raster[T sample] struct {
	pix    []T
	stride int
}

func (r raster[T]) row(y int, _ *scratch) []T { return r.pix[y*r.stride : (y+1)*r.stride] }

// collect copies a whole source of the given size.
func collect[T sample](d *Decoder, goroutines int, from source[T], size image.Point) raster[T] {
	r := raster[T]{pix: make([]T, 4*size.X*size.Y), stride: 4 * size.X}
	d.divide(goroutines, size.Y, func(s *scratch, first, end int) {
		for y := first; y < end; y++ {
			copy(r.row(y, s), from.row(y, s))
		}
	})
	return r
}

// rgba8 packs an opaque pixel for a store of four bytes at once, little-endian.
func rgba8[I uint8 | int32](r, g, b I) uint32 {
	return uint32(r) | uint32(g)<<8 | uint32(b)<<16 | 0xff<<24
}

// gray reads one channel as three.
type gray image.Gray

func (g *gray) row(y int, s *scratch) []uint8 {
	w := g.Rect.Dx()
	px := grown(&s.px, 4*w)
	s.loops.fromGray(px, g.Pix[y*g.Stride:][:w])
	return px
}

// floats fills dst with values of row y, without a row of RGBA.
func (g *gray) floats(v *values, dst [3][]float32, x, y int, _ *scratch) {
	row := g.Pix[y*g.Stride+x:]
	v.planes8(dst, [3][]uint8{row, row, row})
}

// fromGrayGeneric makes a row of RGBA.
func fromGrayGeneric(px, gray []uint8) {
	for x, v := range gray {
		binary.LittleEndian.PutUint32(px[4*x:], rgba8(v, v, v))
	}
}

// paletted looks pixels up. Indexes beyond the palette are opaque black, as in libpng.
type paletted struct {
	*image.Paletted
	table [256]uint32 // RGBA, little-endian
}

// newPaletted also reports whether every colour of the palette is opaque.
func newPaletted(img *image.Paletted) (from *paletted, opaque bool) {
	p := &paletted{Paletted: img}
	for i := range p.table {
		p.table[i] = rgba8[uint8](0, 0, 0)
	}
	opaque = true
	for i, c := range img.Palette[:min(len(img.Palette), len(p.table))] {
		n := nrgba(c)
		p.table[i] = rgba8(n.R, n.G, n.B)&0xffffff | uint32(n.A)<<24
		opaque = opaque && n.A == 0xff
	}
	return p, opaque
}

// nrgba is a palette's colour, not premultiplied.
func nrgba(c color.Color) color.NRGBA { return color.NRGBAModel.Convert(c).(color.NRGBA) }

func (p *paletted) row(y int, s *scratch) []uint8 {
	w := p.Rect.Dx()
	px := grown(&s.px, 4*w)
	for x, i := range p.Pix[y*p.Stride:][:w] {
		binary.LittleEndian.PutUint32(px[4*x:], p.table[i])
	}
	return px
}

// gray16 is gray for 16 bits.
type gray16 image.Gray16

func (g *gray16) row(y int, s *scratch) []uint16 {
	w := g.Rect.Dx()
	px := grown(&s.px16, 4*w)
	pix := g.Pix[y*g.Stride:][:2*w]
	for x := range w {
		v := binary.BigEndian.Uint16(pix[2*x:])
		px[4*x], px[4*x+1], px[4*x+2], px[4*x+3] = v, v, v, 0xffff
	}
	return px
}

// wide reads the big-endian samples of image.RGBA64 and image.NRGBA64.
type wide struct {
	pix    []uint8
	stride int
}

func (r *wide) row(y int, s *scratch) []uint16 {
	pix := r.pix[y*r.stride : (y+1)*r.stride]
	px := grown(&s.px16, len(pix)/2)
	s.loops.fromBigEndian(px, pix)
	return px
}

// fromBigEndianGeneric reads samples of 16 bits, a multiple of 4 of them.
func fromBigEndianGeneric(dst []uint16, pix []uint8) {
	for i := 0; i < len(dst); i += 4 {
		v, q := binary.BigEndian.Uint64(pix[2*i:]), dst[i:i+4:i+4]
		q[0], q[1], q[2], q[3] = uint16(v>>48), uint16(v>>32), uint16(v>>16), uint16(v)
	}
}

// flat lays a source over a background, for resizing. Each sample is
// (v·a + b·(full−a))/full, rounded half up. It owns its buffer, so that it may have only
// one reader, unlike other sources.
type flat[T sample] struct {
	from       source[T]
	background [3]uint64
	buf        []T
}

func newFlat[T sample](from source[T], background [3]uint8) *flat[T] {
	f := &flat[T]{from: from}
	full := uint64(^T(0))
	for c, v := range background {
		f.background[c] = uint64(v) * (full / 255)
	}
	return f
}

func (f *flat[T]) row(y int, s *scratch) []T {
	px := f.from.row(y, s)
	out := grown(&f.buf, len(px))
	full := uint64(^T(0))
	for i := 0; i < len(px); i += 4 {
		a := uint64(px[i+3])
		for c, b := range f.background {
			out[i+c] = T((uint64(px[i+c])*a + b*(full-a) + full/2) / full)
		}
		out[i+3] = T(full)
	}
	return out
}

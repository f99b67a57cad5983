package jpeg

import (
	"encoding/binary"

	"filterbank/filters/simd"
)

// Scratch has the rows that Image.Row works with. It has one owner; the zero value is
// ready.
type Scratch struct{ rows [maxInScan][]uint8 }

// loops are the inner loops of a set of instructions.
type loops struct{ set simd.Set }

// Row writes row y of the picture to px as RGBA, four bytes a pixel and opaque: the RGB
// that djpeg -pnm writes, of CMYK each of R, G and B as the product of an ink and K. px
// has room for 4·Width bytes.
func (m *Image) Row(px []uint8, y int, s *Scratch) {
	l := loops{m.set}
	var rows [maxInScan][]uint8
	maxH, maxV := m.largest()
	for i := range m.Planes {
		rows[i] = m.Planes[i].row(y, maxH, maxV, &s.rows[i], l)[:m.Width]
	}
	px = px[:4*m.Width]
	switch m.Colour {
	case Gray:
		fromGray(px, rows[0])
	case YCbCr:
		l.fromYCC(px, rows[0], rows[1], rows[2])
	case RGB:
		fromRGB(px, rows[0], rows[1], rows[2])
	case CMYK:
		fromRGB(px, rows[0], rows[1], rows[2])
		multiply(px, rows[3])
	case YCCK:
		l.fromYCC(px, rows[0], rows[1], rows[2])
		invert(px)
		multiply(px, rows[3])
	}
}

// largest are the largest sampling factors.
func (m *Image) largest() (h, v int) {
	h, v = 1, 1
	for i := range m.Planes {
		h, v = max(h, m.Planes[i].H), max(v, m.Planes[i].V)
	}
	return h, v
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

// rgba8 is an opaque pixel as four bytes from the lowest.
func rgba8(r, g, b int32) uint32 { return uint32(r) | uint32(g)<<8 | uint32(b)<<16 | 0xff<<24 }

// fromGray repeats each sample.
func fromGray(px, gray []uint8) {
	for x, v := range gray {
		binary.LittleEndian.PutUint32(px[4*x:], uint32(v)*0x010101|0xff<<24)
	}
}

// fromRGB interleaves three rows.
func fromRGB(px, r, g, b []uint8) {
	g, b = g[:len(r)], b[:len(r)]
	for x, v := range r {
		binary.LittleEndian.PutUint32(px[4*x:], rgba8(int32(v), int32(g[x]), int32(b[x])))
	}
}

// invert takes R, G and B from 255.
func invert(px []uint8) {
	for x := 0; x+4 <= len(px); x += 4 {
		p := px[x:]
		binary.LittleEndian.PutUint32(p, binary.LittleEndian.Uint32(p)^0xffffff)
	}
}

// multiply multiplies R, G and B with K/255, rounded to nearest (cmyk.h).
func multiply(px, k []uint8) {
	for x, v := range k {
		p := px[4*x : 4*x+4]
		for c := range 3 {
			p[c] = uint8((int32(p[c])*int32(v) + 127) / 255)
		}
	}
}

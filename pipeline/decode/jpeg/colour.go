package jpeg

import (
	"encoding/binary"

	"filterbank/filters/simd"
)

// Scratch has the rows that Image.RGB and Image.Row work with. It has one owner; the zero
// value is ready.
type Scratch struct {
	rows [maxInScan][]uint8
	rgb  [3][]uint8
}

// loops are the inner loops of a set of instructions.
type loops struct{ set simd.Set }

// RGB is row y of the picture as R, G and B, Width samples each: the RGB that djpeg -pnm
// writes, of CMYK each of R, G and B as the product of an ink and K. The rows must not be
// written to and hold until s is used again. A gray picture has one row three times.
func (m *Image) RGB(y int, s *Scratch) (rgb [3][]uint8) {
	l := loops{m.set}
	var rows [maxInScan][]uint8
	maxH, maxV := m.largest()
	for i := range m.Planes {
		rows[i] = m.Planes[i].row(y, maxH, maxV, &s.rows[i], l)[:m.Width]
	}
	switch m.Colour {
	case Gray:
		return [3][]uint8{rows[0], rows[0], rows[0]}
	case RGB:
		return [3][]uint8(rows[:3])
	}
	for c := range rgb {
		if cap(s.rgb[c]) < m.Width {
			s.rgb[c] = make([]uint8, m.Width)
		}
		rgb[c] = s.rgb[c][:m.Width]
	}
	switch m.Colour {
	case YCbCr:
		l.fromYCC(rgb, rows[0], rows[1], rows[2])
	case CMYK:
		for c := range rgb {
			multiply(rgb[c], rows[c], rows[3])
		}
	case YCCK:
		l.fromYCC(rgb, rows[0], rows[1], rows[2])
		for c := range rgb {
			invert(rgb[c])
			multiply(rgb[c], rgb[c], rows[3])
		}
	}
	return rgb
}

// Row writes row y of the picture to px as RGBA, four bytes a pixel and opaque: the samples
// of RGB. px has room for 4·Width bytes.
func (m *Image) Row(px []uint8, y int, s *Scratch) {
	loops{m.set}.interleave(px[:4*m.Width], m.RGB(y, s))
}

// largest are the largest sampling factors.
func (m *Image) largest() (h, v int) {
	h, v = 1, 1
	for i := range m.Planes {
		h, v = max(h, m.Planes[i].H), max(v, m.Planes[i].V)
	}
	return h, v
}

// fromYCCGeneric makes three rows of three as long.
func fromYCCGeneric(rgb [3][]uint8, luma, cb, cr []uint8) {
	n := len(luma)
	cb, cr = cb[:n], cr[:n]
	red, green, blue := rgb[0][:n], rgb[1][:n], rgb[2][:n]
	for x, v := range luma {
		r, g, b := convert(int32(v), int32(cb[x])-128, int32(cr[x])-128)
		red[x], green[x], blue[x] = uint8(r), uint8(g), uint8(b)
	}
}

// convert converts luma and centred chroma (JFIF 1.02, section 7) with jdcolor.c's
// constants of 16 fractional bits, each rounded once.
func convert(y, cb, cr int32) (r, g, b int32) {
	const half = 1 << 15
	r = y + (91881*cr+half)>>16           // 1.40200
	g = y + (-22554*cb-46802*cr+half)>>16 // 0.34414, 0.71414
	b = y + (116130*cb+half)>>16          // 1.77200
	return clamp8(r), clamp8(g), clamp8(b)
}

func clamp8(v int32) int32 { return max(0, min(v, 255)) }

// interleaveGeneric makes a row of RGBA of three rows.
func interleaveGeneric(px []uint8, rgb [3][]uint8) {
	g, b := rgb[1][:len(rgb[0])], rgb[2][:len(rgb[0])]
	for x, r := range rgb[0] {
		binary.LittleEndian.PutUint32(px[4*x:], uint32(r)|uint32(g[x])<<8|uint32(b[x])<<16|0xff<<24)
	}
}

// invert takes samples from 255.
func invert(row []uint8) {
	for x, v := range row {
		row[x] = ^v
	}
}

// multiply is ink·K/255, rounded to nearest (cmyk.h).
func multiply(dst, ink, k []uint8) {
	dst, k = dst[:len(ink)], k[:len(ink)]
	for x, v := range ink {
		dst[x] = uint8((int32(v)*int32(k[x]) + 127) / 255)
	}
}

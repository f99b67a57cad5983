package png

import "encoding/binary"

// prepare makes the table of a palette, or of gray of fewer than 8 bits.
func (m *Image) prepare() {
	if m.Colour != Palette && (m.Colour != Gray || m.Depth > 8) {
		return
	}
	m.table = new([256]uint32)
	for i := range m.table {
		m.table[i] = rgba(0, 0, 0, 0xff) // beyond the palette, as libpng has it
	}
	for i, c := range m.Palette {
		m.table[i] = rgba(c[0], c[1], c[2], c[3])
	}
	if m.Colour == Palette {
		return
	}
	full := 1<<m.Depth - 1
	for i := range full + 1 {
		v := uint8(i * 255 / full)
		m.table[i] = rgba(v, v, v, 0xff)
		if m.Transparent != nil && int(m.Transparent[0]) == i {
			m.table[i] = rgba(v, v, v, 0)
		}
	}
}

// rgba packs a pixel for a store of four bytes at once, little-endian.
func rgba(r, g, b, a uint8) uint32 {
	return uint32(r) | uint32(g)<<8 | uint32(b)<<16 | uint32(a)<<24
}

// RGBA8 writes row y of a picture of at most 8 bits a sample to dst: Width pixels as R, G, B
// and alpha, not premultiplied. Gray of fewer bits is scaled to 0 to 255. An index beyond the
// palette is opaque black. RGBA8 is safe for concurrent use.
func (m *Image) RGBA8(dst []uint8, y int) {
	row := m.Row(y)
	dst = dst[:4*m.Width]
	switch {
	case m.table != nil && m.Depth < 8:
		for x := range m.Width {
			binary.LittleEndian.PutUint32(dst[4*x:], m.table[sampleAt(row, x, m.Depth)])
		}
	case m.Colour == Gray && m.Transparent == nil:
		fromGray(dst, row, m.set)
	case m.table != nil:
		for x, v := range row {
			binary.LittleEndian.PutUint32(dst[4*x:], m.table[v])
		}
	case m.Colour == RGB:
		fromRGB(dst, row, m.set)
		if t := m.Transparent; t != nil {
			key := rgba(uint8(t[0]), uint8(t[1]), uint8(t[2]), 0xff)
			for x := range m.Width {
				if binary.LittleEndian.Uint32(dst[4*x:]) == key {
					dst[4*x+3] = 0
				}
			}
		}
	case m.Colour == GrayAlpha:
		for x := range m.Width {
			v, a := row[2*x], row[2*x+1]
			binary.LittleEndian.PutUint32(dst[4*x:], rgba(v, v, v, a))
		}
	default:
		copy(dst, row)
	}
}

// Samples8 writes row y of a picture of one channel and at most 8 bits to dst: Width samples
// of a byte each. They are indexes into the palette, or gray scaled to 0 to 255. Samples8 is
// safe for concurrent use.
func (m *Image) Samples8(dst []uint8, y int) {
	row := m.Row(y)
	if m.Depth == 8 {
		copy(dst, row)
		return
	}
	factor := uint8(1)
	if m.Colour == Gray {
		factor = 255 / (1<<m.Depth - 1)
	}
	for x := range m.Width {
		dst[x] = factor * sampleAt(row, x, m.Depth)
	}
}

func fromGrayGeneric(dst, row []uint8) {
	for x, v := range row {
		binary.LittleEndian.PutUint32(dst[4*x:], rgba(v, v, v, 0xff))
	}
}

func fromRGBGeneric(dst, row []uint8) {
	for ; len(row) >= 3; dst, row = dst[4:], row[3:] {
		binary.LittleEndian.PutUint32(dst, rgba(row[0], row[1], row[2], 0xff))
	}
}

// RGBA16 is RGBA8 for pictures of 16 bits a sample.
func (m *Image) RGBA16(dst []uint16, y int) {
	row := m.Row(y)
	dst = dst[:4*m.Width]
	switch m.Colour {
	case Gray, GrayAlpha:
		step := 2 * m.Colour.channels()
		for x := range m.Width {
			v, a := binary.BigEndian.Uint16(row[step*x:]), uint16(0xffff)
			if m.Colour == GrayAlpha {
				a = binary.BigEndian.Uint16(row[step*x+2:])
			} else if m.Transparent != nil && m.Transparent[0] == v {
				a = 0
			}
			dst[4*x], dst[4*x+1], dst[4*x+2], dst[4*x+3] = v, v, v, a
		}
	case RGB:
		fromRGB16(dst, row, m.set)
		if t := m.Transparent; t != nil {
			for ; len(dst) > 0; dst = dst[4:] {
				if dst[0] == t[0] && dst[1] == t[1] && dst[2] == t[2] {
					dst[3] = 0
				}
			}
		}
	default:
		fromBigEndian(dst, row, m.set)
	}
}

func fromRGB16Generic(dst []uint16, row []uint8) {
	for ; len(row) >= 6; dst, row = dst[4:], row[6:] {
		dst[0], dst[1], dst[2], dst[3] = binary.BigEndian.Uint16(row), binary.BigEndian.Uint16(row[2:]), binary.BigEndian.Uint16(row[4:]), 0xffff
	}
}

// fromBigEndianGeneric reads samples of 16 bits. Their number is a multiple of 4.
func fromBigEndianGeneric(dst []uint16, row []uint8) {
	for i := 0; i < len(dst); i += 4 {
		v, q := binary.BigEndian.Uint64(row[2*i:]), dst[i:i+4:i+4]
		q[0], q[1], q[2], q[3] = uint16(v>>48), uint16(v>>32), uint16(v>>16), uint16(v)
	}
}

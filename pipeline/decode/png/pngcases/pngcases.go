// Package pngcases owns the PNG files that decoders are tested with: every colour type,
// depth, filter and interlacing, and damaged ones. It never decodes.
package pngcases

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Spec is a PNG of any kind, with pixels that are a function of their place.
type Spec struct {
	Name          string
	Width, Height int
	Colour, Depth int // colour types 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGBA
	Interlaced    bool
	Filter        int    // 0 to 4; 5 takes them in turn
	Palette, TRNS []byte // contents of PLTE and tRNS, or nil
	Before, After []byte // chunks before and after the pixels
	Split         int    // bytes of an IDAT chunk; 0 is all in one
	Level         int    // of compress/zlib; 0 is its default
}

// Chunk makes a chunk with its checksum.
func Chunk(kind string, content []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	out = append(append(out, kind...), content...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// Signature is the beginning of every PNG.
const Signature = "\x89PNG\r\n\x1a\n"

// Encode is the file.
func (s Spec) Encode() []byte {
	out := append([]byte(Signature), Chunk("IHDR", s.head())...)
	if s.Palette != nil {
		out = append(out, Chunk("PLTE", s.Palette)...)
	}
	if s.TRNS != nil {
		out = append(out, Chunk("tRNS", s.TRNS)...)
	}
	out = append(out, s.Before...)
	var packed bytes.Buffer
	level := s.Level
	if level == 0 {
		level = zlib.DefaultCompression
	}
	z, err := zlib.NewWriterLevel(&packed, level)
	if err != nil {
		panic(err)
	}
	z.Write(s.Raw())
	z.Close()
	split := s.Split
	if split == 0 {
		split = packed.Len()
	}
	for packed.Len() > 0 {
		out = append(out, Chunk("IDAT", packed.Next(split))...)
	}
	return append(append(out, s.After...), Chunk("IEND", nil)...)
}

func (s Spec) head() []byte {
	head := binary.BigEndian.AppendUint32(nil, uint32(s.Width))
	head = binary.BigEndian.AppendUint32(head, uint32(s.Height))
	head = append(head, byte(s.Depth), byte(s.Colour), 0, 0, 0)
	if s.Interlaced {
		head[12] = 1
	}
	return head
}

func (s Spec) channels() int { return map[int]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[s.Colour] }

// Raw are the filtered rows of all passes, which IDAT has compressed.
func (s Spec) Raw() []byte {
	passes := [][4]int{{0, 0, 1, 1}} // x, y of the first pixel, steps
	if s.Interlaced {
		passes = [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
	}
	bpp := max(1, s.channels()*s.Depth/8)
	var raw []byte
	for _, p := range passes {
		var above []byte
		for y := p[1]; y < s.Height && p[0] < s.Width; y += p[3] {
			row := s.line(p[0], p[2], y)
			if above == nil {
				above = make([]byte, len(row))
			}
			filter := s.Filter
			if filter == 5 {
				filter = (y / p[3]) % 5
			}
			raw = append(raw, byte(filter))
			raw = append(raw, filtered(filter, row, above, bpp)...)
			above = row
		}
	}
	return raw
}

// filtered applies a filter (PNG 3rd edition, 9.2).
func filtered(filter int, row, above []byte, bpp int) []byte {
	out := make([]byte, len(row))
	for i := range row {
		var a, c int
		b := int(above[i])
		if i >= bpp {
			a, c = int(row[i-bpp]), int(above[i-bpp])
		}
		p := a + b - c
		near := c
		if d := dist(p, b); d <= dist(p, c) {
			near = b
		}
		if d := dist(p, a); d <= dist(p, b) && d <= dist(p, c) {
			near = a
		}
		out[i] = row[i] - byte([]int{0, a, b, (a + b) / 2, near}[filter])
	}
	return out
}

func dist(p, q int) int { return max(p-q, q-p) }

// line packs every step-th pixel of a row from x on, most significant bit first.
func (s Spec) line(x, step, y int) []byte {
	var out []byte
	bits, n := uint32(0), 0
	for ; x < s.Width; x += step {
		for c := range s.channels() {
			bits = bits<<s.Depth | uint32(s.Sample(x, y, c))
			for n += s.Depth; n >= 8; n -= 8 {
				out = append(out, byte(bits>>(n-8)))
			}
		}
	}
	if n > 0 {
		out = append(out, byte(bits<<(8-n)))
	}
	return out
}

// Sample is channel c of pixel (x, y): noise in two thirds of a picture, a plane in the others.
func (s Spec) Sample(x, y, c int) uint16 {
	h := uint32(x+1)*2654435761 ^ uint32(y+1)*2246822519 ^ uint32(c+1)*3266489917
	h ^= h >> 15
	h *= 2246822519
	h = (h ^ h>>13) >> 16
	if (x/5+y/3)%3 == 0 {
		h = uint32(x*700+y*900+c*9000) & 0xffff
	}
	return uint16(h >> (16 - s.Depth))
}

// Pixel returns pixel (x, y) by the rules of the format: R, G, B and A, with full as the largest value.
func (s Spec) Pixel(x, y int) (px [4]uint16, full uint16) {
	full = 1<<s.Depth - 1
	at := func(c int) uint16 { return s.Sample(x, y, c) }
	key := func(c int) uint16 { return binary.BigEndian.Uint16(s.TRNS[2*c:]) & full }
	switch s.Colour {
	case 0:
		px = [4]uint16{at(0), at(0), at(0), full}
		if s.TRNS != nil && key(0) == at(0) {
			px[3] = 0
		}
	case 2:
		px = [4]uint16{at(0), at(1), at(2), full}
		if s.TRNS != nil && key(0) == at(0) && key(1) == at(1) && key(2) == at(2) {
			px[3] = 0
		}
	case 3:
		i, entry := int(at(0)), []byte{0, 0, 0}
		if 3*i < len(s.Palette) {
			entry = s.Palette[3*i:]
		}
		px = [4]uint16{uint16(entry[0]), uint16(entry[1]), uint16(entry[2]), 255}
		if i < len(s.TRNS) {
			px[3] = uint16(s.TRNS[i])
		}
		return px, 255
	case 4:
		px = [4]uint16{at(0), at(0), at(0), at(1)}
	case 6:
		px = [4]uint16{at(0), at(1), at(2), at(3)}
	}
	return px, full
}

// Kinds are every colour type with each of its depths, and with transparency where it can
// have some, of no size yet. Palettes are one entry short, so that an index is out of range.
func Kinds() (kinds []Spec) {
	add := func(name string, colour int, depths ...int) {
		for _, depth := range depths {
			s := Spec{Name: fmt.Sprintf("%s-%d", name, depth), Colour: colour, Depth: depth}
			if colour == 3 {
				for i := range 1<<depth - 1 {
					s.Palette = append(s.Palette, byte(i*37), byte(i*101+3), byte(255-i))
				}
			}
			kinds = append(kinds, s)
			switch colour {
			case 0:
				s.TRNS = binary.BigEndian.AppendUint16(nil, s.Sample(0, 0, 0))
			case 2:
				for c := range 3 {
					s.TRNS = binary.BigEndian.AppendUint16(s.TRNS, s.Sample(0, 0, c))
				}
			case 3:
				for i := range (1<<depth + 1) / 2 {
					s.TRNS = append(s.TRNS, byte(i*91))
				}
			default:
				continue
			}
			s.Name += "-trns"
			kinds = append(kinds, s)
		}
	}
	add("gray", 0, 1, 2, 4, 8, 16)
	add("rgb", 2, 8, 16)
	add("palette", 3, 1, 2, 4, 8)
	add("gray-alpha", 4, 8, 16)
	add("rgba", 6, 8, 16)
	return kinds
}

// All are the kinds with every filter, interlaced and not, in sizes that end rows and
// passes everywhere.
func All() (all []Spec) {
	for _, s := range Kinds() {
		for _, interlaced := range []bool{false, true} {
			for filter := range 6 {
				for _, size := range [][2]int{{1, 1}, {2, 5}, {3, 2}, {5, 3}, {8, 8}, {13, 11}, {33, 9}, {70, 20}} {
					s := s
					s.Width, s.Height, s.Interlaced, s.Filter = size[0], size[1], interlaced, filter
					s.Name = fmt.Sprintf("%s-f%d-%dx%d", s.Name, filter, size[0], size[1])
					if interlaced {
						s.Name += "-interlaced"
					}
					all = append(all, s)
				}
			}
		}
	}
	return all
}

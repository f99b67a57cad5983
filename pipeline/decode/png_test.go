package decode

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"testing"

	"filterbank/pipeline/decode/png"
)

const pngSignature = png.Signature

// pngSpec writes PNGs of every kind, which image/png does not. Colour types are 0
// gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGBA.
type pngSpec struct {
	w, h          int
	colour, depth int
	interlaced    bool
	palette, trns []byte
	before, after []byte // chunks before and after the pixels
	sample        func(x, y, c int) uint16
}

func pngChunk(kind string, content []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	out = append(append(out, kind...), content...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func (s pngSpec) channels() int { return map[int]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[s.colour] }

func (s pngSpec) encode() []byte {
	head := binary.BigEndian.AppendUint32(nil, uint32(s.w))
	head = binary.BigEndian.AppendUint32(head, uint32(s.h))
	head = append(head, byte(s.depth), byte(s.colour), 0, 0, 0)
	passes := [][4]int{{0, 0, 1, 1}} // x, y of the first pixel, steps
	if s.interlaced {
		head[12] = 1
		passes = [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	for _, p := range passes {
		for y := p[1]; y < s.h && p[0] < s.w; y += p[3] {
			z.Write(append([]byte{0}, s.line(p[0], p[2], y)...))
		}
	}
	z.Close()
	out := append([]byte(pngSignature), pngChunk("IHDR", head)...)
	if s.palette != nil {
		out = append(out, pngChunk("PLTE", s.palette)...)
	}
	if s.trns != nil {
		out = append(out, pngChunk("tRNS", s.trns)...)
	}
	out = append(append(out, s.before...), pngChunk("IDAT", packed.Bytes())...)
	return append(append(out, s.after...), pngChunk("IEND", nil)...)
}

// line packs every step-th pixel of a row from x on, most significant bit first.
func (s pngSpec) line(x, step, y int) []byte {
	var out []byte
	bits, n := uint32(0), 0
	for ; x < s.w; x += step {
		for c := range s.channels() {
			bits = bits<<s.depth | uint32(s.sample(x, y, c))
			for n += s.depth; n >= 8; n -= 8 {
				out = append(out, byte(bits>>(n-8)))
			}
		}
	}
	if n > 0 {
		out = append(out, byte(bits<<(8-n)))
	}
	return out
}

// pixel is what the format says pixel (x, y) is: R, G, B, A with full as the largest.
func (s pngSpec) pixel(x, y int) (px [4]uint16, full uint16) {
	full = 1<<s.depth - 1
	at := func(c int) uint16 { return s.sample(x, y, c) }
	switch s.colour {
	case 0:
		px = [4]uint16{at(0), at(0), at(0), full}
		if s.trns != nil && binary.BigEndian.Uint16(s.trns) == at(0) {
			px[3] = 0
		}
	case 2:
		px = [4]uint16{at(0), at(1), at(2), full}
		if s.trns != nil && binary.BigEndian.Uint16(s.trns) == at(0) &&
			binary.BigEndian.Uint16(s.trns[2:]) == at(1) && binary.BigEndian.Uint16(s.trns[4:]) == at(2) {
			px[3] = 0
		}
	case 3:
		i, entry := int(at(0)), []byte{0, 0, 0}
		if 3*i < len(s.palette) {
			entry = s.palette[3*i:]
		}
		px = [4]uint16{uint16(entry[0]), uint16(entry[1]), uint16(entry[2]), 255}
		if i < len(s.trns) {
			px[3] = uint16(s.trns[i])
		}
		return px, 255
	case 4:
		px = [4]uint16{at(0), at(0), at(0), at(1)}
	case 6:
		px = [4]uint16{at(0), at(1), at(2), at(3)}
	}
	return px, full
}

// noise is a hash of a sample's place, cut to the depth's bits.
func noise(depth int) func(x, y, c int) uint16 {
	return func(x, y, c int) uint16 {
		h := uint32(x+1)*2654435761 ^ uint32(y+1)*2246822519 ^ uint32(c+1)*3266489917
		h ^= h >> 15
		h *= 2246822519
		return uint16((h ^ h>>13) >> 16 >> (16 - depth))
	}
}

// pngKinds is every colour type with each of its depths, and with transparency where
// it can have some. Palettes are one entry short, so that an index is out of range.
func pngKinds() map[string]pngSpec {
	kinds := map[string]pngSpec{}
	add := func(name string, colour int, depths ...int) {
		for _, depth := range depths {
			s := pngSpec{colour: colour, depth: depth, sample: noise(depth)}
			if colour == 3 {
				for i := range 1<<depth - 1 {
					s.palette = append(s.palette, byte(i*37), byte(i*101+3), byte(255-i))
				}
			}
			kinds[fmt.Sprintf("%s-%d", name, depth)] = s
			switch colour {
			case 0:
				s.trns = binary.BigEndian.AppendUint16(nil, s.sample(0, 0, 0))
			case 2:
				for c := range 3 {
					s.trns = binary.BigEndian.AppendUint16(s.trns, s.sample(0, 0, c))
				}
			case 3:
				for i := range (1<<depth + 1) / 2 {
					s.trns = append(s.trns, byte(i*91))
				}
			default:
				continue
			}
			kinds[fmt.Sprintf("%s-%d-trns", name, depth)] = s
		}
	}
	add("gray", 0, 1, 2, 4, 8, 16)
	add("rgb", 2, 8, 16)
	add("palette", 3, 1, 2, 4, 8)
	add("gray-alpha", 4, 8, 16)
	add("rgba", 6, 8, 16)
	return kinds
}

func TestPNGKinds(t *testing.T) {
	opts := Options{Background: [3]uint8{10, 128, 255}, Mean: [3]float32{0.485, 0.456, 0.406}, Std: [3]float32{0.229, 0.224, 0}}
	for name, s := range pngKinds() {
		for _, interlaced := range []bool{false, true} {
			for _, size := range [][2]int{{1, 1}, {3, 2}, {13, 11}} {
				s.w, s.h, s.interlaced = size[0], size[1], interlaced
				t.Run(fmt.Sprintf("%s-%dx%d-%v", name, s.w, s.h, interlaced), func(t *testing.T) {
					checkPNG(t, s, opts)
				})
			}
		}
	}
}

func checkPNG(t *testing.T, s pngSpec, opts Options) {
	p, v := decodeBytes(t, s.encode(), opts)
	if want := max(s.depth, 8); p.Depth != want || p.Format != PNG || p.Width != s.w || p.Height != s.h {
		t.Errorf("info is %+v, want %d×%d with %d bits", p.Info, s.w, s.h, want)
	}
	for y := range s.h {
		for x := range s.w {
			px, full := s.pixel(x, y)
			for c := range 3 {
				value, a := float32(px[c])/float32(full), float32(px[3])/float32(full)
				rest := 1 - a
				over := float32(opts.Background[c]) / 255
				value = float32(value*a) + float32(over*rest)
				std := opts.Std[c]
				if std == 0 {
					std = 1
				}
				want := float32(value-opts.Mean[c]) / std
				if got := v.Data[(c*s.h+y)*s.w+x]; got != want {
					t.Fatalf("channel %d of pixel (%d, %d) is %v, want %v", c, x, y, got, want)
				}
			}
		}
	}
}

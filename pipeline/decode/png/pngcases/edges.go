package pngcases

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"hash/adler32"
	"slices"
	"strconv"
	"strings"
)

// Edges are files at the edge of what libpng takes: each has one thing that is unusual or
// wrong.
func Edges() []Seed {
	var all []Seed
	add := func(name string, data []byte) { all = append(all, Seed{name, data}) }
	for _, e := range streamEdges() {
		add("stream: "+e.Name, e.Data)
	}
	for _, e := range chunkEdges() {
		add("chunks: "+e.Name, e.Data)
	}
	for _, e := range headerEdges() {
		add("header: "+e.Name, e.Data)
	}
	return all
}

// edgy is a picture whose pixels are more than the window of 2^8 bytes, and its raw pixels.
func edgy() (s Spec, raw []byte) {
	s = Spec{Width: 60, Height: 40, Colour: 2, Depth: 8, Filter: 0}
	return s, s.Raw()
}

// around puts contents of IDAT chunks between the other chunks of a picture.
func (s Spec) around(parts ...[]byte) []byte {
	out := append([]byte(Signature), Chunk("IHDR", s.head())...)
	for _, p := range parts {
		out = append(out, Chunk("IDAT", p)...)
	}
	return append(out, Chunk("IEND", nil)...)
}

func packed(raw []byte, level int) []byte {
	var out bytes.Buffer
	z, err := zlib.NewWriterLevel(&out, level)
	if err != nil {
		panic(err)
	}
	z.Write(raw)
	z.Close()
	return out.Bytes()
}

// header is the two bytes of a zlib stream with a window of 2^bits bytes.
func header(bits int) []byte {
	b := []byte{byte(bits-8)<<4 | 8, 0}
	b[1] = byte(31 - (int(b[0])<<8)%31)
	return b
}

// unfinished is a deflate stream without its last block, and then further bytes.
func unfinished(raw []byte, further ...byte) []byte {
	var out bytes.Buffer
	out.Write(header(15))
	z, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	z.Write(raw)
	z.Flush() // ends with an empty stored block
	return append(out.Bytes(), further...)
}

func streamEdges() (all []Seed) {
	s, raw := edgy()
	good := packed(raw, 9)
	end := len(good) - 4
	wrong := bytes.Clone(good)
	wrong[end] ^= 1
	far := append(bytes.Clone(raw), 1)
	sum := binary.BigEndian.AppendUint32(nil, adler32.Checksum(raw))
	repeated := bytes.Repeat(raw[:20*181], 2)
	narrow := func(bits, level int) []byte {
		return append(header(bits), packed(repeated, level)[2:]...)
	}
	add := func(name string, parts ...[]byte) { all = append(all, Seed{name, s.around(parts...)}) }
	add("good", good)
	add("wrong checksum", wrong)
	add("wrong checksum in a chunk of its own", wrong[:end], wrong[end:])
	add("checksum in two chunks", good[:end+2], good[end+2:])
	add("wrong checksum in two chunks", wrong[:end+2], wrong[end+2:])
	add("no checksum", good[:end])
	add("half a checksum", good[:end+2])
	add("no checksum and an empty chunk", good[:end], nil)
	add("a byte too many", packed(far, 9))
	add("many bytes too many", packed(append(bytes.Clone(raw), make([]byte, 100_000)...), 9))
	add("many bytes too many without an end", unfinished(append(bytes.Clone(raw), make([]byte, 100_000)...)))
	add("many bytes too many and a wrong checksum", append(packed(append(bytes.Clone(raw), raw...), 9)[:end], 1, 2, 3, 4))
	add("a byte too few", packed(raw[:len(raw)-1], 9))
	add("bytes behind the stream", append(bytes.Clone(good), 1, 2, 3))
	add("a chunk behind the stream", good, []byte{1, 2, 3})
	add("an empty chunk behind the stream", good, nil)
	add("empty chunks before the stream", nil, nil, good)
	add("an empty chunk within the stream", good[:50], nil, good[50:])
	add("a byte a chunk", slices.Collect(slices.Chunk(good, 1))...)
	add("no last block", unfinished(raw))
	add("an empty last block", unfinished(raw, 1, 0, 0, 0xff, 0xff, sum[0], sum[1], sum[2], sum[3]))
	add("a wrong stored block behind the pixels", unfinished(raw, 1, 0, 0, 0, 0))
	add("a block of type 3 behind the pixels", unfinished(raw, 7))
	add("a block of type 3 behind the pixels in a chunk of its own", unfinished(raw), []byte{7})
	add("a wrong code behind the pixels", unfinished(raw, 0x03|0xc0, 0xff, 0xff, 0xff))
	add("a wrong distance behind the pixels in a chunk of its own", unfinished(raw), []byte{0x03, 0xff, 0xff, 0xff})
	tooFar := []byte{0x03, 0xde, 0xff, 0x07, 0, 0, 0, 0, 0} // 3 bytes from 32,768 before
	add("a match from too far behind the pixels", unfinished(raw, tooFar...))
	add("a match from too far behind the pixels in a chunk of its own", unfinished(raw), tooFar)
	add("a dictionary", append([]byte{0x78, 0xbb}, good[2:]...))
	add("method 7", append([]byte{0x77, 0x85 - 0x07}, good[2:]...))
	add("a wrong header", append([]byte{0x78, 0x9d}, good[2:]...))
	add("a window of 2^16 bytes", append(header(16), good[2:]...))
	for bits := 8; bits <= 15; bits++ {
		add("a window that is too small: "+strconv.Itoa(bits), narrow(bits, 9))
	}
	raw[181*5] = 5
	add("filter 5", packed(raw, 9))
	raw[181*5] = 255
	add("filter 255", packed(raw, 9))
	return all
}

func chunkEdges() (all []Seed) {
	rgb := Spec{Width: 13, Height: 11, Colour: 2, Depth: 8, Filter: 5}
	gray := Spec{Width: 13, Height: 11, Colour: 0, Depth: 8, Filter: 5}
	indexed := Spec{Width: 13, Height: 11, Colour: 3, Depth: 4, Filter: 5}
	colours := func(n int) []byte { return bytes.Repeat([]byte{10, 200, 90}, n) }
	bad := func(c []byte) []byte { c[len(c)-1] ^= 1; return c }
	add := func(name string, s Spec, before, after []byte) {
		s.Before, s.After = before, after
		all = append(all, Seed{name, s.Encode()})
	}
	for _, n := range []int{0, 1, 16, 17, 256, 257} {
		indexed.Palette = colours(n)
		add("palette of "+strconv.Itoa(n), indexed, nil, nil)
		add("RGB with a palette of "+strconv.Itoa(n), rgb, Chunk("PLTE", colours(n)), nil)
	}
	indexed.Palette = colours(16)
	add("palette and a half", indexed, Chunk("PLTE", colours(2)[:4]), nil)
	add("two palettes", indexed, Chunk("PLTE", colours(2)), nil)
	add("a palette behind the pixels", indexed, nil, Chunk("PLTE", colours(2)))
	add("RGB with half a palette", rgb, Chunk("PLTE", colours(2)[:4]), nil)
	add("RGB with two palettes", rgb, slices.Concat(Chunk("PLTE", colours(2)), Chunk("PLTE", colours(2))), nil)
	add("RGB with a damaged palette", rgb, bad(Chunk("PLTE", colours(2))), nil)
	add("RGB with transparency before a palette", rgb, slices.Concat(Chunk("tRNS", make([]byte, 6)), Chunk("PLTE", colours(2))), nil)
	add("RGB with a palette behind the pixels", rgb, nil, Chunk("PLTE", colours(2)))
	add("gray with a palette", gray, Chunk("PLTE", colours(2)), nil)
	for _, n := range []int{0, 1, 2, 5, 6, 16, 17, 300} {
		alpha := Chunk("tRNS", bytes.Repeat([]byte{77}, n))
		for _, s := range []Spec{gray, rgb, indexed} {
			add("transparency of "+strconv.Itoa(n), s, alpha, nil)
		}
	}
	add("RGB with transparency twice", rgb, slices.Concat(Chunk("tRNS", make([]byte, 6)), Chunk("tRNS", bytes.Repeat([]byte{1}, 6))), nil)
	add("RGB with damaged transparency", rgb, bad(Chunk("tRNS", make([]byte, 6))), nil)
	add("RGB with damaged transparency and then good", rgb, slices.Concat(bad(Chunk("tRNS", make([]byte, 6))), Chunk("tRNS", make([]byte, 6))), nil)
	add("RGB with transparency behind the pixels", rgb, nil, Chunk("tRNS", make([]byte, 6)))
	for _, kind := range []string{"abCd", "aBCd", "AbCd", "ABCD", "abcd", "a1Cd", "IHDR", "IEND", "IDAT", "iCCP", "gAMA", "eXIf", "zTXt", "iTXt", "tEXt", "pHYs", "tIME"} {
		for _, content := range [][]byte{nil, []byte("some content")} {
			add(kind+" before the pixels", rgb, Chunk(kind, content), nil)
			add(kind+" behind the pixels", rgb, nil, Chunk(kind, content))
			add("damaged "+kind+" before the pixels", rgb, bad(Chunk(kind, content)), nil)
			add("damaged "+kind+" behind the pixels", rgb, nil, bad(Chunk(kind, content)))
		}
	}
	text := Chunk("tEXt", []byte("a\x00b"))
	add("a chunk between and pixels behind", rgb, nil, slices.Concat(text, Chunk("IDAT", []byte{1})))
	add("bytes behind the end", rgb, nil, slices.Concat(Chunk("IEND", nil), []byte("what is this")))
	add("a content in the end", rgb, nil, Chunk("IEND", []byte{1, 2}))
	data := rgb.Encode()
	all = append(all, Seed{"no end", data[:len(data)-12]}, Seed{"half an end", data[:len(data)-5]})
	rgb.Split = 100
	data = rgb.Encode()
	at := bytes.LastIndex(data, []byte("IDAT")) - 4
	all = append(all, Seed{"a chunk within the pixels", slices.Insert(bytes.Clone(data), at, text...)})
	return all
}

func headerEdges() (all []Seed) {
	s := Spec{Width: 13, Height: 11, Colour: 2, Depth: 8}
	good := s.Encode()
	for at, values := range map[int][]byte{
		3: {0}, 7: {0}, 0: {0x80, 0x7f}, 4: {0x80, 0x7f}, 8: {0, 1, 2, 3, 4, 16, 32}, 9: {0, 1, 3, 4, 5, 6, 7},
		10: {1, 255}, 11: {1, 64}, 12: {1, 2},
	} {
		for _, v := range values {
			data := bytes.Clone(good)
			data[16+at] = v
			Mend(data)
			all = append(all, Seed{"byte " + strconv.Itoa(at) + " is " + strconv.Itoa(int(v)), data})
		}
	}
	head := s.head()
	rest := good[len(Signature)+25:]
	for _, kind := range []string{"IHDR", "IHDr", "tEXt", "CgBI"} {
		for _, n := range []int{12, 13, 14} {
			data := slices.Concat([]byte(Signature), Chunk(kind, append(head, 0)[:n]), rest)
			all = append(all, Seed{kind, data})
		}
	}
	slices.SortStableFunc(all, func(a, b Seed) int { return strings.Compare(a.Name, b.Name) })
	return all
}

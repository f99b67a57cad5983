package pngcases

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
)

// Seed is a good file to make bad ones of.
type Seed struct {
	Name string
	Data []byte
}

// Seeds are pictures of every kind with chunks of many kinds around their pixels.
func Seeds() (all []Seed) {
	text := Chunk("tEXt", []byte("Comment\x00no matter"))
	gamma := Chunk("gAMA", binary.BigEndian.AppendUint32(nil, 45455))
	for i, s := range Kinds() {
		for _, interlaced := range []bool{false, true} {
			s.Width, s.Height, s.Interlaced, s.Filter, s.Split = 13, 11, interlaced, 5, 100
			if i%3 == 0 {
				s.Width, s.Height, s.Split = 70, 61, 0
			}
			if i%2 == 0 {
				s.Before, s.After = text, text
			} else if s.Palette == nil {
				s.Before = gamma
			}
			s.Level = []int{0, 9, 1, -2}[i%4]
			all = append(all, Seed{fmt.Sprintf("%s, interlaced %t", s.Name, interlaced), s.Encode()})
		}
	}
	// Compressed pixels that libpng takes in several parts.
	for _, s := range []Spec{
		{Width: 150, Height: 120, Colour: 2, Depth: 8, Filter: 5},
		{Width: 300, Height: 200, Colour: 0, Depth: 8, Filter: 4, Interlaced: true, Split: 8192},
		{Width: 100, Height: 100, Colour: 6, Depth: 8, Filter: 5, Split: 5000, After: text},
		{Width: 90, Height: 80, Colour: 2, Depth: 16, Filter: 3, Level: -2},
	} {
		all = append(all, Seed{fmt.Sprintf("large of type %d", s.Colour), s.Encode()})
	}
	return all
}

// Reference are the files that are held against another decoder: All, Edges, and so many
// mutants of Seeds. Their names can be names of files.
func Reference(mutants int) (all []Seed) {
	for _, s := range All() {
		all = append(all, Seed{s.Name, s.Encode()})
	}
	plain := strings.NewReplacer(":", "", " ", "-", ",", "")
	for i, e := range Edges() {
		all = append(all, Seed{fmt.Sprintf("edge%03d-%s", i, plain.Replace(e.Name)), e.Data})
	}
	seeds := Seeds()
	for n := range mutants {
		_, data := Mutant(seeds, n)
		all = append(all, Seed{fmt.Sprintf("mutant%06d", n), data})
	}
	return all
}

// Mutant damages a file in one to three ways. It is the same for the same n.
func Mutant(all []Seed, n int) (name string, data []byte) {
	r := rand.New(rand.NewPCG(5, uint64(n)))
	s := all[n%len(all)]
	data = bytes.Clone(s.Data)
	for range 1 + r.IntN(3) {
		if len(data) < 2 {
			break
		}
		data = damage(r, data, all)
	}
	if r.IntN(2) == 0 { // so that the damage is found where it is and not by the checksum
		Mend(data)
	}
	return fmt.Sprintf("mutant %d of %s", n, s.Name), data
}

// damage damages a file in one way.
func damage(r *rand.Rand, data []byte, all []Seed) []byte {
	from := r.IntN(len(data))
	to := from + 1 + r.IntN(min(len(data)-from, 1<<r.IntN(12)))
	switch r.IntN(9) {
	case 0, 1: // bits flipped
		for range 1 + r.IntN(8) {
			data[r.IntN(len(data))] ^= 1 << r.IntN(8)
		}
	case 2: // cut
		data = data[:from]
	case 3: // a part is missing, or there twice
		data = slices.Delete(data, from, to)
	case 4:
		data = slices.Insert(data, to, bytes.Clone(data[from:to])...)
	case 5: // spliced with another file, from the same place or any
		other := all[r.IntN(len(all))].Data
		at := min(from, len(other))
		if r.IntN(2) == 0 {
			at = r.IntN(len(other))
		}
		data = append(data[:from:from], other[at:]...)
	case 6: // zeros, as of a block that the disk has lost, or ones
		fill := byte(-r.IntN(2))
		for i := range data[from:to] {
			data[from+i] = fill
		}
	default: // a chunk is missing, there twice or somewhere else
		data = moveChunk(r, data)
	}
	return data
}

// moveChunk takes a chunk out of a file, or puts it in again at the place of any.
func moveChunk(r *rand.Rand, data []byte) []byte {
	var starts []int
	for at := len(Signature); at+12 <= len(data); {
		starts = append(starts, at)
		length := int64(binary.BigEndian.Uint32(data[at:]))
		if length > int64(len(data)-at-12) {
			break
		}
		at += int(length) + 12
	}
	if len(starts) < 3 {
		return data
	}
	i := r.IntN(len(starts) - 1)
	chunk := bytes.Clone(data[starts[i]:starts[i+1]])
	kind := r.IntN(3)
	if kind != 0 {
		data = slices.Insert(data, starts[r.IntN(len(starts))], chunk...)
	}
	if kind != 1 {
		if at := bytes.Index(data, chunk); at >= 0 {
			data = slices.Delete(data, at, at+len(chunk))
		}
	}
	return data
}

// Mend corrects the checksums of a PNG's chunks as far as it has any.
func Mend(data []byte) {
	if !strings.HasPrefix(string(data[:min(len(data), 8)]), Signature) {
		return
	}
	for rest := data[len(Signature):]; len(rest) >= 12; {
		length := int64(binary.BigEndian.Uint32(rest))
		if length > int64(len(rest)-12) {
			return
		}
		binary.BigEndian.PutUint32(rest[8+length:], crc32.ChecksumIEEE(rest[4:8+length]))
		rest = rest[12+length:]
	}
}

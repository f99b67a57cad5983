package png

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"filterbank/filters/simd"
)

// undone are raw pixels unfiltered with a set, in stretches that end anywhere.
func undone(raw []byte, passes []pass, bits int, set simd.Set, stretch int) ([]byte, bool) {
	raw = bytes.Clone(raw)
	return raw, undoAll(raw, passes, bits, set, stretch)
}

func undoAll(raw []byte, passes []pass, bits int, set simd.Set, stretch int) bool {
	u := newUnfilter(raw, passes, bits, set)
	for end := stretch; end < len(raw); end += stretch {
		if !u.rows(end) {
			return false
		}
	}
	return u.rows(len(raw))
}

// reference undoes filters as PNG 3rd edition, 9.2 to 9.4 says, byte by byte.
func reference(raw []byte, p pass, bpp int) []byte {
	raw = bytes.Clone(raw)
	size := p.rowBytes + 1
	at := func(y, i int) int {
		if y < 0 || i < 0 {
			return 0
		}
		return int(raw[y*size+1+i])
	}
	for y := range p.height {
		for i := range p.rowBytes {
			a, b, c := at(y, i-bpp), at(y-1, i), at(y-1, i-bpp)
			dist := func(v int) int { return max(a+b-c-v, v-(a+b-c)) }
			near := a
			if dist(b) < dist(near) {
				near = b
			}
			if dist(c) < dist(near) {
				near = c
			}
			raw[y*size+1+i] += byte([]int{0, a, b, (a + b) / 2, near}[raw[y*size]])
		}
	}
	return raw
}

// filteredRows are rows of random bytes, of small ones and of extreme ones, with filters
// that are all the same where one is given.
func filteredRows(r *rand.Rand, p pass, filter int) []byte {
	raw := make([]byte, p.height*(p.rowBytes+1))
	for i := range raw {
		switch r.IntN(3) {
		case 0:
			raw[i] = byte(r.Uint32())
		case 1:
			raw[i] = byte(r.IntN(7) - 3)
		case 2:
			raw[i] = byte(-r.IntN(2))
		}
		if i%(p.rowBytes+1) == 0 {
			raw[i] = byte(filter)
			if filter > 4 {
				raw[i] = byte(r.IntN(5))
			}
		}
	}
	return raw
}

func TestUnfilter(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, bpp := range []int{1, 2, 3, 4, 6, 8} {
		for _, width := range []int{1, 2, 3, 5, 15, 16, 17, 18, 19, 33, 100} {
			for filter := range 7 {
				for _, height := range []int{1, 2, 4, 5, 11} {
					p := pass{dx: 1, dy: 1, width: width, height: height, rowBytes: width * bpp}
					raw := filteredRows(r, p, filter)
					want := reference(raw, p, bpp)
					for _, set := range simd.Sets() {
						for _, stretch := range []int{1, p.rowBytes*3 + 2, 1 << 20} {
							got, ok := undone(raw, []pass{p}, 8*bpp, set, stretch)
							if !ok || !bytes.Equal(got, want) {
								t.Fatalf("%d bytes, %d×%d, filter %d, %v: not as the standard says", bpp, width, height, filter, set)
							}
						}
					}
				}
			}
		}
	}
}

// TestPaeth goes through values of left, with FILTERBANK_LONG all of them, and through all values of up
// and upper left, in the middle of a wave:
// row 0 has upper left and up in turn, and row 1 left and then a pixel that is as predicted.
func TestPaeth(t *testing.T) {
	const width = 2*256 + 8
	step := 5 // its multiples have 0 and 255 among them
	if os.Getenv("FILTERBANK_LONG") != "" {
		step = 1
	}
	p := pass{dx: 1, dy: 1, width: width, height: 4, rowBytes: 4 * width}
	size := p.rowBytes + 1
	raw, want := make([]byte, 4*size), make([]byte, 4*size)
	sets := simd.Sets()
	for left := 0; left < 256; left += step {
		for up := 0; up < 256; up += 4 {
			for i := range 256 * 4 {
				at := 1 + 8*(i/4) + i%4
				want[at], want[at+4] = byte(i/4), byte(up+i%4)
				want[size+at], want[size+at+4] = byte(left), predicted(left, up+i%4, i/4)
			}
			for y := range 4 {
				want[y*size] = filterPaeth
				filterPaethRow(raw, want, y, size)
			}
			for _, set := range sets {
				if got, _ := undone(raw, []pass{p}, 32, set, 1<<20); !bytes.Equal(got, want) {
					t.Fatalf("%v: left %d, up %d to %d: not as the standard says", set, left, up, up+3)
				}
			}
		}
	}
}

// predicted is Paeth's predictor in the words of PNG 3rd edition, 9.4.
func predicted(a, b, c int) byte {
	pa, pb, pc := b-c, a-c, a+b-2*c
	pa, pb, pc = max(pa, -pa), max(pb, -pb), max(pc, -pc)
	switch {
	case pa <= pb && pa <= pc:
		return byte(a)
	case pb <= pc:
		return byte(b)
	}
	return byte(c)
}

// filterPaethRow filters row y of pixels of 4 bytes.
func filterPaethRow(raw, pix []byte, y, size int) {
	raw[y*size] = filterPaeth
	for i := y*size + 1; i < (y+1)*size; i++ {
		var a, b, c int
		left := i > y*size+4
		if left {
			a = int(pix[i-4])
		}
		if y > 0 {
			b = int(pix[i-size])
		}
		if left && y > 0 {
			c = int(pix[i-size-4])
		}
		raw[i] = pix[i] - predicted(a, b, c)
	}
}

func TestRows(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	for n := 1; n < 100; n++ {
		row := make([]byte, 8*n)
		for i := range row {
			row[i] = byte(r.Uint32())
		}
		check := func(name string, loop func(dst []uint8, set simd.Set)) {
			want := make([]uint8, 4*n)
			loop(want, simd.Generic)
			for _, set := range simd.Sets() {
				got := make([]uint8, 4*n)
				if loop(got, set); !bytes.Equal(got, want) {
					t.Fatalf("%s of %d pixels, %v: %v, plain Go makes %v", name, n, set, got, want)
				}
			}
		}
		check("RGB", func(dst []uint8, set simd.Set) { fromRGB(dst, row[:3*n], set) })
		check("gray", func(dst []uint8, set simd.Set) { fromGray(dst, row[:n], set) })
		check16 := func(name string, loop func(dst []uint16, set simd.Set)) {
			want := make([]uint16, 4*n)
			loop(want, simd.Generic)
			for _, set := range simd.Sets() {
				got := make([]uint16, 4*n)
				if loop(got, set); !slices.Equal(got, want) {
					t.Fatalf("%s of %d pixels, %v: %v, plain Go makes %v", name, n, set, got, want)
				}
			}
		}
		check16("RGB of 16 bits", func(dst []uint16, set simd.Set) { fromRGB16(dst, row[:6*n], set) })
		check16("RGBA of 16 bits", func(dst []uint16, set simd.Set) { fromBigEndian(dst, row, set) })
	}
}

package mapng

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"filterbank/filters/simd"
)

// loopsBuilt are the loops in this build that the processor can run.
var loopsBuilt = newLoops(simd.Fastest)

// TestExpectedLoops fails if a set runs loops other than its own, or if a workspace's set does not
// reach its loops.
func TestExpectedLoops(t *testing.T) {
	for set, avx2 := range map[simd.Set]bool{
		simd.Fastest: simd.Best() == simd.AVX2 || simd.Best() == simd.AVX512,
		simd.AVX512:  simd.AVX512.AVX2(), simd.AVX2: simd.AVX2.AVX2(), simd.Generic: false,
	} {
		want := simd.Generic
		if avx2 {
			want = simd.AVX2
		}
		var e Encoder
		ws := Workspace{SIMD: set}
		if err := errors.Join(e.Reset(io.Discard, Header{Width: 1, Height: 1, Depth: 8}), e.WriteRows(&ws, []byte{7})); err != nil {
			t.Fatal(err)
		}
		if ws.block.loops.String() != want.String() {
			t.Errorf("%v runs the loops %v, want %v", set, ws.block.loops, want)
		}
	}
}

// TestEverySetWritesTheSame compares whole files. The rows are not multiples of a vector.
func TestEverySetWritesTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for _, h := range []Header{{Width: 301, Height: 130, Depth: 8}, {Width: 77, Height: 90, Depth: 16}, {Width: 45, Height: 60, Depth: 8, RGB: true}} {
		pix, _ := guarded(rng, h.Width*h.Height*h.bytesPerPixel())
		var first []byte
		for _, set := range simd.Sets() {
			var out bytes.Buffer
			var e Encoder
			if err := errors.Join(e.Reset(&out, h), e.WriteRows(&Workspace{SIMD: set}, pix), e.Close()); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = out.Bytes()
			}
			if !bytes.Equal(out.Bytes(), first) {
				t.Errorf("%v writes another file of %+v than %v", set, h, simd.Best())
			}
		}
	}
}

// guarded returns n random bytes at an odd address between guards, and a function that checks
// the guards.
func guarded(rng *rand.Rand, n int) (b []byte, whole func() bool) {
	const guard = 67
	all := make([]byte, n+2*guard)
	for i := range all {
		all[i] = byte(rng.Uint32())
		if rng.IntN(3) == 0 && i > 0 {
			all[i] = all[i-1]
		}
	}
	before, after := slices.Clone(all[:guard]), slices.Clone(all[guard+n:])
	return all[guard : guard+n : guard+n], func() bool {
		return bytes.Equal(all[:guard], before) && bytes.Equal(all[guard+n:], after)
	}
}

// TestSubtractions compares the built loops of the filters with plain arithmetic, byte by byte,
// for every length up to a few vectors.
func TestSubtractions(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for n := range 100 {
		dst, whole := guarded(rng, n)
		cur, _ := guarded(rng, n)
		left, _ := guarded(rng, n)
		up, _ := guarded(rng, n)
		upLeft, _ := guarded(rng, n)
		for _, c := range []struct {
			name string
			run  func()
			want func(i int) byte
		}{
			{"sub", func() { loopsBuilt.sub(dst, cur, left) }, func(i int) byte { return left[i] }},
			{"subMean", func() { loopsBuilt.subMean(dst, cur, left, up) }, func(i int) byte { return byte((int(left[i]) + int(up[i])) / 2) }},
			{"subPaeth", func() { loopsBuilt.subPaeth(dst, cur, left, up, upLeft) }, func(i int) byte { return paeth(left[i], up[i], upLeft[i]) }},
		} {
			c.run()
			for i := range n {
				if want := cur[i] - c.want(i); dst[i] != want {
					t.Fatalf("%s of %d bytes: byte %d is %d, want %d", c.name, n, i, dst[i], want)
				}
			}
			if !whole() {
				t.Fatalf("%s of %d bytes wrote past its end", c.name, n)
			}
		}
	}
}

// TestPaethOfEverything runs all 2²⁴ neighbourhoods, with the built loops and with plain Go.
func TestPaethOfEverything(t *testing.T) {
	var cur, built, generic, left, up, upLeft [256]byte
	for i := range upLeft {
		upLeft[i] = byte(i)
	}
	for a := range 256 {
		for b := range 256 {
			for i := range upLeft {
				left[i], up[i] = byte(a), byte(b)
			}
			loopsBuilt.subPaeth(built[:], cur[:], left[:], up[:], upLeft[:])
			subPaethGeneric(generic[:], cur[:], left[:], up[:], upLeft[:])
			for c := range 256 {
				if want := -paeth(byte(a), byte(b), byte(c)); built[c] != want || generic[c] != want {
					t.Fatalf("left %d, up %d, upper left %d: %d, in plain Go %d, want %d", a, b, c, built[c], generic[c], want)
				}
			}
		}
	}
}

func TestFindSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for words := 1; words < 9; words++ {
		p, _ := guarded(rng, 64*words)
		want := make([]uint64, words)
		for i := 1; i < len(p); i++ {
			if p[i] == p[i-1] {
				want[i/64] |= 1 << (i % 64)
			}
		}
		built, generic := make([]uint64, words), make([]uint64, words)
		loopsBuilt.findSame(built, p)
		findSameGeneric(generic, p)
		if fmt.Sprint(built) != fmt.Sprint(want) || fmt.Sprint(generic) != fmt.Sprint(want) {
			t.Errorf("%d words:\n%x, in plain Go\n%x, want\n%x", words, built, generic, want)
		}
	}
}

func TestSumMagnitudes(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	lowest := bytes.Repeat([]byte{0x80}, trialBytes)
	for n := 0; n <= trialBytes; n += 1 + n/7 {
		random, _ := guarded(rng, n)
		for _, p := range [][]byte{random, lowest[:n]} {
			var want uint64
			for _, b := range p {
				v := int(int8(b))
				want += uint64(max(v, -v))
			}
			if got := loopsBuilt.sumMagnitudes(p); got != want {
				t.Errorf("%d bytes: %d, want %d", n, got, want)
			}
		}
	}
}

// tokensOf is the rule of tokens, byte by byte.
func tokensOf(p []byte) (tokens []uint16) {
	for i := 0; i < len(p); {
		tokens = append(tokens, uint16(p[i]))
		end := i + 1
		for end < len(p) && p[end] == p[i] {
			end++
		}
		repeats := end - i - 1
		if repeats < minRun {
			for range repeats {
				tokens = append(tokens, uint16(p[i]))
			}
			repeats = 0
		}
		for repeats > 0 {
			take := min(repeats, maxLength)
			if repeats > maxLength {
				take = min(take, repeats-minLength)
			}
			tokens = append(tokens, uint16(firstRun+take-minLength))
			repeats -= take
		}
		i = end
	}
	return tokens
}

// TestTokenize compares the built loop, and the plain Go, with the rule, on bytes with runs of
// all lengths at all places of a word.
func TestTokenize(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	const guard = 0xdead
	for round := range 3000 {
		n := 1 + rng.IntN(1+round)
		p, _ := guarded(rng, n+tokenPad)
		for i := 1; i < n; i++ {
			if rng.IntN(4) == 0 { // else no run: neighbours of random bytes hardly ever are equal
				length := []int{7, 8, 9, 70, 130, 262, 900}[rng.IntN(7)]
				for end := min(n, i+rng.IntN(length)); i < end; i++ {
					p[i] = p[i-1]
				}
			}
		}
		p = p[:n]
		want := tokensOf(p)
		c := new(blockCoder)
		padded := append(bytes.Clone(p), make([]byte, blockPad)...)
		same := c.same[:c.markSame(padded[:n])+1]
		for name, f := range map[string]func([]uint16, []byte, []uint64) int{"built": loopsBuilt.tokenize, "plain Go": tokenizeGeneric} {
			token := slices.Repeat([]uint16{guard}, n+tokenPad+1)
			if got := f(token[:n+tokenPad], p, same); !slices.Equal(token[:got], want) {
				t.Fatalf("%s, %d bytes %x: got %v, want %v", name, n, p, token[:got], want)
			}
			if token[n+tokenPad] != guard {
				t.Fatalf("%s, %d bytes: wrote past the end", name, n)
			}
		}
	}
}

func TestTally(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 7))
	for n := range 60 {
		token := make([]uint16, n)
		var want [tokens]uint16
		for i := range token {
			token[i] = uint16(rng.IntN(tokens))
			if rng.IntN(2) == 0 {
				token[i] = tokens - 1
			}
			want[token[i]]++
		}
		var tables [8][tokens]uint16
		var built, generic [tokens]uint16
		loopsBuilt.tally(&tables, token)
		loopsBuilt.fold(&built, &tables)
		left := tables != [8][tokens]uint16{}
		tallyGeneric(&tables, token)
		foldGeneric(&generic, &tables)
		if built != want || generic != want {
			t.Errorf("%d tokens: got %v, in plain Go %v, want %v", n, built, generic, want)
		}
		if left || tables != [8][tokens]uint16{} {
			t.Errorf("%d tokens: the tables are not cleared", n)
		}
	}
}

// TestWriteGroups compares the built loops, and the plain Go, with a bitWriter.
func TestWriteGroups(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	var entry [tokens]uint64
	for i := range entry {
		n := 1 + rng.IntN(maxLitBits+5+1)
		entry[i] = uint64(n)<<32 | rng.Uint64()&(1<<n-1)
	}
	for n := range 60 {
		token := make([]uint16, n)
		size := 7
		for i := range token {
			token[i] = uint16(rng.IntN(tokens))
			size += int(entry[token[i]] >> 32)
		}
		startBits := uint(rng.IntN(8))
		start := rng.Uint64() & (1<<startBits - 1)
		want := bitWriter{pending: start, n: startBits}
		for _, tok := range token[:n/group*group] {
			want.put(entry[tok]&math.MaxUint32, uint(entry[tok]>>32))
		}
		want.drain()
		for name, f := range map[string]func([]byte, []uint16, *[tokens]uint64, uint64, uint64) (int, uint64, uint64){
			"built": loopsBuilt.writeGroups, "plain Go": writeGroupsGeneric,
		} {
			out := bytes.Repeat([]byte{0xa5}, size/8+17)
			at, pending, bits := f(out[:size/8+16], token, &entry, start, uint64(startBits))
			if !bytes.Equal(out[:at], want.out) || pending != want.pending || bits != uint64(want.n) {
				t.Errorf("%s, %d tokens: %x and %x in %d bits, want %x and %x in %d", name, n, out[:at], pending, bits, want.out, want.pending, want.n)
			}
			if out[size/8+16] != 0xa5 {
				t.Errorf("%s, %d tokens: wrote past the end", name, n)
			}
		}
	}
}

package jpeg

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"filterbank/filters/simd"
)

// coefficients are blocks of one kind for the inverse DCT.
func coefficients(kind string, n int, r *rand.Rand) []int16 {
	blocks := make([]int16, n*blockSize)
	for i := range blocks {
		at := i % blockSize
		switch kind {
		case "ordinary":
			blocks[i] = int16(r.NormFloat64() * 200 / float64(1+at))
		case "sparse":
			if r.IntN(10) == 0 {
				blocks[i] = int16(r.IntN(101) - 50)
			}
		case "large":
			blocks[i] = int16(r.IntN(4096) - 2048)
		case "any":
			blocks[i] = int16(r.IntN(1 << 16))
		case "extreme":
			blocks[i] = [...]int16{-1 << 15, 1<<15 - 1, 0, 1, -1}[r.IntN(5)]
		case "row": // flat columns
			if at < 8 {
				blocks[i] = int16(r.IntN(1 << 16))
			}
		case "mixed": // blocks of all kinds side by side
			if (i/blockSize)%3 == 0 && at < 8 || (i/blockSize)%3 == 1 {
				blocks[i] = int16(r.IntN(1 << (1 + r.IntN(16))))
			}
		}
	}
	return blocks
}

// TestIDCT compares every set of instructions with plain Go.
func TestIDCT(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, set := range simd.Sets() {
		for _, kind := range []string{"ordinary", "sparse", "large", "any", "extreme", "row", "mixed"} {
			for n := range 3*4 + 2 {
				for range 30 {
					var quant [blockSize]uint16
					for i := range quant {
						quant[i] = uint16(1 + r.IntN(1<<(1+r.IntN(16)))/(1+r.IntN(1000)))
					}
					blocks := coefficients(kind, n, r)
					stride := 8 * (n + 1)
					at := r.Perm(n)
					for i := range at {
						at[i] *= 8
					}
					want, got := make([]uint8, 8*stride), make([]uint8, 8*stride)
					before := slices.Clone(blocks)
					idctBlocksGeneric(want, stride, at, blocks, &quant)
					idct(got, stride, at, blocks, &quant, set)
					if !bytes.Equal(got, want) {
						t.Fatalf("%s: %d %s blocks: other samples than plain Go's", set, n, kind)
					}
					if !slices.Equal(blocks, before) {
						t.Fatalf("%s: %d %s blocks: coefficients are overwritten", set, n, kind)
					}
				}
			}
		}
	}
}

// TestFlat compares blocks of DC alone with the whole transform.
func TestFlat(t *testing.T) {
	for _, q := range []uint16{1, 2, 16, 255, 4095, 65535} {
		for dc := -1 << 15; dc < 1<<15; dc += 7 {
			b, quant := [blockSize]int16{int16(dc)}, [blockSize]uint16{q}
			var want, got [64]uint8
			idctGeneric(want[:], 8, &b, &quant)
			flat(got[:], 8, int16(dc), &quant)
			if got != want {
				t.Fatalf("DC %d times %d: samples %d, want %d", dc, q, got[0], want[0])
			}
		}
	}
}

// TestExpectedLoops fails where a set would run other loops than its own.
func TestExpectedLoops(t *testing.T) {
	var quant [blockSize]uint16
	for _, set := range simd.Sets() {
		pix, blocks, at := make([]uint8, 8*blockSize), make([]int16, 8*blockSize), make([]int, 8)
		if n := idctFast(pix, 64, at, blocks, &quant, set); (n > 0) != (set != simd.Generic) {
			t.Errorf("%v: %d of 8 blocks in assembly", set, n)
		}
	}
}

package jpeg

import (
	"math/rand/v2"
	"slices"
	"testing"

	"filterbank/filters/simd"
)

// built are the fastest loops. Where the build has no assembly, or the processor no AVX2,
// they are the plain ones.
var built = loops{simd.Fastest}

// guarded returns n random bytes at an odd address between guards, and a check that the
// guards are whole.
func guarded(rng *rand.Rand, n, shift int) (b []uint8, whole func() bool) {
	const guard = 67
	all := make([]uint8, n+shift+2*guard)
	for i := range all {
		all[i] = uint8(rng.Uint32())
	}
	at := guard + shift
	before, after := slices.Clone(all[:at]), slices.Clone(all[at+n:])
	return all[at : at+n : at+n], func() bool {
		return slices.Equal(all[:at], before) && slices.Equal(all[at+n:], after)
	}
}

// rowLoop is a loop from one to three rows as it was built and in plain Go.
type rowLoop struct {
	name         string
	out          int // bytes written for one of src
	built, plain func(dst []uint8, src [3][]uint8)
}

func rowLoops() []rowLoop {
	return []rowLoop{
		{"upsampleH2V1", 2,
			func(dst []uint8, src [3][]uint8) { built.upsampleH2V1(dst, src[0]) },
			func(dst []uint8, src [3][]uint8) { upsampleH2V1Generic(dst, src[0]) }},
		{"upsampleH2V2", 2,
			func(dst []uint8, src [3][]uint8) { built.upsampleH2V2(dst, src[0], src[1]) },
			func(dst []uint8, src [3][]uint8) { upsampleH2V2Generic(dst, src[0], src[1]) }},
		{"fromYCC", 3,
			func(dst []uint8, src [3][]uint8) { built.fromYCC(thirds(dst), src[0], src[1], src[2]) },
			func(dst []uint8, src [3][]uint8) { fromYCCGeneric(thirds(dst), src[0], src[1], src[2]) }},
		{"interleave", 4,
			func(dst []uint8, src [3][]uint8) { built.interleave(dst, src) },
			func(dst []uint8, src [3][]uint8) { interleaveGeneric(dst, src) }},
	}
}

// thirds divides a row into three.
func thirds(row []uint8) [3][]uint8 {
	n := len(row) / 3
	return [3][]uint8{row[:n:n], row[n : 2*n : 2*n], row[2*n:]}
}

// TestRowLoopsOfEveryLength compares rows of up to some blocks, at every alignment.
func TestRowLoopsOfEveryLength(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range rowLoops() {
		for n := 1; n <= 4*32+3; n++ {
			for shift := range 32 {
				var src [3][]uint8
				for i := range src {
					src[i], _ = guarded(rng, n, (5*shift+i)%32)
				}
				got, whole := guarded(rng, c.out*n, shift)
				want := make([]uint8, len(got))
				c.built(got, src)
				c.plain(want, src)
				if !slices.Equal(got, want) {
					t.Fatalf("%s, %d elements, alignment %d: %d, in plain Go %d", c.name, n, shift, got, want)
				}
				if !whole() {
					t.Fatalf("%s, %d elements, alignment %d: wrote outside", c.name, n, shift)
				}
			}
		}
	}
}

func TestUpsampleExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var near, far [200]uint8
		for i := range near {
			near[i], far[i] = uint8(rng.IntN(2)*255), uint8(rng.IntN(2)*255)
		}
		var got, want [2 * len(near)]uint8
		built.upsampleH2V1(got[:], near[:])
		upsampleH2V1Generic(want[:], near[:])
		if got != want {
			t.Fatalf("upsampleH2V1: %d, in plain Go %d", got, want)
		}
		built.upsampleH2V2(got[:], near[:], far[:])
		upsampleH2V2Generic(want[:], near[:], far[:])
		if got != want {
			t.Fatalf("upsampleH2V2: %d, in plain Go %d", got, want)
		}
	}
}

// TestEveryColour converts all 2²⁴ of them.
func TestEveryColour(t *testing.T) {
	var luma, cb, cr [256]uint8
	var got, want [3 * 256]uint8
	for i := range cr {
		cr[i] = uint8(i)
	}
	for y := range 256 {
		for b := range 256 {
			for i := range luma {
				luma[i], cb[i] = uint8(y), uint8(b)
			}
			built.fromYCC(thirds(got[:]), luma[:], cb[:], cr[:])
			fromYCCGeneric(thirds(want[:]), luma[:], cb[:], cr[:])
			if got != want {
				t.Fatalf("Y %d, Cb %d, Cr 0 to 255: %d, in plain Go %d", y, b, got, want)
			}
		}
	}
}

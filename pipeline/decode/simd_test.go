package decode

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"filterbank/filters/simd"
)

// Where the build has no assembly, or the processor no AVX2, the loops compared here
// are the same.
var built = newLoops(simd.Fastest)

// TestExpectedLoops fails where a set would run other loops than its own, or where the
// option does not reach the loops of rows and of values.
func TestExpectedLoops(t *testing.T) {
	for set, avx2 := range map[simd.Set]bool{
		simd.Fastest: simd.Best() == simd.AVX2 || simd.Best() == simd.AVX512,
		simd.AVX512:  simd.AVX512.AVX2(), simd.AVX2: simd.AVX2.AVX2(), simd.Generic: false,
	} {
		want := simd.Generic
		if avx2 {
			want = simd.AVX2
		}
		d := newDecoder(t, Options{SIMD: set})
		if rows := d.pool.Get().(*scratch).loops; rows.String() != want.String() || d.values.loops != rows {
			t.Errorf("%v: rows by %v and values by %v, want %v", set, rows, d.values.loops, want)
		}
	}
}

// guarded returns n random elements at an odd address between guards, and a check that
// the guards are whole.
func guarded[T sample | float32](rng *rand.Rand, n, shift int) (b []T, whole func() bool) {
	const guard = 67
	all := make([]T, n+shift+2*guard)
	for i := range all {
		all[i] = T(rng.Uint32())
	}
	at := guard + shift
	before, after := slices.Clone(all[:at]), slices.Clone(all[at+n:])
	return all[at : at+n : at+n], func() bool {
		return slices.Equal(all[:at], before) && slices.Equal(all[at+n:], after)
	}
}

// everyLength calls run for rows of up to some blocks, at every alignment.
func everyLength(run func(rng *rand.Rand, n, shift int)) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= 4*32+3; n++ {
		for shift := range 32 {
			run(rng, n, shift)
		}
	}
}

// byteLoop is a loop from one to three rows as it was built and in plain Go.
type byteLoop struct {
	name         string
	out          int // bytes written for one of src
	built, plain func(dst []uint8, src [3][]uint8)
}

func byteLoops() []byteLoop {
	return []byteLoop{
		{"fromGray", 4,
			func(dst []uint8, src [3][]uint8) { built.fromGray(dst, src[0]) },
			func(dst []uint8, src [3][]uint8) { fromGrayGeneric(dst, src[0]) }},
	}
}

func TestByteLoopsOfEveryLength(t *testing.T) {
	for _, c := range byteLoops() {
		everyLength(func(rng *rand.Rand, n, shift int) {
			var src [3][]uint8
			for i := range src {
				src[i], _ = guarded[uint8](rng, n, (5*shift+i)%32)
			}
			got, whole := guarded[uint8](rng, c.out*n, shift)
			want := make([]uint8, len(got))
			c.built(got, src)
			c.plain(want, src)
			if !slices.Equal(got, want) {
				t.Fatalf("%s, %d elements, alignment %d: %d, in plain Go %d", c.name, n, shift, got, want)
			}
			if !whole() {
				t.Fatalf("%s, %d elements, alignment %d: wrote outside", c.name, n, shift)
			}
		})
	}
}

// normalisations are means and deviations that round in every way, the last also to
// infinities and subnormals.
func normalisations() []Options {
	return []Options{
		{},
		{Std: [3]float32{1, 1, 2}},
		{Mean: [3]float32{0, 0, 1}},
		{Mean: [3]float32{0.485, 0.456, 0.406}, Std: [3]float32{0.229, 0.224, 0.225}, Background: [3]uint8{255, 1, 77}},
		{Mean: [3]float32{-1e30, 1.0 / 3, math.MaxFloat32}, Std: [3]float32{1e-30, 1e38, math.SmallestNonzeroFloat32}},
	}
}

// everySample is RGBA with every value of 16 bits in every channel, alpha full.
func everySample() []uint16 {
	px := make([]uint16, 0, 4<<16)
	for i := range 1 << 16 {
		v := uint16(i)
		px = append(px, v, v^0x5555, -v, 0xffff)
	}
	return px
}

// everyAlpha is RGBA with every pair of an alpha and a value of 8 bits.
func everyAlpha() []uint8 {
	px := make([]uint8, 0, 4<<16)
	for i := range 1 << 16 {
		v := uint8(i)
		px = append(px, v, ^v, v+85, uint8(i>>8))
	}
	return px
}

// floatLoop is a loop from samples to floats as it was built and in plain Go.
type floatLoop struct {
	name         string
	built, plain func(dst [3][]float32)
}

func floatLoops(v *values, px8 []uint8, px16 []uint16) []floatLoop {
	return []floatLoop{
		{"opaque8", func(dst [3][]float32) { v.opaque8(dst, px8) }, func(dst [3][]float32) { v.opaque8Generic(dst, px8) }},
		{"rgb8", func(dst [3][]float32) { v.rgb8(dst, px8) }, func(dst [3][]float32) { v.rgb8Generic(dst, px8) }},
		{"plane8", each(func(dst []float32, c int) { v.plane8(dst, px8[c:], c) }), each(func(dst []float32, c int) { v.plane8Generic(dst, px8[c:], c) })},
		{"planes8 of one", func(dst [3][]float32) { v.planes8(dst, [3][]uint8{px8, px8, px8}) }, each(func(dst []float32, c int) { v.plane8Generic(dst, px8, c) })},
		{"opaque16", func(dst [3][]float32) { v.opaque16(dst, px16) }, func(dst [3][]float32) { v.opaque16Generic(dst, px16) }},
		{"blend8", func(dst [3][]float32) { v.blend8(dst, px8) }, func(dst [3][]float32) { blendGeneric(v, dst, px8) }},
		{"blend16", func(dst [3][]float32) { v.blend16(dst, px16) }, func(dst [3][]float32) { blendGeneric(v, dst, px16) }},
	}
}

// each does a loop for each channel.
func each(loop func(dst []float32, c int)) func(dst [3][]float32) {
	return func(dst [3][]float32) {
		for c := range dst {
			loop(dst[c], c)
		}
	}
}

func TestFloatLoopsOfEverySample(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	px8, px16 := everyAlpha(), everySample()
	random := make([]uint16, len(px16))
	for i := range random {
		random[i] = uint16(rng.Uint32())
	}
	var got, want [3][]float32
	for c := range got {
		got[c], want[c] = make([]float32, len(px8)/4), make([]float32, len(px8)/4)
	}
	for i, o := range normalisations() {
		v := &newDecoder(t, o).values
		for _, c := range append(floatLoops(v, px8, px16), floatLoops(v, px8, random)...) {
			c.built(got)
			c.plain(want)
			if err := sameBits(got, want); err != nil {
				t.Errorf("%s, normalisation %d: %v", c.name, i, err)
			}
		}
		v.opaque16(want, px16) // got is of random samples
		v.blend16(got, px16)
		if err := sameBits(got, want); err != nil {
			t.Errorf("blend16 of opaque pixels, normalisation %d: %v", i, err)
		}
	}
}

func sameBits(got, want [3][]float32) error {
	for c := range got {
		for x, v := range got[c] {
			if w := want[c][x]; math.Float32bits(v) != math.Float32bits(w) {
				return fmt.Errorf("channel %d, pixel %d: %v, in plain Go %v", c, x, v, w)
			}
		}
	}
	return nil
}

func TestFloatLoopsOfEveryLength(t *testing.T) {
	for i, o := range normalisations() {
		v := &newDecoder(t, o).values
		everyLength(func(rng *rand.Rand, n, shift int) {
			px8, _ := guarded[uint8](rng, 4*n, shift)
			px16, _ := guarded[uint16](rng, 4*n, shift)
			for _, c := range floatLoops(v, px8, px16) {
				var got, want [3][]float32
				var whole [3]func() bool
				for ch := range got {
					got[ch], whole[ch] = guarded[float32](rng, n, (shift+3*ch)%8)
					want[ch] = make([]float32, n)
				}
				c.built(got)
				c.plain(want)
				if err := sameBits(got, want); err != nil {
					t.Fatalf("%s, %d pixels, alignment %d, normalisation %d: %v", c.name, n, shift, i, err)
				}
				if !whole[0]() || !whole[1]() || !whole[2]() {
					t.Fatalf("%s, %d pixels, alignment %d: wrote outside", c.name, n, shift)
				}
			}
		})
	}
}

func TestFromBigEndian(t *testing.T) {
	everyLength(func(rng *rand.Rand, n, shift int) {
		pix, _ := guarded[uint8](rng, 8*n, shift)
		got, whole := guarded[uint16](rng, 4*n, shift%16)
		want := make([]uint16, 4*n)
		built.fromBigEndian(got, pix)
		fromBigEndianGeneric(want, pix)
		if !slices.Equal(got, want) || !whole() {
			t.Fatalf("%d pixels, alignment %d: %x, in plain Go %x; guards whole: %t", n, shift, got, want, whole())
		}
		for i, v := range want {
			if w := uint16(pix[2*i])<<8 | uint16(pix[2*i+1]); v != w {
				t.Fatalf("%d pixels: sample %d is %x, want %x", n, i, v, w)
			}
		}
	})
}

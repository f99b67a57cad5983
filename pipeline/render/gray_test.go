package render

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"filterbank/filters/simd"
)

var (
	nan = float32(math.NaN())
	inf = float32(math.Inf(1))

	negZero = float32(math.Copysign(0, -1))
)

func TestGray(t *testing.T) {
	for _, c := range []struct {
		v    float32
		r    Range
		want [2]int // 8 and 16 bits
	}{
		{0, Range{0, 1}, [2]int{0, 0}},
		{1, Range{0, 1}, [2]int{255, 65535}},
		{0.5, Range{0, 1}, [2]int{128, 32768}}, // 127.5 and 32767.5 to even
		{0.5, Range{0, 255}, [2]int{0, 128}},   // 0.5 to even; 128.5 to even
		{1.5, Range{0, 255}, [2]int{2, 386}},   // 1.5 to even; 385.5 to even
		{-1, Range{-1, 1}, [2]int{0, 0}},       //
		{-3, Range{-1, 1}, [2]int{0, 0}},       // clamped
		{3, Range{-1, 1}, [2]int{255, 65535}},  // clamped
		{inf, Range{0, 1}, [2]int{255, 65535}}, //
		{-inf, Range{0, 1}, [2]int{0, 0}},      //
		{nan, Range{0, 1}, [2]int{0, 0}},       //
		{5, Range{5, 5}, [2]int{0, 0}},         // a constant map
		{6, Range{5, 5}, [2]int{0, 0}},         //
		{math.MaxFloat32, Range{0, math.MaxFloat32}, [2]int{255, 65535}},
	} {
		var got8 [1]byte
		var got16 [2]byte
		gray8, gray16 := Gray8(c.r, simd.Fastest), Gray16(c.r, simd.Fastest)
		gray8.Row(got8[:], []float32{c.v})
		gray16.Row(got16[:], []float32{c.v})
		if int(got8[0]) != c.want[0] || int(got16[0])<<8|int(got16[1]) != c.want[1] {
			t.Errorf("%v in %v: got %d and %d, want %v", c.v, c.r, got8[0], int(got16[0])<<8|int(got16[1]), c.want)
		}
	}
}

// wantLevel is a pixel as Gray8 and Gray16 define it.
func wantLevel(v float32, r Range, top float64) uint16 {
	p := math.RoundToEven((float64(v) - r.Lo) / (r.Hi - r.Lo) * top)
	if r.Lo == r.Hi || !(p > 0) {
		return 0
	}
	return uint16(min(p, top))
}

// checkGray compares the built loops, and the plain Go, with wantLevel.
func checkGray(t *testing.T, r Range, row []float32) {
	t.Helper()
	gray8, gray16 := Gray8(r, simd.Fastest), Gray16(r, simd.Fastest)
	dst := make([]byte, 2*len(row))
	for name, write := range map[string]func([]byte, []float32){
		"Gray8": gray8.Row, "Gray16": gray16.Row,
		"bracket8Generic": gray8.bracket8Generic, "exact8": gray8.exact8,
		"exact8Generic": gray8.exact8Generic, "exact16Generic": gray16.exact16Generic,
	} {
		switch name {
		case "bracket8Generic":
			if !gray8.bracket.valid {
				continue
			}
			fallthrough
		case "exact8", "exact8Generic", "exact16Generic":
			if gray8.constant {
				continue
			}
		}
		write(dst, row)
		for i, v := range row {
			got, want := uint16(dst[i]), wantLevel(v, r, 255)
			if name == "Gray16" || name == "exact16Generic" {
				got, want = binary.BigEndian.Uint16(dst[2*i:]), wantLevel(v, r, 65535)
			}
			if got != want {
				t.Fatalf("%s: %v (%08x) in %v: got %d, want %d", name, v, math.Float32bits(v), r, got, want)
			}
		}
	}
}

// TestExpectedLoops fails if a set runs loops other than its own.
func TestExpectedLoops(t *testing.T) {
	for set, avx2 := range map[simd.Set]bool{
		simd.Fastest: simd.Best() == simd.AVX2 || simd.Best() == simd.AVX512,
		simd.AVX512:  simd.AVX512.AVX2(), simd.AVX2: simd.AVX2.AVX2(), simd.Generic: false,
	} {
		want := simd.Generic
		if avx2 {
			want = simd.AVX2
		}
		for _, g := range []Gray{Gray8(Range{0, 1}, set), Centred8(Range{-1, 1}, set), Gray16(Range{0, 1}, set)} {
			if g.loops.String() != want.String() {
				t.Errorf("%v runs the loops %v, want %v", set, g.loops, want)
			}
		}
	}
}

// step is the n-th float32 after v, or before it.
func step(v float32, n int) float32 {
	bits := int64(math.Float32bits(v) & math.MaxInt32)
	if math.Signbit(float64(v)) {
		bits = -bits
	}
	bits = max(-0x7f800000, min(bits+int64(n), 0x7f800000))
	if bits < 0 {
		return -math.Float32frombits(uint32(-bits))
	}
	return math.Float32frombits(uint32(bits))
}

// ranges are ranges of maps, ranges of LO:HI, and ranges that do not occur.
func ranges(rng *rand.Rand) []Range {
	rs := []Range{
		{0, 1}, {-1, 1}, {0, 255}, {0, 65535}, {0.1, 0.9}, {1. / 3, 2. / 3}, {-5, -3}, {-8, -7.5}, {3, 1000},
		{16, 17}, {16.1, 17.1}, {20, 21}, {1e6, 1e6 + 1}, {1 << 30, 1<<30 + 1e-3}, {1e9, 1e9 + 1e-6},
		{0, math.MaxFloat32}, {-math.MaxFloat32, math.MaxFloat32}, {0, 0x1p126}, {-0x1p126, 0}, {-0x1p125, 0x1p125},
		{0, 1e41}, {0, 0x1p133}, {0x1p130, 0x1p130 + 0x1p126}, {-0x1p130, 0x1p126 - 0x1p130},
		{0, 0x1p-100}, {-0x1p-96, 0x1p-100}, {0, 0x1p-126}, {0, 1e-45}, {-1e-45, 1e-45}, {0, 5e-324}, {0, 0x1p-1070},
		{1e300, 1e301}, {-1e308, 1e307}, {0, math.Inf(1)}, {math.NaN(), 1}, {0, math.NaN()},
		{1, 0}, {5, 5}, {0, 0}, {math.Copysign(0, -1), 1},
	}
	for range 300 { // ranges of maps
		hi := math.Ldexp(rng.Float64(), rng.IntN(60)-40)
		lo := 0.0
		if rng.IntN(2) == 0 {
			lo = -hi * math.Ldexp(rng.Float64(), rng.IntN(12)-6)
		}
		rs = append(rs, Range{float64(float32(lo)), float64(float32(hi))})
	}
	for range 200 { // any ranges, up to the limit of the bracket and beyond
		width := math.Ldexp(1+rng.Float64(), rng.IntN(250)-125)
		lo := width * math.Ldexp(rng.Float64()-0.5, rng.IntN(12)-4)
		rs = append(rs, Range{lo, lo + width})
	}
	return rs
}

// TestGray8AtThresholds checks the values near each midpoint of two levels, as far as the
// bracket may leave the level in doubt.
func TestGray8AtThresholds(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, r := range ranges(rng) {
		b := newBracket(r)
		var row []float32
		for k := -1; k <= 255; k++ {
			at := float32(r.Lo + (float64(k)+0.5)/255*(r.Hi-r.Lo))
			for n := -6; n <= 6; n++ {
				row = append(row, step(at, n))
			}
			for range 8 {
				level := float64(k) + 0.5 + (rng.Float64()-0.5)*2*float64(b.span)
				row = append(row, float32(r.Lo+level/255*(r.Hi-r.Lo)))
			}
		}
		checkGray(t, r, row)
	}
}

func TestGray16AtThresholds(t *testing.T) {
	for _, r := range []Range{{0, 1}, {-0.3, 0.7}, {0, 65535}, {float64(float32(-1.7)), float64(float32(12.9))}, {0.1, 0.2}} {
		var row []float32
		for k := -1; k <= 65535; k++ {
			at := float32(r.Lo + (float64(k)+0.5)/65535*(r.Hi-r.Lo))
			row = append(row, step(at, -1), at, step(at, 1))
		}
		checkGray(t, r, row)
	}
}

// TestGrayOfSpecialValues mixes floats of any bits with special values.
func TestGrayOfSpecialValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	special := []float32{
		nan, math.Float32frombits(0xffc00001), math.Float32frombits(0x7f800001), inf, -inf, 0, negZero,
		math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 0x1p-126, -0x1p-127,
		0x1p31, -0x1p31, 0x1p32, 3e9, -3e9,
	}
	row := make([]float32, 32*len(special)*2)
	for _, r := range ranges(rng) {
		for i := range row {
			switch {
			case i%32 == i/64: // one in a group of ordinary values
				row[i] = special[i/32%len(special)]
			case i/32%2 == 0:
				row[i] = math.Float32frombits(rng.Uint32())
			default:
				row[i] = float32(r.Lo + rng.Float64()*(r.Hi-r.Lo))
			}
		}
		for i, v := range special {
			row[len(row)-1-i] = v
		}
		checkGray(t, r, row)
	}
}

// TestGrayOfEveryLength writes rows of every length up to a few vectors, at odd addresses between
// guards.
func TestGrayOfEveryLength(t *testing.T) {
	const guard = 67
	rng := rand.New(rand.NewPCG(9, 1))
	for name, r := range map[string]Range{
		"map": {-0.5, 1.5}, "ties": {0, 255}, "exact": {1000, 1000.001}, "constant": {1, 1},
	} {
		for n := range 150 {
			values := make([]float32, n+2)[1 : n+1]
			for i := range values {
				values[i] = float32(r.Lo + rng.Float64()*(r.Hi-r.Lo))
				if name == "ties" && rng.IntN(40) == 0 {
					values[i] = float32(rng.IntN(255)) + 0.5
				}
			}
			for depth, gray := range map[int]Gray{8: Gray8(r, simd.Fastest), 16: Gray16(r, simd.Fastest)} {
				size := n * depth / 8
				all := bytes.Repeat([]byte{0xa5}, size+2*guard)
				gray.Row(all[guard:], values)
				for i, v := range values {
					want := wantLevel(v, r, gray.top)
					got := uint16(all[guard+i])
					if depth == 16 {
						got = binary.BigEndian.Uint16(all[guard+2*i:])
					}
					if got != want {
						t.Fatalf("%s, %d bits, %d values: pixel %d is %d, want %d", name, depth, n, i, got, want)
					}
				}
				outside := append(all[:guard:guard], all[guard+size:]...)
				if !bytes.Equal(outside, bytes.Repeat([]byte{0xa5}, 2*guard)) {
					t.Fatalf("%s, %d bits, %d values: wrote outside", name, depth, n)
				}
			}
		}
	}
}

// TestBracketServesMaps checks what the speed depends on: the ranges of maps have a bracket, and
// few values need exact arithmetic.
func TestBracketServesMaps(t *testing.T) {
	for _, r := range []Range{{0, 1}, {0, 1e-20}, {0, 1e20}, {-1, 0}, {-1, 1e-3}, {-3, 5}} {
		b := newBracket(r)
		if !b.valid || !(b.span < 1./4096) {
			t.Errorf("%v: got %+v, want a span below 1/4096 of a level", r, b)
		}
	}
}

func TestRowDoesNotAllocate(t *testing.T) {
	row, dst := make([]float32, 100), make([]byte, 200)
	gray8, gray16 := Gray8(Range{0, 1}, simd.Fastest), Gray16(Range{0, 1}, simd.Fastest)
	if n := testing.AllocsPerRun(10, func() {
		gray8.Row(dst, row)
		gray16.Row(dst, row)
	}); n != 0 {
		t.Errorf("a row allocates %v times", n)
	}
}

func FuzzGray(f *testing.F) {
	f.Add(0.0, 1.0, []byte("\x00\x00\x00\x3f\x00\x00\x80\x7f"))
	f.Add(-1.5, 2.5, bytes.Repeat([]byte("\x00\x00\x80\x3e\x9a\x99\x99\x3e"), 20))
	f.Fuzz(func(t *testing.T, lo, hi float64, data []byte) {
		row := make([]float32, len(data)/4)
		for i := range row {
			row[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		checkGray(t, Range{lo, hi}, row)
	})
}

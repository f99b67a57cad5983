package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactFMA rounds the exact a·b + c once, with arbitrary precision.
func exactFMA(a, b, c float32) float32 {
	exact := func(v float32) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(float64(v)) }
	product := new(big.Float).SetPrec(2000).Mul(exact(a), exact(b))
	sum := new(big.Float).SetPrec(2000).Add(product, exact(c))
	if sum.Sign() == 0 { // big.Float's zero has its own rules of sign; float64's are IEEE's
		return float32(float64(a)*float64(b) + float64(c))
	}
	r, _ := sum.Float32()
	return r
}

func TestFMARoundsOnce(t *testing.T) {
	ulp := func(v float32, n int32) float32 {
		return math.Float32frombits(uint32(int32(math.Float32bits(v)) + n))
	}
	cases := [][3]float32{
		{0, 0, 0}, {1, 1, -1}, {math.MaxFloat32, 1, math.MaxFloat32},
		{math.MaxFloat32, 1, ulp(0x1p103, -1)}, {math.MaxFloat32, 1, 0x1p103},
		{0x1p-75, 0x1p-75, 0}, {0x1p-75, 0x1p-75, 0x1p-149}, {-0x1p-75, 0x1p-75, 0x1p-149},
		{0x1p-126, 0.5, ulp(0, 1)}, {ulp(1, 1), ulp(1, 1), 0x1p-60}, {ulp(1, 1), 0x1p-24, 1},
	}
	for _, c := range cases {
		checkFMA(t, c[0], c[1], c[2])
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		a := math.Float32frombits(random.Uint32())
		b := math.Float32frombits(random.Uint32())
		if finite(a) && finite(b) {
			// an addend near the product's magnitude, and one far below or above it
			product := float64(a) * float64(b)
			near := float32(product * (random.Float64()*4 - 2))
			far := float32(math.Ldexp(product, random.IntN(120)-60))
			for _, c := range []float32{near, far, math.Float32frombits(random.Uint32())} {
				if finite(c) {
					checkFMA(t, a, b, c)
				}
			}
		}
	}
}

// TestFMAMidpoints takes sums that float64 rounds onto a midpoint of float32, where
// rounding twice goes the wrong way: (1 + 2⁻²⁰)·(1 − 2⁻²⁰)/2 is ½ − 2⁻⁴¹.
func TestFMAMidpoints(t *testing.T) {
	twice := 0
	for _, sign := range []float32{1, -1} {
		for c := float32(1 << 23); c < 1<<23+64; c++ {
			for _, scale := range []float32{1, 0x1p-60, 0x1p60, 0x1p-149} {
				a, b := (1+0x1p-20)*sign, scale*(1-0x1p-20)/2
				checkFMA(t, a, b, c*scale)
				if float32(float64(a)*float64(b)+float64(c*scale)) != FMA(a, b, c*scale) {
					twice++
				}
			}
		}
	}
	if twice == 0 {
		t.Fatal("no case of double rounding among the cases, they test nothing")
	}
}

func checkFMA(t *testing.T, a, b, c float32) {
	t.Helper()
	got, want := FMA(a, b, c), exactFMA(a, b, c)
	if math.Float32bits(got) != math.Float32bits(want) {
		t.Fatalf("FMA(%x, %x, %x) = %x, want %x", a, b, c, got, want)
	}
}

func finite(v float32) bool { return v-v == 0 }

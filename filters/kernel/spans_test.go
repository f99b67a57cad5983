package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"filterbank/filters/simd"
)

// TestColumns compares every kernel with the largest and smallest value of each column,
// and finds writes outside of the columns' memory.
func TestColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for n := 1; n <= 150; n++ {
		for special := range 3 {
			src := make([]float32, n+r.IntN(60)+Slack)
			for i := range src {
				src[i] = value(r, special)
			}
			offsets := make([]int32, 1+r.IntN(12))
			for i := range offsets {
				offsets[i] = int32(r.IntN(len(src) - Slack - n + 1))
			}
			for _, set := range simd.Sets() {
				k := New(set)
				lo, hi := guarded(n), guarded(n)
				k.Columns(lo, hi, src, offsets, n)
				for x := range n {
					least, most := float32(math.Inf(1)), float32(math.Inf(-1))
					for _, at := range offsets {
						if v := src[int(at)+x]; v == v {
							least, most = min(least, v), max(most, v)
						}
					}
					if lo[x] != least || hi[x] != most {
						t.Fatalf("%v, %d columns of %d rows: column %d is %v … %v, want %v … %v", k, n, len(offsets), x, lo[x], hi[x], least, most)
					}
				}
				for _, s := range [][]float32{lo, hi} {
					for i, v := range s[n+Align : cap(s)] {
						if math.Float32bits(v) != sentinel {
							t.Fatalf("%v, %d columns: %v is written %d behind the last one", k, n, v, i+Align)
						}
					}
				}
			}
		}
	}
}

// guarded is room for n columns, with sentinels behind.
func guarded(n int) []float32 {
	s := make([]float32, n+4*Align)
	for i := range s {
		s[i] = math.Float32frombits(sentinel)
	}
	return s
}

func TestSpans(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 3000 {
		windows, step, width := 1+r.IntN(9), 1+r.IntN(40), 1+r.IntN(70)
		least, most := make([]float32, (windows-1)*step+width), make([]float32, (windows-1)*step+width)
		for i := range least {
			least[i], most[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
			if r.IntN(20) == 0 {
				least[i], most[i] = float32(math.Inf(1-2*r.IntN(2))), float32(math.Inf(1-2*r.IntN(2)))
			}
		}
		for _, set := range simd.Sets() {
			k := New(set)
			lo, hi := guarded(windows), guarded(windows)
			k.Spans(lo[:windows], hi[:windows], least, most, step, width)
			for j := range windows {
				wantLo, wantHi := float32(math.Inf(1)), float32(math.Inf(-1))
				for x := range width {
					wantLo, wantHi = min(wantLo, least[j*step+x]), max(wantHi, most[j*step+x])
				}
				if lo[j] != wantLo || hi[j] != wantHi {
					t.Fatalf("%v, window %d of %d, step %d, width %d: got %v … %v, want %v … %v", k, j, windows, step, width, lo[j], hi[j], wantLo, wantHi)
				}
			}
			if math.Float32bits(lo[windows]) != sentinel || math.Float32bits(hi[windows]) != sentinel {
				t.Fatalf("%v, %d windows: written behind the last one", k, windows)
			}
		}
	}
}

// TestSums: activations of sums at the ends of an interval and inside lie where they must.
// The interval is not needlessly small: common activations know one.
func TestSums(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 10))
	known := make([]int, activations)
	for range 200000 {
		a := Pointwise{Activation: Activation(r.IntN(int(PReLU))), Slope: []float32{0.01, 0.3, 1, 7, 0x1p-140, 0, -0.5}[r.IntN(7)]}
		lo, hi := value(r, r.IntN(3)), value(r, r.IntN(3))
		if !finite(lo) || !finite(hi) {
			continue
		}
		lo, hi = min(lo, hi), max(lo, hi)
		from, to := a.Sums(lo, hi)
		if from <= to {
			known[a.Activation]++
		}
		for range 8 {
			x := from + (to-from)*r.Float32()
			switch r.IntN(4) {
			case 0:
				x = from
			case 1:
				x = to
			case 2:
				x = value(r, 2)
			}
			if !(from <= x && x <= to) || !finite(x) {
				continue
			}
			if y := a.at(x); !(lo <= y && y <= hi) {
				t.Fatalf("%v: %v has %v, which is not in %v … %v (sums %v … %v)", a, x, y, lo, hi, from, to)
			}
		}
	}
	for a, n := range known {
		if least := 3000; Activation(a).Invertible() != (n >= least) {
			t.Errorf("%v: %d intervals", Activation(a), n)
		}
	}
	for _, c := range []struct {
		a                Pointwise
		lo, hi, from, to float32
	}{
		{Pointwise{Activation: ReLU}, 0, 3, float32(math.Inf(-1)), 3},
		{Pointwise{Activation: ReLU6}, 0, 6, float32(math.Inf(-1)), float32(math.Inf(1))},
		{Pointwise{Activation: None}, -2, 3, -2, 3},
		{Pointwise{Activation: LeakyReLU, Slope: 0.5}, -2, 3, -4, 3},
		{Pointwise{Activation: Abs}, 0, 3, -3, 3},
		{Pointwise{Activation: Square}, 0, 9, -3, 3},
	} {
		if from, to := c.a.Sums(c.lo, c.hi); from != c.from || to != c.to {
			t.Errorf("%v of %v … %v: got %v … %v, want %v … %v", c.a, c.lo, c.hi, from, to, c.from, c.to)
		}
	}
}

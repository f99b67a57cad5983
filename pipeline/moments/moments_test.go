package moments

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
)

// exact computes the statistics of finite values in rational numbers.
func exact(values []float32) Statistics {
	sum, squares := new(big.Rat), new(big.Rat)
	largest, active := values[0], 0
	for _, v := range values {
		x := new(big.Rat).SetFloat64(float64(v))
		sum.Add(sum, x)
		squares.Add(squares, x.Mul(x, x))
		largest = max(largest, v)
		if v > 0 {
			active++
		}
	}
	n := float64(len(values))
	// Numerators in the units of Sums, so that the same steps are rounded.
	scaled := func(r *big.Rat, shift uint) float64 {
		f, _ := new(big.Rat).Mul(r, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), shift))).Float64()
		return f
	}
	variance := new(big.Rat).Mul(squares, new(big.Rat).SetFloat64(n))
	variance.Sub(variance, new(big.Rat).Mul(sum, sum))
	return Statistics{
		Mean:   float32(math.Ldexp(scaled(sum, unit)/n, -unit)),
		Std:    float32(math.Ldexp(math.Sqrt(scaled(variance, 2*unit))/n, -unit)),
		Max:    largest + 0,
		Energy: float32(math.Ldexp(scaled(squares, 2*unit)/n, -2*unit)),
		Active: float32(float64(active) / n),
	}
}

// rowsOf are values as a band of one map with rows of a width.
func rowsOf(values []float32, width int) volume.Rows {
	v := volume.Volume{Shape: volume.Shape{C: 1, H: len(values) / width, W: width}, Data: values}
	return v.Rows(0, v.H)
}

// kinds make values of different sorts.
var kinds = map[string]func(r *rand.Rand) float32{
	"normal": func(r *rand.Rand) float32 { return float32(r.NormFloat64()) },
	"relu":   func(r *rand.Rand) float32 { return max(0, float32(r.NormFloat64())) },
	"offset": func(r *rand.Rand) float32 { return 1e6 + float32(r.Float64()) },
	"any": func(r *rand.Rand) float32 {
		for {
			if v := math.Float32frombits(r.Uint32()); v-v == 0 {
				return v
			}
		}
	},
	"subnormal": func(r *rand.Rand) float32 { return math.Float32frombits(r.Uint32() & (1<<31 | 1<<24 - 1)) },
	"largest":   func(r *rand.Rand) float32 { return math.MaxFloat32 * float32(1-2*r.IntN(2)) },
	"ones":      func(*rand.Rand) float32 { return 1 },
	"zeros":     func(r *rand.Rand) float32 { return float32(math.Copysign(0, float64(r.IntN(2))-0.5)) },
}

// TestExact compares the statistics with those in rational numbers, bit for bit, for any
// division into bands, and for every kernel.
func TestExact(t *testing.T) {
	for name, make1 := range kinds {
		r := rand.New(rand.NewPCG(1, 2))
		for _, size := range [][2]int{{1, 1}, {1, 2}, {3, 1}, {7, 31}, {40, 64}} {
			values := make([]float32, size[0]*size[1])
			for i := range values {
				values[i] = make1(r)
			}
			want := exact(values)
			for _, set := range simd.Sets() {
				k := kernel.New(set)
				for _, band := range []int{1, 2, size[0]} {
					var s Sums
					var b Bins
					for at := 0; at < size[0]; at += band {
						n := min(band, size[0]-at)
						s.AddRows(k, &b, rowsOf(values[at*size[1]:(at+n)*size[1]], size[1]), 0)
					}
					if got := s.Statistics(); !same(got, want) {
						t.Errorf("%s, %v, bands of %d, kernel %v: got %v, want %v", name, size, band, set, got, want)
					}
					if b != (Bins{}) {
						t.Errorf("%s: the bins are not empty", name)
					}
				}
			}
		}
	}
}

func same(a, b Statistics) bool {
	list := func(s Statistics) []float32 { return []float32{s.Mean, s.Std, s.Max, s.Energy, s.Active} }
	for i, v := range list(a) {
		if w := list(b)[i]; math.Float32bits(v) != math.Float32bits(w) && (v == v || w == w) {
			return false
		}
	}
	return true
}

// TestManyValues fills the bins several times over with the largest significands.
func TestManyValues(t *testing.T) {
	const v = 1 - 1.0/(1<<24)
	values := make([]float32, 3*most+5)
	for i := range values {
		values[i] = v
	}
	var s Sums
	s.AddRows(kernel.Best(), new(Bins), rowsOf(values, len(values)), 0)
	if got, want := s.Statistics(), (Statistics{v, 0, v, v * v, 1}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		values []float32
		want   Statistics
	}{
		{[]float32{1, nan, -1, -2}, Statistics{nan, nan, nan, nan, 0.25}},
		{[]float32{1, inf, -1, nan}, Statistics{nan, nan, nan, nan, 0.5}},
		{[]float32{1, inf, -1, 0}, Statistics{inf, nan, inf, inf, 0.5}},
		{[]float32{1, -inf, -1, 0}, Statistics{-inf, nan, 1, inf, 0.25}},
		{[]float32{-inf, -inf}, Statistics{-inf, nan, -inf, inf, 0}},
		{[]float32{-inf, inf}, Statistics{nan, nan, inf, inf, 0.5}},
	} {
		var s Sums
		s.AddRows(kernel.Best(), new(Bins), rowsOf(c.values, len(c.values)), 0)
		if got := s.Statistics(); !same(got, c.want) {
			t.Errorf("%v: got %v, want %v", c.values, got, c.want)
		}
	}
}

func BenchmarkAddRows(b *testing.B) {
	for _, name := range []string{"normal", "relu"} {
		b.Run(name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			values := make([]float32, 64*64)
			for i := range values {
				values[i] = kinds[name](r)
			}
			rows := rowsOf(values, 64)
			b.SetBytes(int64(4 * len(values)))
			var bins Bins
			k := kernel.Best()
			for b.Loop() {
				var s Sums
				s.AddRows(k, &bins, rows, 0)
			}
		})
	}
}

func BenchmarkStatistics(b *testing.B) {
	values := make([]float32, 64)
	for i := range values {
		values[i] = float32(i) - 30.5
	}
	var s Sums
	s.AddRows(kernel.Best(), new(Bins), rowsOf(values, 64), 0)
	for b.Loop() {
		s.Statistics()
	}
}

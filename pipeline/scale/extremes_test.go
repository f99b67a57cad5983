package scale

import (
	"math"
	"math/rand/v2"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/pipeline/render"
)

var (
	nan     = float32(math.NaN())
	inf     = float32(math.Inf(1))
	negZero = float32(math.Copysign(0, -1))
)

func TestExtremes(t *testing.T) {
	best := kernel.Best()
	for _, c := range []struct {
		name string
		rows [][]float32
		want render.Range
	}{
		{"nothing", nil, render.Range{}},
		{"after ReLU", [][]float32{{0, 3}, {1, 2}}, render.Range{Lo: 0, Hi: 3}},
		{"positive: lo is 0 all the same", [][]float32{{2, 3}}, render.Range{Lo: 0, Hi: 3}},
		{"negative values", [][]float32{{-2, 3}}, render.Range{Lo: -2, Hi: 3}},
		{"negative only", [][]float32{{-2, -1}}, render.Range{Lo: -2, Hi: -1}},
		{"constant", [][]float32{{5, 5}, {5}}, render.Range{Lo: 5, Hi: 5}},
		{"black", [][]float32{{0, 0}}, render.Range{Lo: 0, Hi: 0}},
		{"the other zero", [][]float32{{negZero, 3}}, render.Range{Lo: 0, Hi: 3}},
		{"black of the other zero", [][]float32{{negZero}}, render.Range{Lo: 0, Hi: 0}},
		{"both zeros", [][]float32{{negZero, 0}}, render.Range{Lo: 0, Hi: 0}},
		{"zero the largest", [][]float32{{-2, negZero}}, render.Range{Lo: -2, Hi: 0}},
		{"not finite", [][]float32{{nan, inf, -inf, 1, 0}}, render.Range{Lo: 0, Hi: 1}},
		{"nothing finite", [][]float32{{nan, inf}}, render.Range{}},
	} {
		var e Extremes
		for _, row := range c.rows {
			e.Add(best, row)
		}
		if got := e.Range(); got.String() != c.want.String() { // the text distinguishes −0 from 0
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	var a, b Extremes
	a.Add(best, []float32{1, 2})
	b.Add(best, []float32{-1})
	a.Merge(b)
	a.Merge(Extremes{})
	if got, want := a.Range(), (render.Range{Lo: -1, Hi: 2}); got != want {
		t.Errorf("merged: got %v, want %v", got, want)
	}
}

// TestExtremesOfEveryLength puts special values at every place of rows of every length up to a
// few vectors. Values beside the row would change the result.
func TestExtremesOfEveryLength(t *testing.T) {
	var kernels []*kernel.Kernel
	for _, set := range simd.Sets() {
		kernels = append(kernels, kernel.New(set))
	}
	rng := rand.New(rand.NewPCG(3, 4))
	special := []float32{nan, inf, -inf, 0, negZero, -7, 7, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32}
	for n := range 150 {
		all := make([]float32, n+66)
		for i := range all {
			all[i] = 1000 * float32(1-2*(i%2))
		}
		row := all[33 : 33+n]
		for i := range row {
			row[i] = rng.Float32()
		}
		for at := range n {
			was := row[at]
			row[at] = special[rng.IntN(len(special))]
			var want Extremes
			for _, v := range row {
				if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
					continue
				}
				if !want.seen {
					want = Extremes{v, v, true}
				}
				want.min, want.max = min(want.min, v), max(want.max, v)
			}
			for _, k := range kernels {
				var got Extremes
				got.Add(k, row)
				if got.Range().String() != want.Range().String() || got.seen != want.seen {
					t.Fatalf("%v, %d values, the one at %d is %v: got %v, want %v", k, n, at, row[at], got, want)
				}
			}
			if rng.IntN(4) > 0 {
				row[at] = was
			}
		}
	}
}

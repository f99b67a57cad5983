package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"filterbank/filters/simd"
)

// TestActivate compares every kernel with values that are activated one by one, and finds
// writes outside the rows.
func TestActivate(t *testing.T) {
	const channels, rows, guard = 2, 3, 70
	for width := 1; width <= 80; width++ {
		r := rand.New(rand.NewPCG(uint64(width), 7))
		gap := width % 3 * 5 // rows that follow each other, and rows apart
		grid := Grid{RowStride: width + gap, ChannelStride: rows*(width+gap) + 9}
		data := make([]float32, guard+grid.extent(channels, rows, width)+guard)
		for i := range data {
			data[i] = value(r, width%3)
		}
		for act := range activations {
			a := Pointwise{Activation: act, Slope: 0.3, Slopes: []float32{-0.01, 2}}
			want := slices.Clone(data)
			for c := range channels {
				for i := range rows {
					a.of(c).apply(want[guard+c*grid.ChannelStride+i*grid.RowStride:][:width])
				}
			}
			for _, set := range simd.Sets() {
				got := slices.Clone(data)
				at := grid
				at.Data = got[guard:]
				New(set).Activate(at, channels, rows, width, a)
				for i, w := range want {
					if math.Float32bits(got[i]) != math.Float32bits(w) {
						t.Fatalf("%v, %v of rows of %d values, %d apart: value %d of %v is %v, want %v", set, act, width, grid.RowStride, i-guard, data[i], got[i], w)
					}
				}
			}
		}
	}
}

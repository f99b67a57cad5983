package bank

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestPublishedMasks compares with the integers in the sources.
func TestPublishedMasks(t *testing.T) {
	tests := map[string][]float32{
		"identity":    {1},
		"sharpen":     {0, -1, 0, -1, 5, -1, 0, -1, 0},
		"emboss":      {-2, -1, 0, -1, 1, 1, 0, 1, 2},
		"laplacian-4": {0, 1, 0, 1, -4, 1, 0, 1, 0},
		"laplacian-8": {1, 1, 1, 1, -8, 1, 1, 1, 1},
		"sobel-x":     {-1, 0, 1, -2, 0, 2, -1, 0, 1},
		"sobel-y":     {-1, -2, -1, 0, 0, 0, 1, 2, 1},
		"scharr-x":    {-3, 0, 3, -10, 0, 10, -3, 0, 3},
		"scharr-y":    {-3, -10, -3, 0, 0, 0, 3, 10, 3},
		"prewitt-x":   {-1, 0, 1, -1, 0, 1, -1, 0, 1},
		"prewitt-y":   {-1, -1, -1, 0, 0, 0, 1, 1, 1},
		"roberts-045": {-1, 0, 0, 1},
		"roberts-135": {0, -1, 1, 0},
		"kirsch-n":    {5, 5, 5, -3, 0, -3, -3, -3, -3},
		"kirsch-ne":   {-3, 5, 5, -3, 0, 5, -3, -3, -3},
		"kirsch-e":    {-3, -3, 5, -3, 0, 5, -3, -3, 5},
		"kirsch-se":   {-3, -3, -3, -3, 0, 5, -3, 5, 5},
		"kirsch-s":    {-3, -3, -3, -3, 0, -3, 5, 5, 5},
		"kirsch-sw":   {-3, -3, -3, 5, 0, -3, 5, 5, -3},
		"kirsch-w":    {5, -3, -3, 5, 0, -3, 5, -3, -3},
		"kirsch-nw":   {5, 5, -3, 5, 0, -3, -3, -3, -3},
		"robinson-n":  {1, 2, 1, 0, 0, 0, -1, -2, -1},
		"robinson-ne": {0, 1, 2, -1, 0, 1, -2, -1, 0},
		"robinson-e":  {-1, 0, 1, -2, 0, 2, -1, 0, 1},
		"robinson-se": {-2, -1, 0, -1, 0, 1, 0, 1, 2},
		"robinson-s":  {-1, -2, -1, 0, 0, 0, 1, 2, 1},
		"robinson-sw": {0, -1, -2, 1, 0, -1, 2, 1, 0},
		"robinson-w":  {1, 0, -1, 2, 0, -2, 1, 0, -1},
		"robinson-nw": {2, 1, 0, 1, 0, -1, 0, -1, -2},
		"haar-ll":     {.5, .5, .5, .5},
		"haar-x":      {-.5, .5, -.5, .5},
		"haar-y":      {-.5, -.5, .5, .5},
		"haar-xy":     {.5, -.5, -.5, .5},
		"laws-l5e5":   {-1, -2, 0, 2, 1, -4, -8, 0, 8, 4, -6, -12, 0, 12, 6, -4, -8, 0, 8, 4, -1, -2, 0, 2, 1},
		"laws-r5r5":   {1, -4, 6, -4, 1, -4, 16, -24, 16, -4, 6, -24, 36, -24, 6, -4, 16, -24, 16, -4, 1, -4, 6, -4, 1},
	}
	for name, want := range tests {
		if got := kernel(t, name, nil); !slices.Equal(got.Weights, want) {
			t.Errorf("%s = %v, want %v", name, got.Weights, want)
		}
	}
	if got := kernel(t, "sharpen", map[string]float64{"amount": 0.5}); !slices.Equal(got.Weights, []float32{0, -.5, 0, -.5, 3, -.5, 0, -.5, 0}) {
		t.Errorf("sharpen by 0.5 = %v", got.Weights)
	}
}

// TestSums: kernels that must not answer to an even picture sum to exactly 0, weighted
// averages to exactly 1.
func TestSums(t *testing.T) {
	others := map[string]float64{
		"identity": 1, "sharpen": 1, "emboss": 1, "gaussian": 1, "laws-l5l5": 256, "haar-ll": 2, "dct-0-0": 8,
		"box": float64(float32(1.0/9)) * 9, "frei-chen-9": float64(float32(1.0/3)) * 9,
	}
	for _, b := range Banks() {
		for _, k := range kernels(t, b.Name, nil) {
			if got := sum(k); got != others[k.Name] {
				t.Errorf("%s sums to %v, want %v", k.Name, got, others[k.Name])
			}
		}
	}
}

func TestRamps(t *testing.T) {
	right := func(x, _ float64) float64 { return x }
	down := func(_, y float64) float64 { return y }
	tests := []struct {
		name string
		x, y float64 // answer to a slope of 1
	}{
		{"sobel-x", 8, 0}, {"sobel-y", 0, 8},
		{"scharr-x", 32, 0}, {"scharr-y", 0, 32},
		{"prewitt-x", 6, 0}, {"prewitt-y", 0, 6},
		{"roberts-045", 1, 1}, {"roberts-135", -1, 1},
		{"kirsch-n", 0, -24}, {"kirsch-e", 24, 0}, {"kirsch-s", 0, 24}, {"kirsch-w", -24, 0},
		{"kirsch-ne", 16, -16}, {"kirsch-sw", -16, 16},
		{"robinson-n", 0, -8}, {"robinson-e", 8, 0}, {"robinson-se", 6, 6}, {"robinson-nw", -6, -6},
		{"haar-x", 1, 0}, {"haar-y", 0, 1}, {"haar-xy", 0, 0},
		{"laplacian-4", 0, 0}, {"laplacian-8", 0, 0},
	}
	for _, tt := range tests {
		k := kernel(t, tt.name, nil)
		if x, y := response(k, right), response(k, down); x != tt.x || y != tt.y {
			t.Errorf("%s answers to ramps right and down with %v and %v, want %v and %v", tt.name, x, y, tt.x, tt.y)
		}
	}
}

func TestLaplaciansAnswerToAParabola(t *testing.T) {
	bowl := func(x, y float64) float64 { return x*x + y*y }
	for name, want := range map[string]float64{"laplacian-4": 4, "laplacian-8": 12} {
		if got := response(kernel(t, name, nil), bowl); got != want {
			t.Errorf("%s answers to x² + y² with %v, want %v", name, got, want)
		}
	}
}

// TestOrthonormal: the Frei-Chen masks, the Haar wavelets and the cosine transforms
// are bases.
func TestOrthonormal(t *testing.T) {
	for _, tt := range []struct {
		name   string
		params map[string]float64
	}{
		{"frei-chen", nil}, {"haar", map[string]float64{"level": 4}},
		{"dct", nil}, {"dct", map[string]float64{"size": 2}}, {"dct", map[string]float64{"size": 7}}, {"dct", map[string]float64{"size": 12}},
	} {
		all := kernels(t, tt.name, tt.params)
		for i, a := range all {
			for j, b := range all {
				dot := 0.0
				for n := range a.Weights {
					dot += float64(a.Weights[n]) * float64(b.Weights[n])
				}
				want := 0.0
				if i == j {
					want = 1
				}
				// Half a unit of rounding, 2^-23 of the largest weight, and one more if a
				// sum of 0 needs it.
				if math.Abs(dot-want) > 3*0x1p-23 {
					t.Errorf("%s·%s = %v, want %v", a.Name, b.Name, dot, want)
				}
			}
		}
	}
}

// TestLawsSymmetry: swapping the vectors transposes the mask.
func TestLawsSymmetry(t *testing.T) {
	for _, k := range kernels(t, "laws", nil) {
		pair := strings.TrimPrefix(k.Name, "laws-")
		swapped := kernel(t, "laws-"+pair[2:]+pair[:2], nil)
		for i := range 5 {
			for j := range 5 {
				if k.Weights[5*i+j] != swapped.Weights[5*j+i] {
					t.Errorf("%s is not the transpose of %s at %d, %d", k.Name, swapped.Name, i, j)
				}
			}
		}
	}
}

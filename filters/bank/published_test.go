package bank

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/tensor"
)

// TestReference compares with testdata/reference.py, which has the papers' formulas in
// NumPy.
func TestReference(t *testing.T) {
	tests := []struct {
		file, name string
		params     map[string]float64
		step       int // every step-th row and column is in the file
	}{
		{"gaussian", "gaussian", map[string]float64{"sigma": 1.3, "size": 9}, 1},
		{"dog", "dog", map[string]float64{"sigma": 1.2, "ratio": 1.7, "size": 13}, 1},
		{"log", "log", map[string]float64{"sigma": 1.4, "size": 13}, 1},
		{"gabor", "gabor", map[string]float64{"size": 25, "wavelength": 7, "bandwidth": 1.2, "aspect": 0.8, "orientations": 3, "phases": 2}, 1},
		{"leung-malik", "leung-malik", nil, 6},
		{"leung-malik-small", "leung-malik", map[string]float64{"scale": 1}, 6},
		{"mr8", "mr8", nil, 6},
		{"schmid", "schmid", nil, 6},
		{"dct-8", "dct", nil, 1},
		{"dct-5", "dct", map[string]float64{"size": 5}, 1},
		{"steerable", "steerable", map[string]float64{"sigma": 1 / (0.67 * math.Sqrt2)}, 1},
	}
	for _, tt := range tests {
		want, err := tensor.Load(filepath.Join("testdata", tt.file+".npy"))
		if err != nil {
			t.Fatal(err)
		}
		all := kernels(t, tt.name, tt.params)
		n := (all[0].W + tt.step - 1) / tt.step
		if !slices.Equal(want.Shape, []int{len(all), n, n}) {
			t.Fatalf("%s has shape %v, want %v", tt.file, want.Shape, []int{len(all), n, n})
		}
		for i, k := range all {
			compareWeights(t, k, want.Data[i*n*n:][:n*n], tt.step)
		}
	}
}

// compareWeights takes every step-th row and column of a kernel.
func compareWeights(t *testing.T, k Kernel, want []float32, step int) {
	t.Helper()
	largest := 0.0
	for _, w := range k.Weights {
		largest = max(largest, math.Abs(float64(w)))
	}
	at := 0
	for y := 0; y < k.H; y += step {
		for x := 0; x < k.W; x += step {
			got := float64(k.Weights[y*k.W+x])
			// A unit is at most 2^-22 of the largest weight. Rounding takes half a unit
			// and the exact sum one. The middle takes the sum of all roundings: 7 units
			// for a Gabor filter's 625 if they are random, so 32 are four times that.
			tolerance := 2 * 0x1p-22 * largest
			if 2*max(y, k.H-1-y)-k.H < 1 && 2*max(x, k.W-1-x)-k.W < 1 {
				tolerance *= 16
			}
			if math.Abs(got-float64(want[at])) > tolerance {
				t.Errorf("%s at %d, %d is %v, the reference has %v", k.Name, y, x, got, want[at])
			}
			at++
		}
	}
}

// TestTextureNorms: the sum of magnitudes is 1.
func TestTextureNorms(t *testing.T) {
	for _, name := range []string{"leung-malik", "mr8", "schmid"} {
		for _, k := range kernels(t, name, nil) {
			var norm float64
			for _, w := range k.Weights {
				norm += math.Abs(float64(w))
			}
			// 2401 roundings by up to 2^-24 of the largest, which is below 0.5, and the centre's.
			if math.Abs(norm-1) > 2*2401*0x1p-25 {
				t.Errorf("magnitudes of %s sum to %v, want 1", k.Name, norm)
			}
		}
	}
}

// TestEdgesAndBarsHaveTheirAngle: edges answer most to a ramp along their angle and bars
// to a valley across it, and both have the symmetry of a derivative.
func TestEdgesAndBarsHaveTheirAngle(t *testing.T) {
	for _, k := range slices.Concat(kernels(t, "leung-malik", nil), kernels(t, "mr8", nil)) {
		edge, bar := strings.Contains(k.Name, "-edge-"), strings.Contains(k.Name, "-bar-")
		if !edge && !bar {
			continue
		}
		degrees := 0.0
		for _, digit := range k.Name[len(k.Name)-3:] {
			degrees = 10*degrees + float64(digit-'0')
		}
		answer := func(degrees float64) float64 {
			sin, cos := math.Sincos(degrees * math.Pi / 180)
			return response(k, func(x, y float64) float64 {
				along := x*cos + y*sin
				if bar {
					return along * along
				}
				return along
			})
		}
		own := answer(degrees)
		for _, other := range []float64{-30, -10, 10, 30, 90} {
			if a := answer(degrees + other); a >= own {
				t.Errorf("%s answers to %v° with %v, to its own angle with %v", k.Name, degrees+other, a, own)
			}
		}
		for i, w := range k.Weights {
			opposite := k.Weights[len(k.Weights)-1-i]
			if edge {
				opposite = 0 - opposite
			}
			if w != opposite {
				t.Errorf("%s: weight %d is %v, its opposite %v", k.Name, i, w, k.Weights[len(k.Weights)-1-i])
				break
			}
		}
	}
}

func TestCosinesSumToZero(t *testing.T) {
	for size := 2.0; size <= 32; size += 3 {
		for _, k := range kernels(t, "dct", map[string]float64{"size": size})[1:] {
			if got := sum(k); got != 0 {
				t.Errorf("%s of size %v sums to %v, want 0", k.Name, size, got)
			}
		}
	}
}

// TestCosinesKeepTheirSymmetry: the correction of the sums keeps each basis vector
// symmetric, or antisymmetric if its number of half waves is odd.
func TestCosinesKeepTheirSymmetry(t *testing.T) {
	for size := 2; size <= 17; size += 3 {
		for i, k := range kernels(t, "dct", map[string]float64{"size": float64(size)}) {
			down, along := float32(1-i/size%2*2), float32(1-i%size%2*2)
			for at, w := range k.Weights {
				y, x := at/size, at%size
				if a, b := k.Weights[(size-1-y)*size+x], k.Weights[y*size+size-1-x]; a != down*w || b != along*w {
					t.Fatalf("%s of size %d at %d, %d is %v, its mirror images %v and %v", k.Name, size, y, x, w, a, b)
				}
			}
		}
	}
}

// TestSteerableTaps compares with the 9-tap filters of Freeman and Adelson's tables IV
// and VI, as far as they follow from a bank of correlations: the middle row of g2 at 0°,
// and of h2 turned around. Here they are 0.67 times as large.
func TestSteerableTaps(t *testing.T) {
	params := map[string]float64{"sigma": 1 / (0.67 * math.Sqrt2)}
	for name, want := range map[string][5]float64{
		"steerable-g2-000": {-0.9213, -0.0601, 0.3964, 0.1148, 0.0094},
		"steerable-h2-000": {0, 0.7551, 0.0998, -0.0618, -0.0098},
	} {
		k := kernel(t, name, params)
		for i, tap := range want {
			got := float64(k.Weights[4*9+4+i]) / 0.67
			// The tables have four digits; so that g2 sums to 0, 1.4e-4 of the Gaussian is
			// added.
			if math.Abs(got-tap) > 2e-4 {
				t.Errorf("tap %d of %s is %.4f, want %.4f", i, name, got, tap)
			}
		}
	}
}

// steered sums a family to the filter at an angle, as About says.
func steered(t *testing.T, family string, degrees float64) []float64 {
	t.Helper()
	var basis []Kernel
	for _, k := range kernels(t, "steerable", nil) {
		if strings.HasPrefix(k.Name, "steerable-"+family) {
			basis = append(basis, k)
		}
	}
	cos := func(degrees float64) float64 { return math.Cos(degrees * math.Pi / 180) }
	turned := make([]float64, len(basis[0].Weights))
	for j, k := range basis {
		d := degrees - 180*float64(j)/float64(len(basis))
		weight := map[string]float64{"g1": cos(d), "g2": (1 + 2*cos(2*d)) / 3, "h2": (cos(d) + cos(3*d)) / 2}[family]
		for i, w := range k.Weights {
			turned[i] += weight * float64(w)
		}
	}
	return turned
}

// TestSteering: a filter steered to θ is the transpose of the filter steered to 90° − θ,
// has unit energy, and answers most to its own angle.
func TestSteering(t *testing.T) {
	const n = 9
	for _, family := range []string{"g1", "g2", "h2"} {
		for _, degrees := range []float64{0, 13, 30, 77, 111} {
			w, other := steered(t, family, degrees), steered(t, family, 90-degrees)
			energy := 0.0
			for i, x := range w {
				energy += x * x
				if math.Abs(x-other[i%n*n+i/n]) > 1e-6 { // float32, and g2's centre
					t.Errorf("%s at %v°: weight %d is %v, at %v° its transpose %v", family, degrees, i, x, 90-degrees, other[i%n*n+i/n])
				}
			}
			// The integrals are 1, and 0.9905 with the paper's constants of h2; samples 0.67
			// apart are off by up to a hundredth.
			if want := map[string]float64{"g1": 1, "g2": 1, "h2": 0.9905}[family]; math.Abs(energy-want) > 0.01 {
				t.Errorf("%s at %v° has energy %v, want %v", family, degrees, energy, want)
			}
		}
	}
}

// TestQuadrature: the energy of g2 and h2 together hardly depends on a wave's phase,
// although each alone goes from nothing to all.
func TestQuadrature(t *testing.T) {
	g, h := kernel(t, "steerable-g2-000", nil), kernel(t, "steerable-h2-000", nil)
	least, most := math.Inf(1), 0.0
	for phase := range 16 {
		wave := func(x, _ float64) float64 { return math.Cos(2*math.Pi*x/5 + float64(phase)*math.Pi/8) }
		a, b := response(g, wave), response(h, wave)
		least, most = min(least, a*a+b*b), max(most, a*a+b*b)
	}
	// h2 is a fit of the third degree: at this wavelength its answer is 0.92 of g2's.
	if least < 0.84*most {
		t.Errorf("energy is from %v to %v, want the same for every phase", least, most)
	}
}

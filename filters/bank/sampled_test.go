package bank

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestSampledSums: the sums are exact at any parameters.
func TestSampledSums(t *testing.T) {
	tests := []struct {
		name   string
		want   float64
		params []map[string]float64
	}{
		{"gaussian", 1, []map[string]float64{{"sigma": 0.1, "size": 3}, {"sigma": 0.7}, {"sigma": 42}, {"sigma": 10, "size": 3}}},
		{"log", 0, []map[string]float64{{"sigma": 0.5}, {"sigma": 2, "size": 5}, {"sigma": 31}}},
		{"dog", 0, []map[string]float64{{"sigma": 0.3}, {"ratio": 1.05}, {"sigma": 3, "ratio": 4, "size": 9}}},
		{"gabor", 0, []map[string]float64{{"wavelength": 3, "phases": 4}, {"phase": 37, "size": 9}, {"aspect": 0.5, "bandwidth": 2.5}, {"wavelength": 41}}},
		{"steerable", 0, []map[string]float64{{"sigma": 0.5}, {"sigma": 2, "size": 5}, {"sigma": 11.7}}},
		{"leung-malik", 0, []map[string]float64{{"scale": 0.5, "size": 25}, {"scale": 2, "orientations": 5}}},
		{"mr8", 0, []map[string]float64{{"orientations": 7, "size": 31}}},
		{"schmid", 0, []map[string]float64{{"size": 15}, {"size": 81}}},
	}
	for _, tt := range tests {
		for _, params := range tt.params {
			for _, k := range kernels(t, tt.name, params) {
				if got := sum(k); got != tt.want {
					t.Errorf("%s %v sums to %v, want %v", k.Name, params, got, tt.want)
				}
			}
		}
	}
}

func TestBoxIsTheMean(t *testing.T) {
	for _, size := range []float64{1, 2, 3, 8, 31} {
		for i, w := range kernel(t, "box", map[string]float64{"size": size}).Weights {
			if w != float32(1/(size*size)) {
				t.Errorf("box of %v: weight %d is %v, want 1/%v", size, i, w, size*size)
			}
		}
	}
}

// TestRoundSymmetry: kernels without direction look the same from all eight sides.
func TestRoundSymmetry(t *testing.T) {
	for _, name := range []string{"gaussian", "log", "dog", "mr8-gaussian", "mr8-log", "leung-malik-gaussian-1",
		"leung-malik-log-2", "leung-malik-log3-3", "schmid-2-1", "schmid-10-4"} {
		k := kernel(t, name, nil)
		n := k.W
		for i := range n {
			for j := range n {
				w := k.Weights[i*n+j]
				if w != k.Weights[j*n+i] || w != k.Weights[(n-1-i)*n+j] {
					t.Errorf("%s is not symmetric at %d, %d", name, i, j)
				}
			}
		}
	}
}

func TestGaussianMoments(t *testing.T) {
	for _, sigma := range []float64{0.8, 1, 2, 5} {
		k := kernel(t, "gaussian", map[string]float64{"sigma": sigma, "size": 2*math.Ceil(6*sigma) + 1})
		variance := response(k, func(x, _ float64) float64 { return x * x })
		// At 6σ truncation is below 1e-7. Sampling changes the variance by at most 2e-4,
		// at σ = 0.8: a term of 8π²σ²·exp(−2π²σ²) by Poisson's formula. Rounding to 2^-23
		// of the largest weight adds up to (6σ)²·2^-24 for each weight of the tails.
		bound := 8*math.Pi*math.Pi*sigma*sigma*math.Exp(-2*math.Pi*math.Pi*sigma*sigma) + 1e-5
		if math.Abs(variance/(sigma*sigma)-1) > bound {
			t.Errorf("gaussian of sigma %v has variance %v, want %v", sigma, variance, sigma*sigma)
		}
	}
}

func TestGaussianRatios(t *testing.T) {
	k := kernel(t, "gaussian", map[string]float64{"sigma": 2, "size": 9})
	centre := float64(k.Weights[40])
	for i := range 9 {
		for j := range 9 {
			r2 := float64((i-4)*(i-4) + (j-4)*(j-4))
			want := math.Exp(-r2 / 8)
			if got := float64(k.Weights[i*9+j]) / centre; math.Abs(got-want) > 1e-6 { // eight units of 2^-23 for the centre's correction
				t.Errorf("weight %d, %d is %v of the centre, want %v", i, j, got, want)
			}
		}
	}
}

func TestLaplacianOfGaussian(t *testing.T) {
	for _, sigma := range []float64{1, 1.4, 2, 3.5} {
		k := kernel(t, "log", map[string]float64{"sigma": sigma})
		n := k.W
		middle := k.Weights[n/2*n+n/2:]
		// Over the Gaussian the kernel is linear in r², so two samples give the crossing.
		over := func(x int) float64 { return float64(middle[x]) / bell(float64(x), 0, sigma) }
		slope := over(1) - over(0)
		crossing := math.Sqrt(-over(0) / slope)
		// The window's missing part, 0.7 % of a lobe, moves it by as much.
		if want := sigma * math.Sqrt2; math.Abs(crossing-want) > 0.007*want {
			t.Errorf("log of sigma %v crosses zero at %v, want σ√2 = %v", sigma, crossing, want)
		}
		// ∫(x² + y²)·∇²G = 4; the window of 4σ cuts off 5 % of this moment.
		if got := response(k, func(x, y float64) float64 { return x*x + y*y }); math.Abs(got-4) > 0.2 {
			t.Errorf("log of sigma %v answers to x² + y² with %v, want 4", sigma, got)
		}
	}
}

// TestDogIsCloseToLog: Marr and Hildreth's ratio of 1.6, and the opposite sign.
func TestDogIsCloseToLog(t *testing.T) {
	const inner, ratio = 3.0, 1.6
	// The Laplacian whose zero crossing is the DoG's: r² = 4·ln(ratio)·s²·σ²/(s² − σ²).
	outer := inner * ratio
	sigma := math.Sqrt(2*math.Log(ratio)) * inner * outer / math.Sqrt(outer*outer-inner*inner)
	dog := kernel(t, "dog", map[string]float64{"sigma": inner, "ratio": ratio, "size": 41})
	log := kernel(t, "log", map[string]float64{"sigma": sigma, "size": 41})
	var dl, dd, ll float64
	for i := range dog.Weights {
		d, l := float64(dog.Weights[i]), float64(log.Weights[i])
		dl, dd, ll = dl+d*l, dd+d*d, ll+l*l
	}
	if got := dl / math.Sqrt(dd*ll); got > -0.98 {
		t.Errorf("correlation of dog and log is %v, want close to −1", got)
	}
}

func TestSigmaFromBandwidth(t *testing.T) {
	// Petkov and Kruizinga give σ/λ = 0.56 for one octave.
	if got := sigmaFromBandwidth(1, 1); math.Abs(got-0.56) > 0.005 {
		t.Errorf("σ/λ for one octave is %v, want 0.56", got)
	}
	// By definition the answer to the frequencies at both ends of the band is half
	// the peak: a Gaussian of 1/(2πσ) around 1/λ in frequency.
	for _, b := range []float64{0.5, 1, 2} {
		const lambda = 8.0
		s := 2 * math.Pi * sigmaFromBandwidth(lambda, b)
		half := math.Sqrt(2*math.Ln2) / s
		if got := math.Log2((1/lambda + half) / (1/lambda - half)); math.Abs(got-b) > 1e-12 { // rounding of a few units
			t.Errorf("σ for %v octaves spans %v", b, got)
		}
	}
}

func TestGaborNames(t *testing.T) {
	tests := []struct {
		params map[string]float64
		want   []string
	}{
		{map[string]float64{"orientations": 4}, []string{"gabor-000", "gabor-045", "gabor-090", "gabor-135"}},
		{map[string]float64{"orientations": 1, "phase": 90}, []string{"gabor-000-p090"}},
		{map[string]float64{"orientations": 2, "phases": 2}, []string{"gabor-000-p000", "gabor-000-p090", "gabor-090-p000", "gabor-090-p090"}},
		{map[string]float64{"orientations": 1, "phase": 200, "phases": 3}, []string{"gabor-000-p200", "gabor-000-p290", "gabor-000-p020"}},
		{map[string]float64{"orientations": 1, "phase": 359.9}, []string{"gabor-000-p000"}},
	}
	for _, tt := range tests {
		var got []string
		for _, k := range kernels(t, "gabor", tt.params) {
			got = append(got, k.Name)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("gabor %v has %v, want %v", tt.params, got, tt.want)
		}
	}
	for n := 1.0; n <= 180; n++ {
		seen := map[string]bool{}
		for _, k := range kernels(t, "gabor", map[string]float64{"orientations": n, "wavelength": 3, "size": 3}) {
			if seen[k.Name] {
				t.Errorf("%v orientations have %s twice", n, k.Name)
			}
			seen[k.Name] = true
		}
	}
	if k := kernel(t, "gabor-030", map[string]float64{"orientations": 6}); k.Name != "gabor-030" {
		t.Errorf("gabor-030 of 6 orientations is called %s", k.Name)
	}
}

// TestGaborNorm: the positive weights sum to 1, the negative ones to −1.
func TestGaborNorm(t *testing.T) {
	for _, k := range kernels(t, "gabor", map[string]float64{"phases": 2}) {
		positive := 0.0
		for _, w := range k.Weights {
			positive += max(0, float64(w))
		}
		if math.Abs(positive-1) > 729*0x1p-25 { // 27×27 weights, each rounded by up to 2^-25 at most: none exceeds 0.25
			t.Errorf("positive weights of %s sum to %v, want 1", k.Name, positive)
		}
	}
}

func TestGaborSymmetry(t *testing.T) {
	params := map[string]float64{"phases": 2, "wavelength": 7.3}
	for _, k := range kernels(t, "gabor", params) {
		odd := k.Name[len(k.Name)-4:] == "p090"
		for i, w := range k.Weights {
			opposite := k.Weights[len(k.Weights)-1-i]
			if odd {
				opposite = -opposite
			}
			if w != opposite {
				t.Errorf("%s: weight %d is %v, its opposite %v", k.Name, i, w, opposite)
				break
			}
		}
	}
	across, down := kernel(t, "gabor-000-p090", params), kernel(t, "gabor-090-p090", params)
	for i := range across.H {
		for j := range across.W {
			if a, d := across.Weights[i*across.W+j], down.Weights[j*across.W+i]; a != d {
				t.Errorf("gabor-000 at %d, %d is %v, gabor-090 transposed %v", i, j, a, d)
			}
		}
	}
}

// TestGaborPrefersItsStripes: each filter of a bank answers most to the grating of its
// own orientation, and least to the one across it.
func TestGaborPrefersItsStripes(t *testing.T) {
	for _, aspect := range []float64{0.5, 1} {
		all := kernels(t, "gabor", map[string]float64{"aspect": aspect})
		for i, k := range all {
			best, worst, strongest, weakest := 0, 0, -1.0, 2.0
			for o := range all {
				a := response(k, grating(float64(o)*180/8, 8))
				if a > strongest {
					best, strongest = o, a
				}
				if a < weakest {
					worst, weakest = o, a
				}
			}
			if best != i || strongest < 0.5 {
				t.Errorf("%s answers most to %v°, with %v, want %v° and at least 0.5", k.Name, float64(best)*22.5, strongest, float64(i)*22.5)
			}
			if math.Abs(weakest) > 0.01*strongest {
				t.Errorf("%s answers to %v° with %v, want nothing beside %v", k.Name, float64(worst)*22.5, weakest, strongest)
			}
		}
	}
}

// TestGaborPrefersItsWavelength: over an octave in half-octave steps.
func TestGaborPrefersItsWavelength(t *testing.T) {
	for _, lambda := range []float64{4, 6, 8, 12} {
		k := kernel(t, "gabor-045", map[string]float64{"wavelength": lambda})
		own := response(k, grating(45, lambda))
		for _, other := range []float64{0.5, 0.7, 1.4, 2} {
			if a := response(k, grating(45, other*lambda)); a >= own {
				t.Errorf("gabor of wavelength %v answers to %v with %v, to its own with %v", lambda, other*lambda, a, own)
			}
		}
	}
}

// grating is a wave of amplitude 1 whose crests run across the line at degrees
// from x towards y.
func grating(degrees, wavelength float64) func(x, y float64) float64 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return func(x, y float64) float64 { return math.Cos(2 * math.Pi * (x*cos + y*sin) / wavelength) }
}

func TestGaborPhases(t *testing.T) {
	// ψ moves the wave along x': answers to a step at the middle, bright to the right.
	step := func(x, _ float64) float64 { return max(-1, min(1, x)) }
	line := func(x, _ float64) float64 { return max(0, 1-math.Abs(x)) }
	for phase, want := range map[int][2]float64{0: {0, 1}, 90: {-1, 0}, 180: {0, -1}, 270: {1, 0}} {
		k := kernel(t, fmt.Sprintf("gabor-000-p%03d", phase), map[string]float64{"phases": 4})
		for i, f := range []func(x, y float64) float64{step, line} {
			got := response(k, f)
			if want[i] == 0 && math.Abs(got) > 1e-6 || got*want[i] < 0 || want[i] != 0 && math.Abs(got) < 0.1 {
				t.Errorf("%s answers to step, line %d with %v, want the sign of %v", k.Name, i, got, want[i])
			}
		}
	}
}

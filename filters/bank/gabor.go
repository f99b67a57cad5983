package bank

import (
	"fmt"
	"math"
)

// gabors is the family of oriented waves under a Gaussian.
func gabors() []Bank {
	return []Bank{{
		Name:  "gabor",
		Title: "Gabor filters",
		About: "exp(−(x'² + γ²y'²)/(2σ²))·cos(2πx'/λ + ψ) with x' = x·cos θ + y·sin θ and " +
			"y' = −x·sin θ + y·cos θ at whole pixels: gabor-000 answers to vertical stripes, gabor-090 to horizontal ones. " +
			"A multiple of the envelope is taken away so that the weights sum to exactly 0, " +
			"then the positive ones are scaled to sum to 1: a picture in [0, 1] is answered in [−1, 1].",
		Source: "Petkov and Kruizinga, Computational models of visual neurons specialised in the detection of periodic and " +
			"aperiodic oriented visual stimuli, Biological Cybernetics 76, 1997; " +
			"Daugman, J. Opt. Soc. Am. A 2(7), 1985",
		Params: []Param{
			{Name: "wavelength", Default: 8, Min: 2, Max: 256, Help: "wavelength λ of the stripes, in pixels"},
			{Name: "orientations", Default: 8, Min: 1, Max: 180, Integer: true,
				Help: "how many angles θ, evenly over 180° from 0°, of the line across the stripes, " +
					"from x towards y (clockwise on the screen)"},
			{Name: "phase", Default: 0, Min: 0, Max: 360,
				Help: "phase ψ, in degrees: 0 for a bright line, 180 for a dark one, " +
					"90 and 270 for edges brighter at smaller and larger x'"},
			{Name: "phases", Default: 1, Min: 1, Max: 4, Integer: true,
				Help: "how many phases, phase and then 90° more each: 2 are a quadrature pair, " +
					"4 also hold what ReLU cuts off from those two"},
			// At 1 the default eight orientations meet above half height, and the kernels
			// have a quarter of the weights that 0.5, the mean of simple cells, would need.
			{Name: "aspect", Default: 1, Min: 0.1, Max: 10,
				Help: "aspect ratio γ: below 1 the envelope is longer along the stripes; 0.23 to 0.92 in simple cells"},
			{Name: "bandwidth", Default: 1, Min: 0.1, Max: 4,
				Help: "half-response spatial frequency bandwidth b, in octaves; sets σ: 1 gives σ ≈ 0.56λ"},
			{Name: "sigma", Derived: "λ/π·√(ln 2/2)·(2^b + 1)/(2^b − 1)", Min: 0.3, Max: 256,
				Help: "standard deviation σ of the envelope across the stripes, in pixels; instead of bandwidth"},
			{Name: "size", Derived: "the smallest odd number that is at least 6σ and 6σ/γ", Min: 3, Max: maxSize, Odd: true,
				Help: "rows and columns, in pixels"},
		},
		build: gabor,
	}}
}

func gabor(v values) ([]Kernel, error) {
	if v.has("sigma") && v.has("bandwidth") {
		return nil, v.fail("sigma", "sigma and bandwidth set the same width: give one of them")
	}
	lambda, gamma := v.float("wavelength"), v.float("aspect")
	sigma := sigmaFromBandwidth(lambda, v.float("bandwidth"))
	if v.has("sigma") {
		sigma = v.float("sigma")
	}
	size, err := v.size(6 * sigma * max(1, 1/gamma))
	if err != nil {
		return nil, err
	}
	var kernels []Kernel
	orientations, phases := v.int("orientations"), v.int("phases")
	for o := range orientations {
		for p := range phases {
			psi := v.float("phase") + float64(90*p)
			w, ok := wavelet{
				size: size, lambda: lambda, sigma: sigma, gamma: gamma,
				theta: float64(o) / float64(2*orientations), psi: psi / 360,
			}.weights()
			name := fmt.Sprintf("gabor-%03d", (360*o+orientations)/(2*orientations)) // 180·o/orientations, rounded
			if psi != 0 || phases > 1 {
				name += fmt.Sprintf("-p%03d", int(math.Floor(psi+0.5))%360)
			}
			if !ok {
				return nil, v.fail("wavelength", "%s would be 0 at every pixel with wavelength %v, phase %v and sigma %.3g: "+
					"choose a longer wavelength or another phase", name, lambda, math.Mod(psi, 360), sigma)
			}
			kernels = append(kernels, square(name, size, w, 0))
		}
	}
	return kernels, nil
}

// sigmaFromBandwidth is the standard deviation in space of a Gabor filter that
// answers at half height or more over b octaves of spatial frequency around 1/λ
// (Petkov and Kruizinga 1997; σ and λ in pixels).
func sigmaFromBandwidth(lambda, b float64) float64 {
	octaves := exp(b * math.Ln2)
	return lambda / math.Pi * math.Sqrt(math.Ln2/2) * (octaves + 1) / (octaves - 1)
}

// wavelet is one Gabor function; angles are in turns, lengths in pixels.
type wavelet struct {
	size                 int
	lambda, sigma, gamma float64
	theta, psi           float64
}

// weights samples the wavelet, subtracts its mean and scales its positive part to 1. It
// is not ok if only rounding errors remain: all zero crossings are on pixels, or the
// envelope is narrower than a pixel.
func (g wavelet) weights() (w []float64, ok bool) {
	sinTheta, cosTheta := turn(g.theta)
	sinPsi, cosPsi := turn(g.psi)
	along := func(x, y float64) (float64, float64) {
		return float64(x*cosTheta) + float64(y*sinTheta), float64(y*cosTheta) - float64(x*sinTheta)
	}
	envelope := sample(g.size, func(x, y float64) float64 {
		x, y = along(x, y)
		return bell(x, g.gamma*y, g.sigma)
	})
	w = sample(g.size, func(x, y float64) float64 {
		x, _ = along(x, y)
		sin, cos := turn(x / g.lambda)
		return float64(cos*cosPsi) - float64(sin*sinPsi) // cos(2πx'/λ + ψ); exactly odd at ψ = 90°
	})
	for i := range w {
		w[i] *= envelope[i]
	}
	removeMean(w, envelope)
	var norm float64
	for _, x := range w {
		norm += math.Abs(x)
	}
	if norm < 1e-9*total(envelope) {
		return nil, false
	}
	for i := range w {
		w[i] *= 2 / norm
	}
	return w, true
}

package kernel

import (
	"math"
	"os"
	"testing"

	"filterbank/filters/simd"
)

// inDouble are the functions as the standard library computes them in float64.
var inDouble = map[Activation]func(x float64) float64{
	Sigmoid: func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	Tanh:    math.Tanh,
	SiLU:    func(x float64) float64 { return x / (1 + math.Exp(-x)) },
	GELU:    func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 },
	GELUTanh: func(x float64) float64 {
		return x / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	},
	ELU: func(x float64) float64 {
		if x > 0 {
			return x
		}
		return -0.75 * math.Expm1(x)
	},
}

// TestFunctionsOfEveryValue compares the functions with the standard library's of float64,
// rounded to float32: the difference is at most one unit in the last place. Every kernel has
// the bits of plain Go. FILTERBANK_LONG=1 takes all 2³² values, otherwise every 65,521st.
func TestFunctionsOfEveryValue(t *testing.T) {
	step := uint64(65521)
	if os.Getenv("FILTERBANK_LONG") != "" {
		step = 1
	}
	for a := range activations {
		if a == PReLU {
			continue
		}
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			p, double := Pointwise{Activation: a, Slope: -0.75}, inDouble[a]
			in, want := make([]float32, 1000), make([]float32, 1000)
			got := make([]float32, 1000)
			for first := uint64(0); first < 1<<32; first += 1000 * step {
				for i := range in {
					in[i] = quieted(math.Float32frombits(uint32(first + uint64(i)*step)))
				}
				copy(want, in)
				p.apply(want)
				for _, set := range simd.Sets() {
					copy(got, in)
					New(set).finish(got, p)
					for i, w := range want {
						if math.Float32bits(got[i]) != math.Float32bits(w) {
							t.Fatalf("%v of %x is %x with %v, want %x", a, in[i], got[i], set, w)
						}
					}
				}
				for i, w := range want {
					if double == nil {
						break
					}
					if exact := float32(double(float64(in[i]))); !near(w, exact) {
						t.Fatalf("%v of %v is %v, want %v", a, in[i], w, exact)
					}
				}
			}
		})
	}
}

// finish is activate of sums as the loops of convolution leave them.
func (k *Kernel) finish(row []float32, a Pointwise) {
	floor := (&Layer{activation: a}).floor()
	for i, v := range row {
		if k.lanes > 0 && v < floor || v == 0 && floor == 0 {
			row[i] = floor
		}
	}
	if a.Activation == ReLU || a.Activation == None {
		a.apply(row)
		return
	}
	k.activate(row, a)
}

func quieted(v float32) float32 {
	if v != v {
		return quietNaN
	}
	return v
}

// near says whether two values are neighbours or equal, with the same sign of zero.
func near(a, b float32) bool {
	if a != a || b != b {
		return a != a && b != b
	}
	ordered := func(v float32) int64 {
		bits := int64(math.Float32bits(v))
		if bits>>31 != 0 {
			return 1<<31 - 1 - bits
		}
		return bits
	}
	d := ordered(a) - ordered(b)
	return -1 <= d && d <= 1
}

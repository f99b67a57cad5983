package filters

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/bank"
	"filterbank/filters/volume"
)

func TestSeparate(t *testing.T) {
	spec := ConvSpec{
		Name: "edges", Inputs: []string{"input"}, InChannels: 2, Filters: []string{"x", "zero"}, KernelSize: [2]int{3, 3},
		Weights: []float32{
			-1, 0, 1, -2, 0, 2, -1, 0, 1, -2, 0, 2, -4, 0, 4, -2, 0, 2,
			0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		},
		Bias: []float32{1, 2}, Stride: [2]int{2, 3}, Dilation: [2]int{4, 5}, Activation: LeakyReLU, NegativeSlope: 0.1,
		Padding: Padding{Top: 6, Left: 7, Bottom: 8, Right: 9, Mode: Reflect}, StrictSize: true,
	}
	rows, columns, err := spec.Separate()
	if err != nil {
		t.Fatal(err)
	}
	r, c := rows.Spec(), columns.Spec()
	if want := []float32{-2, 0, 2, -4, 0, 4, 0, 0, 0, 0, 0, 0}; !slices.Equal(r.Weights, want) {
		t.Errorf("rows %v, want %v", r.Weights, want)
	}
	if want := []float32{0.5, 1, 0.5, 0, 0, 0}; !slices.Equal(c.Weights, want) {
		t.Errorf("columns %v, want %v", c.Weights, want)
	}
	if r.Name != "edges-rows" || c.Name != "edges" || !slices.Equal(r.Inputs, spec.Inputs) || c.Inputs != nil ||
		r.KernelSize != [2]int{1, 3} || c.KernelSize != [2]int{3, 1} ||
		r.Stride != [2]int{1, 3} || c.Stride != [2]int{2, 1} || r.Dilation != [2]int{1, 5} || c.Dilation != [2]int{4, 1} ||
		r.Padding != (Padding{Left: 7, Right: 9, Mode: Reflect}) || c.Padding != (Padding{Top: 6, Bottom: 8, Mode: Reflect}) ||
		r.Activation != None || c.Activation != LeakyReLU || c.NegativeSlope != 0.1 || !slices.Equal(c.Bias, spec.Bias) ||
		r.Groups != 1 || c.Groups != 2 || !r.StrictSize || !c.StrictSize {
		t.Errorf("rows %+v, columns %+v", r, c)
	}
}

// TestSeparateBanks counts the filters of rank one of every bank.
func TestSeparateBanks(t *testing.T) {
	want := map[string]int{
		"box": 1, "dct": 64, "frei-chen": 5, "gabor": 2, "gaussian": 1, "haar": 4, "laws": 25, "leung-malik": 12, "mr8": 12,
		"prewitt": 2, "robinson": 4, "scharr": 2, "sobel": 2, "steerable": 5, "identity": 1,
	}
	for _, b := range bank.Banks() {
		kernels, err := b.Kernels(nil)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, k := range kernels {
			left := factor(k.Weights, make([]float32, k.W), make([]float32, k.H), k.W)
			if left <= rankOne {
				n++
			} else if left < 1.0/(1<<8) {
				t.Errorf("%s leaves over %v", k.Name, left)
			}
		}
		if n != want[b.Name] {
			t.Errorf("%d filters of %s have rank one, want %d", n, b.Name, want[b.Name])
		}
	}
	for _, sigma := range []float64{1, 2, 4, 8, 16} {
		kernels, err := bank.Kernels("gaussian", map[string]float64{"sigma": sigma})
		if err != nil {
			t.Fatal(err)
		}
		k := kernels[0]
		if left := factor(k.Weights, make([]float32, k.W), make([]float32, k.H), k.W); left > 1.0/(1<<19) {
			t.Errorf("a Gaussian of σ %v leaves over %v", sigma, left)
		}
	}
}

func TestSeparateRefuses(t *testing.T) {
	for _, c := range []struct {
		size    [2]int
		weights []float32
		want    string
	}{
		{[2]int{3, 3}, []float32{0, 1, 0, 1, -4, 1, 0, 1, 0}, `separable needs filters of rank one, but the rows of filter "f0" are no multiples of one row: a column times a row leaves over 0.1 of its norm, at most 3.8e-06 is possible`},
		{[2]int{2, 2}, []float32{1, 1, 1, 1 + 1.0/(1<<15)}, "leaves over 7.6e-06"},
		{[2]int{1, 2}, []float32{1, 2}, "separable is for kernels of several rows and columns, these are 1×2"},
		{[2]int{2, 1}, []float32{1, 2}, "these are 2×1"},
	} {
		_, _, err := ConvSpec{InChannels: 1, KernelSize: c.size, Weights: c.weights}.Separate()
		if wrong, ok := errors.AsType[*FieldError](err); !ok || wrong.Field != "separable" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.weights, err, c.want)
		}
	}
	_, _, err := ConvSpec{InChannels: 1, KernelSize: [2]int{2, 2}, Weights: []float32{1, 1, 1, 1 + 1.0/(1<<17)}}.Separate()
	if err != nil {
		t.Errorf("a weight that is off by less than the bound is refused: %v", err)
	}
}

// TestSeparateComputes compares both halves with the whole convolution, within the bound of
// Separate and a rounding for every term of both sums.
func TestSeparateComputes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	for range 60 {
		groups := 1 + r.IntN(2)
		channels, filters, h, w := groups*(1+r.IntN(2)), groups*(1+r.IntN(3)), 2+r.IntN(6), 2+r.IntN(6)
		perGroup := channels / groups
		spec := ConvSpec{
			InChannels: channels, KernelSize: [2]int{h, w}, Groups: groups, Activation: None,
			Stride: [2]int{1 + r.IntN(3), 1 + r.IntN(3)}, Dilation: [2]int{1 + r.IntN(2), 1 + r.IntN(2)},
			Padding: Padding{Top: r.IntN(4), Left: r.IntN(4), Bottom: r.IntN(4), Right: r.IntN(4), Mode: PaddingMode(r.IntN(4))},
			Weights: make([]float32, filters*perGroup*h*w), Bias: make([]float32, filters),
		}
		for k := range filters {
			spec.Bias[k] = float32(r.NormFloat64())
			row, column := make([]float64, perGroup*w), make([]float64, h)
			for _, values := range [][]float64{row, column} {
				for i := range values {
					values[i] = r.NormFloat64()
				}
			}
			for i := range perGroup * h * w {
				spec.Weights[k*perGroup*h*w+i] = float32(column[i%(h*w)/w] * row[i/(h*w)*w+i%w])
			}
		}
		compareSeparated(t, r, spec)
	}
}

func compareSeparated(t *testing.T, r *rand.Rand, spec ConvSpec) {
	t.Helper()
	rows, columns, err := spec.Separate()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := NewConv(spec)
	if err != nil {
		t.Fatal(err)
	}
	v, err := volume.New(volume.Shape{C: spec.InChannels, H: 15 + r.IntN(9), W: 15 + r.IntN(9)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range v.Data {
		v.Data[i] = float32(2*r.Float64() - 1)
	}
	apply := func(layers ...Layer) *volume.Volume {
		s, err := NewStack("", spec.InChannels, layers...)
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Apply(v)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	got, want := apply(rows, columns), apply(whole)
	if got.Shape != want.Shape {
		t.Fatalf("%+v: shape %v, want %v", spec, got.Shape, want.Shape)
	}
	kernels, _ := whole.Kernels()
	for i, g := range got.Data {
		k := i / (got.H * got.W)
		squares, sum := 0.0, math.Abs(float64(spec.Bias[k]))
		for _, weight := range kernels.Of(k) {
			squares, sum = squares+float64(weight)*float64(weight), sum+math.Abs(float64(weight))
		}
		taps := float64(len(kernels.Of(k))) // the norm of inputs of at most 1 is its root
		if bound := math.Sqrt(squares*taps)*rankOne + 2*(taps+1)*sum/(1<<24); math.Abs(float64(g-want.Data[i])) > bound {
			t.Fatalf("%+v: value %d is %v, want %v within %v", spec, i, g, want.Data[i], bound)
		}
	}
}

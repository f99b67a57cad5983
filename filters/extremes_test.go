package filters

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
)

// boundedStack draws a stack whose last layer can be bounded, mostly, and a picture.
func boundedStack(r *rand.Rand) (*Plan, *volume.Volume) {
	for {
		in := volume.Shape{C: 1 + r.IntN(4), H: 1 + r.IntN(90), W: 20 + r.IntN(150)}
		if r.IntN(20) == 0 {
			in.H += 300
		}
		channels := in.C
		var layers []Layer
		if r.IntN(6) == 0 {
			first, err := NewConv(randomConv(r, channels, "first"))
			if err != nil {
				panic(err)
			}
			layers, channels = append(layers, first), len(first.Filters())
		}
		spec := randomConv(r, channels, "last")
		if r.IntN(4) > 0 {
			spec.Dilation = [2]int{1, 1}
		}
		if spec.Padding.Kind != Same && r.IntN(4) > 0 {
			spec.Stride = [2]int{1 + r.IntN(3), 1}
		}
		spec.NegativeSlope = []float32{0.01, 0.3, 2, 0, -0.5}[r.IntN(5)]
		taps := len(spec.Weights) / len(spec.Bias)
		for range spec.Groups * r.IntN(24/spec.Groups+1) {
			for range taps {
				spec.Weights = append(spec.Weights, float32(r.NormFloat64()))
			}
			spec.Bias = append(spec.Bias, float32(r.NormFloat64()))
		}
		p := randomActivation(r, len(spec.Bias))
		if r.IntN(4) > 0 {
			p = pointwise{activation: Activation(r.IntN(int(Square) + 1))}
		}
		spec.Activation, spec.Alpha, spec.Slopes = p.activation, p.alpha, p.slopes
		scaleWeights(r, &spec)
		last, err := NewConv(spec)
		if err != nil {
			panic(err)
		}
		s, err := NewStack("", in.C, append(layers, last)...)
		if err != nil {
			panic(err)
		}
		if p, err := s.Plan(in); err == nil {
			v, err := volume.New(in)
			if err != nil {
				panic(err)
			}
			paint(r, v)
			return p, v
		}
	}
}

// scaleWeights makes some layers' weights all of one sign, equal, tiny or huge.
func scaleWeights(r *rand.Rand, s *ConvSpec) {
	kind, factor := r.IntN(8), float32(1)
	switch r.IntN(20) {
	case 0:
		factor = 0x1p-140
	case 1:
		factor = 0x1p100
	case 2:
		factor = 0x1p124
	}
	for i, w := range s.Weights {
		switch kind {
		case 0:
			w = float32(math.Abs(float64(w)))
		case 1:
			w = -float32(math.Abs(float64(w)))
		case 2:
			w = 0.1
		case 3:
			w = 0.3 * float32(1-2*(i%2))
		}
		s.Weights[i] = factor * max(-4, min(4, w))
	}
	if r.IntN(3) > 0 {
		clear(s.Bias)
	}
}

// paint fills a picture with one of: a spot of contrast in levels of 8 bits, plateaus whose values differ
// in the last bits, noise, one value, one value and a dot; some have special values.
func paint(r *rand.Rand, v *volume.Volume) {
	level, kind := float32(r.Float64()), r.IntN(9)
	left, top := r.Float64()*float64(v.W), r.Float64()*float64(v.H)
	for i := range v.Data {
		x, y := i%v.W, i/v.W%v.H
		switch kind {
		case 0, 1, 2, 3, 4:
			contrast := 4 + 100*math.Exp(-math.Hypot(float64(x)-left, float64(y)-top)/10)
			v.Data[i] = float32(math.Round(max(0, min(255, 100+contrast*r.NormFloat64())))) / 255
		case 5:
			ulps := uint32(x/24+y/12) * 7 % 5
			v.Data[i] = math.Float32frombits(math.Float32bits(level) + ulps)
		case 6:
			v.Data[i] = float32(r.NormFloat64())
		default:
			v.Data[i] = level
		}
	}
	if kind == 7 {
		v.Data[r.IntN(len(v.Data))] = float32(r.NormFloat64())
	}
	factor := []float32{0x1p-130, 0x1p20, 0x1p110, -1, 1}[min(r.IntN(12), 4)]
	for i := range v.Data {
		v.Data[i] *= factor
	}
	switch r.IntN(10) {
	case 0:
		fillSpecial(r, v.Data)
	case 1:
		fillSpecial(r, v.Data[r.IntN(len(v.Data)):][:1])
	}
}

// everyValue finds the extremes from every value of the maps.
func everyValue(t *testing.T, r *Runner, p *Plan, in *volume.Volume, selected []bool) [][]Extremes {
	t.Helper()
	found := noExtremes(p)
	err := r.Run(context.Background(), p, selected, in, func(layer int, rows volume.Rows) error {
		for k := range rows.C {
			e := &found[layer][k]
			for i := range rows.N {
				for _, v := range rows.Row(k, i) {
					if v-v == 0 {
						e.Min, e.Max = min(e.Min, v+0), max(e.Max, v+0)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, maps := range found {
		for k := range maps {
			if e := &maps[k]; e.Min < e.Max && e.Min > 0 {
				e.Min = 0
			}
		}
	}
	return found
}

// checkExtremes compares bits.
func checkExtremes(t *testing.T, p *Plan, what any, got, want [][]Extremes) {
	t.Helper()
	for l, maps := range want {
		for k, w := range maps {
			g := got[l][k]
			if math.Float32bits(g.Min) != math.Float32bits(w.Min) || math.Float32bits(g.Max) != math.Float32bits(w.Max) {
				t.Fatalf("%v, layer %d, map %d of %v: got %v, want %v (%+v)", what, l, k, p.Layers[l].Out, g, w, describe(p.Layers[l].Layer))
			}
		}
	}
}

// TestExtremesOfEveryValue compares extremes with those of every value, bit for bit, with
// every kernel, alone and in teams.
func TestExtremesOfEveryValue(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 11))
	type finder struct {
		find   func(context.Context, *Plan, []bool, RowReader) ([][]Extremes, error)
		kernel *kernel.Kernel
		pruner *pruner // nil for a team
	}
	var finders []finder
	for _, set := range simd.Sets() {
		k := kernel.New(set)
		for _, budget := range []int{1, 16 << 10, 0} {
			r := &Runner{Kernel: k, budget: budget, tiles: 1}
			finders = append(finders, finder{r.Extremes, k, &r.bounds})
		}
		team := newTeam(3, 1)
		team.Kernel = k
		finders = append(finders, finder{team.Extremes, k, nil})
	}
	var every Runner
	outputs, computed, given := map[*kernel.Kernel]int{}, map[*kernel.Kernel]int{}, 0
	rounds := 40
	if os.Getenv("FILTERBANK_LONG") != "" {
		rounds = 4000
	}
	for i := range rounds * len(finders) {
		p, in := boundedStack(random)
		selected := randomSelection(random, p)
		f := finders[i%len(finders)]
		got, err := f.find(context.Background(), p, selected, in)
		if err != nil {
			t.Fatal(err)
		}
		checkExtremes(t, p, f.kernel, got, everyValue(t, &every, p, in, selected))
		if f.pruner != nil {
			outputs[f.kernel] += f.pruner.outputs
			computed[f.kernel] += f.pruner.computed
			if f.pruner.outputs > 0 && !f.pruner.active {
				given++
			}
		}
	}
	if given == 0 {
		t.Error("bounds were never given up")
	}
	for k, all := range outputs {
		if n := computed[k]; n == 0 || 5*n > 4*all {
			t.Errorf("%v: %d of %d bounded outputs were computed: the test shows little", k, n, all)
		}
	}
}

// TestExtremesOfRounding has sums that lie above their exact values by as much as a term can
// add. In the upper half of a picture four columns of five have the value whose term rounds
// up to the next sum, and in the lower half all have it. The exact sums of both halves are
// below the rounded sums of the upper half.
func TestExtremesOfRounding(t *testing.T) {
	for _, c := range []struct {
		name                 string
		bias, weight, up, no float32
		step                 float64 // what a term adds, rounded
	}{
		{"half an ulp", 1, 0x1.001p-24, 1, 0.7, 0x1p-23},
		{"half an ulp below 0", -1, 0x1.001p-24, -1, -0.7, -0x1p-23},
		{"subnormal", 0, 0x1p-100, 0x1.8p-50, 0x1p-51, 0x1p-149},
		{"subnormal below 0", 0, -0x1p-100, 0x1.8p-50, 0x1p-51, -0x1p-149},
	} {
		spec := ConvSpec{
			InChannels: 1, KernelSize: [2]int{5, 5}, Weights: slices.Repeat([]float32{c.weight}, 25), Bias: []float32{c.bias}, Activation: None,
		}
		s, err := NewStack("", 1, mustConv(t, spec))
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Plan(volume.Shape{C: 1, H: 80, W: 80})
		if err != nil {
			t.Fatal(err)
		}
		in, err := volume.New(p.Input)
		if err != nil {
			t.Fatal(err)
		}
		for i := range in.Data {
			in.Data[i] = c.up
			if i < len(in.Data)/2 && i%5 == 0 {
				in.Data[i] = c.no
			}
		}
		var every Runner
		want := everyValue(t, &every, p, in, []bool{true})
		if far := float32(float64(c.bias) + 25*c.step); want[0][0].Min != far && want[0][0].Max != far {
			t.Fatalf("%s: the extremes are %v, want %v among them", c.name, want[0][0], far)
		}
		for _, set := range simd.Sets() {
			r := Runner{Kernel: kernel.New(set), tiles: 1}
			got, err := r.Extremes(context.Background(), p, []bool{true}, in)
			if err != nil {
				t.Fatal(err)
			}
			checkExtremes(t, p, c.name, got, want)
		}
	}
}

// FuzzExtremes draws a stack and a picture from a seed.
func FuzzExtremes(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Add(uint64(1961)) // limits that overflow
	var runners []*Runner
	for _, set := range simd.Sets() {
		runners = append(runners, &Runner{Kernel: kernel.New(set), tiles: 1}, &Runner{Kernel: kernel.New(set), budget: 1, tiles: 1})
	}
	var every Runner
	f.Fuzz(func(t *testing.T, seed uint64) {
		p, in := boundedStack(rand.New(rand.NewPCG(seed, 1)))
		selected := make([]bool, len(p.Layers))
		selected[len(selected)-1] = true
		want := everyValue(t, &every, p, in, selected)
		for _, r := range runners {
			got, err := r.Extremes(context.Background(), p, selected, in)
			if err != nil {
				t.Fatal(err)
			}
			checkExtremes(t, p, r.Kernel, got, want)
		}
	})
}

package arithmetic

import (
	"math"
	"math/rand/v2"
	"testing"

	"filterbank/filters"
	"filterbank/filters/config"
	"filterbank/filters/volume"
)

// textbook is the textbook's layer, its plan, input and output.
func textbook(t *testing.T) (stack *filters.Stack, plan *filters.LayerPlan, in, out *volume.Volume) {
	t.Helper()
	file, err := config.Load("../../samples/textbook.yaml")
	if err != nil {
		t.Fatal(err)
	}
	model, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	stack = model.Stacks[0]
	in = &volume.Volume{Shape: volume.Shape{C: 3, H: 5, W: 5}, Data: []float32{
		0, 1, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
		0, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1,
		1, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0,
	}}
	p, err := stack.Plan(in.Shape)
	if err != nil {
		t.Fatal(err)
	}
	if out, err = stack.Apply(in); err != nil {
		t.Fatal(err)
	}
	return stack, &p.Layers[0], in, out
}

func TestTextbook(t *testing.T) {
	stack, plan, in, out := textbook(t)
	text := func(k, y, x int, zeros bool) string {
		v := out.Data[(k*plan.Out.H+y)*plan.Out.W+x]
		return Plain(Explain(plan, []volume.Rows{in.Rows(0, in.H)}, k, y, x, v).Write(Channels(stack, 0), false), zeros)
	}
	for _, c := range []struct {
		k, y, x int
		zeros   bool
		want    string
	}{
		{0, 1, 1, true, "R  1 + 1·1 + 1·0 + 0·(−1) + 1·1 + 0·1 + 0·0 + 0·0 + 0·(−1) + 1·1 = 4\n" +
			"G  4 + 0·0 + 1·1 + 0·0 + 1·(−1) + 1·1 + 0·0 + 1·0 + 0·0 + 0·(−1) = 5\n" +
			"B  5 + 0·(−1) + 0·0 + 1·1 + 0·0 + 1·(−1) + 1·1 + 0·1 + 1·0 + 1·0 = 6\n" +
			"W0[1,1] = 1 + 3 + 1 + 1 = 6"},
		{0, 1, 1, false, "R  1 + 1·1 + 1·1 + 1·1 = 4\nG  4 + 1·1 + 1·(−1) + 1·1 = 5\nB  5 + 1·1 + 1·(−1) + 1·1 = 6\nW0[1,1] = 1 + 3 + 1 + 1 = 6"},
		{1, 1, 1, false, "R  0 + 1·(−1) + 1·1 + 1·(−1) = −1\nG  −1 + 1·1 + 1·(−1) + 1·(−1) = −2\nB  −2 + 1·(−1) + 1·1 + 1·(−1) = −3\nW1[1,1] = 0 + (−1) + (−1) + (−1) = −3"},
	} {
		if got := text(c.k, c.y, c.x, c.zeros); got != c.want {
			t.Errorf("output %d at %d, %d:\n%s\nwant\n%s", c.k, c.y, c.x, got, c.want)
		}
	}
}

// TestSums checks that the terms add up to what the layer computes, to the bit, for random
// convolutions of every padding.
func TestSums(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	n := func(least, most int) int { return least + random.IntN(most-least+1) }
	compared := 0
	for range 300 {
		groups := n(1, 2)
		spec := filters.ConvSpec{
			Name: "c", InChannels: groups * n(1, 3), KernelSize: [2]int{n(1, 4), n(1, 4)}, Stride: [2]int{n(1, 3), n(1, 3)},
			Dilation: [2]int{n(1, 2), n(1, 2)}, Groups: groups, Activation: filters.None,
			Padding: filters.Padding{Top: n(0, 3), Left: n(0, 3), Bottom: n(0, 3), Right: n(0, 3), Mode: filters.PaddingMode(n(0, 3))},
			Weights: nil,
		}
		out := groups * n(1, 2)
		spec.Weights = floats(random, out*spec.InChannels/groups*spec.KernelSize[0]*spec.KernelSize[1])
		spec.Bias = floats(random, out)
		conv, err := filters.NewConv(spec)
		if err != nil {
			t.Fatal(err)
		}
		stack, err := filters.NewStack("", spec.InChannels, conv)
		if err != nil {
			t.Fatal(err)
		}
		in, _ := volume.New(volume.Shape{C: spec.InChannels, H: n(7, 10), W: n(7, 10)})
		in.Data = floats(random, len(in.Data))
		plan, err := stack.Plan(in.Shape)
		if err != nil {
			t.Fatal(err)
		}
		want, err := stack.Apply(in)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range want.Data {
			k, y, x := i/(want.H*want.W), i/want.W%want.H, i%want.W
			if got := Explain(&plan.Layers[0], []volume.Rows{in.Rows(0, in.H)}, k, y, x, v).Before; math.Float32bits(got) != math.Float32bits(v) {
				t.Fatalf("%+v at %d, %d, %d: the terms add up to %v, the layer has %v", spec, k, y, x, got, v)
			}
			compared++
		}
	}
	if compared < 5000 {
		t.Errorf("only %d outputs were compared", compared)
	}
}

func floats(random *rand.Rand, n int) []float32 {
	all := make([]float32, n)
	for i := range all {
		all[i] = float32(random.NormFloat64())
	}
	return all
}

func TestNumbers(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		v          float32
		six, exact string
	}{
		{0, "0", "0"}, {float32(math.Copysign(0, -1)), "−0", "−0"}, {1, "1", "1"}, {-2.5, "−2.5", "−2.5"},
		{1.0 / 3, "0.333333", "0.33333334"}, {0.001953125, "0.00195313", "0.001953125"}, // half is rounded up
		{-0.001953125, "−0.00195313", "−0.001953125"}, {1e-6, "0.000001", "0.000001"}, {1e-7, "1e-7", "1e-7"}, {1.5e-7, "1.5e-7", "1.5e-7"},
		{123456.5, "123457", "123456.5"}, {16777216, "16777200", "16777216"}, {1e20, "100000000000000000000", "100000000000000000000"},
		{1e21, "1e+21", "1e+21"}, {-1.5e30, "−1.5e+30", "−1.5e+30"}, {inf, "∞", "∞"}, {-inf, "−∞", "−∞"},
		{math.SmallestNonzeroFloat32, "1.4013e-45", "1e-45"},
	} {
		if got := Number(float64(c.v)); got != c.six {
			t.Errorf("Number(%v) = %s, want %s", c.v, got, c.six)
		}
		if got := Exact(c.v); got != c.exact {
			t.Errorf("Exact(%v) = %s, want %s", c.v, got, c.exact)
		}
	}
	if got := short(-1.234e-10, 2); got != "−1e-10" {
		t.Errorf("short has %s", got)
	}
}

// TestRounding checks which values count as what rounding leaves of 0.
func TestRounding(t *testing.T) {
	for _, c := range []struct {
		before float32
		want   bool
	}{{0, false}, {0x1p-22, true}, {-0x1p-22, true}, {0x1p-21, false}, {float32(math.Inf(1)), false}} {
		o := Output{Terms: []Term{{Value: 0.5, Weight: 1}, {Value: -0.5, Weight: 1}}, Before: c.before}
		if got := o.Rounding(); got != c.want {
			t.Errorf("rounding of %v is %v", c.before, got)
		}
	}
}

package scale

import (
	"math/rand/v2"
	"os"
	"testing"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/render"
)

// TestFindEqualsEveryValue compares ranges with the ranges from every value of the maps, to
// the bit, for every kernel and with and without workers to borrow.
func TestFindEqualsEveryValue(t *testing.T) {
	stacks := []engine.Selected{
		testStack(t, filters.ReLU, 1), testStack(t, filters.None, 1), testStack(t, filters.Abs, 1), testStack(t, filters.ReLU, 2), infiniteStack(t),
	}
	pic := readSample(t, "../../samples/scene.jpg") // large enough for bounds
	var plans []*filters.Plan
	for _, s := range stacks {
		plan, err := s.Stack.Plan(pic.Size())
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, plan)
	}
	every := func(per Per, set simd.Set, borrowed int) {
		e := engine.New(stacks, &engine.Shared{Kernel: kernel.New(set), Memory: engine.NewMemory(0, 0, 0)})
		e.Plans = plans
		e.Give(borrowed)
		var f Finder
		got, err := f.Find(t.Context(), e, pic, &Scale{Per: per})
		if err != nil {
			t.Fatal(err)
		}
		checkRanges(t, got[0], everyRange(t, pic, stacks, plans, per), stacks)
	}
	for _, set := range simd.Sets() {
		every(PerMap, set, 0)
	}
	every(PerMap, simd.Fastest, 1)
	every(PerMap, simd.Fastest, 2)
	every(PerLayer, simd.Fastest, 0)
	every(PerImage, simd.Fastest, 0)
}

func checkRanges(t *testing.T, got, want Ranges, stacks []engine.Selected) {
	t.Helper()
	for s := range want {
		for l, maps := range want[s] {
			for k, w := range maps {
				if g := got[s][l][k]; stacks[s].Layers[l] && g.String() != w.String() { // the text tells −0 from 0
					t.Fatalf("stack %d, layer %d, map %d: got %v, want %v", s, l, k, g, w)
				}
			}
		}
	}
}

// everyRange finds ranges from every value of the maps.
func everyRange(t *testing.T, pic engine.Picture, stacks []engine.Selected, plans []*filters.Plan, per Per) Ranges {
	t.Helper()
	e := engine.New(stacks, &engine.Shared{Memory: engine.NewMemory(0, 0, 0)})
	e.Plans = plans
	extremes := engine.PerMap[Extremes](e.Plans)
	for s := range e.Plans {
		err := e.Run(t.Context(), s, pic, func(_, layer int, rows volume.Rows) error {
			for k := range rows.C {
				for i := range rows.N {
					extremes[s][layer][k].Add(kernel.Best(), rows.Row(k, i))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ranges, shared := engine.PerMap[render.Range](e.Plans), share(per, extremes)
	fill(ranges, func(stack, l, k int) render.Range { return shared(stack, l, k).Range() })
	return ranges
}

// testStack is so many layers of 5 filters of 3×3, the last of them wanted.
func testStack(t *testing.T, act filters.Activation, layers int) engine.Selected {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, uint64(act)))
	var all []filters.Layer
	in := 3
	for range layers {
		spec := filters.ConvSpec{InChannels: in, KernelSize: [2]int{3, 3}, Weights: make([]float32, 5*in*9), Activation: act}
		for i := range spec.Weights {
			spec.Weights[i] = float32(rng.NormFloat64())
		}
		conv, err := filters.NewConv(spec)
		if err != nil {
			t.Fatal(err)
		}
		all, in = append(all, conv), 5
	}
	stack, err := filters.NewStack("", 3, all...)
	if err != nil {
		t.Fatal(err)
	}
	wanted := make([]bool, layers)
	wanted[layers-1] = true
	return engine.Selected{Stack: stack, Layers: wanted}
}

// infiniteStack is a layer whose every output overflows.
func infiniteStack(t *testing.T) engine.Selected {
	t.Helper()
	conv, err := filters.NewConv(filters.ConvSpec{
		InChannels: 3, KernelSize: [2]int{1, 1}, Weights: make([]float32, 3), Bias: []float32{1e30}, Activation: filters.Square,
	})
	if err != nil {
		t.Fatal(err)
	}
	stack, err := filters.NewStack("infinite", 3, conv)
	if err != nil {
		t.Fatal(err)
	}
	return engine.Selected{Stack: stack, Layers: []bool{true}}
}

func readSample(t *testing.T, name string) *decode.Picture {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pic, err := d.Decode(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	return pic
}

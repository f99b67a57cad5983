package filters

import (
	"math"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/volume"
)

// TestPoolSizes compares output sizes with PyTorch's (1.13.1, max_pool2d), without and
// with ceil_mode; 0 is an error.
func TestPoolSizes(t *testing.T) {
	for _, c := range []struct{ in, kernel, stride, padding, dilation, floor, ceil int }{
		{7, 2, 2, 0, 1, 3, 4},
		{7, 3, 2, 0, 1, 3, 3},
		{8, 3, 2, 0, 1, 3, 4},
		{8, 3, 2, 1, 1, 4, 5},
		{5, 3, 3, 1, 1, 2, 2},
		{5, 2, 3, 1, 1, 2, 2}, // a third window would begin in the padding behind the input
		{6, 2, 4, 1, 1, 2, 2},
		{3, 1, 3, 0, 1, 1, 1},
		{2, 3, 2, 0, 1, 0, 1}, // the only window reaches beyond the input
		{1, 5, 3, 2, 1, 1, 1},
		{9, 3, 2, 1, 2, 4, 4},
		{55, 3, 2, 0, 1, 27, 27},
		{112, 3, 2, 1, 1, 56, 57},
		{13, 5, 4, 2, 1, 4, 4},
		{4, 4, 5, 2, 1, 1, 2},
	} {
		for _, ceil := range []bool{false, true} {
			want := c.floor
			if ceil {
				want = c.ceil
			}
			pool := mustPool(t, PoolSpec{
				Name: "p", KernelSize: [2]int{c.kernel, 1}, Stride: [2]int{c.stride, 1}, Padding: [4]int{c.padding, 0, c.padding, 0},
				Dilation: [2]int{c.dilation, 1}, CeilMode: ceil,
			})
			s, err := NewStack("", 1, pool)
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			p, err := s.Plan(volume.Shape{C: 1, H: c.in, W: 1})
			if err == nil {
				lp := p.Layers[0]
				got = lp.Out.H
				if seen := (got-1)*c.stride + lp.Rows.EffectiveKernel() + lp.UncoveredRows; seen != lp.Rows.Before+c.in+lp.Rows.After {
					t.Errorf("%+v, ceil %v: outputs see and leave out %d rows, with its padding the input has %d", c, ceil, seen, lp.Rows.Before+c.in+lp.Rows.After)
				}
			}
			if got != want {
				t.Errorf("%+v, ceil %v: got %d (%v), want %d", c, ceil, got, err, want)
			}
		}
	}
}

// AlexNet's beginning: 11×11 with stride 4 sees 11 pixels. A pool of three such outputs,
// 4 apart, sees 19. 3×3 of the pool's outputs, 8 apart, see 35.
func TestReceptiveFieldThroughPools(t *testing.T) {
	conv := square(4, 11, 4, 0)
	second := ConvSpec{Name: "second", InChannels: 4, KernelSize: [2]int{3, 3}, Weights: make([]float32, 36), Padding: Padding{Kind: Same}, Activation: None}
	s, err := NewStack("", 3,
		mustConv(t, conv), mustNorm(t, NormSpec{Name: "norm", Size: 5, Alpha: 1e-4, Beta: 0.75, K: 2}),
		mustPool(t, PoolSpec{Name: "pool", KernelSize: [2]int{3, 3}, Stride: [2]int{2, 2}}), mustConv(t, second),
		mustPool(t, PoolSpec{Name: "mean", Kind: AvgPool, KernelSize: [2]int{27, 27}}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan(volume.Shape{C: 3, H: 227, W: 227})
	if err != nil {
		t.Fatal(err)
	}
	for l, want := range []struct {
		out, field, jump, start int
		kind                    string
		signed                  bool
		parameters              int64
	}{
		{55, 11, 4, 0, "conv", false, 4*363 + 4}, {55, 11, 4, 0, "local_response_norm", false, 0},
		{27, 19, 8, 0, "max_pool", false, 0}, {27, 35, 8, -8, "conv", true, 37}, {1, 35 + 26*8, 27 * 8, -8, "avg_pool", true, 0},
	} {
		lp := p.Layers[l]
		if lp.Out.H != want.out || lp.Field[0] != want.field || lp.Jump[1] != want.jump || lp.FieldStart[0] != want.start ||
			lp.Layer.Kind() != want.kind || lp.Layer.Signed() != want.signed || lp.Parameters != want.parameters {
			t.Errorf("layer %d: %+v, want %+v", l, lp, want)
		}
		if (lp.MACs > 0) != (want.kind == "conv") {
			t.Errorf("layer %d: %v multiply-adds", l, lp.MACs)
		}
	}
	if got := p.Layers[2].Layer.Filters(); !slices.Equal(got, []string{"f0", "f1", "f2", "f3"}) {
		t.Errorf("the pool's channels are called %q", got)
	}
}

func TestPoolOnThePicture(t *testing.T) {
	pool := mustPool(t, PoolSpec{Name: "p", KernelSize: [2]int{2, 2}})
	for channels, want := range map[int]string{1: "c0", 2: "c0 c1", 3: "r g b", 4: "c0 c1 c2 c3"} {
		s, err := NewStack("", channels, pool)
		if err != nil {
			t.Fatal(err)
		}
		if l := s.Layers()[0]; strings.Join(l.Filters(), " ") != want || l.Signed() {
			t.Errorf("channels %q, signed %v, want %q and not", l.Filters(), l.Signed(), want)
		}
	}
	if pool.Filters() != nil {
		t.Errorf("outside a stack the pool has channels: %q", pool.Filters())
	}
}

func TestRefusedPoolsAndNorms(t *testing.T) {
	two := [2]int{2, 2}
	for _, c := range []struct {
		spec PoolSpec
		want string
	}{
		{PoolSpec{Kind: 2}, "kind must be MaxPool or AvgPool, got 2"},
		{PoolSpec{}, "kernel_size must be from 1 to 1048576, got 0"},
		{PoolSpec{KernelSize: two, Stride: [2]int{1, -1}}, "stride must be from 1 to 1048576, got -1"},
		{PoolSpec{KernelSize: two, Stride: [2]int{2, 0}}, "stride must be from 1 to 1048576, got 0"},
		{PoolSpec{KernelSize: two, Padding: [4]int{2, 2, 2, 2}}, "padding must be at most half of kernel_size, 1, got 2"},
		{PoolSpec{KernelSize: two, Padding: [4]int{0, -1, 0, -1}}, "padding must be at least 0, got -1"},
		{PoolSpec{KernelSize: [2]int{5000, 5000}}, "kernel_size of 5000×5000 is more than 16777216 values"},
		{PoolSpec{KernelSize: two, Kind: AvgPool, Dilation: two}, "dilation is for max pools, an average pool got [2, 2]"},
		{PoolSpec{KernelSize: two, ExcludePadding: true}, "count_include_pad is for average pools: a max pool counts no padding"},
	} {
		if _, err := NewPool(c.spec); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.spec, err, c.want)
		}
	}
	for _, c := range []struct {
		spec NormSpec
		want string
	}{
		{NormSpec{}, "size must be from 1 to 1048576, got 0"},
		{NormSpec{Size: 1, Alpha: -1}, "alpha must not be negative, got -1"},
		{NormSpec{Size: 1, Alpha: 1e39}, "alpha must be from 0 to 3.403e+38, got 1e+39"},
		{NormSpec{Size: 1, K: math.NaN()}, "k must be from 0 to 3.403e+38, got NaN"},
		{NormSpec{Size: 1, Beta: 65}, "beta must be from 0 to 64, got 65"},
	} {
		if _, err := NewNorm(c.spec); err == nil || err.Error() != c.want {
			t.Errorf("%+v: got %v, want %q", c.spec, err, c.want)
		}
	}
}

// TestFold compares folded sums with normalized ones, in float64. The fold rounds each
// weight and bias once, by at most 2⁻²⁴ of it.
func TestFold(t *testing.T) {
	spec := ConvSpec{InChannels: 2, KernelSize: [2]int{1, 1}, Weights: []float32{1, -2, 0.3, 0.7, 5, -1}, Bias: []float32{0.5, -0.25, 3}}
	norm := BatchNorm{
		Weight: []float32{2, -0.1, 1}, Bias: []float32{1, 0, -1}, Mean: []float32{0.1, -3, 2}, Variance: []float32{4, 0.01, 0}, Eps: 1e-5,
	}
	folded := spec
	if err := folded.Fold(norm); err != nil {
		t.Fatal(err)
	}
	in := [2]float64{0.7, -1.3}
	for f := range 3 {
		sum, got := float64(spec.Bias[f]), float64(folded.Bias[f])
		bound := math.Abs(got)
		for c, v := range in {
			sum += float64(spec.Weights[2*f+c]) * v
			got += float64(folded.Weights[2*f+c]) * v
			bound += math.Abs(float64(folded.Weights[2*f+c]) * v)
		}
		want := (sum-float64(norm.Mean[f]))/math.Sqrt(float64(norm.Variance[f])+norm.Eps)*float64(norm.Weight[f]) + float64(norm.Bias[f])
		if math.Abs(got-want) > 0x1p-24*bound+1e-12 {
			t.Errorf("filter %d: %v, want %v within %v", f, got, want, 0x1p-24*bound)
		}
	}
	if spec.Weights[0] != 1 || spec.Bias[0] != 0.5 {
		t.Error("the fold has written to the spec's arrays")
	}
}

func TestRefusedFolds(t *testing.T) {
	one := []float32{1}
	for _, c := range []struct {
		norm BatchNorm
		want string
	}{
		{BatchNorm{Variance: one}, "batch_norm.running_mean must have 1 values, one a filter, got 0"},
		{BatchNorm{Mean: one, Variance: []float32{1, 2}}, "batch_norm.running_var must have 1 values, one a filter, got 2"},
		{BatchNorm{Mean: one, Variance: one, Weight: []float32{}}, "batch_norm.weight must have 1 values, one a filter, got 0"},
		{BatchNorm{Mean: one, Variance: []float32{-1}, Eps: 1}, "batch_norm.running_var of filter 0 is -1: with eps, 1, it must be above 0"},
		{BatchNorm{Mean: one, Variance: []float32{float32(math.NaN())}}, "batch_norm.running_var: filter 0 has NaN, it must be finite"},
		{BatchNorm{Mean: one, Variance: []float32{1e-30}, Weight: []float32{1e30}}, "batch_norm: filter 0: weight 1 times 1e+45 is beyond float32"},
		{BatchNorm{Mean: []float32{3e38}, Variance: []float32{1e-4}}, "batch_norm: filter 0: the bias is beyond float32"},
	} {
		spec := ConvSpec{InChannels: 1, KernelSize: [2]int{1, 1}, Weights: one}
		if err := spec.Fold(c.norm); err == nil || err.Error() != c.want {
			t.Errorf("%+v: got %v, want %q", c.norm, err, c.want)
		}
	}
}

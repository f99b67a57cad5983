package filters

import (
	"math"
	"reflect"
	"testing"
)

func TestAttributes(t *testing.T) {
	conv := ConvSpec{Name: "c", InChannels: 4, KernelSize: [2]int{1, 2}, Weights: make([]float32, 8), Groups: 2, Stride: [2]int{2, 1}, Padding: Padding{Kind: SameUpper, Mode: Circular}}
	leaky := conv
	leaky.Activation, leaky.NegativeSlope = LeakyReLU, 0.1
	common := func(activation string, more ...Attribute) []Attribute {
		return append([]Attribute{
			{"kernel_size", [2]int{1, 2}, ""}, {"stride", [2]int{2, 1}, ""}, {"padding", conv.Padding, ""}, {"padding_mode", "circular", "padding"},
			{"dilation", [2]int{1, 1}, ""}, {"groups", 2, ""}, {"activation", activation, ""},
		}, more...)
	}
	two, four := [2]int{2, 2}, [2]int{4, 4}
	for _, c := range []struct {
		layer Layer
		want  []Attribute
	}{
		{mustConv(t, conv), common("relu")},
		{mustConv(t, leaky), common("leaky_relu", Attribute{"negative_slope", float32(0.1), "activation"})},
		{mustPool(t, PoolSpec{KernelSize: four, Stride: two, Padding: [4]int{1, 0, 2, 0}, CeilMode: true}), []Attribute{
			{"kernel_size", four, ""}, {"stride", two, ""}, {"padding", Padding{Top: 1, Bottom: 2}, ""}, {"dilation", [2]int{1, 1}, ""}, {"ceil_mode", Flag(true), ""},
		}},
		{mustPool(t, PoolSpec{Kind: AvgPool, KernelSize: two}), []Attribute{
			{"kernel_size", two, ""}, {"stride", two, ""}, {"padding", Padding{}, ""}, {"ceil_mode", Flag(false), ""}, {"count_include_pad", true, ""},
		}},
		{mustNorm(t, NormSpec{Size: 5, Alpha: 1e-4, Beta: 0.75, K: 2}), []Attribute{
			{"size", 5, ""}, {"alpha", 1e-4, ""}, {"beta", 0.75, ""}, {"k", 2.0, ""},
		}},
		{must[*Activate](t)(NewActivation(ActivationSpec{Function: ELU})), []Attribute{{"function", "elu", ""}, {"alpha", float32(1), "function"}}},
		{must[*Activate](t)(NewActivation(ActivationSpec{Function: PReLU, Slopes: []float32{1}})), []Attribute{{"function", "prelu", ""}}},
		{must[*Scale](t)(NewScale(ScaleSpec{Factor: []float32{1}})), nil},
	} {
		if got := c.layer.Attributes(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("\ngot  %v\nwant %v", got, c.want)
		}
	}
}

func TestAttributeOf(t *testing.T) {
	pool := mustPool(t, PoolSpec{KernelSize: [2]int{3, 2}})
	if v, ok := AttributeOf[[2]int](pool, "stride"); !ok || v != [2]int{3, 2} {
		t.Errorf("stride is %v, %t", v, ok)
	}
	if v, ok := AttributeOf[int](pool, "stride"); ok {
		t.Errorf("stride as one number is %v", v)
	}
	if v, ok := AttributeOf[int](pool, "groups"); ok {
		t.Errorf("groups of a pool is %v", v)
	}
}

func TestKernels(t *testing.T) {
	conv := mustConv(t, ConvSpec{InChannels: 4, KernelSize: [2]int{1, 2}, Weights: []float32{1, 2, 3, 4, 5, 6, 7, 8}, Groups: 2})
	k, ok := conv.Kernels()
	want := Kernels{Groups: 2, Channels: 2, Size: [2]int{1, 2}, Weights: []float32{1, 2, 3, 4, 5, 6, 7, 8}, Bias: []float32{0, 0}}
	if !ok || !reflect.DeepEqual(k, want) {
		t.Errorf("got %v, %t, want %v", k, ok, want)
	}
	if got := k.Of(1); !reflect.DeepEqual(got, []float32{5, 6, 7, 8}) {
		t.Errorf("filter 1 has %v", got)
	}
	for _, l := range []Layer{mustPool(t, PoolSpec{KernelSize: [2]int{2, 2}}), mustNorm(t, NormSpec{Size: 1})} {
		if k, ok := l.Kernels(); ok {
			t.Errorf("a %s has kernels %v", l.Kind(), k)
		}
	}
}

func TestLimit(t *testing.T) {
	limits := map[Activation]float64{ReLU6: 6, Sigmoid: 1, HardSigmoid: 1, Tanh: 1}
	for _, a := range Activations() {
		want, ok := limits[a]
		if !ok {
			want = math.Inf(1)
		}
		spec := ConvSpec{InChannels: 1, KernelSize: [2]int{1, 1}, Weights: []float32{1}, Activation: a}
		if a == PReLU {
			spec.Slopes = []float32{1}
		}
		c := mustConv(t, spec)
		if got := c.Limit(); got != want {
			t.Errorf("%v: got %v, want %v", a, got, want)
		}
	}
}

package filters

import (
	"testing"

	"filterbank/filters/volume"
)

// TestMagnitudes compares with the sums by hand of a convolution and an average.
func TestMagnitudes(t *testing.T) {
	conv, err := NewConv(ConvSpec{Name: "c", InChannels: 1, KernelSize: [2]int{1, 2}, Weights: []float32{2, -3}, Bias: []float32{-0.5}, Activation: ReLU})
	if err != nil {
		t.Fatal(err)
	}
	average, err := NewPool(PoolSpec{Name: "a", Kind: AvgPool, KernelSize: [2]int{1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	largest, err := NewPool(PoolSpec{Name: "m", Kind: MaxPool, KernelSize: [2]int{1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := largest.Magnitudes(); ok {
		t.Error("a maximum has magnitudes")
	}
	for _, c := range []struct {
		layer interface{ Magnitudes() (Layer, bool) }
		want  float32
	}{{conv, 0.5 + 2*4 + 3*6}, {average, 5}} {
		layer, ok := c.layer.Magnitudes()
		stack, err := NewStack("", 1, layer)
		if err != nil || !ok {
			t.Fatal(err, ok)
		}
		v := &volume.Volume{Shape: volume.Shape{C: 1, H: 1, W: 2}, Data: []float32{4, 6}}
		out, err := stack.Apply(v)
		if err != nil || len(out.Data) != 1 || out.Data[0] != c.want {
			t.Errorf("%s: got %v, %v, want %v", layer.Name(), out, err, c.want)
		}
	}
	if conv.Spec().Weights[1] != -3 || conv.Spec().Bias[0] != -0.5 || conv.Spec().Activation != ReLU {
		t.Error("the layer itself has changed")
	}
}

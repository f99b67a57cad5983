package verify

import (
	"bytes"
	"context"
	_ "embed" // of the cases
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"filterbank/filters"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
)

//go:embed cases/conv.json
var convJSON []byte

//go:embed cases/conv.npy
var convNPY []byte

// convCase is a stack, a volume, and PyTorch's output in float64. bound holds, for each
// output, the sum of the magnitudes that were added; cases/make_conv.py has the details.
type convCase struct {
	plan            *filters.Plan
	in              *volume.Volume
	expected, bound []float32
}

// convSpec is a case in cases/conv.json.
type convSpec struct {
	Input  [3]int      `json:"input"` // C, H, W
	Layers []layerSpec `json:"layers"`
}

type layerSpec struct {
	Filters     int     `json:"filters"`
	KernelSize  [2]int  `json:"kernel_size"`
	Stride      [2]int  `json:"stride"`
	Padding     padding `json:"padding"`
	PaddingMode string  `json:"padding_mode"`
	Dilation    [2]int  `json:"dilation"`
	Groups      int     `json:"groups"`
	Activation  string  `json:"activation"`
}

// padding is written as four amounts or as the name of a kind.
type padding filters.Padding

func (p *padding) UnmarshalJSON(data []byte) error {
	var amounts [4]int
	if err := json.Unmarshal(data, &amounts); err == nil {
		*p = padding{Top: amounts[0], Left: amounts[1], Bottom: amounts[2], Right: amounts[3]}
		return nil
	}
	var name string
	if err := json.Unmarshal(data, &name); err != nil {
		return err
	}
	kinds := map[string]filters.PaddingKind{"same": filters.Same, "same_upper": filters.SameUpper, "same_lower": filters.SameLower}
	kind, ok := kinds[name]
	if !ok {
		return fmt.Errorf("unknown padding %q", name)
	}
	*p = padding{Kind: kind}
	return nil
}

func loadConvCases() ([]convCase, error) {
	var specs []convSpec
	if err := json.Unmarshal(convJSON, &specs); err != nil {
		return nil, fmt.Errorf("read cases/conv.json: %w", err)
	}
	array, err := tensor.ReadNPY(bytes.NewReader(convNPY), 0)
	if err != nil {
		return nil, fmt.Errorf("read cases/conv.npy: %w", err)
	}
	expected, bound := array.Data[:len(array.Data)/2], array.Data[len(array.Data)/2:]
	var cases []convCase
	for i, spec := range specs {
		c, err := spec.build(sequence(i))
		if err != nil {
			return nil, fmt.Errorf("case %d of cases/conv.json: %w", i, err)
		}
		n, err := c.plan.Layers[len(c.plan.Layers)-1].Out.Len()
		if err != nil || n > len(expected) {
			return nil, fmt.Errorf("case %d of cases/conv.json has %d values, but cases/conv.npy ends after %d of them", i, n, len(expected))
		}
		c.expected, expected = expected[:n], expected[n:]
		c.bound, bound = bound[:n], bound[n:]
		cases = append(cases, c)
	}
	if len(expected) > 0 {
		return nil, fmt.Errorf("cases/conv.npy has %d values more than cases/conv.json", len(expected))
	}
	return cases, nil
}

// build draws the volume, weights and biases of a case from a sequence.
func (s convSpec) build(values sequence) (convCase, error) {
	in, err := volume.New(volume.Shape{C: s.Input[0], H: s.Input[1], W: s.Input[2]})
	if err != nil {
		return convCase{}, err
	}
	copy(in.Data, values.units(len(in.Data)))
	var layers []filters.Layer
	channels := in.C
	for i, l := range s.Layers {
		spec, err := l.conv(channels)
		if err != nil {
			return convCase{}, err
		}
		spec.Name = fmt.Sprintf("l%d", i)
		spec.Weights = values.units(l.Filters * channels / l.Groups * l.KernelSize[0] * l.KernelSize[1])
		spec.Bias = values.units(l.Filters)
		conv, err := filters.NewConv(spec)
		if err != nil {
			return convCase{}, err
		}
		layers = append(layers, conv)
		channels = l.Filters
	}
	stack, err := filters.NewStack("", in.C, layers...)
	if err != nil {
		return convCase{}, err
	}
	plan, err := stack.Plan(in.Shape)
	return convCase{plan: plan, in: in}, err
}

func (l layerSpec) conv(channels int) (filters.ConvSpec, error) {
	modes := []string{filters.Zeros.String(), filters.Reflect.String(), filters.Replicate.String(), filters.Circular.String()}
	activations := []string{filters.ReLU.String(), filters.None.String(), filters.LeakyReLU.String()}
	mode, activation := slices.Index(modes, l.PaddingMode), slices.Index(activations, l.Activation)
	if mode < 0 || activation < 0 || l.Groups < 1 {
		return filters.ConvSpec{}, fmt.Errorf("padding_mode %q, activation %q, %d groups", l.PaddingMode, l.Activation, l.Groups)
	}
	l.Padding.Mode = filters.PaddingMode(mode)
	return filters.ConvSpec{
		InChannels: channels, KernelSize: l.KernelSize, Stride: l.Stride, Padding: filters.Padding(l.Padding), Dilation: l.Dilation,
		Groups: l.Groups, Activation: filters.Activation(activation), NegativeSlope: 0.125,
	}, nil
}

// checkConvolution compares plain Go, the specification of every kernel, with PyTorch.
func checkConvolution(ctx context.Context, cases []convCase, plain runFunc) Check {
	check := Check{What: "convolution as PyTorch's"}
	for i, c := range cases {
		outs, err := c.outputs(ctx, plain)
		if err == nil {
			err = withinBound(outs[len(outs)-1].Data, c.expected, c.bound)
		}
		if err != nil {
			err = fmt.Errorf("case %d: %w", i, err)
		}
		check.count(err)
	}
	return check
}

// withinBound allows for rounding: 1e-5 of the summed magnitudes, plus 1e-6. In float32, 1e-5
// is more than a hundred roundings in the same direction.
func withinBound(got, want, bound []float32) error {
	for i := range want {
		allowed := float64(1e-5*float64(bound[i])) + 1e-6
		if !(math.Abs(float64(got[i])-float64(want[i])) <= allowed) {
			return fmt.Errorf("value %d is %v, want %v within %.2g", i, got[i], want[i], allowed)
		}
	}
	return nil
}

package filters

import (
	"fmt"
	"io"
	"math"
	"slices"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// ScaleSpec describes a layer that multiplies each channel by a factor and adds a shift, in
// one fused multiply-add: Factor[c]·x + Shift[c].
type ScaleSpec struct {
	Name   string
	Inputs []string  // as in ConvSpec
	Factor []float32 // one a channel, finite
	Shift  []float32 // one a channel, finite; nil is 0
}

// Scale is a layer of factors and shifts, checked and immutable: safe for concurrent use. It
// keeps its input's shape and channels.
type Scale struct {
	spec ScaleSpec
	in   feed
}

// NewScale checks a spec. Errors are FieldErrors; they do not name the layer. Slices are not
// copied: the caller no longer writes to them.
func NewScale(spec ScaleSpec) (*Scale, error) {
	if err := oneInput(spec.Inputs); err != nil {
		return nil, err
	}
	if len(spec.Factor) == 0 {
		return nil, wrong("factor", " must have a value for each channel, got none")
	}
	if spec.Shift == nil {
		spec.Shift = make([]float32, len(spec.Factor))
	}
	if n := len(spec.Factor); len(spec.Shift) != n {
		return nil, wrong("shift", " must have %d values, one a channel, got %d", n, len(spec.Shift))
	}
	for _, v := range []struct {
		field  string
		values []float32
	}{{"factor", spec.Factor}, {"shift", spec.Shift}} {
		for c, x := range v.values {
			if !finite(x) {
				return nil, wrong(v.field, ": channel %d has %v, it must be finite", c, x)
			}
		}
	}
	return &Scale{spec: spec}, nil
}

// Fold gives a spec the factors and shifts of a batch normalization of so many channels:
// Weight/√(Variance + Eps) and Bias − Mean·factor, computed in float64 and rounded to float32
// once. Errors are FieldErrors.
func (s *ScaleSpec) Fold(b BatchNorm, channels int) error {
	one := ConvSpec{InChannels: channels, Groups: channels, KernelSize: [2]int{1, 1}, Weights: slices.Repeat([]float32{1}, channels)}
	if err := one.Fold(b); err != nil {
		return err
	}
	s.Factor, s.Shift = one.Weights, one.Bias
	return nil
}

// Spec is the layer's description with its defaults filled in. Its slices are the layer's own
// and must not be written to.
func (s *Scale) Spec() ScaleSpec { return s.spec }

// Kind is scale.
func (s *Scale) Kind() string { return "scale" }

// Name is the layer's name.
func (s *Scale) Name() string { return s.spec.Name }

// Inputs name the layer that is read, if it is not the layer before.
func (s *Scale) Inputs() []string { return s.spec.Inputs }

// Filters are the names of the channels, which the layer before gives.
func (s *Scale) Filters() []string { return s.in.channels }

// Signed says whether an output may be below 0. It may if the input may, or if a factor or a
// shift is.
func (s *Scale) Signed() bool {
	negative := func(v float32) bool { return v < 0 }
	return s.in.signed || slices.ContainsFunc(s.spec.Factor, negative) || slices.ContainsFunc(s.spec.Shift, negative)
}

// Limit is +Inf: a scale has no activation.
func (s *Scale) Limit() float64 { return math.Inf(1) }

// Kernels are the factors, each a kernel of one weight for its channel, and the shifts.
func (s *Scale) Kernels() (k Kernels, ok bool) {
	return Kernels{Groups: len(s.spec.Factor), Channels: 1, Size: [2]int{1, 1}, Weights: s.spec.Factor, Bias: s.spec.Shift}, true
}

// Attributes are none.
func (s *Scale) Attributes() []Attribute { return nil }

// Fingerprint writes what the layer's values depend on.
func (s *Scale) Fingerprint(w io.Writer) {
	f := beginFingerprint(w, s.Kind(), 1)
	f.always("name", s.spec.Name)
	f.inputs(s.spec.Inputs)
	f.floats("factor", s.spec.Factor)
	f.floats("shift", s.spec.Shift)
	f.end()
}

func (s *Scale) follow(ins []feed) (Layer, error) {
	in := ins[0]
	if n := len(in.channels); n != len(s.spec.Factor) {
		return nil, fmt.Errorf("has %d factors but gets %d channels", len(s.spec.Factor), n)
	}
	return &Scale{s.spec, in}, nil
}

func (s *Scale) plan(in []volume.Shape) (LayerPlan, error) {
	lp := samePlan(s, in[0])
	lp.Parameters = int64(2 * len(s.spec.Factor))
	lp.MACs = lp.outputs()
	return lp, nil
}

func (s *Scale) operation(old operation) operation { return reuse[window](old) }

func (s *Scale) access(*LayerPlan) access { return access{channels: 1} }

func (s *Scale) layout(k *kernel.Kernel, lp *LayerPlan) kernel.Layout { return oneTap(k, lp) }

func (s *Scale) loops(k *kernel.Kernel, layout kernel.Layout, _ int) loops {
	groups := make([]kernel.Taps, len(s.spec.Factor))
	for c := range groups {
		groups[c] = kernel.Taps{Weights: s.spec.Factor[c : c+1], Bias: s.spec.Shift[c : c+1]}
	}
	return k.Pack(groups, kernel.Pointwise{Activation: None}, layout)
}

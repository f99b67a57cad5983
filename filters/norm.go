package filters

import (
	"io"
	"math"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// NormSpec describes local response normalization across channels, as PyTorch's
// LocalResponseNorm (Krizhevsky, Sutskever and Hinton, ImageNet classification with deep
// convolutional neural networks, 2012, section 3.3, with Alpha divided by Size):
//
//	x[c] / (K + Alpha/Size · Σ x[c′]²)^Beta, c − ⌊Size/2⌋ ≤ c′ ≤ c + ⌊(Size−1)/2⌋
//
// over the channels c′ that exist. It is computed in float64, with sums in the order of
// the channels, and rounded to float32 once.
type NormSpec struct {
	Name   string
	Inputs []string // as in ConvSpec
	Size   int      // channels that are summed over
	Alpha  float64  // from 0 to the largest float32; PyTorch's default is 1e-4
	Beta   float64  // from 0 to 64, to 32 binary places; PyTorch's default is 0.75
	K      float64  // in the range of Alpha; PyTorch's default is 1
}

// Norm is a local response normalization, checked and immutable: safe for concurrent
// use. It keeps its input's shape and channels.
type Norm struct {
	spec NormSpec
	in   feed
}

// MaxBeta bounds exponents; AlexNet's is 0.75.
const MaxBeta = 64

// NewNorm checks a spec. Errors are FieldErrors; they do not name the layer.
func NewNorm(spec NormSpec) (*Norm, error) {
	if err := oneInput(spec.Inputs); err != nil {
		return nil, err
	}
	if err := checkSides("size", 1, spec.Size); err != nil {
		return nil, err
	}
	for _, v := range []struct {
		field   string
		value   float64
		largest float64
	}{{"alpha", spec.Alpha, math.MaxFloat32}, {"beta", spec.Beta, MaxBeta}, {"k", spec.K, math.MaxFloat32}} {
		if v.value < 0 {
			return nil, wrong(v.field, " must not be negative, got %v", v.value)
		}
		if !(v.value <= v.largest) {
			return nil, wrong(v.field, " must be from 0 to %.4g, got %v", v.largest, v.value)
		}
	}
	return &Norm{spec: spec}, nil
}

// Spec is the layer's description.
func (n *Norm) Spec() NormSpec { return n.spec }

// Kind is local_response_norm.
func (n *Norm) Kind() string { return "local_response_norm" }

// Name is the layer's name.
func (n *Norm) Name() string { return n.spec.Name }

// Inputs name the layer that is read, if it is not the layer before.
func (n *Norm) Inputs() []string { return n.spec.Inputs }

// Filters are the names of the channels, which the layer before gives.
func (n *Norm) Filters() []string { return n.in.channels }

// Signed says whether an output may be below 0. It may if the input may.
func (n *Norm) Signed() bool { return n.in.signed }

// Limit is +Inf: a norm has no activation.
func (n *Norm) Limit() float64 { return math.Inf(1) }

// Kernels are none.
func (n *Norm) Kernels() (k Kernels, ok bool) { return k, false }

// Attributes are size, alpha, beta and k.
func (n *Norm) Attributes() []Attribute {
	s := &n.spec
	return []Attribute{
		{Name: "size", Value: s.Size}, {Name: "alpha", Value: s.Alpha}, {Name: "beta", Value: s.Beta}, {Name: "k", Value: s.K},
	}
}

// Fingerprint writes what the layer's values depend on.
func (n *Norm) Fingerprint(w io.Writer) {
	s := &n.spec
	f := beginFingerprint(w, n.Kind(), 1)
	f.always("name", s.Name)
	f.inputs(s.Inputs)
	f.always("size", s.Size)
	f.always("alpha", s.Alpha)
	f.always("beta", s.Beta)
	f.always("k", s.K)
	f.end()
}

func (n *Norm) follow(in []feed) (Layer, error) { return &Norm{n.spec, in[0]}, nil }

func (n *Norm) plan(ins []volume.Shape) (LayerPlan, error) {
	in := ins[0]
	lp := samePlan(n, in)
	const root = 20 // estimate for the power and the division
	lp.work = lp.outputs() * float64(min(n.spec.Size, in.C)+root)
	return lp, nil
}

func (n *Norm) operation(old operation) operation { return reuse[window](old) }

func (n *Norm) access(lp *LayerPlan) access { return access{channels: lp.In.C} }

func (n *Norm) layout(*kernel.Kernel, *LayerPlan) kernel.Layout { return kernel.Scalar }

func (n *Norm) loops(k *kernel.Kernel, _ kernel.Layout, channels int) loops {
	s := &n.spec
	return k.Norm(channels, kernel.NormParams{Size: s.Size, Alpha: s.Alpha, Beta: s.Beta, K: s.K})
}

package filters

import (
	"fmt"
	"io"
	"math"
	"slices"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// Activation is applied to every output of a layer. Package kernel specifies each.
type Activation = kernel.Activation

// ReLU is the zero value: it follows every convolution unless a layer says otherwise.
const (
	ReLU        = kernel.ReLU        // max(0, x); −0 becomes 0 and NaN stays NaN
	None        = kernel.None        // x
	LeakyReLU   = kernel.LeakyReLU   // x for x > 0, otherwise NegativeSlope·x
	ReLU6       = kernel.ReLU6       // min(6, max(0, x)), and as ReLU otherwise
	Abs         = kernel.Abs         // |x|
	Square      = kernel.Square      // x·x, rounded to float32
	Sigmoid     = kernel.Sigmoid     // 1/(1 + e^−x)
	Tanh        = kernel.Tanh        // the hyperbolic tangent
	SiLU        = kernel.SiLU        // x·Sigmoid(x)
	GELU        = kernel.GELU        // x·Φ(x), Φ the normal distribution function
	GELUTanh    = kernel.GELUTanh    // GELU's approximation by Tanh
	ELU         = kernel.ELU         // x for x > 0, otherwise Alpha·(e^x − 1)
	HardSigmoid = kernel.HardSigmoid // min(max(x + 3, 0), 6)/6
	HardSwish   = kernel.HardSwish   // x·HardSigmoid(x), x multiplied before the division
	PReLU       = kernel.PReLU       // LeakyReLU with a slope for each filter: Slopes
)

// Activations are all of them.
func Activations() []Activation { return kernel.Activations() }

// pointwise is an activation with its parameters, as specs have them.
type pointwise struct {
	activation   Activation
	slope, alpha float32
	slopes       []float32
}

// check is for an activation of a layer with so many filters. It accepts any number of slopes
// if filters is 0. key is the activation's key in stack files.
func (p pointwise) check(key string, filters int) error {
	switch {
	case !p.activation.Valid():
		return wrong(key, " must be one of the package's constants, got %d", int(p.activation))
	case !finite(p.slope):
		return wrong("negative_slope", " must be finite, got %v", p.slope)
	case !finite(p.alpha):
		return wrong("alpha", " must be finite, got %v", p.alpha)
	case p.activation != PReLU && p.slopes != nil:
		return wrong("negative_slope", " of each filter is for prelu, the activation is %v", p.activation)
	case p.activation == PReLU && filters > 0 && len(p.slopes) != filters:
		return wrong("negative_slope", " must have %d values, one a filter, got %d", filters, len(p.slopes))
	}
	return checkFinite("negative_slope", p.slopes)
}

// signed says whether values may be below 0, if the activation's input may or may not be.
func (p pointwise) signed(in bool) bool {
	switch p.activation {
	case ReLU, ReLU6, Abs, Square, Sigmoid, HardSigmoid:
		return false
	case LeakyReLU:
		return in && p.slope > 0
	case PReLU:
		return in && slices.ContainsFunc(p.slopes, func(s float32) bool { return s > 0 })
	}
	return in
}

// limit is the largest value that the activation lets through.
func (p pointwise) limit() float64 {
	switch p.activation {
	case ReLU6:
		return 6
	case Sigmoid, HardSigmoid, Tanh:
		return 1
	}
	return math.Inf(1)
}

func (p pointwise) kernel() kernel.Pointwise {
	slope := p.slope
	if p.activation == ELU {
		slope = p.alphaOrOne()
	}
	return kernel.Pointwise{Activation: p.activation, Slope: slope, Slopes: p.slopes}
}

func (p pointwise) alphaOrOne() float32 {
	if p.alpha == 0 {
		return 1
	}
	return p.alpha
}

// attributes are the activation under its key, and the parameter that it has. The slopes of
// a PReLU are not among them.
func (p pointwise) attributes(key string) []Attribute {
	all := []Attribute{{Name: key, Value: p.activation.String()}}
	switch p.activation {
	case LeakyReLU:
		all = append(all, Attribute{Name: "negative_slope", Value: p.slope, Of: key})
	case ELU:
		all = append(all, Attribute{Name: "alpha", Value: p.alphaOrOne(), Of: key})
	}
	return all
}

// fingerprint writes the parameters.
func (p pointwise) fingerprint(f fingerprint) {
	f.unless(float32(0), "negative_slope", p.slope)
	f.unless(float32(0), "alpha", p.alpha)
	if p.slopes != nil {
		f.floats("slopes", p.slopes)
	}
}

// ActivationSpec describes a layer that applies an activation to its input. Zero fields mean
// PyTorch's defaults.
type ActivationSpec struct {
	Name          string
	Inputs        []string // as in ConvSpec
	Function      Activation
	NegativeSlope float32   // of LeakyReLU
	Alpha         float32   // of ELU; 0 is 1
	Slopes        []float32 // of PReLU: one a channel, finite
}

// Activate is a layer with an activation alone, checked and immutable: safe for concurrent
// use. It keeps its input's shape and channels.
type Activate struct {
	spec ActivationSpec
	in   feed
}

// NewActivation checks a spec. Errors are FieldErrors; they do not name the layer. Slopes are
// not copied: the caller no longer writes to them.
func NewActivation(spec ActivationSpec) (*Activate, error) {
	a := &Activate{spec: spec}
	if err := oneInput(spec.Inputs); err != nil {
		return nil, err
	}
	if err := a.pointwise().check("function", 0); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *Activate) pointwise() pointwise {
	return pointwise{a.spec.Function, a.spec.NegativeSlope, a.spec.Alpha, a.spec.Slopes}
}

// Spec is the layer's description. Its slices are the layer's own and must not be written to.
func (a *Activate) Spec() ActivationSpec { return a.spec }

// Kind is activation.
func (a *Activate) Kind() string { return "activation" }

// Name is the layer's name.
func (a *Activate) Name() string { return a.spec.Name }

// Inputs name the layer that is read, if it is not the layer before.
func (a *Activate) Inputs() []string { return a.spec.Inputs }

// Filters are the names of the channels, which the layer before gives.
func (a *Activate) Filters() []string { return a.in.channels }

// Signed says whether an output may be below 0. With most activations it may if the input
// may.
func (a *Activate) Signed() bool { return a.pointwise().signed(a.in.signed) }

// Limit is the largest value that the activation lets through.
func (a *Activate) Limit() float64 { return a.pointwise().limit() }

// Kernels are none.
func (a *Activate) Kernels() (k Kernels, ok bool) { return k, false }

// Slopes are a PReLU's, one a channel, and nil for other activations. The slice must not be
// written to.
func (a *Activate) Slopes() []float32 { return a.spec.Slopes }

// Attributes are function, and negative_slope or alpha if the function has one number.
func (a *Activate) Attributes() []Attribute { return a.pointwise().attributes("function") }

// Fingerprint writes what the layer's values depend on.
func (a *Activate) Fingerprint(w io.Writer) {
	f := beginFingerprint(w, a.Kind(), 1)
	f.always("name", a.spec.Name)
	f.inputs(a.spec.Inputs)
	f.always("function", a.spec.Function)
	a.pointwise().fingerprint(f)
	f.end()
}

func (a *Activate) follow(ins []feed) (Layer, error) {
	in := ins[0]
	if err := a.pointwise().check("function", len(in.channels)); err != nil {
		return nil, fmt.Errorf("has an input of %d channels: %w", len(in.channels), err)
	}
	return &Activate{a.spec, in}, nil
}

func (a *Activate) plan(in []volume.Shape) (LayerPlan, error) {
	lp := samePlan(a, in[0])
	lp.Parameters = int64(len(a.spec.Slopes))
	return lp, nil
}

func (a *Activate) operation(old operation) operation { return reuse[activated](old) }

// activated computes its input's rows where its own belong, and applies the activation there.
type activated struct {
	direct
	kernel *kernel.Kernel
}

func (a *activated) layOut(lp *LayerPlan, k *kernel.Kernel) { a.plan, a.kernel = lp, k }

func (a *activated) floats(int) int { return 0 }

func (a *activated) reset(int) {}

func (a *activated) produce(r *Runner, layer, y, n int, dst volume.Rows, i int) error {
	out := dst.Sub(i, i+n)
	if err := r.fetch(layer, 0, out); err != nil {
		return err
	}
	if r.crew.divides(out) {
		r.crew.channels(out.C, func(from, to int) { a.activate(out, from, to) })
	} else {
		a.activate(out, 0, out.C)
	}
	return nil
}

// activate applies the activation to channels from ≤ c < to.
func (a *activated) activate(rows volume.Rows, from, to int) {
	of := a.plan.Layer.(*Activate).pointwise().kernel()
	if of.Slopes != nil {
		of.Slopes = of.Slopes[from:to]
	}
	a.kernel.Activate(gridOf(rows, from), to-from, rows.N, rows.W, of)
}

// samePlan is the plan of a layer that computes each output from the inputs at its place.
func samePlan(l Layer, in volume.Shape) LayerPlan {
	one := Extent{Kernel: 1, Stride: 1, Dilation: 1}
	lp := LayerPlan{Layer: l, In: in, Out: in, Rows: one, Cols: one}
	lp.work = lp.outputs()
	return lp
}

// oneTap is the layout of a layer with one tap a channel.
func oneTap(k *kernel.Kernel, lp *LayerPlan) kernel.Layout {
	return k.Layout(kernel.Size{Filters: 1, Taps: 1, Width: lp.Out.W, Stride: 1, Fresh: lp.In.W})
}

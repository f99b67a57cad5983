package filters

import (
	"fmt"
	"io"
	"math"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// UpsampleMode says which values an enlarged map has between those of its input.
type UpsampleMode int

// The modes are those of PyTorch's Upsample, with align_corners=False.
const (
	// Nearest repeats each value.
	Nearest UpsampleMode = iota
	// Bilinear weighs the two nearest rows and columns. Output i lies at (i + 0.5)/factor −
	// 0.5 of the input, at least 0, and at most at the last value. With the fraction f of
	// that, rounded to float32 once, and 1 − f, columns come first, then rows: (1 − f)·a + f·b,
	// each product and the sum rounded to float32.
	Bilinear
)

var upsampleModeNames = [...]string{"nearest", "bilinear"}

// String is the name that stack files use.
func (m UpsampleMode) String() string { return nameOf(upsampleModeNames[:], "UpsampleMode", int(m)) }

// UpsampleSpec describes a layer that enlarges maps by whole factors.
type UpsampleSpec struct {
	Name   string
	Inputs []string // as in ConvSpec
	Factor [2]int   // vertical, horizontal
	Mode   UpsampleMode
}

// Upsample is a layer that enlarges maps, checked and immutable: safe for concurrent use. It
// keeps its input's channels.
type Upsample struct {
	spec UpsampleSpec
	in   feed
}

// MaxFactor bounds the factors of an Upsample.
const MaxFactor = 1024

// NewUpsample checks a spec. Errors are FieldErrors; they do not name the layer.
func NewUpsample(spec UpsampleSpec) (*Upsample, error) {
	for _, f := range spec.Factor {
		if f < 1 || f > MaxFactor {
			return nil, wrong("scale_factor", " must be from 1 to %d, got %d", MaxFactor, f)
		}
	}
	if spec.Factor == [2]int{1, 1} {
		return nil, wrong("scale_factor", " must be above 1 for rows or columns, got [1, 1]")
	}
	if spec.Mode != Nearest && spec.Mode != Bilinear {
		return nil, wrong("mode", " must be Nearest or Bilinear, got %d", int(spec.Mode))
	}
	if err := oneInput(spec.Inputs); err != nil {
		return nil, err
	}
	return &Upsample{spec: spec}, nil
}

// Spec is the layer's description.
func (u *Upsample) Spec() UpsampleSpec { return u.spec }

// Kind is upsample.
func (u *Upsample) Kind() string { return "upsample" }

// Name is the layer's name.
func (u *Upsample) Name() string { return u.spec.Name }

// Inputs name the layer that is enlarged.
func (u *Upsample) Inputs() []string { return u.spec.Inputs }

// Filters are the names of the channels, which the layer before gives.
func (u *Upsample) Filters() []string { return u.in.channels }

// Signed says whether an output may be below 0. It may if the input may.
func (u *Upsample) Signed() bool { return u.in.signed }

// Limit is +Inf: the layer has no activation.
func (u *Upsample) Limit() float64 { return math.Inf(1) }

// Kernels are none.
func (u *Upsample) Kernels() (k Kernels, ok bool) { return k, false }

// Attributes are scale_factor and mode.
func (u *Upsample) Attributes() []Attribute {
	return []Attribute{{Name: "scale_factor", Value: u.spec.Factor}, {Name: "mode", Value: u.spec.Mode.String()}}
}

// Fingerprint writes what the layer's values depend on.
func (u *Upsample) Fingerprint(w io.Writer) {
	f := beginFingerprint(w, u.Kind(), 1)
	f.always("name", u.spec.Name)
	f.inputs(u.spec.Inputs)
	f.always("scale_factor", u.spec.Factor)
	f.always("mode", u.spec.Mode)
	f.end()
}

func (u *Upsample) follow(in []feed) (Layer, error) { return &Upsample{u.spec, in[0]}, nil }

func (u *Upsample) plan(in []volume.Shape) (LayerPlan, error) {
	lp := samePlan(u, in[0])
	lp.Up = u.spec.Factor
	h, okH := volume.Product(in[0].H, u.spec.Factor[0])
	w, okW := volume.Product(in[0].W, u.spec.Factor[1])
	lp.Out.H, lp.Out.W = h, w
	if _, err := lp.Out.Len(); err != nil || !okH || !okW {
		return lp, fmt.Errorf("output: %w", volume.ErrTooLarge)
	}
	lp.work = lp.outputs()
	for axis, f := range u.spec.Factor {
		lp.wider[axis] = u.spec.Mode.wider(f)
	}
	return lp, nil
}

// wider is how far, in outputs, the field of an output reaches beyond its place on the left
// and on the right, if all outputs have a field of the same size.
func (m UpsampleMode) wider(factor int) [2]int {
	switch {
	case m == Nearest:
		return [2]int{factor - 1, 0}
	case factor%2 == 1:
		return [2]int{3 * (factor - 1) / 2, (factor - 1) / 2}
	}
	return [2]int{(3*factor - 2) / 2, factor / 2}
}

func (u *Upsample) operation(old operation) operation {
	e := reuse[enlargement](old)
	e.mode = u.spec.Mode
	return e
}

// enlargement computes rows from the rows of its input's store.
type enlargement struct {
	plan  *LayerPlan
	mode  UpsampleMode
	at    []int32   // of each output column, the first of the input's columns that it reads
	share []float32 // of each output column, the weight of the next input column
	upper []float32 // a row of the input with the output's columns
	lower []float32
}

func (e *enlargement) layOut(lp *LayerPlan, _ *kernel.Kernel) {
	e.plan = lp
	e.at, e.share = resize(e.at, lp.Out.W), resize(e.share, lp.Out.W)
	for x := range e.at {
		at, share := between(x, lp.up(1), lp.In.W)
		e.at[x], e.share[x] = int32(at), share
	}
}

func (e *enlargement) floats(int) int { return 4 * e.plan.Out.W }

func (e *enlargement) reset(int) {
	e.upper, e.lower = resize(e.upper, e.plan.Out.W), resize(e.lower, e.plan.Out.W)
}

func (e *enlargement) seek(int) {}

func (e *enlargement) need(y0, y1 int) (lo, hi int) {
	f, h := e.plan.up(0), e.plan.In.H
	if e.mode == Nearest {
		return y0 / f, (y1-1)/f + 1
	}
	lo, _ = between(y0, f, h)
	hi, share := between(y1-1, f, h)
	if share > 0 {
		hi++
	}
	return lo, hi + 1
}

func (e *enlargement) read(y int) int {
	if y == 0 {
		return 0
	}
	_, hi := e.need(y-1, y)
	return hi
}

// Between is, for row (axis 0) or column (axis 1) i of an upsampling layer's output, the row or column
// of its input before it, and the share of the next one in the output, 0 ≤ share < 1.
func (lp *LayerPlan) Between(axis, i int) (at int, share float32) {
	n, factor := []int{lp.In.H, lp.In.W}[axis], max(1, lp.Up[axis])
	if u, ok := lp.Layer.(*Upsample); !ok || u.spec.Mode == Nearest {
		return i / factor, 0
	}
	return between(i, factor, n)
}

// between is the place of output i among n values enlarged by a factor: the value before it
// and the weight of the next one, 0 for the last value.
func between(i, factor, n int) (at int, share float32) {
	place := 2*i + 1 - factor // in units of 1/(2·factor)
	switch {
	case place <= 0:
		return 0, 0
	case place/(2*factor) >= n-1:
		return n - 1, 0
	}
	return place / (2 * factor), float32(place%(2*factor)) / float32(2*factor)
}

func (e *enlargement) produce(r *Runner, layer, y, n int, dst volume.Rows, i int) error {
	for row := y; row < y+n; row++ {
		lo, hi := e.need(row, row+1)
		if err := r.await(layer, 0, lo, hi); err != nil {
			return err
		}
		in := &r.stores[e.plan.Inputs[0]]
		out := dst.Sub(i+row-y, i+row-y+1)
		for c := range out.C {
			if e.mode == Nearest {
				repeat(out.Row(c, 0), in.row(c, lo), e.plan.up(1))
				continue
			}
			_, share := between(row, e.plan.up(0), e.plan.In.H)
			e.widen(e.upper, in.row(c, lo))
			if share == 0 {
				copy(out.Row(c, 0), e.upper)
				continue
			}
			e.widen(e.lower, in.row(c, lo+1))
			mix(out.Row(c, 0), e.upper, e.lower, share)
		}
	}
	next := e.plan.In.H // rows before it need not wait
	if y+n < e.plan.Out.H {
		next, _ = e.need(y+n, y+n+1)
	}
	*r.place(layer, 0) = next
	return nil
}

func repeat(out, in []float32, times int) {
	for x, v := range in {
		for j := range times {
			out[x*times+j] = v
		}
	}
}

// widen interpolates a row's columns.
func (e *enlargement) widen(out, in []float32) {
	for x, at := range e.at {
		out[x] = in[at]
		if f := e.share[x]; f > 0 {
			out[x] = weighed(in[at], in[at+1], f)
		}
	}
}

func mix(out, a, b []float32, share float32) {
	for x := range out {
		out[x] = weighed(a[x], b[x], share)
	}
}

// weighed is (1 − f)·a + f·b, every step rounded to float32.
func weighed(a, b, f float32) float32 {
	v := float32((1-f)*a) + float32(f*b)
	if v != v {
		return float32(math.Float32frombits(0x7fc00000))
	}
	return v
}

package filters

import (
	"io"
	"math"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// PoolKind is the function that a pool computes of each window.
type PoolKind int

// MaxPool is the zero value.
const (
	// MaxPool is the largest value of a window: the first one if zeros of both signs are
	// the largest, and NaN if the window has one. Padding is −∞.
	MaxPool PoolKind = iota
	// AvgPool is a window's sum, added up from 0 row by row, divided once by the number
	// of values, all in float32. Padding is 0.
	AvgPool
)

var poolKindNames = [...]string{"max_pool", "avg_pool"}

// String is the name that stack files use.
func (k PoolKind) String() string { return nameOf(poolKindNames[:], "PoolKind", int(k)) }

// PoolSpec describes a pooling layer, as PyTorch's MaxPool2d and AvgPool2d. Zero fields
// mean PyTorch's defaults: a stride of the kernel's size, dilation 1, no padding. Pairs
// are vertical, horizontal.
type PoolSpec struct {
	Name       string
	Inputs     []string // as in ConvSpec
	Kind       PoolKind
	KernelSize [2]int
	Stride     [2]int
	Padding    [4]int // top, left, bottom, right, each at most half the kernel size
	Dilation   [2]int // of MaxPool only
	// CeilMode rounds the output's size up, so that the last window may reach beyond the
	// padding. It must begin inside the input or the padding before it.
	CeilMode bool
	// ExcludePadding divides an average by the number of values from the input
	// (count_include_pad: false); otherwise the values of the padding count too. Values
	// beyond the padding never count.
	ExcludePadding bool
	StrictSize     bool // rows or columns that no output covers are an error
}

// Pool is a pooling layer, checked and immutable: safe for concurrent use. It keeps
// its input's channels.
type Pool struct {
	spec PoolSpec
	in   feed
}

// maxTaps bounds the values of a pool's window. A row of outputs needs four bytes for
// each.
const maxTaps = 1 << 24

// NewPool checks a spec and fills its defaults. Errors are FieldErrors; they do not name
// the layer.
func NewPool(spec PoolSpec) (*Pool, error) {
	if spec.Kind != MaxPool && spec.Kind != AvgPool {
		return nil, wrong("kind", " must be MaxPool or AvgPool, got %d", int(spec.Kind))
	}
	if spec.Stride == [2]int{} {
		spec.Stride = spec.KernelSize
	}
	spec.Dilation = orOne(spec.Dilation)
	if err := spec.check(); err != nil {
		return nil, err
	}
	return &Pool{spec: spec}, nil
}

func (s *PoolSpec) check() error {
	if err := oneInput(s.Inputs); err != nil {
		return err
	}
	if err := checkWindow(s.KernelSize, s.Dilation); err != nil {
		return err
	}
	if err := checkSides("stride", 1, s.Stride[:]...); err != nil {
		return err
	}
	if n, ok := volume.Product(s.KernelSize[0], s.KernelSize[1]); !ok || n > maxTaps {
		return wrong("kernel_size", " of %d×%d is more than %d values", s.KernelSize[0], s.KernelSize[1], maxTaps)
	}
	for side, p := range s.Padding {
		switch half := s.KernelSize[side%2] / 2; {
		case p < 0:
			return wrong("padding", " must be at least 0, got %d", p)
		case p > half:
			return wrong("padding", " must be at most half of kernel_size, %d, got %d", half, p)
		}
	}
	if s.Kind == AvgPool && s.Dilation != [2]int{1, 1} {
		return wrong("dilation", " is for max pools, an average pool got [%d, %d]", s.Dilation[0], s.Dilation[1])
	}
	if s.Kind == MaxPool && s.ExcludePadding {
		return wrong("count_include_pad", " is for average pools: a max pool counts no padding")
	}
	return nil
}

// Spec is the layer's description with its defaults filled in.
func (p *Pool) Spec() PoolSpec { return p.spec }

// Kind is max_pool or avg_pool.
func (p *Pool) Kind() string { return p.spec.Kind.String() }

// Name is the layer's name.
func (p *Pool) Name() string { return p.spec.Name }

// Inputs name the layer that is read, if it is not the layer before.
func (p *Pool) Inputs() []string { return p.spec.Inputs }

// Filters are the names of the channels, which the layer before gives.
func (p *Pool) Filters() []string { return p.in.channels }

// Signed says whether an output may be below 0. It may if the input may.
func (p *Pool) Signed() bool { return p.in.signed }

// Limit is +Inf: a pool has no activation.
func (p *Pool) Limit() float64 { return math.Inf(1) }

// Kernels are none.
func (p *Pool) Kernels() (k Kernels, ok bool) { return k, false }

// Attributes are kernel_size, stride, padding, dilation of a max pool, ceil_mode, and
// count_include_pad of an average pool.
func (p *Pool) Attributes() []Attribute {
	s := &p.spec
	all := []Attribute{
		{Name: "kernel_size", Value: s.KernelSize},
		{Name: "stride", Value: s.Stride},
		{Name: "padding", Value: Padding{Top: s.Padding[0], Left: s.Padding[1], Bottom: s.Padding[2], Right: s.Padding[3]}},
	}
	if s.Kind == MaxPool {
		all = append(all, Attribute{Name: "dilation", Value: s.Dilation})
	}
	all = append(all, Attribute{Name: "ceil_mode", Value: Flag(s.CeilMode)})
	if s.Kind == AvgPool {
		all = append(all, Attribute{Name: "count_include_pad", Value: !s.ExcludePadding})
	}
	return all
}

// Fingerprint writes what the layer's values depend on.
func (p *Pool) Fingerprint(w io.Writer) {
	s := &p.spec
	f := beginFingerprint(w, p.Kind(), 1)
	f.always("name", s.Name)
	f.inputs(s.Inputs)
	f.always("kernel_size", s.KernelSize)
	f.always("stride", s.Stride)
	if p := s.Padding; p[0] == p[2] && p[1] == p[3] {
		f.unless([2]int{}, "padding", [2]int{p[0], p[1]})
	} else {
		f.always("padding", p)
	}
	f.unless([2]int{1, 1}, "dilation", s.Dilation)
	f.unless(false, "ceil_mode", s.CeilMode)
	f.unless(true, "count_include_pad", !s.ExcludePadding)
	f.unless(false, "strict_size", s.StrictSize)
	f.end()
}

func (p *Pool) follow(in []feed) (Layer, error) { return &Pool{p.spec, in[0]}, nil }

func (p *Pool) plan(ins []volume.Shape) (LayerPlan, error) {
	s, in := &p.spec, ins[0]
	lp := LayerPlan{Layer: p, In: in}
	lp.Rows = Extent{s.KernelSize[0], s.Stride[0], s.Dilation[0], s.Padding[0], s.Padding[2]}
	lp.Cols = Extent{s.KernelSize[1], s.Stride[1], s.Dilation[1], s.Padding[1], s.Padding[3]}
	rule := Extent.OutputSize
	if s.CeilMode {
		rule = Extent.ceilOutputSize
	}
	if err := lp.setOut(in.C, rule, s.StrictSize); err != nil {
		return lp, err
	}
	lp.Rows.After = lp.Rows.reach(in.H, lp.Out.H)
	lp.Cols.After = lp.Cols.reach(in.W, lp.Out.W)
	lp.work = lp.outputs() * float64(s.KernelSize[0]) * float64(s.KernelSize[1])
	return lp, nil
}

func (p *Pool) operation(old operation) operation { return reuse[window](old) }

func (p *Pool) access(*LayerPlan) access {
	if p.spec.Kind == MaxPool {
		return access{padding: float32(math.Inf(-1)), channels: 1}
	}
	return access{channels: 1, average: p}
}

// counted is the number of values along an axis, 0 for rows, that output i averages; in is
// the input's size.
func (p *Pool) counted(axis int, e Extent, in, i int) float32 {
	from := i*e.Stride - e.Before
	to := min(from+e.Kernel, in+p.spec.Padding[2+axis]) // CeilMode may reach beyond the padding
	if p.spec.ExcludePadding {
		from, to = max(from, 0), min(to, in)
	}
	return float32(to - from)
}

// layout splits rows into phases for a stride of 2, which is fast, unless the loops take whole
// rows.
func (p *Pool) layout(k *kernel.Kernel, lp *LayerPlan) kernel.Layout {
	whole := lp.Cols.Dilation == 1 && k.Whole(lp.Rows.Kernel, lp.Cols.Kernel)
	if lp.Cols.Stride == 2 && k.Splits() && !whole {
		return kernel.Pixels
	}
	return kernel.Scalar
}

func (p *Pool) loops(k *kernel.Kernel, _ kernel.Layout, channels int) loops {
	s := &p.spec
	if s.Kind == AvgPool {
		return k.AvgPool(channels, s.window())
	}
	return k.MaxPool(channels, s.window())
}

func (s *PoolSpec) window() kernel.Window {
	return kernel.Window{Rows: s.KernelSize[0], Columns: s.KernelSize[1], Stride: s.Stride[0], Dilation: s.Dilation[0]}
}

// scratchFloats bounds the memory, beside its window, in which a goroutine computes bands of so
// many rows.
func (w *window) scratchFloats(band int) int {
	p, ok := w.plan.Layer.(*Pool)
	if !ok {
		return 0
	}
	if p.spec.Kind == AvgPool {
		return kernel.AverageFloats(w.plan.Out.W, w.row.stride)
	}
	return p.spec.window().Floats(band, w.plan.Out.W, w.row.stride, w.plan.Cols.EffectiveKernel())
}

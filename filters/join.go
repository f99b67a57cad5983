package filters

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// JoinKind says how a layer joins its inputs.
type JoinKind int

// Add is the zero value.
const (
	// Add is the sum of its inputs, of the same shape, one after the other in float32.
	Add JoinKind = iota
	// Concat is the channels of its inputs, one after the other. They have the same rows
	// and columns.
	Concat
)

var joinKindNames = [...]string{"add", "concat"}

// String is the name that stack files use.
func (k JoinKind) String() string { return nameOf(joinKindNames[:], "JoinKind", int(k)) }

// JoinSpec describes a layer that joins earlier ones.
type JoinSpec struct {
	Name   string
	Inputs []string // at least two, as in ConvSpec
	Kind   JoinKind
}

// Join is a layer that joins others, checked and immutable: safe for concurrent use.
type Join struct {
	spec     JoinSpec
	channels []string
	isSigned bool
}

// NewJoin checks a spec. Errors are FieldErrors; they do not name the layer.
func NewJoin(spec JoinSpec) (*Join, error) {
	if spec.Kind != Add && spec.Kind != Concat {
		return nil, wrong("kind", " must be Add or Concat, got %d", int(spec.Kind))
	}
	if len(spec.Inputs) < 2 {
		return nil, wrong("inputs", " of %v must be at least two layers, got %d", spec.Kind, len(spec.Inputs))
	}
	return &Join{spec: spec}, nil
}

// Spec is the layer's description. Its slices must not be written to.
func (j *Join) Spec() JoinSpec { return j.spec }

// Kind is add or concat.
func (j *Join) Kind() string { return j.spec.Kind.String() }

// Name is the layer's name.
func (j *Join) Name() string { return j.spec.Name }

// Inputs are the names of the layers that are joined.
func (j *Join) Inputs() []string { return j.spec.Inputs }

// Filters are the names of the channels: the first input's of a sum; of a concatenation
// all inputs', with the layers' names before them if they would not differ.
func (j *Join) Filters() []string { return j.channels }

// Signed says whether an output may be below 0. It may if an input may.
func (j *Join) Signed() bool { return j.isSigned }

// Limit is +Inf: a join has no activation.
func (j *Join) Limit() float64 { return math.Inf(1) }

// Kernels are none.
func (j *Join) Kernels() (k Kernels, ok bool) { return k, false }

// Attributes are none.
func (j *Join) Attributes() []Attribute { return nil }

// Fingerprint writes what the layer's values depend on.
func (j *Join) Fingerprint(w io.Writer) {
	f := beginFingerprint(w, j.Kind(), 1)
	f.always("name", j.spec.Name)
	f.inputs(j.spec.Inputs)
	f.end()
}

func (j *Join) follow(in []feed) (Layer, error) {
	out := &Join{spec: j.spec, channels: in[0].channels}
	for i, f := range in {
		out.isSigned = out.isSigned || f.signed
		if a, b := len(in[0].channels), len(f.channels); j.spec.Kind == Add && a != b {
			return nil, fmt.Errorf("adds %s of %d channels and %s of %d: they must be equal, and a convolution by 1×1 makes them so", j.spec.Inputs[0], a, j.spec.Inputs[i], b)
		}
	}
	if j.spec.Kind == Concat {
		out.channels = joinedNames(in)
	}
	return out, nil
}

// longestName bounds the names of joined channels in bytes: they become names of files.
const longestName = 100

// joinedNames are different names for the channels of all inputs.
func joinedNames(in []feed) []string {
	var plain, long []string
	for _, f := range in {
		plain = append(plain, f.channels...)
		for _, c := range f.channels {
			long = append(long, f.name+"-"+c)
		}
	}
	for _, names := range [][]string{plain, long} {
		if different(names) {
			return names
		}
	}
	for i := range plain {
		plain[i] = fmt.Sprintf("c%d", i)
	}
	return plain
}

// different says whether no two names are equal, in any case, and none is too long.
func different(names []string) bool {
	folded := make([]string, len(names))
	for i, n := range names {
		if folded[i] = strings.ToLower(n); len(n) > longestName {
			return false
		}
	}
	slices.Sort(folded)
	return len(slices.Compact(folded)) == len(names)
}

func (j *Join) plan(in []volume.Shape) (LayerPlan, error) {
	all := in[0]
	for i, s := range in[1:] {
		if s.H != all.H || s.W != all.W {
			return LayerPlan{}, fmt.Errorf("inputs %s and %s must have the same rows and columns, they are %v and %v: use the same strides, and padding that keeps the size",
				j.spec.Inputs[0], j.spec.Inputs[i+1], in[0], s)
		}
		if j.spec.Kind == Concat {
			all.C += s.C
		}
	}
	lp := samePlan(j, all)
	lp.work = lp.outputs() * float64(len(in)) / 4
	if _, err := all.Len(); err != nil {
		return lp, fmt.Errorf("output: %w", err)
	}
	return lp, nil
}

func (j *Join) operation(old operation) operation {
	if j.spec.Kind == Concat {
		return reuse[concatenation](old)
	}
	return reuse[sum](old)
}

// direct is the part of an operation whose output rows read the same rows of each input.
type direct struct{ plan *LayerPlan }

func (d *direct) need(y0, y1 int) (lo, hi int) { return y0, y1 }

func (d *direct) read(y int) int { return y }

func (d *direct) seek(int) {}

// concatenation computes each input's rows where they belong.
type concatenation struct{ direct }

func (c *concatenation) layOut(lp *LayerPlan, _ *kernel.Kernel) { c.plan = lp }

func (c *concatenation) floats(int) int { return 0 }

func (c *concatenation) reset(int) {}

func (c *concatenation) produce(r *Runner, layer, y, n int, dst volume.Rows, i int) error {
	at, out := 0, dst.Sub(i, i+n)
	for input := range c.plan.Inputs {
		part := out
		part.C = r.shapeOf(c.plan.Inputs[input]).C
		part.Data = out.Data[at*out.ChannelStride:]
		if err := r.fetch(layer, input, part); err != nil {
			return err
		}
		at += part.C
	}
	return nil
}

// sum computes the first input's rows where the sums belong, and adds the others.
type sum struct {
	direct
	kernel *kernel.Kernel
	other  []float32
}

func (s *sum) layOut(lp *LayerPlan, k *kernel.Kernel) { s.plan, s.kernel = lp, k }

func (s *sum) floats(band int) int { return s.plan.Out.C * channelStride(s.plan.Out, band) }

func (s *sum) reset(band int) {
	if n := s.floats(band); cap(s.other) < n {
		s.other = kernel.Floats(n)
	}
}

func (s *sum) produce(r *Runner, layer, y, n int, dst volume.Rows, i int) error {
	out := dst.Sub(i, i+n)
	if err := r.fetch(layer, 0, out); err != nil {
		return err
	}
	for input := 1; input < len(s.plan.Inputs); input++ {
		other := rowsOf(s.plan.Out, y, n, s.other[:cap(s.other)])
		if err := r.fetch(layer, input, other); err != nil {
			return err
		}
		if r.crew.divides(out) {
			r.crew.channels(out.C, func(from, to int) { s.add(out, other, from, to) })
		} else {
			s.add(out, other, 0, out.C)
		}
	}
	return nil
}

// add adds rows of channels from ≤ c < to to others. Rows of a channel that follow each other are
// added as one.
func (s *sum) add(out, other volume.Rows, from, to int) {
	if out.RowStride == out.W && other.RowStride == other.W {
		out.W, other.W = out.N*out.W, other.N*other.W
		out.N, other.N = 1, 1
	}
	for c := from; c < to; c++ {
		for i := range out.N {
			s.kernel.Add(out.Row(c, i), other.Row(c, i))
		}
	}
}

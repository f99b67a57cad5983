package filters

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"filterbank/filters/volume"
)

// Layer is one layer of a stack: a *Conv, a *Pool, a *Norm, an *Activate, a *Scale, a *Join
// or an *Upsample. It is immutable and safe for concurrent use.
type Layer interface {
	// Kind is the key of such a layer in stack files, such as conv or max_pool.
	Kind() string
	// Name is the layer's name. Its output files are named after it.
	Name() string
	// Inputs are the names of the layers that it reads; none stand for the layer before.
	// The slice must not be written to.
	Inputs() []string
	// Filters are the names of the output channels; the slice must not be written to. A
	// layer that keeps its channels has the names of the layer before it, and nil until
	// it is in a stack.
	Filters() []string
	// Signed says whether an output may be below 0 although no input of the stack is. A
	// picture's values are not, unless a mean was subtracted.
	Signed() bool
	// Limit is the largest value that the layer's own activation lets through, +Inf if
	// there is no bound.
	Limit() float64
	// Kernels are the layer's weights and biases. It is not ok for a layer without any.
	Kernels() (k Kernels, ok bool)
	// Attributes are the layer's settings with defaults filled in, always in the same
	// order. Plans, sheets, pages and exported networks print them.
	Attributes() []Attribute
	// Fingerprint writes a text of everything that the layer's values depend on besides
	// its input, with weights as little-endian bytes. It is explicit and versioned for
	// each kind of layer: a field added to a spec changes no fingerprint while it has its
	// default. Texts of several layers may follow each other.
	Fingerprint(w io.Writer)

	// follow is the layer with these inputs, at least one.
	follow(in []feed) (Layer, error)
	// plan is the layer's geometry. Shapes that do not fit are an error.
	plan(in []volume.Shape) (LayerPlan, error)
	// operation computes the layer. It is the old one if that is of the same kind.
	operation(old operation) operation
}

// Stack is a graph of layers, each of which reads earlier ones or the stack's input: most
// read the layer before. It is immutable and safe for concurrent use.
type Stack struct {
	name       string
	inChannels int
	layers     []Layer
	inputs     [][]int // of each layer, the layers that it reads; −1 is the stack's input
}

func inputNames(channels int) []string {
	if channels == 3 {
		return []string{"r", "g", "b"}
	}
	names := make([]string, channels)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	return names
}

// Name is the stack's name. It is empty if a file's only stack has no name.
func (s *Stack) Name() string { return s.name }

// InChannels is the number of channels of the stack's input.
func (s *Stack) InChannels() int { return s.inChannels }

// Layers are the stack's layers; the slice must not be written to.
func (s *Stack) Layers() []Layer { return s.layers }

// Inputs are the indices of the layers that a layer reads; −1 is the stack's input. The slice
// must not be written to.
func (s *Stack) Inputs(layer int) []int { return s.inputs[layer] }

// Plan is the arithmetic of a stack on pictures of one size, before any pixel.
// It is immutable and safe for concurrent use.
type Plan struct {
	Stack  *Stack
	Input  volume.Shape
	Layers []LayerPlan

	workingSet func() int // computed once, by the first call
}

// LayerPlan is one layer's part of a plan.
type LayerPlan struct {
	Layer Layer
	// Inputs are the indices of the layers that it reads; −1 is the stack's input.
	Inputs []int
	// In is the shape of its input. A concatenation's has all channels.
	In, Out volume.Shape
	// Rows and Cols have the padding in pixels, also if the spec says same.
	Rows, Cols Extent
	// UncoveredRows at the bottom and UncoveredCols at the right of the padded input are
	// in no output's field.
	UncoveredRows, UncoveredCols int
	// Up is by how much the layer enlarges maps, rows and columns; 0 stands for 1.
	Up [2]int
	// Field is the receptive field, height and width, of one output on the picture. With
	// several ways to the picture it covers the fields of all ways.
	Field [2]int
	// Jump is the distance on the picture between neighbouring outputs.
	Jump [2]int
	// FieldStart is the first row and column of the picture in the field of output (0,
	// 0). It is negative in the padding.
	FieldStart [2]int
	// Parameters counts weights and biases.
	Parameters int64
	// MACs counts multiply-adds of convolutions on one picture.
	MACs float64

	work   float64   // estimated cost in multiply-adds
	wider  [2][2]int // of enlarged rows and columns: by how many outputs the field grows at either side
	coarse [2]int    // the largest jump on the ways to the picture
}

// ErrStrictSize says that a layer with StrictSize leaves rows or columns uncovered.
var ErrStrictSize = errors.New("strict_size")

// Plan computes every layer's shapes for an input. It fails if a kernel is larger than
// its padded input, if padding reflects or wraps more pixels than the input has, if a
// layer's output is larger than can be addressed (volume.ErrTooLarge), if a layer with
// StrictSize leaves rows or columns uncovered (ErrStrictSize), if the inputs of a layer
// differ in size or in the distance of their outputs on the picture, if they are shifted
// against each other, and if an enlarged map would have outputs between the pixels.
//
// Inputs are shifted if the centres of their fields are as far apart as two neighbouring
// outputs of the layer with the largest jump on the ways to the picture. Less is the nature of
// strides: the centres of an even kernel and of an odd one, or of a map that is made smaller
// and enlarged again, lie between each other's.
//
// Receptive fields follow Araujo, Norris and Sim, Computing Receptive Fields of
// Convolutional Neural Networks (Distill, 2019).
func (s *Stack) Plan(in volume.Shape) (*Plan, error) {
	if _, err := in.Len(); err != nil {
		return nil, err
	}
	if s.inChannels != in.C {
		return nil, fmt.Errorf("the stack reads %d channels, the input has %d", s.inChannels, in.C)
	}
	p := &Plan{Stack: s, Input: in}
	p.workingSet = sync.OnceValue(p.measure)
	for l, layer := range s.layers {
		ins := make([]volume.Shape, len(s.inputs[l]))
		for i, from := range s.inputs[l] {
			if ins[i] = in; from >= 0 {
				ins[i] = p.Layers[from].Out
			}
		}
		lp, err := layer.plan(ins)
		if err == nil {
			lp.Inputs = s.inputs[l]
			err = p.place(&lp)
		}
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", s.layerName(layer), err)
		}
		p.Layers = append(p.Layers, lp)
	}
	return p, nil
}

// layerName is a layer's name in messages, with the stack's if it has one.
func (s *Stack) layerName(layer Layer) string {
	if s.name == "" {
		return layer.Name()
	}
	return s.name + "/" + layer.Name()
}

// setOut computes the output's shape with one rule for both axes.
func (lp *LayerPlan) setOut(channels int, rule func(e Extent, in int) (out, uncovered int, err error), strict bool) (err error) {
	lp.Out.C = channels
	if lp.Out.H, lp.UncoveredRows, err = rule(lp.Rows, lp.In.H); err != nil {
		return fmt.Errorf("height: %w; use a larger picture, more padding or a smaller kernel", err)
	}
	if lp.Out.W, lp.UncoveredCols, err = rule(lp.Cols, lp.In.W); err != nil {
		return fmt.Errorf("width: %w; use a larger picture, more padding or a smaller kernel", err)
	}
	if strict && lp.UncoveredRows+lp.UncoveredCols > 0 {
		return fmt.Errorf("%w: %s", ErrStrictSize, lp.Uncovered())
	}
	if _, err = lp.Out.Len(); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// outputs is the number of outputs, as a float64.
func (lp *LayerPlan) outputs() float64 {
	return float64(lp.Out.C) * float64(lp.Out.H) * float64(lp.Out.W)
}

// Uncovered says how many rows and columns no output covers and why. It is empty if there
// are none.
func (lp *LayerPlan) Uncovered() string {
	var parts []string
	if n := lp.UncoveredRows; n > 0 {
		parts = append(parts, uncovered(n, "row", "bottom", lp.Rows, lp.In.H))
	}
	if n := lp.UncoveredCols; n > 0 {
		parts = append(parts, uncovered(n, "column", "right", lp.Cols, lp.In.W))
	}
	return strings.Join(parts, "; ")
}

func uncovered(n int, what, side string, e Extent, size int) string {
	verb := "is"
	if n > 1 {
		what, verb = what+"s", "are"
	}
	return fmt.Sprintf("%d %s at the %s %s not covered: (%d − %d + %d)/%d leaves a remainder of %d",
		n, what, side, verb, size, e.EffectiveKernel(), e.Before+e.After, e.Stride, n)
}

// weighted is a layer whose weights take noticeable memory.
type weighted interface{ weightBytes() int64 }

// WeightBytes estimates the bytes of the weights of all layers: as the layers were given them, and
// once more in the order of a kernel's loops, which all runners share.
func (s *Stack) WeightBytes() int64 {
	var n int64
	for _, l := range s.layers {
		if w, ok := l.(weighted); ok {
			n += w.weightBytes()
		}
	}
	return n
}

// WorkingSet estimates the bytes that a Runner holds for pictures of this size.
func (p *Plan) WorkingSet() int { return p.workingSet() }

// measure takes for each layer the taller of the bands that it may have: the layers that later
// ones read may be the last ones of a run. Such a run may use up tallBytes where all layers
// together need lower bands, and divide adds up to a quarter.
func (p *Plan) measure() int {
	var r Runner
	all := slices.Repeat([]bool{true}, len(p.Layers))
	lowered := r.fit(p, all)
	bands := slices.Clone(r.bands)
	r.divide(p.Layers[len(p.Layers)-1].Out.H)
	for l := range bands {
		r.bands[l] = max(r.bands[l], bands[l])
	}
	n, out := r.workingSet(), 0
	for l, band := range r.bands {
		out = max(out, p.Layers[l].Out.C*channelStride(p.Layers[l].Out, band))
	}
	if n += max(0, out-r.outFloats()); lowered {
		n = max(n, tallBytes/4*5/4)
	}
	for l, op := range r.ops {
		if w, ok := op.(*window); ok {
			n += w.scratchFloats(r.bands[l])
		}
	}
	if last, ok := r.ops[len(r.ops)-1].(*window); ok && last.boundable(fewestTiles) {
		n += newTiling(last.plan.Out.W).floats(last)
	}
	return 4 * n
}

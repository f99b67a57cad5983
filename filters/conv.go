package filters

import (
	"errors"
	"fmt"
	"math"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// PaddingKind says how the amounts of padding are found.
type PaddingKind int

// Explicit amounts are the zero value; the others depend on the input's size.
const (
	Explicit  PaddingKind = iota
	Same                  // output size = input size; stride 1 only; an odd rest goes below and right, as in PyTorch
	SameUpper             // output size = ceil(input/stride); an odd rest goes below and right (ONNX SAME_UPPER)
	SameLower             // the same with an odd rest above and left (ONNX SAME_LOWER)
)

var paddingKindNames = [...]string{"explicit", "same", "same_upper", "same_lower"}

// String is the name that stack files use; theirs for Explicit are the amounts.
func (k PaddingKind) String() string { return nameOf(paddingKindNames[:], "PaddingKind", int(k)) }

// PaddingMode says what stands in the padding.
type PaddingMode int

// The modes are PyTorch's padding_mode.
const (
	Zeros     PaddingMode = iota
	Reflect               // mirrored at the edge pixel, which is not repeated; padding < size
	Replicate             // the edge pixel repeated
	Circular              // wrapped around; padding ≤ size
)

var paddingModeNames = [...]string{"zeros", "reflect", "replicate", "circular"}

// String is the name that stack files use.
func (m PaddingMode) String() string { return nameOf(paddingModeNames[:], "PaddingMode", int(m)) }

// nameOf is a value's name, or the type and number of a value that has none.
func nameOf(names []string, kind string, i int) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("%s(%d)", kind, i)
	}
	return names[i]
}

// Padding is what is laid around a layer's input before its kernels slide over it.
type Padding struct {
	Kind                     PaddingKind
	Top, Left, Bottom, Right int // with Explicit, in pixels
	Mode                     PaddingMode
}

// Activation is applied to every output of a layer. Package kernel specifies each.
type Activation = kernel.Activation

// ReLU is the zero value: it follows every convolution unless a layer says otherwise.
const (
	ReLU      = kernel.ReLU      // max(0, x); −0 becomes 0 and NaN stays NaN
	None      = kernel.None      // x
	LeakyReLU = kernel.LeakyReLU // x for x > 0, otherwise ConvSpec.NegativeSlope·x
	ReLU6     = kernel.ReLU6     // min(6, max(0, x)), and as ReLU otherwise
	Abs       = kernel.Abs       // |x|
	Square    = kernel.Square    // x·x, rounded to float32
)

// ConvSpec describes a convolution layer: K filters of C/groups×kH×kW weights.
// What is left at zero takes PyTorch's default: stride and dilation 1, one group,
// no padding, no bias.
type ConvSpec struct {
	Name       string
	InChannels int       // C
	Filters    []string  // K names, one a filter; nil numbers them f0, f1, …
	KernelSize [2]int    // kH, kW
	Weights    []float32 // OIHW: K×(C/groups)×kH×kW, finite
	Bias       []float32 // K values, finite; nil is no bias

	Stride        [2]int // vertical, horizontal
	Padding       Padding
	Dilation      [2]int // vertical, horizontal
	Groups        int
	Activation    Activation
	NegativeSlope float32 // of LeakyReLU
	StrictSize    bool    // rows or columns that no output covers are an error
}

// Conv is a convolution layer, checked and immutable: safe for concurrent use.
type Conv struct {
	spec ConvSpec
}

// NewConv checks a spec and fills its defaults. The error says which figure is
// wrong and what would be right; it does not name the layer. Slices are not
// copied: the caller no longer writes to them.
func NewConv(spec ConvSpec) (*Conv, error) {
	spec.Stride = orOne(spec.Stride)
	spec.Dilation = orOne(spec.Dilation)
	spec.Groups = max(spec.Groups, 1)
	if err := spec.checkSizes(); err != nil {
		return nil, err
	}
	if err := spec.checkPadding(); err != nil {
		return nil, err
	}
	if err := spec.checkArrays(); err != nil {
		return nil, err
	}
	if spec.Filters == nil {
		spec.Filters = make([]string, spec.filterCount())
		for i := range spec.Filters {
			spec.Filters[i] = fmt.Sprintf("f%d", i)
		}
	}
	if spec.Bias == nil {
		spec.Bias = make([]float32, len(spec.Filters))
	}
	return &Conv{spec}, nil
}

// Spec is the layer's description with its defaults filled in. Its slices are the
// layer's own and must not be written to.
func (c *Conv) Spec() ConvSpec { return c.spec }

func orOne(v [2]int) [2]int {
	for i := range v {
		if v[i] == 0 {
			v[i] = 1
		}
	}
	return v
}

// maxSide bounds kernel sizes, strides, dilations and paddings, so that no sum or
// product of two of them overflows.
const maxSide = 1 << 20

func (s *ConvSpec) checkSizes() error {
	if err := checkSides(s.KernelSize, s.Stride, s.Dilation); err != nil {
		return err
	}
	if s.InChannels < 1 {
		return fmt.Errorf("input channels must be at least 1, got %d", s.InChannels)
	}
	if s.InChannels%s.Groups != 0 {
		return fmt.Errorf("groups must divide the %d input channels, got %d", s.InChannels, s.Groups)
	}
	return nil
}

// checkSides bounds what a window is made of.
func checkSides(kernelSize, stride, dilation [2]int) error {
	for _, v := range []struct {
		name string
		of   [2]int
	}{{"kernel size", kernelSize}, {"stride", stride}, {"dilation", dilation}} {
		for _, n := range v.of {
			if n < 1 || n > maxSide {
				return fmt.Errorf("%s must be from 1 to %d, got %d", v.name, maxSide, n)
			}
		}
	}
	for axis, name := range []string{"height", "width"} {
		if span := dilation[axis] * (kernelSize[axis] - 1); span >= maxSide {
			return fmt.Errorf("kernel %s with its dilation spans %d pixels, at most %d are possible", name, span+1, maxSide)
		}
	}
	return nil
}

func (s *ConvSpec) checkPadding() error {
	p := s.Padding
	for _, n := range []int{p.Top, p.Left, p.Bottom, p.Right} {
		if n < 0 || n > maxSide {
			return fmt.Errorf("padding must be from 0 to %d, got %d", maxSide, n)
		}
	}
	if p.Kind == Same && s.Stride != [2]int{1, 1} {
		return fmt.Errorf("padding same needs stride 1, got [%d, %d]: use same_upper or same_lower, or amounts", s.Stride[0], s.Stride[1])
	}
	return nil
}

// tapCount is (C/groups)·kH·kW.
func (s *ConvSpec) tapCount() (int, bool) {
	return volume.Product(s.InChannels/max(s.Groups, 1), s.KernelSize[0], s.KernelSize[1])
}

func (s *ConvSpec) filterCount() int {
	taps, _ := s.tapCount()
	return len(s.Weights) / taps
}

func (s *ConvSpec) checkArrays() error {
	taps, ok := s.tapCount()
	if !ok || len(s.Weights) == 0 || len(s.Weights)%taps != 0 {
		return fmt.Errorf("weights must be K×%d×%d×%d values, got %d", s.InChannels/s.Groups, s.KernelSize[0], s.KernelSize[1], len(s.Weights))
	}
	k := len(s.Weights) / taps
	switch {
	case k%s.Groups != 0:
		return fmt.Errorf("groups must divide the %d filters, got %d", k, s.Groups)
	case s.Filters != nil && len(s.Filters) != k:
		return fmt.Errorf("%d filters have %d names", k, len(s.Filters))
	case s.Bias != nil && len(s.Bias) != k:
		return fmt.Errorf("bias must have %d values, one a filter, got %d", k, len(s.Bias))
	}
	for i, w := range s.Weights {
		if !finite(w) {
			return fmt.Errorf("weight %d of filter %d is %v, it must be finite", i%taps, i/taps, w)
		}
	}
	for i, b := range s.Bias {
		if !finite(b) {
			return fmt.Errorf("bias of filter %d is %v, it must be finite", i, b)
		}
	}
	if !finite(s.NegativeSlope) {
		return errors.New("negative_slope must be finite")
	}
	return nil
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

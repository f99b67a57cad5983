package filters

import "fmt"

// PaddingKind says how the amounts of padding are determined.
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

// PaddingMode says which values the padding has.
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

// Padding surrounds a layer's input before the kernels slide over it.
type Padding struct {
	Kind                     PaddingKind
	Top, Left, Bottom, Right int // with Explicit, in pixels
	Mode                     PaddingMode
}

// ConvSpec describes a convolution layer: K filters of C/groups×kH×kW weights. Zero
// fields mean PyTorch's defaults: stride and dilation 1, one group, no padding, no bias.
type ConvSpec struct {
	Name string
	// Inputs name the layers that are read, here one: an earlier layer, or input for the
	// stack's input. Without them it is the layer before.
	Inputs []string

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
	NegativeSlope float32   // of LeakyReLU
	Alpha         float32   // of ELU; 0 is 1
	Slopes        []float32 // of PReLU: K values, finite
	StrictSize    bool      // rows or columns that no output covers are an error
}

// Conv is a convolution layer, checked and immutable: safe for concurrent use.
type Conv struct {
	spec   ConvSpec
	packed sharedWeights
}

// NewConv checks a spec and fills its defaults. Errors are FieldErrors; they do not name
// the layer. Slices are not copied: the caller no longer writes to them.
func NewConv(spec ConvSpec) (*Conv, error) {
	spec = spec.withDefaults()
	if err := oneInput(spec.Inputs); err != nil {
		return nil, err
	}
	if spec.InChannels < 1 {
		return nil, wrong("in_channels", " must be at least 1, got %d", spec.InChannels)
	}
	if err := spec.CheckSettings(); err != nil {
		return nil, err
	}
	if err := checkWindow(spec.KernelSize, spec.Dilation); err != nil {
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
	return &Conv{spec: spec}, nil
}

func (s ConvSpec) withDefaults() ConvSpec {
	s.Stride, s.Dilation, s.Groups = orOne(s.Stride), orOne(s.Dilation), max(s.Groups, 1)
	return s
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

package filters

import (
	"errors"
	"fmt"
	"math"

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
func (m PaddingMode) String() string { return paddingModeNames[m] }

// Padding is what is laid around a layer's input before its kernels slide over it.
type Padding struct {
	Kind                     PaddingKind
	Top, Left, Bottom, Right int // with Explicit, in pixels
	Mode                     PaddingMode
}

// Activation is applied to every output of a layer.
type Activation int

// ReLU is the zero value: it follows every convolution unless a layer says otherwise.
const (
	ReLU      Activation = iota // max(0, x); −0 becomes 0 and NaN stays NaN
	None                        // x
	LeakyReLU                   // x for x > 0, otherwise ConvSpec.NegativeSlope·x
)

var activationNames = [...]string{"relu", "none", "leaky_relu"}

// String is the name that stack files use.
func (a Activation) String() string { return activationNames[a] }

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

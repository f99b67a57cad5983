package filters

import (
	"fmt"
	"math"
	"strings"

	"filterbank/filters/volume"
)

// FieldError says which field of a spec is wrong and what would be right. A reader of
// stack files points at the field's key.
type FieldError struct {
	Field   string // under the name that stack files use: stride, batch_norm.eps
	Problem string // the rest of the sentence: " must be from 1 to 1048576, got 0"
}

// Error is the field and the problem.
func (e *FieldError) Error() string { return e.Field + e.Problem }

func wrong(field, problem string, args ...any) error {
	return &FieldError{field, fmt.Sprintf(problem, args...)}
}

// MaxSide bounds kernel sizes, strides, dilations and paddings, and the pixels that a
// dilated kernel spans, so that no sum or product of two of them overflows.
const MaxSide = 1 << 20

// CheckSettings checks everything that needs no kernels: stride, padding, dilation,
// groups and activation. InChannels may be 0 if they are not known yet.
func (s *ConvSpec) CheckSettings() error {
	spec := s.withDefaults()
	if err := checkSides("stride", 1, spec.Stride[:]...); err != nil {
		return err
	}
	if err := checkSides("dilation", 1, spec.Dilation[:]...); err != nil {
		return err
	}
	if err := spec.Padding.check(spec.Stride); err != nil {
		return err
	}
	if spec.InChannels%spec.Groups != 0 {
		return wrong("groups", " must divide the number of input channels, %d, got %d", spec.InChannels, spec.Groups)
	}
	return spec.pointwise().check("activation", 0)
}

func (p Padding) check(stride [2]int) error {
	switch {
	case p.Kind < Explicit || p.Kind > SameLower:
		return wrong("padding", " must be of one of the package's kinds, got %d", int(p.Kind))
	case p.Mode < Zeros || p.Mode > Circular:
		return wrong("padding_mode", " must be %s, got %d", strings.Join(paddingModeNames[:], ", "), int(p.Mode))
	case p.Kind == Same && stride != [2]int{1, 1}:
		return wrong("padding", " same needs stride 1, got [%d, %d]: write same_upper or same_lower, or the amounts", stride[0], stride[1])
	}
	return checkSides("padding", 0, p.Top, p.Left, p.Bottom, p.Right)
}

// oneInput is for layers that read one other.
func oneInput(inputs []string) error {
	if len(inputs) > 1 {
		return wrong("inputs", " must be one layer, got %d: add or concat joins several", len(inputs))
	}
	return nil
}

// checkSides bounds figures in pixels.
func checkSides(field string, least int, values ...int) error {
	for _, n := range values {
		if n < least || n > MaxSide {
			return wrong(field, " must be from %d to %d, got %d", least, MaxSide, n)
		}
	}
	return nil
}

// checkWindow bounds kernels and what they span.
func checkWindow(kernelSize, dilation [2]int) error {
	if err := checkSides("kernel_size", 1, kernelSize[:]...); err != nil {
		return err
	}
	if err := checkSides("dilation", 1, dilation[:]...); err != nil {
		return err
	}
	for axis, k := range kernelSize {
		if span := dilation[axis] * (k - 1); span >= MaxSide {
			return wrong("dilation", " %d makes the kernel span %d pixels, at most %d are possible", dilation[axis], span+1, MaxSide)
		}
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
	if !ok || taps < 1 || len(s.Weights) == 0 || len(s.Weights)%taps != 0 {
		return wrong("weights", " must be K×%d×%d×%d values, got %d", s.InChannels/max(s.Groups, 1), s.KernelSize[0], s.KernelSize[1], len(s.Weights))
	}
	k := len(s.Weights) / taps
	switch {
	case k%s.Groups != 0:
		return wrong("groups", " must divide the number of filters, %d, got %d", k, s.Groups)
	case s.Filters != nil && len(s.Filters) != k:
		return wrong("filters", " must have %d names, one a filter, got %d", k, len(s.Filters))
	case s.Bias != nil && len(s.Bias) != k:
		return wrong("bias", " must have %d values, one a filter, got %d", k, len(s.Bias))
	}
	if err := s.checkWeights(); err != nil {
		return err
	}
	if err := s.pointwise().check("activation", k); err != nil {
		return err
	}
	return checkFinite("bias", s.Bias)
}

func (s *ConvSpec) checkWeights() error {
	taps, _ := s.tapCount()
	h, w := s.KernelSize[0], s.KernelSize[1]
	for i, v := range s.Weights {
		if !finite(v) {
			return wrong("weights", ": filter %d has %v at channel %d, row %d, column %d", i/taps, v, i%taps/(h*w), i%(h*w)/w, i%w)
		}
	}
	return nil
}

// checkFinite is for values of which each filter has one.
func checkFinite(field string, values []float32) error {
	for i, v := range values {
		if !finite(v) {
			return wrong(field, ": filter %d has %v, it must be finite", i, v)
		}
	}
	return nil
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

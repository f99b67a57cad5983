package filters

import (
	"fmt"
	"io"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// Kind is conv.
func (c *Conv) Kind() string { return "conv" }

// Name is the layer's name.
func (c *Conv) Name() string { return c.spec.Name }

// Inputs name the layer that is read, if it is not the layer before.
func (c *Conv) Inputs() []string { return c.spec.Inputs }

// Filters are the names of the output channels, one a filter; the slice must not be
// written to.
func (c *Conv) Filters() []string { return c.spec.Filters }

// Signed says whether an output may be below 0, as sums may.
func (c *Conv) Signed() bool { return c.pointwise().signed(true) }

func (c *Conv) pointwise() pointwise { return c.spec.pointwise() }

func (s *ConvSpec) pointwise() pointwise {
	return pointwise{s.Activation, s.NegativeSlope, s.Alpha, s.Slopes}
}

func (c *Conv) follow(in []feed) (Layer, error) {
	if n := len(in[0].channels); n != c.spec.InChannels {
		return nil, fmt.Errorf("reads %d channels but gets %d", c.spec.InChannels, n)
	}
	return c, nil
}

// Limit is the largest value that the activation lets through: 6 with ReLU6.
func (c *Conv) Limit() float64 { return c.pointwise().limit() }

// Slopes are a PReLU's, one a filter, and nil for other activations. The slice must not be
// written to.
func (c *Conv) Slopes() []float32 { return c.spec.Slopes }

// Kernels are the layer's weights and biases.
func (c *Conv) Kernels() (k Kernels, ok bool) {
	s := &c.spec
	return Kernels{s.Groups, s.InChannels / s.Groups, s.KernelSize, s.Weights, s.Bias}, true
}

// Attributes are kernel_size, stride, padding, padding_mode, dilation, groups,
// activation, and negative_slope or alpha if the activation has one number.
func (c *Conv) Attributes() []Attribute {
	s := &c.spec
	return append([]Attribute{
		{Name: "kernel_size", Value: s.KernelSize},
		{Name: "stride", Value: s.Stride},
		{Name: "padding", Value: s.Padding},
		{Name: "padding_mode", Value: s.Padding.Mode.String(), Of: "padding"},
		{Name: "dilation", Value: s.Dilation},
		{Name: "groups", Value: s.Groups},
	}, s.pointwise().attributes("activation")...)
}

// Fingerprint writes what the layer's values depend on.
func (c *Conv) Fingerprint(w io.Writer) {
	s := &c.spec
	f := beginFingerprint(w, c.Kind(), 1)
	f.always("name", s.Name)
	f.inputs(s.Inputs)
	f.always("in_channels", s.InChannels)
	f.always("filters", s.Filters)
	f.always("kernel_size", s.KernelSize)
	f.floats("weights", s.Weights)
	f.floats("bias", s.Bias)
	f.unless([2]int{1, 1}, "stride", s.Stride)
	f.unless(Explicit, "padding", s.Padding.Kind)
	f.unless([4]int{}, "amounts", [4]int{s.Padding.Top, s.Padding.Left, s.Padding.Bottom, s.Padding.Right})
	f.unless(Zeros, "padding_mode", s.Padding.Mode)
	f.unless([2]int{1, 1}, "dilation", s.Dilation)
	f.unless(1, "groups", s.Groups)
	f.unless(ReLU, "activation", s.Activation)
	s.pointwise().fingerprint(f)
	f.unless(false, "strict_size", s.StrictSize)
	f.end()
}

func (c *Conv) plan(ins []volume.Shape) (LayerPlan, error) {
	s, in := &c.spec, ins[0]
	lp := LayerPlan{Layer: c, In: in}
	lp.Rows = Extent{Kernel: s.KernelSize[0], Stride: s.Stride[0], Dilation: s.Dilation[0]}
	lp.Cols = Extent{Kernel: s.KernelSize[1], Stride: s.Stride[1], Dilation: s.Dilation[1]}
	lp.Rows.Before, lp.Rows.After = s.Padding.amounts(lp.Rows, in.H, s.Padding.Top, s.Padding.Bottom)
	lp.Cols.Before, lp.Cols.After = s.Padding.amounts(lp.Cols, in.W, s.Padding.Left, s.Padding.Right)
	if err := checkMode(s.Padding.Mode, lp.Rows, in.H, "rows"); err != nil {
		return lp, err
	}
	if err := checkMode(s.Padding.Mode, lp.Cols, in.W, "columns"); err != nil {
		return lp, err
	}
	if err := lp.setOut(len(s.Filters), Extent.OutputSize, s.StrictSize); err != nil {
		return lp, err
	}
	taps, _ := s.tapCount()
	lp.Parameters = int64(len(s.Weights)) + int64(len(s.Bias))
	lp.MACs = lp.outputs() * float64(taps)
	lp.work = lp.MACs
	return lp, nil
}

// amounts are the pixels of padding before and after an axis of the given size.
func (p Padding) amounts(e Extent, size, before, after int) (int, int) {
	switch p.Kind {
	case Same, SameUpper:
		total := e.samePadding(size)
		return total / 2, total - total/2
	case SameLower:
		total := e.samePadding(size)
		return total - total/2, total / 2
	}
	return before, after
}

func checkMode(mode PaddingMode, e Extent, size int, what string) error {
	widest := max(e.Before, e.After)
	switch {
	case mode == Reflect && widest >= size:
		return fmt.Errorf("padding_mode reflect can add at most %d of the %d %s, got %d", size-1, size, what, widest)
	case mode == Circular && widest > size:
		return fmt.Errorf("padding_mode circular can add at most the %d %s, got %d", size, what, widest)
	}
	return nil
}

func (c *Conv) operation(old operation) operation { return reuse[window](old) }

func (c *Conv) access(*LayerPlan) access {
	return access{mode: c.spec.Padding.Mode, channels: c.spec.InChannels / c.spec.Groups}
}

func (c *Conv) layout(k *kernel.Kernel, lp *LayerPlan) kernel.Layout {
	s := &c.spec
	taps, _ := s.tapCount()
	return k.Layout(kernel.Size{
		Filters: len(s.Filters) / s.Groups, Taps: taps, Width: lp.Out.W, Stride: lp.Cols.Stride,
		Fresh: lp.In.C / s.Groups * lp.In.W * min(lp.Rows.Stride, lp.In.H),
	})
}

func (c *Conv) loops(k *kernel.Kernel, layout kernel.Layout, _ int) loops {
	return c.packed.get(k, layout, func() *kernel.Layer {
		return k.Pack(c.groups(), c.pointwise().kernel(), layout)
	})
}

// weightBytes counts the weights as given and as packed.
func (c *Conv) weightBytes() int64 { return 2 * 4 * int64(len(c.spec.Weights)+len(c.spec.Bias)) }

func (c *Conv) groups() []kernel.Taps {
	s := &c.spec
	taps, _ := s.tapCount()
	perGroup := len(s.Filters) / s.Groups
	groups := make([]kernel.Taps, s.Groups)
	for g := range groups {
		k := g * perGroup
		groups[g] = kernel.Taps{Weights: s.Weights[k*taps : (k+perGroup)*taps], Bias: s.Bias[k : k+perGroup]}
	}
	return groups
}

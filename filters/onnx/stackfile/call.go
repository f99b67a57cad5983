package stackfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"filterbank/filters/onnx"
)

// call is a node whose inputs are maps and constants.
type call struct {
	*importer
	*onnx.Node
}

// operator takes a node. Its attributes are all that the operator has had in any version of the
// operator set; others are not taken.
type operator struct {
	take       func(c *call) (value, error)
	attributes string
}

// operators are the nodes that layers compute. A value keeps its numbers through same.
func operators() map[string]operator {
	same := (*call).same
	function := func(a activation) func(*call) (value, error) {
		return func(c *call) (value, error) { return c.function(a) }
	}
	return map[string]operator{
		"Conv":               {(*call).conv, "auto_pad dilations group kernel_shape pads strides"},
		"BatchNormalization": {(*call).batchNorm, "consumed_inputs epsilon is_test momentum spatial training_mode"},
		"MaxPool":            {(*call).maxPool, "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"},
		"AveragePool":        {(*call).averagePool, "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"},
		"LRN":                {(*call).norm, "alpha beta bias size"},
		"Pad":                {(*call).padded, "mode pads paddings value"},
		"Add":                {(*call).add, "axis broadcast consumed_inputs"},
		"Sum":                {(*call).sum, "consumed_inputs"},
		"Sub":                {(*call).sub, "axis broadcast consumed_inputs"},
		"Mul":                {(*call).mul, "axis broadcast consumed_inputs"},
		"Div":                {(*call).div, "axis broadcast consumed_inputs"},
		"Neg":                {(*call).neg, "consumed_inputs"},
		"Pow":                {(*call).pow, "axis broadcast"},
		"Concat":             {(*call).concat, "axis"},
		"Relu":               {function(activation{name: "relu"}), "consumed_inputs"},
		"Abs":                {function(activation{name: "abs"}), "consumed_inputs"},
		"Sigmoid":            {function(activation{name: "sigmoid"}), "consumed_inputs"},
		"Tanh":               {function(activation{name: "tanh"}), "consumed_inputs"},
		"HardSwish":          {function(activation{name: "hardswish"}), ""},
		"LeakyRelu":          {(*call).leakyRelu, "alpha consumed_inputs"},
		"Elu":                {(*call).elu, "alpha consumed_inputs"},
		"PRelu":              {(*call).prelu, "consumed_inputs"},
		"Clip":               {(*call).clip, "consumed_inputs max min"},
		"HardSigmoid":        {(*call).hardSigmoid, "alpha beta consumed_inputs"},
		"Gelu":               {(*call).gelu, "approximate"},
		"Swish":              {(*call).swish, "alpha"},
		"Resize":             {(*call).resize, "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value keep_aspect_ratio_policy mode nearest_mode"},
		"Upsample":           {(*call).upsample, "height_scale mode scales width_scale"},
		"Identity":           {same, ""},
		"Dropout":            {(*call).dropout, "consumed_inputs is_test ratio seed"},
		"Cast":               {(*call).cast, "round_mode saturate to"},
		"Transpose":          {(*call).transpose, "perm"},
	}
}

// refused are operators with a reason of their own.
func refused() map[string]string {
	const whole = "it needs the whole picture before its first row"
	const flat = "its values are no maps of rows and columns"
	const place = "which weights an output has depends on its place, and a layer has the same ones everywhere"
	return map[string]string{
		"GlobalAveragePool": whole, "AdaptiveAveragePool": whole, "GlobalMaxPool": whole, "GlobalLpPool": whole, "InstanceNormalization": whole, "ReduceMean": whole,
		"ReduceMax": whole, "ReduceSum": whole, "LayerNormalization": whole, "GroupNormalization": whole,
		"MatMul": flat, "Gemm": flat, "Flatten": flat, "Reshape": flat, "Squeeze": flat, "Unsqueeze": flat, "Shape": flat, "Softmax": flat,
		"ConvTranspose": place,
	}
}

// attributes refuses attributes that the operator is not known to have.
func (c *call) attributes(known string) error {
	names := strings.Fields(known)
	for i := range c.Attributes {
		if name := c.Attributes[i].Name; !slices.Contains(names, name) {
			return fmt.Errorf("it has an attribute %.60q, which ONNX does not describe", name)
		}
	}
	return nil
}

// int is an attribute, or a default.
func (c *call) int(name string, fallback int64) int64 {
	if a := c.Attribute(name); a != nil {
		return a.Int
	}
	return fallback
}

func (c *call) float(name string, fallback float32) float32 {
	if a := c.Attribute(name); a != nil {
		return a.Float
	}
	return fallback
}

func (c *call) string(name, fallback string) string {
	if a := c.Attribute(name); a != nil {
		return a.String
	}
	return fallback
}

// sides is an attribute of n numbers of pixels, from least on. It is the default of all without
// it.
func (c *call) sides(name string, n, least, fallback int) ([]int, error) {
	out := slices.Repeat([]int{fallback}, n)
	a := c.Attribute(name)
	if a == nil || len(a.Ints) == 0 {
		return out, nil
	}
	if len(a.Ints) != n {
		return nil, fmt.Errorf("its %s has %d numbers, and that of maps has %d", name, len(a.Ints), n)
	}
	for k, v := range a.Ints {
		if v < int64(least) || v > maxSide {
			return nil, fmt.Errorf("its %s are %s, and a layer's are from %d to %d", name, list(words(a.Ints)), least, maxSide)
		}
		out[k] = int(v)
	}
	return out, nil
}

func words[T any](values []T) []string {
	out := make([]string, 0, min(len(values), 16))
	for _, v := range values[:min(len(values), 16)] {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

// pair is an attribute of two numbers.
func (c *call) pair(name string) ([2]int, error) {
	v, err := c.sides(name, 2, 1, 1)
	if err != nil {
		return [2]int{}, err
	}
	return [2]int(v), nil
}

var (
	errNoMaps      = errors.New("it has a constant where maps are expected")
	errChannelLast = errors.New("its maps have their channels last")
)

// input is an input of maps. Padding that waits gets a layer of its own.
func (c *call) input(k int) (value, error) {
	if v, err := c.raw(k); err != nil || v.pad == nil {
		return v, err
	}
	return c.laid(c.Inputs[k])
}

// raw is an input of maps with the padding that waits.
func (c *call) raw(k int) (value, error) {
	if k >= len(c.Inputs) {
		return value{}, fmt.Errorf("it has %d inputs, and %d are expected", len(c.Inputs), k+1)
	}
	v, ok := c.values[c.Inputs[k]]
	if !ok {
		return v, errNoMaps
	}
	return v, nil
}

// first is an input with the channels first.
func (c *call) first(k int) (value, error) {
	v, err := c.raw(k)
	if err == nil && v.last {
		err = errChannelLast
	}
	return v, err
}

// same keeps the value of its input.
func (c *call) same() (value, error) { return c.raw(0) }

func (c *call) dropout() (value, error) {
	if len(c.Inputs) > 2 && c.Inputs[2] != "" {
		a, err := c.numbers(c.Inputs[2], 1)
		if err != nil {
			return value{}, err
		}
		if len(a.Data) == 1 && a.Data[0] != 0 {
			return value{}, errors.New("it is in training mode")
		}
	}
	return c.raw(0)
}

// cast is to floats: layers compute in float32.
func (c *call) cast() (value, error) {
	to := onnx.ElementType(c.int("to", 0))
	switch to.String() {
	case "float16", "float32", "float64", "bfloat16":
		return c.raw(0)
	}
	return value{}, fmt.Errorf("it makes %v, and layers compute in float32", to)
}

// transpose moves the channels from one end to the other. Layers have them where they were.
func (c *call) transpose() (value, error) {
	v, err := c.raw(0)
	if err != nil {
		return v, err
	}
	perm := permutation(c.Node)
	switch {
	case slices.Equal(perm, channelsFirst) && v.last:
		v.last = false
	case slices.Equal(perm, channelsLast) && !v.last:
		v.last = true
	case !slices.Equal(perm, []int64{0, 1, 2, 3}):
		return v, fmt.Errorf("it permutes axes by %s, and layers keep channels, rows and columns", list(words(perm)))
	}
	return v, nil
}

var (
	channelsFirst = []int64{0, 3, 1, 2} // N×H×W×C becomes N×C×H×W
	channelsLast  = []int64{0, 2, 3, 1}
)

func permutation(n *onnx.Node) []int64 {
	if a := n.Attribute("perm"); a != nil {
		return a.Ints
	}
	return nil
}

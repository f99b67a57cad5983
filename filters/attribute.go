package filters

// Attribute is one setting of a layer, under the name that stack files give it.
type Attribute struct {
	Name string
	// Value is an int, a float32, a float64, a bool, a string, a Flag, a Padding, or a
	// [2]int: the vertical and the horizontal figure.
	Value any
	// Of names the attribute that this one refines, which stands before it: padding_mode
	// is of padding, negative_slope is of activation. It is empty for other attributes.
	Of string
}

// Flag is a switch that is off by default, so that a text names it only where it is on.
type Flag bool

// AttributeOf is the value of a layer's attribute. It is not ok if the layer has no
// attribute of that name and type.
func AttributeOf[T any](l Layer, name string) (value T, ok bool) {
	for _, a := range l.Attributes() {
		if a.Name == name {
			value, ok = a.Value.(T)
			break
		}
	}
	return value, ok
}

// Kernels are the weights and biases of a layer. The slices are the layer's own and must
// not be written to.
type Kernels struct {
	Groups   int
	Channels int       // of each kernel: C/groups
	Size     [2]int    // kH, kW
	Weights  []float32 // K×C/groups×kH×kW
	Bias     []float32 // K
}

// Of is the kernel of the k-th filter: C/groups×kH×kW weights.
func (k Kernels) Of(filter int) []float32 {
	n := k.Channels * k.Size[0] * k.Size[1]
	return k.Weights[filter*n:][:n]
}

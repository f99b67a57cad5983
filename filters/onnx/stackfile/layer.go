package stackfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
)

// Layer is a layer of the stack file.
type Layer struct {
	Name   string
	Kind   string // its key in stack files
	Inputs []int  // the layers that it reads; −1 is the picture
	// Nodes are the nodes that the layer computes, in order.
	Nodes []Node
	// Value is the model's value that the layer's maps are. It is empty if they are a step on the
	// way to the next layer.
	Value       string
	Shape       Shape
	ChannelLast bool // the value is N×H×W×C

	settings []setting
	weights  *tensor.Member // K×C/groups×kH×kW
	bias     *tensor.Member // K
	affine   *affine        // of a convolution, behind its sums, or of a scale
	function *activation    // of a convolution, or of an activation

	// references are the arrays' names by their keys.
	references map[string]string
}

// setting is a key of a layer with its value in YAML.
type setting struct{ key, text string }

// set adds a key, unless its value is the default.
func (l *Layer) set(key, text, fallback string) {
	if text != fallback {
		l.settings = append(l.settings, setting{key, text})
	}
}

// pairText is a pair in YAML.
func pairText(v [2]int) string {
	if v[0] == v[1] {
		return strconv.Itoa(v[0])
	}
	return fmt.Sprintf("[%d, %d]", v[0], v[1])
}

// sidesText is padding in YAML.
func sidesText(v [4]int) string {
	if v[0] == v[2] && v[1] == v[3] {
		return pairText([2]int{v[0], v[1]})
	}
	return fmt.Sprintf("[%d, %d, %d, %d]", v[0], v[1], v[2], v[3])
}

// floatText is a float32 in YAML.
func floatText(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// room is what a stack file may still have.
type room struct {
	weights  int // in layers
	channels int // of concatenations
	read     int // numbers that are kept in memory
}

// newRoom has the bounds of stack files. A channel of a concatenation counts as 256 weights
// there.
func newRoom() room { return room{weights: 1 << 28, channels: 1 << 20, read: 1 << 24} }

// numbers takes the room of numbers that are kept in memory, of the size of a shape.
func (r *room) numbers(shape []int) error {
	n, ok := volume.Product(shape...)
	if !ok || n > r.read {
		return errNumbers
	}
	r.read -= n
	return nil
}

// kernels takes the room of a convolution's weights.
func (r *room) kernels(shape []int) error {
	n, ok := volume.Product(shape...)
	if !ok || n > r.weights {
		return errWeights
	}
	r.weights -= n
	return nil
}

var (
	errLayers  = fmt.Errorf("a stack file has at most %d layers", maxLayers)
	errNumbers = errors.New("the numbers for channels are too many: 16,777,216 are read at most")
	errWeights = errors.New("the weights are too many: a stack file has at most 268,435,456")
)

// emit adds a layer that reads values and returns its index. base is a name from the model.
func (i *importer) emit(l *Layer, base string, reads ...value) (int, error) {
	if len(i.layers) == maxLayers {
		return 0, errLayers
	}
	var before []Node
	for _, v := range reads {
		l.Inputs = append(l.Inputs, v.layer)
		before = append(before, v.nodes...)
	}
	l.Nodes = append(before, l.Nodes...)
	l.Name = i.names.layer(base, l.Kind)
	i.layers = append(i.layers, l)
	return len(i.layers) - 1, nil
}

// pointwise is the value of a layer that keeps its input's shape.
func (v value) pointwise(layer int) value {
	v.layer, v.sole, v.nodes = layer, true, nil
	return v
}

// uniqueNames are names in use, in lower case.
type uniqueNames map[string]int

// maxName is the longest name of a layer that is made, in bytes.
const maxName = 60

// layer is a name for a layer that a stack file may have, from a name of the model.
func (u uniqueNames) layer(base, kind string) string {
	name := legal(base)
	if name == "" {
		name = kind
	}
	return u.unique(name)
}

// unique is a name that is not in use in any case.
func (u uniqueNames) unique(name string) string {
	key := strings.ToLower(name)
	for try := name; ; {
		n := u[key]
		u[key]++
		if n == 0 {
			return try
		}
		try = fmt.Sprintf("%s_%d", name, n+1)
		key = strings.ToLower(try)
		if u[key] == 0 {
			u[key] = 1
			return try
		}
		key = strings.ToLower(name)
	}
}

// legal is a name whose letters may stand in names of files. Slashes, which models have between
// the parts of a network, become dots.
func legal(base string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-', r == '.':
			return r
		case r == '/':
			return '.'
		}
		return '_'
	}, base)
	if len(name) > maxName {
		name = name[len(name)-maxName:]
	}
	name = strings.Trim(name, ".-")
	first, _, _ := strings.Cut(strings.ToLower(name), ".")
	meant := []string{"all", "last", "input", "__metadata__"} // names with a meaning
	switch {
	case slices.Contains(meant, strings.ToLower(name)), device(first):
		return "n_" + name
	case strings.HasSuffix(strings.ToLower(name), ".npy"), strings.HasSuffix(strings.ToLower(name), ".png"):
		return name + "_"
	}
	return name
}

// device says whether Windows has a device of the name.
func device(name string) bool {
	if len(name) == 4 && name[3] >= '0' && name[3] <= '9' {
		name = name[:3]
		return name == "com" || name == "lpt"
	}
	return slices.Contains([]string{"con", "prn", "aux", "nul"}, name)
}

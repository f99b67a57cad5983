package stackfile

import (
	"errors"
	"fmt"
	"slices"

	"filterbank/filters/onnx"
	"filterbank/filters/tensor"
)

// shuffled matches a channel shuffle (Zhang, Zhou, Lin and Sun, ShuffleNet, 2018, section 3.1): a
// node Reshape at, behind a Transpose, behind another Reshape that splits channels into groups.
func (i *importer) shuffled(at int) (pattern, bool) {
	var p pattern
	n := &i.graph.Nodes[at]
	if n.Op != "Reshape" || len(n.Inputs) == 0 || len(n.Outputs) != 1 {
		return p, false
	}
	turn, transpose := i.node(n.Inputs[0])
	if transpose == nil || transpose.Op != "Transpose" || len(transpose.Inputs) != 1 || !slices.Equal(permutation(transpose), []int64{0, 2, 1, 3, 4}) {
		return p, false
	}
	split, reshape := i.node(transpose.Inputs[0])
	if reshape == nil || reshape.Op != "Reshape" || len(reshape.Inputs) == 0 {
		return p, false
	}
	return pattern{input: reshape.Inputs[0], shuffle: true, inner: []int{split, turn}}, true
}

// shuffle is a convolution of a 1 for each channel, in another order of the channels. It ends
// with the node n.
func (i *importer) shuffle(p pattern, n *onnx.Node) (value, error) {
	v, err := i.laid(p.input)
	if err != nil {
		return v, err
	}
	parts, err := i.ints(i.splitOf(n), 1, "shape", maxAxes)
	if err != nil {
		return v, err
	}
	whole, err := i.ints(n, 1, "shape", maxAxes)
	if err != nil {
		return v, err
	}
	channels, side := v.shape.C, []int{v.shape.H, v.shape.W}
	switch {
	case v.last:
		return v, errChannelLast
	case len(parts) != 5 || len(whole) != 4 || parts[1] < 1 || channels%parts[1] != 0 || parts[2] != channels/parts[1] && parts[2] != -1 || whole[1] != channels && whole[1] != -1:
		return v, fmt.Errorf("it makes %s of %v by %s: layers shuffle channels, in groups of one size", list(words(whole)), v.shape, list(words(parts)))
	}
	for axis, size := range side {
		for _, wanted := range []int{parts[3+axis], whole[2+axis]} {
			if wanted > 0 && wanted != size {
				return v, errors.New("its size is fixed, and the size of its input is another or not known: name the picture's size with --input-size")
			}
		}
	}
	shape := []int{channels, channels, 1, 1}
	if err := i.room.kernels(shape); err != nil {
		return v, err
	}
	l := &Layer{Kind: "conv", weights: shuffling(shape, parts[1]), function: &activation{name: "none"}}
	layer, err := i.emit(l, nameFor(n), v)
	return v.pointwise(layer), err
}

// splitOf is the first node of a shuffle that ends with n.
func (i *importer) splitOf(n *onnx.Node) *onnx.Node {
	_, transpose := i.node(n.Inputs[0])
	_, split := i.node(transpose.Inputs[0])
	return split
}

// shuffling is the weights that take channel a of each group b, group by group for the first a,
// and so on.
func shuffling(shape []int, groups int) *tensor.Member {
	channels := shape[0]
	return &tensor.Member{Type: "float32", Shape: shape, Scan: func(take func(int, []float32) error) error {
		for k := range channels {
			row := make([]float32, channels)
			row[k%groups*(channels/groups)+k/groups] = 1
			if err := take(k*channels, row); err != nil {
				return err
			}
		}
		return nil
	}}
}

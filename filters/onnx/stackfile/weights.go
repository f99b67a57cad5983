package stackfile

import (
	"fmt"
	"io"

	"filterbank/filters/tensor"
)

// array is an array of the weights file: a stored one of the model, or numbers.
type array struct {
	name   string
	shape  []int
	member *tensor.Member
	values []float32
}

// arrays are a layer's arrays by their keys in the stack file, in order. Numbers that are all
// equal are no array.
func (l *Layer) arrays() (keys []string, all []array) {
	add := func(key string, m *tensor.Member, values []float32) {
		switch {
		case m != nil:
			keys, all = append(keys, key), append(all, array{shape: m.Shape, member: m})
		case values != nil && !allEqual(values, values[0]):
			keys, all = append(keys, key), append(all, array{shape: []int{len(values)}, values: values})
		}
	}
	add("weights", l.weights, nil)
	add("bias", l.bias, nil)
	for _, p := range l.perChannel() {
		add(p.key, nil, p.values)
	}
	if l.function != nil {
		add("negative_slope", nil, l.function.slopes)
	}
	return keys, all
}

// numbers are a key with a number for each channel.
type numbers struct {
	key    string
	values []float32
}

// perChannel are the keys of an affine function. A convolution has one without a mean as a bias,
// or as a batch normalization that divides by 1.
func (l *Layer) perChannel() []numbers {
	a := l.affine
	switch {
	case a == nil:
		return nil
	case l.Kind == "scale" && a.mean == nil:
		return []numbers{{"factor", a.weight}, {"shift", a.bias}}
	case l.isBias():
		return []numbers{{"bias", a.bias}}
	}
	mean, variance := a.mean, a.variance
	if mean == nil {
		mean, variance = []float32{0}, []float32{1}
	}
	return []numbers{
		{"batch_norm.weight", a.weight}, {"batch_norm.bias", a.bias}, {"batch_norm.running_mean", mean}, {"batch_norm.running_var", variance},
	}
}

// isBias says whether the affine function of a convolution only adds.
func (l *Layer) isBias() bool {
	return l.Kind == "conv" && l.bias == nil && l.affine.mean == nil && allEqual(l.affine.weight, 1)
}

// refer gives the arrays of all layers their names in the weights file.
func (n *Network) refer() {
	names := uniqueNames{}
	for _, l := range n.Layers {
		l.references = map[string]string{}
		keys, all := l.arrays()
		for k, key := range keys {
			name := key
			if key == "weights" {
				name = "weight"
			}
			all[k].name = names.unique(l.Name + "." + name)
			l.references[key] = all[k].name
		}
		n.arrays = append(n.arrays, all...)
	}
}

// Weights is the number of values in the weights file. Networks without any have no such file.
func (n *Network) Weights() int64 {
	total := int64(0)
	for _, a := range n.arrays {
		count := int64(1)
		for _, side := range a.shape {
			count *= int64(side)
		}
		total += count
	}
	return total
}

// MadeBy marks the files of an import: it stands in the stack file's first line and in the weights
// file's metadata.
const MadeBy = "made by filterbank import"

// WriteWeights writes the arrays of all layers as a safetensors file.
func (n *Network) WriteWeights(w io.Writer) error {
	entries := make([]tensor.Entry, len(n.arrays))
	for k, a := range n.arrays {
		entries[k] = tensor.Entry{Name: a.name, Type: tensor.Float32, Shape: a.shape}
	}
	header, _, err := tensor.SafetensorsHeader(map[string]string{"filterbank": MadeBy}, entries)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	var buffer []byte
	var unwritten error
	put := func(_ int, values []float32) error {
		buffer = tensor.AppendFloats(buffer[:0], values)
		_, unwritten = w.Write(buffer)
		return unwritten
	}
	for _, a := range n.arrays {
		if a.member != nil {
			err = a.member.Scan(put)
		} else {
			err = put(0, a.values)
		}
		switch {
		case unwritten != nil:
			return unwritten
		case err != nil:
			return fmt.Errorf("array %.100s cannot be read: %w", a.name, err)
		}
	}
	return nil
}

package config

import (
	"encoding/json"

	"filterbank/filters"
)

// PerFilter is a number for each filter of a layer.
type PerFilter struct {
	File   string    // FILE or FILE#NAME of an array of K values; empty with Values
	Values []float32 // one a filter, or, with All, a single one for all of them
	All    bool
}

func (p *PerFilter) unmarshal(n *node, what string) error {
	const want = "a number, a list of numbers or a file of an array"
	switch {
	case n.kind == text && n.text != "":
		*p = PerFilter{File: n.text}
		return nil
	case n.kind == list && len(n.items) > 0:
		values, err := float32s(n, what)
		*p = PerFilter{Values: values}
		return err
	}
	v, err := finiteNumber(n, what, want)
	*p = PerFilter{Values: []float32{float32(v)}, All: true}
	return err
}

// MarshalJSON writes the form that a stack file has.
func (p PerFilter) MarshalJSON() ([]byte, error) {
	switch {
	case p.File != "":
		return json.Marshal(p.File)
	case p.All && len(p.Values) == 1:
		return json.Marshal(p.Values[0])
	}
	return json.Marshal(p.Values)
}

// perFilter is the k values at a key of a part, or nil if there are none.
func (in surroundings) perFilter(of place, key string, p *PerFilter, k int) ([]float32, error) {
	if p == nil {
		return nil, nil
	}
	at := of.n.at(key)
	if p.All && len(p.Values) == 1 {
		values := make([]float32, k)
		for i := range values {
			values[i] = p.Values[0]
		}
		return values, nil
	}
	if p.File != "" {
		return in.perFilterOf(at, key, p.File, k)
	}
	return p.Values, in.wantPerFilter(at, key, []int{len(p.Values)}, k)
}

// perFilterOf is the k values of an array.
func (in surroundings) perFilterOf(at *node, key, reference string, k int) ([]float32, error) {
	a, err := in.files.Find(reference, 1)
	if err != nil {
		return nil, at.wrap(err)
	}
	if err := in.wantPerFilter(at, key+" "+reference, a.Shape, k); err != nil {
		return nil, err
	}
	values, err := a.Values(int64(k))
	return values, at.wrap(err)
}

// wantPerFilter is an error unless a shape is [k].
func (in surroundings) wantPerFilter(at *node, what string, shape []int, k int) error {
	if len(shape) != 1 || shape[0] != k {
		return at.errorf("%s has shape [%s], want [%d], one value for each %s", what, dims(shape), k, in.each)
	}
	return nil
}

// addBias sets the layer's bias. Without one the biases of the kernels stay.
func (b *layerBuilder) addBias(spec *filters.ConvSpec) error {
	bias, err := b.perFilter(b.conv.place, "bias", b.conv.Bias, len(spec.Filters))
	if bias != nil {
		spec.Bias = bias
	}
	return err
}

// foldBatchNorm puts batch_norm into the weights and biases.
func (b *layerBuilder) foldBatchNorm(spec *filters.ConvSpec) error {
	if b.conv.BatchNorm == nil {
		return nil
	}
	folded, err := b.conv.BatchNorm.load(b.surroundings, len(spec.Filters))
	if err != nil {
		return err
	}
	return b.conv.specError(spec.Fold(folded), b.conv.files())
}

// load loads the k values of each key.
func (bn *BatchNorm) load(in surroundings, k int) (filters.BatchNorm, error) {
	loaded := filters.BatchNorm{Eps: bn.eps()}
	for _, v := range []struct {
		key  string
		from *PerFilter
		to   *[]float32
	}{
		{"weight", bn.Weight, &loaded.Weight}, {"bias", bn.Bias, &loaded.Bias},
		{"running_mean", bn.RunningMean, &loaded.Mean}, {"running_var", bn.RunningVar, &loaded.Variance},
	} {
		var err error
		if *v.to, err = in.perFilter(bn.place, v.key, v.from, k); err != nil {
			return loaded, err
		}
	}
	return loaded, nil
}

func (bn *BatchNorm) check() error {
	switch {
	case bn == nil:
		return nil
	case bn.RunningMean == nil, bn.RunningVar == nil:
		return bn.errorf("", "batch_norm needs running_mean and running_var")
	case bn.eps() < 0:
		return bn.errorf("eps", "eps must not be negative, got %v", bn.eps())
	}
	return nil
}

// eps is the value of eps, by default PyTorch's.
func (bn *BatchNorm) eps() float64 { return valueOr(bn.Eps, 1e-5) }

func (bn *BatchNorm) resolved() *BatchNorm {
	if bn == nil {
		return nil
	}
	out := *bn
	out.place, out.Eps = place{}, new(bn.eps())
	return &out
}

package config

import (
	"reflect"
	"strings"

	"filterbank/filters"
)

// part is the content of a layer.
type part interface {
	node() *node
	nameOr(i int) string // its name, by default that of the i-th layer
	inputs() []string    // names of the layers that it reads; none is the layer before
	check() error
	build(in surroundings) ([]filters.Layer, error) // its layers; the last one has its name
}

func (p place) node() *node { return p.n }

// single is the layer of a part that makes one.
func single(l filters.Layer, err error) ([]filters.Layer, error) { return []filters.Layer{l}, err }

// parts are the layer's parts with their keys.
func (l Layer) parts() (keys []string, parts []part) {
	add := func(key string, there bool, p part) {
		if there {
			keys, parts = append(keys, key), append(parts, p)
		}
	}
	add("conv", l.Conv != nil, l.Conv)
	add("max_pool", l.MaxPool != nil, l.MaxPool)
	add("avg_pool", l.AvgPool != nil, l.AvgPool)
	add("local_response_norm", l.LocalResponseNorm != nil, l.LocalResponseNorm)
	add("activation", l.Activation != nil, l.Activation)
	add("scale", l.Scale != nil, l.Scale)
	add("add", l.Add != nil, l.Add)
	add("concat", l.Concat != nil, l.Concat)
	add("upsample", l.Upsample != nil, l.Upsample)
	return keys, parts
}

// part is the only part of a checked layer.
func (l Layer) part() part {
	_, parts := l.parts()
	return parts[0]
}

// onePart is an error unless the layer has exactly one part.
func (l Layer) onePart() error {
	keys, parts := l.parts()
	switch len(parts) {
	case 0:
		return l.errorf("", "a layer is written conv: {…}, or with another of the keys %s", oneOf(keysOf(fieldsOf(reflect.TypeFor[Layer]()))[1:]))
	case 1:
		return nil
	}
	return l.errorf(keys[1], "a layer has one part, this one has %s: write them as layers of their own", strings.Join(keys, " and "))
}

func (l Layer) resolved(index int, strict bool) Layer {
	return Layer{
		Conv: l.Conv.resolved(index, strict), MaxPool: l.MaxPool.resolved(index, strict),
		AvgPool: l.AvgPool.resolved(index, strict), LocalResponseNorm: l.LocalResponseNorm.resolved(index),
		Activation: l.Activation.resolved(index), Scale: l.Scale.resolved(index),
		Add: l.Add.resolved(index), Concat: l.Concat.resolved(index), Upsample: l.Upsample.resolved(index),
	}
}

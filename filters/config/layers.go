package config

import (
	"strings"

	"filterbank/filters"
)

// part is the content of a layer.
type part interface {
	node() *node
	nameOr(i int) string // its name, by default that of the i-th layer
	check() error
	build(in surroundings) (filters.Layer, error)
}

func (p place) node() *node { return p.n }

// parts are the layer's parts with their keys.
func (l Layer) parts() (keys []string, parts []part) {
	if l.Conv != nil {
		keys, parts = append(keys, "conv"), append(parts, l.Conv)
	}
	if l.MaxPool != nil {
		keys, parts = append(keys, "max_pool"), append(parts, l.MaxPool)
	}
	if l.AvgPool != nil {
		keys, parts = append(keys, "avg_pool"), append(parts, l.AvgPool)
	}
	if l.LocalResponseNorm != nil {
		keys, parts = append(keys, "local_response_norm"), append(parts, l.LocalResponseNorm)
	}
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
		return l.errorf("", "a layer is written conv: {…}, max_pool: {…}, avg_pool: {…} or local_response_norm: {…}")
	case 1:
		return nil
	}
	return l.errorf(keys[1], "a layer has one part, this one has %s: write them as layers of their own", strings.Join(keys, " and "))
}

func (l Layer) resolved(index int, strict bool) Layer {
	return Layer{
		Conv: l.Conv.resolved(index, strict), MaxPool: l.MaxPool.resolved(index, strict),
		AvgPool: l.AvgPool.resolved(index, strict), LocalResponseNorm: l.LocalResponseNorm.resolved(index),
	}
}

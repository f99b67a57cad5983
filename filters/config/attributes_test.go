package config

import (
	"reflect"
	"slices"
	"testing"
)

// The attributes of a layer have the names of its keys, so that a plan reads like the
// stack file.
func TestAttributesAreKeys(t *testing.T) {
	f, err := Parse("edges.yaml", []byte(`version: 1
layers:
- conv: {filters: [box], activation: leaky_relu}
- max_pool: {kernel_size: 2}
- avg_pool: {kernel_size: 2}
- local_response_norm: {size: 3}
- activation: {function: elu}
- scale: {shift: 1}
- add: {inputs: [scale5, activation4]}
- concat: {inputs: [scale5, add6]}
- upsample: {scale_factor: 2}
`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.Build()
	if err != nil {
		t.Fatal(err)
	}
	kinds := fieldsOf(reflect.TypeFor[Layer]())
	if layers := m.Stacks[0].Layers(); len(layers) != len(kinds) {
		t.Fatalf("%d layers, but there are %d kinds", len(layers), len(kinds))
	}
	for i, l := range m.Stacks[0].Layers() {
		if l.Kind() != kinds[i].key {
			t.Errorf("layer %d is a %s, want a %s", i, l.Kind(), kinds[i].key)
		}
		keys := keysOf(fieldsOf(reflect.TypeFor[Layer]().Field(kinds[i].index).Type.Elem()))
		seen := ""
		for _, a := range l.Attributes() {
			if !slices.Contains(keys, a.Name) {
				t.Errorf("%s has an attribute %q, the keys are %v", l.Kind(), a.Name, keys)
			}
			if a.Of != "" && a.Of != seen {
				t.Errorf("%s: %s is of %s but follows %s", l.Kind(), a.Name, a.Of, seen)
			}
			seen = a.Name
		}
	}
}

package config

import (
	"encoding/json"
	"strings"
	"testing"

	"filterbank/filters"
)

func TestSeparable(t *testing.T) {
	f, err := Parse("s.yaml", []byte(`version: 1
layers:
- conv: {name: edges, filters: [sobel-x], channels: luma, padding: same, bias: 2, activation: abs, separable: true}
- max_pool: {inputs: [edges-rows], kernel_size: 2}
- conv: {filters: [gaussian], inputs: [edges], channels: each, batch_norm: {running_mean: 1, running_var: 3}, separable: true}
`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.Build()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range m.Stacks[0].Layers() {
		names = append(names, l.Name())
	}
	if got := strings.Join(names, " "); got != "edges-rows edges pool1 conv2-rows conv2" {
		t.Errorf("layers are %s", got)
	}
	rows, columns := m.Stacks[0].Layers()[0].(*filters.Conv).Spec(), m.Stacks[0].Layers()[1].(*filters.Conv).Spec()
	if rows.KernelSize != [2]int{1, 3} || columns.KernelSize != [2]int{3, 1} || rows.Bias[0] != 0 || columns.Bias[0] != 2 ||
		rows.Padding.Kind != filters.Same || rows.Activation != filters.None || columns.Activation != filters.Abs {
		t.Errorf("rows are %+v, columns %+v", rows, columns)
	}
	text, err := json.Marshal(f.Resolved())
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("again.json", text)
	if err != nil {
		t.Fatal(err)
	}
	if c := again.Layers[0].Conv; !c.Separable || again.Layers[1].MaxPool == nil {
		t.Errorf("resolved and read again: %s", text)
	}
}

func TestSeparableErrors(t *testing.T) {
	for _, c := range []struct{ layers, want string }{
		{"- conv: {filters: [laplacian], separable: true}", `:3:43: separable needs filters of rank one, but the rows of filter "laplacian-4" are no multiples of one row`},
		{"- conv: {kernels: [{weights: [[1, 2]]}], separable: true}", ":3:53: separable is for kernels of several rows and columns, these are 1×2"},
		{"- conv: {name: a-rows, filters: [sobel]}\n- conv: {name: a, filters: [sobel], separable: true}", `:4:16: layer name "a-rows" is there twice`},
		{"- conv: {filters: [sobel], separable: 1}", "separable wants true or false, got 1: write true"},
	} {
		f, err := Parse("s.yaml", []byte("version: 1\nlayers:\n"+c.layers+"\n"))
		if err == nil {
			_, err = f.Build()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.layers, err, c.want)
		}
	}
}

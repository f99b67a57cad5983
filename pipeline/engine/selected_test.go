package engine

import (
	"fmt"
	"testing"

	"filterbank/filters"
)

// testStack is two layers, copy and less.
func testStack(t *testing.T, name string) *filters.Stack {
	t.Helper()
	var layers []filters.Layer
	for _, spec := range []filters.ConvSpec{
		{Name: "copy", InChannels: 3, KernelSize: [2]int{1, 1}, Weights: []float32{1, 0, 0, 0, 0, 1}},
		{Name: "less", InChannels: 2, KernelSize: [2]int{1, 1}, Weights: []float32{1, -1}},
	} {
		conv, err := filters.NewConv(spec)
		if err != nil {
			t.Fatal(err)
		}
		layers = append(layers, conv)
	}
	s, err := filters.NewStack(name, 3, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSelect(t *testing.T) {
	one := testStack(t, "")
	a, b := testStack(t, "a"), testStack(t, "b")
	for _, c := range []struct {
		stacks []*filters.Stack
		layers string
		want   string
	}{
		{[]*filters.Stack{one}, "last", "[[false true]]"},
		{[]*filters.Stack{one}, "all", "[[true true]]"},
		{[]*filters.Stack{one}, "copy", "[[true false]]"},
		{[]*filters.Stack{one}, "less,copy", "[[true true]]"},
		{[]*filters.Stack{a, b}, "copy", "[[true false] [true false]]"},
		{[]*filters.Stack{a, b}, "b/copy", "[[true false]]"},
		{[]*filters.Stack{a, b}, "b/*", "[[true true]]"},
		{[]*filters.Stack{a, b}, "*o*", "[[true false] [true false]]"},
		{[]*filters.Stack{a, b}, "?/les?", "[[false true] [false true]]"},
		{[]*filters.Stack{a, b}, "copy,[a-c]/less", `no layer is called "[a-c]/less": the layers are a/copy, a/less, b/copy, b/less; last and all mean the last layer and every layer`},
		{[]*filters.Stack{one}, "conv*", `no layer matches "conv*": the layers are copy, less; last and all mean the last layer and every layer`},
		{[]*filters.Stack{a, b}, "copy,c/less", `no layer is called "c/less": the layers are a/copy, a/less, b/copy, b/less; last and all mean the last layer and every layer`},
		{[]*filters.Stack{one}, "", `no layer is called "": the layers are copy, less; last and all mean the last layer and every layer`},
	} {
		selected, err := Select(c.stacks, c.layers)
		var chosen [][]bool
		for _, s := range selected {
			chosen = append(chosen, s.Layers)
		}
		got := fmt.Sprint(chosen)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: got %s, want %s", c.layers, got, c.want)
		}
	}
}

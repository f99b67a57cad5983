package engine

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"filterbank/filters"
)

// Selected is a stack and a choice among its layers.
type Selected struct {
	Stack  *filters.Stack
	Layers []bool // for each layer of the stack, whether its maps are wanted
}

// Select chooses layers: "last" chooses the last layer of each stack, "all" every layer, and
// names separated by commas the layers of these names. A name is layer, in every stack, or
// stack/layer. It may be a pattern with * and ?, as in layer1.*. A name that no layer has is an
// error. Stacks without a chosen layer are left out.
func Select(stacks []*filters.Stack, layers string) ([]Selected, error) {
	names := strings.Split(layers, ",")
	found := make([]bool, len(names))
	var selected []Selected
	for _, s := range stacks {
		chosen := make([]bool, len(s.Layers()))
		for l, layer := range s.Layers() {
			name := layer.Name()
			chosen[l] = layers == "all" || layers == "last" && l == len(chosen)-1
			for i, n := range names {
				if isCalled(name, n) || isCalled(s.Name()+"/"+name, n) {
					chosen[l], found[i] = true, true
				}
			}
		}
		if slices.Contains(chosen, true) {
			selected = append(selected, Selected{s, chosen})
		}
	}
	if layers == "all" || layers == "last" {
		return selected, nil
	}
	if i := slices.Index(found, false); i >= 0 {
		verb := "is called"
		if strings.ContainsAny(names[i], "*?") {
			verb = "matches"
		}
		return nil, fmt.Errorf("no layer %s %q: the layers are %s; last and all mean the last layer and every layer",
			verb, names[i], strings.Join(LayerNames(stacks), ", "))
	}
	return selected, nil
}

// isCalled says whether a layer's name is a name, or matches a pattern. Brackets are no pattern:
// names of networks' layers have them.
func isCalled(name, pattern string) bool {
	if name == pattern {
		return true
	}
	matches, err := path.Match(brackets.Replace(pattern), name)
	return err == nil && matches
}

var brackets = strings.NewReplacer("[", `\[`, `\`, `\\`)

// LayerNames are the names of all layers of stacks, as LayerName writes them.
func LayerNames(stacks []*filters.Stack) []string {
	var names []string
	for _, s := range stacks {
		for _, layer := range s.Layers() {
			names = append(names, LayerName(s.Name(), layer.Name()))
		}
	}
	return names
}

// LayerName is a layer's name among all stacks: stack/layer, or layer if the stack has no
// name.
func LayerName(stack, layer string) string {
	if stack == "" {
		return layer
	}
	return stack + "/" + layer
}

// Has says whether a stack of that name has a layer of that name, wanted or not.
func Has(stacks []Selected, stack, layer string) bool {
	for _, s := range stacks {
		if s.Stack.Name() == stack && slices.ContainsFunc(s.Stack.Layers(), func(l filters.Layer) bool { return l.Name() == layer }) {
			return true
		}
	}
	return false
}

// PerMap makes a zero value for each map of the plans, by stack, layer and map.
func PerMap[T any](plans []*filters.Plan) [][][]T {
	values := make([][][]T, len(plans))
	for s, p := range plans {
		values[s] = make([][]T, len(p.Layers))
		for l := range p.Layers {
			values[s][l] = make([]T, p.Layers[l].Out.C)
		}
	}
	return values
}

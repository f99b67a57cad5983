package config

import "fmt"

// ForBanks is the file that --bank flags mean: one layer for each name, with that bank's
// filters, stride 1 and padding same. One name makes a file with layers. Several names
// make a stack each, named like its bank. sets are as in Parse.
func ForBanks(names []string, sets ...string) (*File, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("no bank was named")
	}
	var sections, keys []*node
	for _, name := range names {
		src := &source{name: "--bank " + name}
		layer := object(src, "conv", object(src,
			"name", word(src, name),
			"filters", sequence(src, word(src, name)),
			"padding", word(src, "same")))
		keys = append(keys, word(src, name))
		sections = append(sections, object(src, "layers", sequence(src, layer)))
	}
	root := sections[0]
	src := &source{name: "--bank"}
	if len(names) > 1 {
		root = object(src, "stacks", &node{src: src, kind: mapping, keys: keys, items: sections})
	}
	root.keys = append(root.keys, word(src, "version"))
	root.items = append(root.items, &node{src: src, kind: number, text: "1"})
	return fromTree(root, ".", sets)
}

func word(src *source, s string) *node { return &node{src: src, kind: text, text: s} }

func sequence(src *source, items ...*node) *node {
	return &node{src: src, kind: list, items: items}
}

// object is a mapping; its arguments are keys and values in turn.
func object(src *source, keyValues ...any) *node {
	n := &node{src: src, kind: mapping}
	for i := 0; i < len(keyValues); i += 2 {
		n.keys = append(n.keys, word(src, keyValues[i].(string)))
		n.items = append(n.items, keyValues[i+1].(*node))
	}
	return n
}

package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// override is root with one value replaced, "path=value". Nodes on the way are
// copied, because the aliases of an anchor share them.
func override(root *node, set string) (*node, error) {
	src := &source{name: "--set " + set}
	path, value, ok := strings.Cut(set, "=")
	if !ok || path == "" || value == "" || strings.HasSuffix(path, ".") {
		return nil, src.errorAt(0, 0, fmt.Errorf("an override is written path=value, such as layers.0.conv.stride=2"))
	}
	leaf, err := overrideValue(src, value)
	if err != nil {
		return nil, err
	}
	return replace(root, path, path, leaf)
}

// overrideValue reads a value in YAML. A colour such as #fff would be a comment in YAML
// and is taken as text.
func overrideValue(src *source, value string) (*node, error) {
	leaf := &node{src: src, kind: text, text: value, size: 1}
	if strings.HasPrefix(value, "#") {
		return leaf, nil
	}
	from := &source{name: src.name, text: []byte(value)}
	parsed, err := parseYAML(from)
	if err == nil && len(from.twice) > 0 {
		err = from.twice[0]
	}
	if err != nil {
		if e, ok := err.(*Error); ok { // its line and column are the value's, not the override's
			err = e.Err
		}
		return nil, src.errorAt(0, 0, err)
	}
	if parsed == nil {
		leaf.kind = null
		return leaf, nil
	}
	return parsed.in(src), nil
}

// ParseChannels reads how a 2-D kernel spreads over channels, in the form of a stack
// file: mean, luma, sum, each, or numbers separated by commas.
func ParseChannels(value string) (Channels, error) {
	if strings.Contains(value, ",") && !strings.HasPrefix(value, "[") {
		value = "[" + value + "]"
	}
	var c Channels
	n, err := overrideValue(&source{}, value)
	if err == nil {
		err = c.unmarshal(n, "channels")
	}
	if e, ok := errors.AsType[*Error](err); ok { // its place would be a file's
		err = e.Err
	}
	return c, err
}

// in is the node as part of a source that has no text.
func (n *node) in(src *source) *node {
	moved := *n
	moved.src, moved.line, moved.column = src, 0, 0
	moved.keys, moved.items = slices.Clone(n.keys), slices.Clone(n.items)
	for i, k := range moved.keys {
		moved.keys[i] = k.in(src)
	}
	for i, v := range moved.items {
		moved.items[i] = v.in(src)
	}
	return &moved
}

// replace is n with leaf at the end of path. whole is the path from the root, for errors.
func replace(n *node, path, whole string, leaf *node) (*node, error) {
	if path == "" {
		return leaf, nil
	}
	step, rest, at := n.step(path)
	out := *n
	out.keys, out.items = slices.Clone(n.keys), slices.Clone(n.items)
	switch {
	case step == "":
		return nil, leaf.errorf("%q has an empty key", whole)
	case n.kind == list:
		if at < 0 && len(n.items) == 0 {
			return nil, leaf.errorf("%s is empty: there is no %s", before(whole, path), step)
		}
		if at < 0 {
			return nil, leaf.errorf("%s has %d entries, 0 to %d: there is no %s", before(whole, path), len(n.items), len(n.items)-1, step)
		}
	case n.kind == mapping || n.kind == null:
		out.kind = mapping
	default:
		return nil, leaf.errorf("%s is %s: there is no %s in it", before(whole, path), n.got(), step)
	}
	if at >= 0 && rest == "" && leaf.kind == null && n.kind == mapping {
		out.keys = slices.Delete(out.keys, at, at+1)
		out.items = slices.Delete(out.items, at, at+1)
		return &out, nil
	}
	var value *node
	if at < 0 { // a new key; whether it is a known one is found when it is decoded
		if rest == "" && leaf.kind == null {
			return n, nil
		}
		at = len(out.keys)
		key := *leaf
		key.kind, key.text, key.keys, key.items = text, step, nil, nil
		out.keys = append(out.keys, &key)
		out.items = append(out.items, nil)
		value = &node{src: leaf.src, kind: mapping}
	} else {
		value = out.items[at]
	}
	value, err := replace(value, rest, whole, leaf)
	out.items[at] = value
	return &out, err
}

// before is the part of whole before path, which is its end.
func before(whole, path string) string {
	return strings.TrimSuffix(strings.TrimSuffix(whole, path), ".")
}

// step is the first step of a path from n, the rest of the path, and the index of the
// step's value, or −1. Names of stacks may have dots, so the step is the longest key that
// the path begins with.
func (n *node) step(path string) (step, rest string, at int) {
	at = -1
	if n.kind == mapping {
		for i, k := range n.keys {
			if (path == k.text || strings.HasPrefix(path, k.text+".")) && len(k.text) > len(step) {
				step, at = k.text, i
			}
		}
	}
	if at >= 0 {
		return step, strings.TrimPrefix(path[len(step):], "."), at
	}
	step, rest, _ = strings.Cut(path, ".")
	if n.kind == list {
		if i, err := strconv.Atoi(step); err == nil && 0 <= i && i < len(n.items) {
			at = i
		}
	}
	return step, rest, at
}

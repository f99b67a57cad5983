package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// parseYAML reads the only document of a YAML or JSON text. The root of a text without a
// value is nil. Keys that are there twice are noted in src, and have their first values.
func parseYAML(src *source) (root *node, err error) {
	if len(src.text) > maxBytes {
		return nil, src.errorAt(0, 0, fmt.Errorf("a stack file has at most 16 MiB, got %d bytes", len(src.text)))
	}
	src.text = bytes.TrimPrefix(src.text, []byte("\ufeff"))
	if !utf8.Valid(src.text) {
		line, column := firstInvalid(src.text)
		return nil, src.errorAt(line, column, errors.New("not UTF-8 text: save the file as UTF-8"))
	}
	if err := checkText(src.text); err != nil {
		return nil, src.errorAt(0, 0, err)
	}
	// The parser has panicked on text that it cannot take.
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, src.errorAt(0, 0, fmt.Errorf("not valid YAML: %v", r))
		}
	}()
	tokens := lexer.Tokenize(string(src.text))
	if err := (&guard{src: src}).check(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if syntax, ok := errors.AsType[yaml.Error](err); ok {
		at := syntax.GetToken().Position
		return nil, src.errorAt(at.Line, at.Column, errors.New(syntaxMessage(syntax.GetMessage(), src.text, at.Line)))
	} else if err != nil {
		return nil, src.errorAt(0, 0, err)
	}
	t := tree{src: src, anchors: map[string]*node{}}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType {
			continue
		}
		if root != nil {
			return nil, t.errorAt(doc.Body, "a second document: a stack file has one")
		}
		if root, err = t.node(doc.Body); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// tree turns the parser's tree into nodes.
type tree struct {
	src     *source
	anchors map[string]*node
}

func (t *tree) errorAt(n ast.Node, format string, args ...any) error {
	at := n.GetToken().Position
	return t.src.errorAt(at.Line, at.Column, fmt.Errorf(format, args...))
}

func (t *tree) node(n ast.Node) (*node, error) {
	tk := n.GetToken()
	out := &node{src: t.src, line: tk.Position.Line, column: tk.Position.Column, text: tk.Value, size: 1}
	switch n := n.(type) {
	case *ast.AnchorNode:
		value, err := t.node(n.Value)
		if err == nil {
			t.anchors[n.Name.GetToken().Value] = value
		}
		return value, err
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if value, ok := t.anchors[name]; ok {
			return value, nil
		}
		return nil, t.errorAt(n, "alias *%s has no anchor &%s before it", name, name)
	case *ast.SequenceNode:
		out.kind = list
		return out, t.sequence(n, out)
	case *ast.MappingNode:
		out.kind = mapping
		return out, t.mapping(n.Values, out, !n.IsFlowStyle)
	case *ast.MappingValueNode:
		out.kind = mapping
		return out, t.mapping([]*ast.MappingValueNode{n}, out, true)
	case *ast.NullNode:
		out.kind = null
	case *ast.BoolNode:
		out.kind = boolean
	case *ast.LiteralNode:
		out.kind, out.text = text, n.Value.Value
	case ast.ScalarNode:
		out.kind = text
		plain := tk.Type != token.SingleQuoteType && tk.Type != token.DoubleQuoteType
		if plain && isNumber(tk.Value) {
			out.kind = number
		}
	default:
		return nil, t.errorAt(n, "%s is not used in stack files", strings.ToLower(n.Type().YAMLName()))
	}
	return out, nil
}

func (t *tree) add(to, item *node) error {
	to.items = append(to.items, item)
	if to.size += item.size; to.size > maxNodes {
		return item.errorf("more than %d values once aliases are expanded", maxNodes)
	}
	return nil
}

func (t *tree) sequence(n *ast.SequenceNode, out *node) error {
	for _, v := range n.Values {
		item, err := t.node(v)
		if err != nil {
			return err
		}
		if err := t.add(out, item); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) mapping(values []*ast.MappingValueNode, out *node, block bool) error {
	var merged []*node
	seen := map[string]*node{}
	for i, v := range values {
		tk := v.Key.GetToken()
		if i == 0 && block {
			out.line, out.column = tk.Position.Line, tk.Position.Column
		}
		value, err := t.node(v.Value)
		if err != nil {
			return err
		}
		if v.Key.IsMergeKey() {
			merged = append(merged, value)
			continue
		}
		if _, ok := v.Key.(ast.ScalarNode); !ok || tk.Type == token.AliasType || tk.Type == token.AnchorType {
			return t.errorAt(v.Key, "a key must be a plain word or a string")
		}
		key := &node{src: t.src, line: tk.Position.Line, column: tk.Position.Column, kind: text, text: tk.Value, size: 1}
		if first := seen[key.text]; first != nil {
			t.src.twice.add(key.errorf("key %q is there twice, first in line %d", key.text, first.line))
			if t.src.twice.full() {
				return t.src.twice.err()
			}
			continue
		}
		seen[key.text] = key
		if value.kind == null && value.src == t.src { // there is nothing to point at
			value.line, value.column = key.line, key.column
		}
		out.keys = append(out.keys, key)
		if err := t.add(out, value); err != nil {
			return err
		}
	}
	for _, m := range merged {
		if err := t.merge(m, out); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the keys of a mapping that << names. Keys that are there already win.
func (t *tree) merge(from, into *node) error {
	maps := []*node{from}
	if from.kind == list {
		maps = from.items
	}
	for _, m := range maps {
		if m.kind != mapping {
			return m.errorf("<< wants a mapping or a list of mappings, got %s", m.got())
		}
		for i, key := range m.keys {
			if slices.ContainsFunc(into.keys, func(k *node) bool { return k.text == key.text }) {
				continue
			}
			into.keys = append(into.keys, key)
			if err := t.add(into, m.items[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

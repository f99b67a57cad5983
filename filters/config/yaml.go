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

// What a stack file may cost. The parser keeps some 500 bytes a value, stores
// with each its path from the root, recurses, and takes time quadratic in the
// keys of a block mapping, in empty lines after block text and in runs of <, so
// all of these are bounded before it starts.
const (
	maxBytes      = 16 << 20
	maxIndicators = 1 << 19   // commas, brackets, colons, line ends and the like
	maxNodes      = 1 << 20   // values after aliases are expanded
	maxNesting    = 64        // lists and mappings in each other
	maxKeys       = 2048      // of one mapping
	maxPaths      = 256 << 20 // bytes of the paths of all values
	maxRun        = 32        // empty lines, or signs <, in a row
)

// parseYAML reads the one document of a YAML or JSON text. It is nil where the
// text holds nothing.
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
	// Text that the parser cannot take has made it panic before.
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
		return nil, src.errorAt(at.Line, at.Column, errors.New(syntax.GetMessage()))
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

// checkText bounds the number of tokens that text can have, and the runs that the
// scanner goes through again for each of their characters.
func checkText(text []byte) error {
	indicators, newlines, less := 0, 0, 0
	for i, c := range text {
		switch c {
		case ',', '[', ']', '{', '}', ':', '\n', '"', '\'', '&', '*', '!', '?', '|', '>', '%', '#':
			indicators++
		case '-':
			if i+1 < len(text) && (text[i+1] == ' ' || text[i+1] == '\n' || text[i+1] == '\t') {
				indicators++
			}
		}
		switch c {
		case '\r':
			if i+1 == len(text) || text[i+1] != '\n' {
				newlines++
			}
			less = 0
		case '\n':
			newlines, less = newlines+1, 0
		case '<':
			newlines, less = 0, less+1
		case ' ', '\t':
			less = 0
		default:
			newlines, less = 0, 0
		}
		switch {
		case indicators > maxIndicators:
			return fmt.Errorf("more than %d values: keep large weights in a .npy file", maxIndicators)
		case newlines > maxRun:
			return fmt.Errorf("more than %d empty lines in a row", maxRun)
		case less > maxRun:
			return fmt.Errorf("more than %d signs < in a row", maxRun)
		}
	}
	return nil
}

// guard bounds what the parser would make of tokens.
type guard struct {
	src   *source
	open  []level
	paths int
}

// level is an open list or mapping, or a block mapping's last key.
type level struct {
	column int // of a block; 0 in brackets
	list   bool
	path   int // bytes that it adds to the path of what is in it
	keys   int
}

func (g *guard) check(tokens token.Tokens) error {
	for i, tk := range tokens {
		if err := g.token(tokens, i); err != nil {
			return g.src.errorAt(tk.Position.Line, tk.Position.Column, err)
		}
	}
	return nil
}

func (g *guard) token(tokens token.Tokens, i int) error {
	tk := tokens[i]
	switch tk.Type {
	case token.InvalidType:
		return errors.New(tk.Error)
	case token.MappingKeyType:
		return errors.New("keys with a question mark are not used in stack files: write key: value")
	case token.TagType:
		return fmt.Errorf("tags such as %s are not used in stack files", tk.Value)
	case token.MappingStartType, token.SequenceStartType:
		g.open = append(g.open, level{path: len("[12345]")})
	case token.MappingEndType, token.SequenceEndType:
		g.closeBracket()
	case token.SequenceEntryType:
		g.block(tk.Position.Column, true, len("[12345]"))
	case token.MappingValueType:
		if i > 0 {
			g.block(tokens[i-1].Position.Column, false, len(tokens[i-1].Value))
		}
	}
	path := 0
	for _, l := range g.open {
		path += l.path
	}
	g.paths += path
	switch {
	case len(g.open) > maxNesting:
		return fmt.Errorf("nested more than %d deep", maxNesting)
	case g.paths > maxPaths:
		return errors.New("too many values below long keys")
	case len(g.open) > 0 && g.open[len(g.open)-1].keys > maxKeys:
		return fmt.Errorf("more than %d keys in one mapping", maxKeys)
	}
	return nil
}

func (g *guard) closeBracket() {
	for len(g.open) > 0 {
		last := g.open[len(g.open)-1]
		g.open = g.open[:len(g.open)-1]
		if last.column == 0 {
			return
		}
	}
}

// block notes a block's entry at a column: blocks further right have ended. In
// brackets there are no blocks, but a key may add to the path.
func (g *guard) block(column int, isList bool, path int) {
	next := level{column: column, list: isList, path: path, keys: 1}
	for len(g.open) > 0 {
		last := &g.open[len(g.open)-1]
		if last.column == 0 {
			last.path = max(last.path, path)
			last.keys++
			return
		}
		// A list may stand in the column of the key that it belongs to.
		if last.column < column || last.column == column && isList && !last.list {
			break
		}
		if last.column == column && last.list == isList {
			if !isList {
				next.keys = last.keys + 1
			}
			g.open = g.open[:len(g.open)-1]
			break
		}
		g.open = g.open[:len(g.open)-1]
	}
	g.open = append(g.open, next)
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
			return key.errorf("key %q is there twice, first in line %d", key.text, first.line)
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

// merge adds what <<: names; keys that are there already win.
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

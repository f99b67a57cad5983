package config

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// Bounds of a stack file. The parser keeps some 500 bytes a value, stores each value's
// path from the root, and recurses. It takes time quadratic in the keys of a block
// mapping, in empty lines after block text and in runs of <. So all of these are bounded
// before it starts.
const (
	maxBytes      = 16 << 20
	maxIndicators = 1 << 19   // commas, brackets, colons, line ends and the like
	maxNodes      = 1 << 20   // values after aliases are expanded
	maxNesting    = 64        // lists and mappings in each other
	maxKeys       = 2048      // of one mapping
	maxPaths      = 256 << 20 // bytes of the paths of all values
	maxRun        = 32        // empty lines, or signs <, in a row
)

// checkText bounds the number of tokens in a text, and the runs that the scanner reads
// again for each of their characters.
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
			return fmt.Errorf("more than %d values: keep large weights in a file of their own, such as a .npy file", maxIndicators)
		case newlines > maxRun:
			return fmt.Errorf("more than %d empty lines in a row", maxRun)
		case less > maxRun:
			return fmt.Errorf("more than %d signs < in a row", maxRun)
		}
	}
	return nil
}

// guard bounds the work of the parser on tokens.
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
		return errors.New(syntaxMessage(tk.Error, g.src.text, tk.Position.Line))
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

// block records a block's entry at a column. Blocks further right have ended. In brackets
// there are no blocks, but a key may add to the path.
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

package config

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is a mistake in a stack file or in an override, with its place.
type Error struct {
	File         string // as it was given: a path, or the override's text
	Line, Column int    // counted from 1, columns in characters; 0 where there is no text
	Excerpt      string // some lines around the place with a caret below it; may be empty
	Err          error

	src *source
}

// Error is file:line:column: message, and the excerpt on the lines after it.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if e.Excerpt != "" {
		b.WriteString("\n" + e.Excerpt)
	}
	return b.String()
}

// Unwrap is the message without its place.
func (e *Error) Unwrap() error { return e.Err }

// source is the text of nodes.
type source struct {
	name string
	text []byte // nil if there is no text to show

	twice problems // keys that a mapping has twice
}

func (s *source) errorAt(line, column int, err error) error {
	e := &Error{File: s.name, Err: err, src: s}
	if s.text != nil && line > 0 {
		e.Line, e.Column = line, column
		e.Excerpt = excerpt(s.text, line, column, linesAround)
	}
	return e
}

// linesAround is how many lines before and after a place its excerpt shows.
const linesAround = 3

// excerpt shows a place with some lines before and after it, in the layout of go-yaml's own
// printer. That printer rebuilds the lines from tokens, which loses some of them if the
// syntax is wrong, and it prints a file of one long line whole. So excerpt shows the text
// itself and cuts lines.
func excerpt(text []byte, line, column, around int) string {
	const width = 100
	from := max(0, column-1-width/2) // the first character shown, of every line
	if column <= width {
		from = 0
	}
	var b strings.Builder
	n := 0
	for raw := range bytes.Lines(text) {
		n++
		if n < line-around {
			continue
		}
		if n > line+around {
			break
		}
		mark := "  "
		if n == line {
			mark = "> "
		}
		shown := strings.TrimRight(clip(strings.TrimRight(string(raw), "\r\n"), from, width), " ")
		prefix := fmt.Sprintf("%s%2d | ", mark, n)
		b.WriteString(strings.TrimRight(prefix+shown, " ") + "\n")
		if n == line {
			b.WriteString(strings.Repeat(" ", len(prefix)+column-1-from) + "^\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// clip is characters from to from+width of a line. Tabs and other characters that move a
// terminal's cursor become one space, so that the caret stands right.
func clip(line string, from, width int) string {
	var b strings.Builder
	at := 0
	for _, r := range line {
		if at >= from+width {
			b.WriteString("…")
			break
		}
		if at >= from {
			if !unicode.IsPrint(r) {
				r = ' '
			}
			b.WriteRune(r)
		}
		at++
	}
	return b.String()
}

// firstInvalid is the place of the first bytes that are not UTF-8.
func firstInvalid(text []byte) (line, column int) {
	line, column = 1, 1
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if column++; r == '\n' {
			line, column = line+1, 1
		}
		text = text[size:]
	}
	return line, column
}

type kind int

const (
	null kind = iota
	boolean
	number
	text
	list
	mapping
)

// node is a value of a stack file and its place. Aliases of an anchor share nodes, so
// nodes never change.
type node struct {
	src          *source
	line, column int
	kind         kind
	text         string  // of a scalar: as written, or what the quotes hold
	keys         []*node // of a mapping, in the file's order
	items        []*node // of a list, and the values of a mapping
	size         int     // nodes in it, itself counted, aliases expanded
}

// errorf is an error at the node; %w works. On a nil node it has no place.
func (n *node) errorf(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if n == nil {
		return err
	}
	return n.src.errorAt(n.line, n.column, err)
}

// wrap puts err at the node unless err has a place already.
func (n *node) wrap(err error) error {
	if _, ok := errors.AsType[*Error](err); ok || err == nil {
		return err
	}
	return n.errorf("%w", err)
}

// index is the place of a key in a mapping, or −1.
func (n *node) index(key string) int {
	if n != nil && n.kind == mapping {
		for i, k := range n.keys {
			if k.text == key {
				return i
			}
		}
	}
	return -1
}

// at is the value of a key, or the node itself if it has no such key.
func (n *node) at(key string) *node {
	if i := n.index(key); i >= 0 {
		return n.items[i]
	}
	return n
}

// got describes the node, for "stride wants a whole number, got a string".
func (n *node) got() string {
	switch n.kind {
	case boolean, number:
		return n.text
	case text:
		if isNumber(n.text) {
			return fmt.Sprintf("%q: leave out the quotes", n.text)
		}
		return "a string"
	case list:
		return "a list"
	case mapping:
		return "a mapping"
	}
	return "nothing"
}

// whole is the node's value as a whole number; 1.0 is none.
func (n *node) whole() (v int, ok bool) {
	if n.kind != number {
		return 0, false
	}
	v, err := strconv.Atoi(n.text)
	return v, err == nil
}

// float is the value of a number, rounded to float64, and infinite beyond float64's
// range.
func (n *node) float() float64 {
	switch strings.ToLower(n.text) {
	case ".nan":
		return math.NaN()
	case ".inf", "+.inf":
		return math.Inf(1)
	case "-.inf":
		return math.Inf(-1)
	}
	v, _ := strconv.ParseFloat(n.text, 64) // ±Inf when out of range
	return v
}

// isNumber says whether a plain scalar is a number of YAML 1.2's core schema in base 10.
// The parser follows YAML 1.1, which reads 010 as eight and misses 1e-3.
func isNumber(s string) bool {
	switch strings.TrimLeft(s, "+-") {
	case ".inf", ".Inf", ".INF":
		return len(s) <= len("-.inf")
	case ".nan", ".NaN", ".NAN":
		return s[0] == '.'
	}
	if strings.Trim(s, "0123456789.eE+-") != "" {
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

package report

import (
	"bytes"
	"strings"
)

// compactScript takes comments, indentation and the spaces beside punctuation from a script of
// the page. It knows strings, templates and regular expressions, which stay as they are, and
// leaves line ends where a statement may end at them. Its input is the page's own scripts and
// nothing else.
func compactScript(src []byte) []byte {
	c := compactor{src: src}
	c.code(false)
	return c.out
}

// compactor reads a script from front to back.
type compactor struct {
	src []byte
	at  int
	out []byte
}

// code copies code up to the end, or within a template up to the brace that closes it.
func (c *compactor) code(inTemplate bool) {
	for depth := 0; c.at < len(c.src); {
		rest := c.src[c.at:]
		switch b := rest[0]; {
		case blank(rest) > 0:
			c.space()
		case b == '"' || b == '\'':
			c.quoted(b)
		case b == '/' && c.value():
			c.regexp()
		case b == '`':
			c.template()
		case b == '}' && inTemplate && depth == 0:
			return
		default:
			switch b {
			case '{':
				depth++
			case '}':
				depth--
				if len(c.out) > 0 && c.last() == ';' { // the page has no empty statements
					c.out = c.out[:len(c.out)-1]
				}
			}
			c.take(1)
		}
	}
}

// blank is the length of the white space or the comment that a text begins with.
func blank(text []byte) int {
	switch {
	case strings.IndexByte(" \t\n", text[0]) >= 0:
		return 1
	case bytes.HasPrefix(text, []byte("//")):
		if n := bytes.IndexByte(text, '\n'); n >= 0 {
			return n
		}
		return len(text)
	case bytes.HasPrefix(text, []byte("/*")):
		return bytes.Index(text, []byte("*/")) + 2
	}
	return 0
}

func (c *compactor) take(n int) {
	c.out = append(c.out, c.src[c.at:c.at+n]...)
	c.at += n
}

// opens are signs after which and closes signs before which no space and no line end matters.
// punctuation also does without spaces, but a statement may begin or end there.
const (
	opens       = "{([,;=<>*%&|?:!"
	closes      = ")]},;=<>*%&|?:."
	punctuation = opens + closes
)

// space writes the least that has to stay of white space and comments.
func (c *compactor) space() {
	lines := false
	for c.at < len(c.src) && blank(c.src[c.at:]) > 0 {
		lines = lines || c.src[c.at] == '\n'
		c.at += blank(c.src[c.at:])
	}
	if len(c.out) == 0 || c.at == len(c.src) {
		return
	}
	before, after := c.last(), c.src[c.at]
	switch {
	case lines && strings.IndexByte(opens, before) < 0 && strings.IndexByte(closes, after) < 0:
		c.out = append(c.out, '\n')
	case !lines && strings.IndexByte(punctuation, before) < 0 && strings.IndexByte(punctuation+"{([", after) < 0 && oneSign(before, after):
		c.out = append(c.out, ' ')
	}
}

// oneSign says whether a space is needed beside + − /: between two of them, or where there is
// none.
func oneSign(before, after byte) bool {
	return (strings.IndexByte("+-/", before) >= 0) == (strings.IndexByte("+-/", after) >= 0)
}

func (c *compactor) last() byte { return c.out[len(c.out)-1] }

// value says whether a value may begin here, so that a slash begins a regular expression.
func (c *compactor) value() bool {
	return len(c.out) == 0 || strings.IndexByte("(,=:[!&|?{};>\n", c.last()) >= 0
}

func (c *compactor) quoted(quote byte) {
	n := 1
	for ; c.src[c.at+n] != quote; n++ {
		if c.src[c.at+n] == '\\' {
			n++
		}
	}
	c.take(n + 1)
}

func (c *compactor) regexp() {
	n := 1
	for class := false; class || c.src[c.at+n] != '/'; n++ {
		switch c.src[c.at+n] {
		case '\\':
			n++
		case '[':
			class = true
		case ']':
			class = false
		}
	}
	c.take(n + 1)
}

func (c *compactor) template() {
	c.take(1)
	for c.src[c.at] != '`' {
		switch {
		case c.src[c.at] == '\\':
			c.take(2)
		case bytes.HasPrefix(c.src[c.at:], []byte("${")):
			c.take(2)
			c.code(true)
			c.take(1)
		default:
			c.take(1)
		}
	}
	c.take(1)
}

// compactStyle takes comments, indentation and needless spaces from a style sheet.
func compactStyle(src []byte) []byte {
	var out []byte
	for line := range bytes.Lines(src) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || bytes.HasPrefix(line, []byte("/*")) {
			continue
		}
		out = append(out, line...)
	}
	for _, sign := range []string{" {", "{ ", "; ", " }", ": ", ", ", " > "} {
		out = bytes.ReplaceAll(out, []byte(sign), []byte(strings.TrimSpace(sign)))
	}
	return bytes.ReplaceAll(out, []byte(";}"), []byte("}"))
}

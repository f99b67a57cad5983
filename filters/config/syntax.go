package config

import (
	"bytes"
	"regexp"
	"strings"
)

// syntaxWords are parts of the parser's messages, and messages that say what to change. The
// first part that a message contains counts.
var syntaxWords = [...]struct{ part, words string }{
	{"found character '\t'", "a tab stands here: YAML is indented by spaces"},
	{"mapping value is not allowed in this context", "a second key with a colon on one line: write it on a line of its own, or both in braces, {key: value}"},
	{"value is not allowed in this context", "the indentation fits no line above: indent the line like its neighbours, or further than the key that it belongs to"},
	{"',' or ']' must be specified", "a comma or ] is missing here"},
	{"',' or '}' must be specified", "a comma or } is missing here"},
	{"flow mapping end token '}'", "{ is not closed: } is missing"},
	{"sequence end token ']'", "[ is not closed: ] is missing"},
	{"end character of double-quoted text", `the quote " is not closed`},
	{"end character of single-quoted text", "the quote ' is not closed"},
}

// joined is a key whose colon has no space behind it.
var joined = regexp.MustCompile(`^[ \t-]*([a-z_]+):([^ \t/].*)$`)

// syntaxMessage is the parser's message about a line in plain words.
func syntaxMessage(message string, text []byte, line int) string {
	if strings.Contains(message, "unexpected key name") || strings.Contains(message, "non-map value") {
		if m := joined.FindStringSubmatch(lineAt(text, line)); m != nil {
			return "a space is missing behind the colon: write " + m[1] + ": " + strings.TrimSpace(m[2])
		}
	}
	for _, w := range syntaxWords {
		if strings.Contains(message, w.part) {
			return w.words
		}
	}
	return message
}

// lineAt is a line of a text, counted from 1, without its end.
func lineAt(text []byte, line int) string {
	n := 0
	for l := range bytes.Lines(text) {
		if n++; n == line {
			return strings.TrimRight(string(l), "\r\n")
		}
	}
	return ""
}

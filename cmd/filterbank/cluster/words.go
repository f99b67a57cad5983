package cluster

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// bashWords are words as bash takes them, in one line, whatever is in them.
func bashWords(words []string) string {
	var all []string
	for _, w := range words {
		all = append(all, bashWord(w))
	}
	return strings.Join(all, " ")
}

// plain are the characters besides letters and digits that mean nothing to bash within a word.
const plain = "@%+=:,./-_"

// bashWord quotes a word for bash. Characters that are not printable are written as octal
// numbers, so that no line ends in a word and no terminal obeys one.
func bashWord(word string) string {
	quotes, numbers := word == "", false
	for rest := word; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if numbers = numbers || !shown(r, n); r >= utf8.RuneSelf || !strings.ContainsRune(plain, r) && !alphanumeric(r) {
			quotes = true
		}
		rest = rest[n:]
	}
	switch {
	case numbers:
		return "$'" + numbered(word) + "'"
	case quotes:
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// numbered is a word within $'…'.
func numbered(word string) string {
	var b strings.Builder
	for rest := word; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + rest[:n])
		case shown(r, n):
			b.WriteString(rest[:n])
		default:
			for i := range n {
				fmt.Fprintf(&b, `\%03o`, rest[i])
			}
		}
		rest = rest[n:]
	}
	return b.String()
}

// shown says whether a character of n bytes can be printed as it is.
func shown(r rune, n int) bool { return unicode.IsPrint(r) && !(r == utf8.RuneError && n == 1) }

func alphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// quoted is a string in double quotes that YAML and Python read alike. Characters that are not
// printable are numbers. A byte that is no UTF-8 is the surrogate by which Python has it in names
// of files; YAML has no such bytes.
func quoted(word string) string {
	var b strings.Builder
	b.WriteByte('"')
	for rest := word; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + rest[:n])
		case shown(r, n):
			b.WriteString(rest[:n])
		case r == '\n':
			b.WriteString(`\n`)
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\udc%02x`, rest[0])
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		rest = rest[n:]
	}
	b.WriteByte('"')
	return b.String()
}

// quotedWords are words as the elements of a list in Python.
func quotedWords(words []string) string {
	var all []string
	for _, w := range words {
		all = append(all, quoted(w))
	}
	return strings.Join(all, ", ")
}

// podArgument is an argument of a container, quoted. Kubernetes replaces $(NAME) in it, and reads
// $$ as $.
func podArgument(word string) string { return quoted(strings.ReplaceAll(word, "$", "$$")) }

// literal is a text as the value of a key that is indented by two spaces: its lines as they are,
// or quoted if YAML could not have them so.
func literal(text string) string {
	for _, line := range strings.Split(text, "\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return quoted(text)
		}
	}
	body := strings.TrimRight(text, "\n")
	end := "-" // no newline at the end
	if len(text) == len(body)+1 {
		end = ""
	}
	if body == "" || len(text) > len(body)+1 {
		return quoted(text)
	}
	return "|2" + end + "\n    " + strings.ReplaceAll(body, "\n", "\n    ")
}

// Package bytename owns file names in JSON. It never looks at what a name means.
//
// Names are bytes and need not be UTF-8. A byte that is not UTF-8 is written as a lone surrogate,
// U+DC80 to U+DCFF, as Python's surrogateescape does (PEP 383). Python's os.fsencode returns the
// original name.
package bytename

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Encode returns a name as a JSON string.
func Encode(name string) []byte {
	b := append(make([]byte, 0, len(name)+2), '"')
	for s := name; s != ""; {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			b = fmt.Appendf(b, `\udc%02x`, s[0])
		case r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029':
			b = fmt.Appendf(b, `\u%04x`, r)
		case r == '"' || r == '\\':
			b = append(b, '\\')
			fallthrough
		default:
			b = append(b, s[:n]...)
		}
		s = s[n:]
	}
	return append(b, '"')
}

// Decode reads a JSON string, as Encode writes it. data must be a JSON value.
func Decode(data []byte) (string, error) {
	if !bytes.Contains(data, []byte(`\udc`)) {
		var name string
		err := json.Unmarshal(data, &name)
		return name, err
	}
	var name []byte
	plain := func(segment []byte) error {
		var text string
		err := json.Unmarshal(append(append([]byte{'"'}, segment...), '"'), &text)
		name = append(name, text...)
		return err
	}
	s := data[1 : len(data)-1]
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		if v, ok := escapedByte(s[i:]); ok {
			if err := plain(s[start:i]); err != nil {
				return "", err
			}
			name = append(name, v)
			start = i + len(`\udcff`)
			i = start - 1
		} else {
			i++ // the next character is escaped and begins no escape
		}
	}
	err := plain(s[start:])
	return string(name), err
}

// escapedByte reads \udc80 to \udcff at the beginning of s.
func escapedByte(s []byte) (byte, bool) {
	if len(s) < 6 || !bytes.HasPrefix(s, []byte(`\udc`)) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(s[4:6]), 16, 8)
	return byte(v), err == nil && v >= 0x80
}

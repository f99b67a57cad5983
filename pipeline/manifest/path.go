package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Path is a file name in JSON. Names are bytes and need not be UTF-8. A byte that is not
// UTF-8 is written as a lone surrogate, U+DC80 to U+DCFF, as Python's surrogateescape does
// (PEP 383). Python's os.fsencode returns the original name.
type Path string

// MarshalJSON writes the name as a JSON string.
func (p Path) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, len(p)+2), '"')
	for s := string(p); s != ""; {
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
	return append(b, '"'), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Path) UnmarshalJSON(data []byte) error {
	if !bytes.Contains(data, []byte(`\udc`)) {
		return json.Unmarshal(data, (*string)(p))
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
				return err
			}
			name = append(name, v)
			start = i + len(`\udcff`)
			i = start - 1
		} else {
			i++ // the next character is escaped and begins no escape
		}
	}
	err := plain(s[start:])
	*p = Path(name)
	return err
}

// escapedByte reads \udc80 to \udcff at the beginning of s.
func escapedByte(s []byte) (byte, bool) {
	if len(s) < 6 || !bytes.HasPrefix(s, []byte(`\udc`)) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(s[4:6]), 16, 8)
	return byte(v), err == nil && v >= 0x80
}

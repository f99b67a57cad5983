package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

var errNoSubject = errors.New("a line is not the record of a picture")

// Subject reads the input, the output and the label of a record from its line, as Journal writes
// it. These come first in a line, and nothing behind them is looked at: most of a line is about
// files.
func Subject(line []byte) (input, output, label string, err error) {
	rest, ok := bytes.CutPrefix(line, []byte(beginning))
	if !ok {
		return "", "", "", errNoSubject
	}
	if input, rest, err = text(rest); err != nil {
		return "", "", "", err
	}
	if after, ok := bytes.CutPrefix(rest, []byte(`,"output":`)); ok {
		if output, rest, err = text(after); err != nil {
			return "", "", "", err
		}
	}
	if after, ok := bytes.CutPrefix(rest, []byte(`,"label":`)); ok {
		if label, _, err = text(after); err != nil {
			return "", "", "", err
		}
	}
	return input, output, label, nil
}

// text reads a string of JSON, as Path writes it, and returns what comes behind it.
func text(data []byte) (text string, rest []byte, err error) {
	if len(data) == 0 || data[0] != '"' {
		return "", nil, errNoSubject
	}
	end, escaped := 1, false
	for ; end < len(data) && data[end] != '"'; end++ {
		if data[end] == '\\' {
			escaped = true
			end++
		}
	}
	if end >= len(data) {
		return "", nil, errNoSubject
	}
	if raw := data[1:end]; !escaped && utf8.Valid(raw) {
		return string(raw), data[end+1:], nil
	}
	var p Path
	err = json.Unmarshal(data[:end+1], &p)
	return string(p), data[end+1:], err
}

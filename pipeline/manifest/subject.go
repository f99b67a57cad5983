package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Subject reads the input, the output and the label of a record from its line. These come first
// in a line, and nothing behind the version is read: most of a line is about files.
func Subject(line []byte) (input, output, label string, err error) {
	if !begins(line[:min(len(line), len(beginning))]) || len(line) < len(beginning) {
		return "", "", "", errors.New("a line is not the record of a picture")
	}
	in := json.NewDecoder(bytes.NewReader(line))
	if _, err := in.Token(); err != nil { // the brace
		return "", "", "", err
	}
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return "", "", "", err
		}
		var p Path
		switch key {
		case "input":
			err = in.Decode(&p)
			input = string(p)
		case "output":
			err = in.Decode(&p)
			output = string(p)
		case "label":
			err = in.Decode(&label)
		default:
			return input, output, label, nil
		}
		if err != nil {
			return "", "", "", err
		}
	}
	return input, output, label, nil
}

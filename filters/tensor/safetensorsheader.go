package tensor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"filterbank/filters/volume"
)

// stored is an array in a safetensors file.
type stored struct {
	name       string
	dtype      string
	kind       safetensorsKind
	shape      []int
	begin, end int64 // of its values, after the header
}

// parseSafetensors reads a header. The arrays come in the order of their values, which follow
// each other from 0 on without gaps, as the format wants it. Memory is at most a few times
// the header.
func parseSafetensors(text []byte) (all []stored, err error) {
	p := headerParser{json.NewDecoder(bytes.NewReader(text)), safetensorsKinds()}
	p.UseNumber()
	seen := map[string]bool{}
	err = p.object(func(name string) error {
		if seen[name] {
			return fmt.Errorf("%q is there twice", name)
		}
		seen[name] = true
		if name == metadataName {
			return p.object(func(string) error { _, err := p.text(); return err })
		}
		s, err := p.entry(name)
		if err != nil {
			return fmt.Errorf("array %q: %w", name, err)
		}
		all = append(all, s)
		return nil
	})
	if err == nil {
		if _, err = p.Token(); err == nil {
			err = errors.New("something follows its object")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b stored) int {
		if a.begin != b.begin {
			return int(min(max(a.begin-b.begin, -1), 1))
		}
		return int(min(max(a.end-b.end, -1), 1))
	})
	at := int64(0)
	for _, s := range all {
		if s.begin != at {
			return nil, fmt.Errorf("array %q: its values begin at %d, and those before end at %d", s.name, s.begin, at)
		}
		at = s.end
	}
	return all, nil
}

// headerParser reads JSON of a known form, token by token.
type headerParser struct {
	*json.Decoder
	kinds map[string]safetensorsKind
}

// delim reads a bracket.
func (p headerParser) delim(want json.Delim) error {
	got, err := p.token()
	if err == nil && got != want {
		err = fmt.Errorf("byte %d: want %v", p.InputOffset(), want)
	}
	return err
}

// token reads a token. The end of the text is an error.
func (p headerParser) token() (json.Token, error) {
	t, err := p.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		err = fmt.Errorf("byte %d: %w", p.InputOffset(), err)
	}
	return t, err
}

// text reads a string.
func (p headerParser) text() (string, error) {
	t, err := p.token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("byte %d: want a string", p.InputOffset())
	}
	return s, nil
}

// object reads an object, whose values member reads.
func (p headerParser) object(member func(key string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	for p.More() {
		key, err := p.text()
		if err == nil {
			err = member(key)
		}
		if err != nil {
			return err
		}
	}
	return p.delim('}')
}

// numbers reads a list of at most most whole numbers from 0 on.
func (p headerParser) numbers(most int) (all []int64, err error) {
	if err := p.delim('['); err != nil {
		return nil, err
	}
	for p.More() {
		t, err := p.token()
		if err != nil {
			return nil, err
		}
		text, _ := t.(json.Number)
		n, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("byte %d: want a whole number from 0 on", p.InputOffset())
		}
		if len(all) == most {
			return nil, fmt.Errorf("byte %d: more than %d numbers", p.InputOffset(), most)
		}
		all = append(all, n)
	}
	return all, p.delim(']')
}

// entry reads the description of an array.
func (p headerParser) entry(name string) (s stored, err error) {
	s.name = name
	var offsets []int64
	var shape []int64
	seen := map[string]bool{}
	err = p.object(func(key string) (err error) {
		if seen[key] {
			return fmt.Errorf("%q is there twice", key)
		}
		seen[key] = true
		switch key {
		case "dtype":
			s.dtype, err = p.text()
		case "shape":
			shape, err = p.numbers(maxDimensions)
		case "data_offsets":
			offsets, err = p.numbers(2)
		default:
			err = p.Decode(new(json.RawMessage)) // readers pass over other keys
		}
		return err
	})
	if err != nil {
		return s, err
	}
	if s.dtype == "" || !seen["shape"] || len(offsets) < 2 {
		return s, errors.New("it must have dtype, shape and two data_offsets")
	}
	var ok bool
	if s.kind, ok = p.kinds[s.dtype]; !ok {
		return s, fmt.Errorf("type %q: F64, F32, F16, BF16, BOOL and integers of 8 to 64 bits are read", s.dtype)
	}
	for _, n := range shape {
		if int64(int(n)) != n {
			return s, fmt.Errorf("dimension %d: larger than this machine can address", n)
		}
		s.shape = append(s.shape, int(n))
	}
	s.begin, s.end = offsets[0], offsets[1]
	n, ok := volume.Product(s.shape...)
	if bytes := s.end - s.begin; !ok || bytes < 0 || bytes%s.kind.size != 0 || bytes/s.kind.size != int64(n) {
		return s, fmt.Errorf("shape %v of type %s does not take the bytes %d to %d", shape, s.dtype, s.begin, s.end)
	}
	return s, nil
}

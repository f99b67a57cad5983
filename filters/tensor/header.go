package tensor

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// header is the content of a .npy file's header.
type header struct {
	descr   string
	fortran bool
	shape   []int
}

// parseHeader reads the header's Python literal: a dictionary of exactly descr,
// fortran_order and shape, in any order.
func parseHeader(text string) (header, error) {
	p := literal{rest: text}
	h, err := p.header()
	if err != nil {
		at := len(text) - len(p.rest)
		return header{}, fmt.Errorf(".npy header, byte %d: %w", at, err)
	}
	return h, nil
}

// literal reads Python literals from the front of rest.
type literal struct{ rest string }

func (p *literal) header() (header, error) {
	var h header
	if err := p.expect("{"); err != nil {
		return h, err
	}
	seen := map[string]bool{}
	for !p.take("}") {
		key, err := p.str()
		if err != nil {
			return h, err
		}
		if seen[key] {
			return h, fmt.Errorf("key %q is there twice", key)
		}
		seen[key] = true
		if err := p.expect(":"); err != nil {
			return h, err
		}
		switch key {
		case "descr":
			h.descr, err = p.descr()
		case "fortran_order":
			h.fortran, err = p.boolean()
		case "shape":
			h.shape, err = p.shape()
		default:
			err = fmt.Errorf("unknown key %q, the keys are descr, fortran_order and shape", key)
		}
		if err != nil {
			return h, err
		}
		if p.take(",") {
			continue
		}
		if err := p.expect("}"); err != nil {
			return h, err
		}
		break
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			return h, fmt.Errorf("key %q is missing", key)
		}
	}
	if p.skipSpace(); p.rest != "" {
		return h, fmt.Errorf("want the end after the dictionary, got %.10q", p.rest)
	}
	return h, nil
}

func (p *literal) skipSpace() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *literal) take(token string) bool {
	p.skipSpace()
	rest, ok := strings.CutPrefix(p.rest, token)
	p.rest = rest
	return ok
}

func (p *literal) expect(token string) error {
	if !p.take(token) {
		return fmt.Errorf("want %q, got %.10q", token, p.rest)
	}
	return nil
}

func (p *literal) str() (string, error) {
	p.skipSpace()
	if p.rest == "" || (p.rest[0] != '\'' && p.rest[0] != '"') {
		return "", fmt.Errorf("want a string in quotes, got %.10q", p.rest)
	}
	s, rest, ok := strings.Cut(p.rest[1:], p.rest[:1])
	if !ok || strings.ContainsAny(s, "\\\n") {
		return "", errors.New("want a string in quotes without escapes")
	}
	p.rest = rest
	return s, nil
}

func (p *literal) descr() (string, error) {
	if p.skipSpace(); strings.HasPrefix(p.rest, "[") {
		return "", errors.New("a structured array: save one of its fields by itself")
	}
	return p.str()
}

func (p *literal) boolean() (bool, error) {
	switch {
	case p.take("True"):
		return true, nil
	case p.take("False"):
		return false, nil
	}
	return false, fmt.Errorf("want True or False, got %.10q", p.rest)
}

func (p *literal) shape() ([]int, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	shape := []int{}
	for !p.take(")") {
		if len(shape) == maxDimensions {
			return nil, fmt.Errorf("more than %d dimensions", maxDimensions)
		}
		n, err := p.dimension()
		if err != nil {
			return nil, err
		}
		shape = append(shape, n)
		if p.take(",") {
			continue
		}
		if err := p.expect(")"); err != nil {
			return nil, err
		}
		if len(shape) == 1 { // (3) is a number in Python, (3,) a shape
			return nil, errors.New("a shape of one dimension is written (n,)")
		}
		break
	}
	return shape, nil
}

func (p *literal) dimension() (int, error) {
	p.skipSpace()
	if strings.HasPrefix(p.rest, "-") {
		return 0, errors.New("a dimension must be 0 or more")
	}
	end := 0
	for end < len(p.rest) && '0' <= p.rest[end] && p.rest[end] <= '9' {
		end++
	}
	if end == 0 {
		return 0, fmt.Errorf("want a whole number, got %.10q", p.rest)
	}
	n, err := strconv.Atoi(p.rest[:end])
	if err != nil {
		return 0, fmt.Errorf("dimension %.30s: larger than this machine can address", p.rest[:end])
	}
	p.rest = strings.TrimPrefix(p.rest[end:], "L") // Python 2 wrote long integers so
	return n, nil
}

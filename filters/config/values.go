package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"filterbank/filters"
)

// Pair is a vertical and a horizontal number, from one number or [h, w]. Zeros mean the
// default, which is 1 for stride and dilation.
type Pair [2]int

func (p *Pair) unmarshal(n *node, what string) error {
	const want = "a whole number or [h, w]"
	values, err := wholeNumbers(n, what, want, bounds{1, filters.MaxSide})
	if err != nil {
		return err
	}
	switch len(values) {
	case 1:
		*p = Pair{values[0], values[0]}
	case 2:
		*p = Pair(values)
	default:
		return n.errorf("%s wants %s, got a list of %d", what, want, len(values))
	}
	return nil
}

// Margin is padding in pixels at the top, left, bottom and right, from one number, [h, w] or
// four numbers.
type Margin [4]int

func (m *Margin) unmarshal(n *node, what string) error {
	const want = "a whole number, [h, w] or [top, left, bottom, right]"
	v, err := wholeNumbers(n, what, want, bounds{0, filters.MaxSide})
	switch {
	case err != nil:
		return err
	case len(v) == 3:
		return n.errorf("%s wants %s, got a list of 3", what, want)
	}
	last := len(v) - 1
	*m = Margin{v[0], v[min(1, last)], v[max(0, last-1)], v[last]}
	return nil
}

// MarshalJSON writes [h, w] if opposite sides are equal.
func (m Margin) MarshalJSON() ([]byte, error) {
	if m[0] == m[2] && m[1] == m[3] {
		return json.Marshal(m[:2])
	}
	return json.Marshal(m[:])
}

// wholeNumbers reads a number or a list of at least two.
func wholeNumbers(n *node, what, want string, b bounds) ([]int, error) {
	if n.kind != list {
		v, err := wholeNumber(n, what, want, b)
		return []int{v}, err
	}
	if len(n.items) < 2 || len(n.items) > 4 {
		return nil, n.errorf("%s wants %s, got a list of %d", what, want, len(n.items))
	}
	values := make([]int, len(n.items))
	for i, item := range n.items {
		var err error
		if values[i], err = wholeNumber(item, what, want, b); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Padding is a layer's padding.
type Padding struct {
	Auto                     string // same, same_upper, same_lower; empty with amounts
	Top, Left, Bottom, Right int    // in pixels
}

func (p *Padding) unmarshal(n *node, what string) error {
	const want = "a whole number, [h, w], [top, left, bottom, right], same, same_upper, same_lower or valid"
	if n.kind == text {
		switch n.text {
		case "valid":
			*p = Padding{}
		case "same", "same_upper", "same_lower":
			*p = Padding{Auto: n.text}
		default:
			return n.errorf("%s wants %s, got %q%s", what, want, n.text, hintPadding(n.text))
		}
		return nil
	}
	v, err := wholeNumbers(n, what, want, bounds{0, filters.MaxSide})
	if err != nil {
		return err
	}
	switch len(v) {
	case 1:
		*p = Padding{"", v[0], v[0], v[0], v[0]}
	case 2:
		*p = Padding{"", v[0], v[1], v[0], v[1]}
	case 4:
		*p = Padding{"", v[0], v[1], v[2], v[3]}
	default:
		return n.errorf("%s wants %s, got a list of %d", what, want, len(v))
	}
	return nil
}

// hintPadding names the padding that is probably meant.
func hintPadding(word string) string {
	if isNumber(word) {
		return ": leave out the quotes"
	}
	return hintWord(word, []string{"same", "same_upper", "same_lower", "valid"})
}

// MarshalJSON writes the form that a stack file has.
func (p Padding) MarshalJSON() ([]byte, error) {
	if p.Auto != "" {
		return json.Marshal(p.Auto)
	}
	return json.Marshal([]int{p.Top, p.Left, p.Bottom, p.Right})
}

// Channels says how a 2-D kernel gets C/groups channels. The zero value is mean.
type Channels struct {
	Mode    string    // mean, luma, sum, each; empty with Factors
	Factors []float64 // one a channel
}

func (c *Channels) unmarshal(n *node, what string) error {
	const want = "mean, luma, sum, each or one number for each channel"
	modes := []string{"mean", "luma", "sum", "each"}
	switch {
	case n.kind == text && slices.Contains(modes, n.text):
		*c = Channels{Mode: n.text}
		return nil
	case n.kind == text:
		return n.errorf("%s must be %s, got %q%s", what, want, n.text, hintWord(n.text, modes))
	case n.kind == list && len(n.items) > 0:
		factors := make([]float64, len(n.items))
		for i, item := range n.items {
			var err error
			if factors[i], err = finiteNumber(item, what, "numbers"); err != nil {
				return err
			}
		}
		*c = Channels{Factors: factors}
		return nil
	}
	return n.errorf("%s wants %s, got %s", what, want, n.got())
}

func float32s(n *node, what string) ([]float32, error) {
	values := make([]float32, len(n.items))
	for i, item := range n.items {
		v, err := finiteNumber(item, what, "numbers")
		if err != nil {
			return nil, err
		}
		values[i] = float32(v)
	}
	return values, nil
}

// IsZero says whether nothing was chosen.
func (c Channels) IsZero() bool { return c.Mode == "" && c.Factors == nil }

// MarshalJSON writes the form that a stack file has.
func (c Channels) MarshalJSON() ([]byte, error) {
	if c.Factors != nil {
		return json.Marshal(c.Factors)
	}
	return json.Marshal(c.Mode)
}

// Color is an opaque colour, red, green and blue from 0 to 255. The zero value is black.
type Color [3]uint8

func (c *Color) unmarshal(n *node, what string) error {
	if n.kind == null { // background: #fff
		return n.errorf(`%s wants a colour such as "#rrggbb" in quotes (a bare # starts a comment), got nothing`, what)
	}
	digits, ok := strings.CutPrefix(n.text, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	if n.kind != text || !ok || len(digits) != 6 || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		got := n.got()
		if n.kind == text {
			got = fmt.Sprintf("%q", n.text)
		}
		return n.errorf(`%s wants a colour such as "#rrggbb" or "#rgb", got %s`, what, got)
	}
	_, err := fmt.Sscanf(digits, "%02x%02x%02x", &c[0], &c[1], &c[2])
	return n.wrap(err)
}

// String is #rrggbb.
func (c Color) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// MarshalJSON writes the form that a stack file has.
func (c Color) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// Triple is a number each for red, green and blue, from three numbers or one for all.
type Triple [3]float32

func (t *Triple) unmarshal(n *node, what string) error {
	const want = "three numbers, or one for all channels"
	if n.kind != list {
		v, err := finiteNumber(n, what, want)
		*t = Triple{float32(v), float32(v), float32(v)}
		return err
	}
	if len(n.items) != 3 {
		return n.errorf("%s wants %s, got a list of %d", what, want, len(n.items))
	}
	values, err := float32s(n, what)
	if err == nil {
		*t = Triple(values)
	}
	return err
}

// Deviation is a Triple of numbers above 0.
type Deviation [3]float32

func (d *Deviation) unmarshal(n *node, what string) error {
	if err := (*Triple)(d).unmarshal(n, what); err != nil {
		return err
	}
	for i, v := range d {
		if v <= 0 {
			at := n
			if n.kind == list {
				at = n.items[i]
			}
			return at.errorf("%s must be above 0, got %s", what, at.text)
		}
	}
	return nil
}

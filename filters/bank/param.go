package bank

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Param is a number that shapes a bank's filters.
type Param struct {
	Name     string
	Default  float64 // 0 without meaning if Derived is set
	Derived  string  // how the value follows from the others, if there is no fixed default
	Min, Max float64 // both inclusive
	Integer  bool
	Odd      bool // an odd integer
	Help     string
}

// ParamError says that a bank cannot take a parameter.
type ParamError struct {
	Bank, Param string
	Problem     string // what is wrong and what would be right, naming the parameter
}

// Error is the bank's name and the problem.
func (e *ParamError) Error() string { return e.Bank + ": " + e.Problem }

// check refuses parameters that the bank does not have or that are out of range. It
// reports the first by name.
func (b Bank) check(params map[string]float64) error {
	for _, name := range slices.Sorted(maps.Keys(params)) {
		p, ok := b.param(name)
		if !ok {
			return &ParamError{b.Name, name, b.unknownParam(name)}
		}
		if v := params[name]; !p.allows(v) {
			return &ParamError{b.Name, name, fmt.Sprintf("%s must be %s, got %v", name, p.Range(), v)}
		}
	}
	return nil
}

func (b Bank) param(name string) (Param, bool) {
	i := slices.IndexFunc(b.Params, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return Param{}, false
	}
	return b.Params[i], true
}

func (b Bank) unknownParam(name string) string {
	known := make([]string, len(b.Params))
	for i, p := range b.Params {
		known[i] = p.Name
	}
	if len(known) == 0 {
		return fmt.Sprintf("unknown parameter %q: the bank has none", name)
	}
	if near, ok := nearest(name, known); ok {
		return fmt.Sprintf("unknown parameter %q: did you mean %q?", name, near)
	}
	return fmt.Sprintf("unknown parameter %q: the bank has %s", name, strings.Join(known, ", "))
}

// allows says whether v is in the parameter's range; NaN never is.
func (p Param) allows(v float64) bool {
	if !(v >= p.Min && v <= p.Max) {
		return false
	}
	whole := !p.Integer && !p.Odd || v == math.Trunc(v)
	return whole && (!p.Odd || math.Mod(v, 2) == 1)
}

// Range describes the values that the parameter takes, such as "an odd integer between 3
// and 255".
func (p Param) Range() string {
	kind := ""
	switch {
	case p.Odd:
		kind = "an odd integer "
	case p.Integer:
		kind = "an integer "
	}
	return kind + "between " + number(p.Min) + " and " + number(p.Max)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// values are a bank's parameters after check: the given ones and defaults.
type values struct {
	bank  Bank
	given map[string]float64
}

func (v values) has(name string) bool {
	_, ok := v.given[name]
	return ok
}

func (v values) float(name string) float64 {
	if x, ok := v.given[name]; ok {
		return x
	}
	p, _ := v.bank.param(name)
	return p.Default
}

func (v values) int(name string) int { return int(v.float(name)) }

// size is the parameter "size". Its default is the smallest odd number that is at least
// span.
func (v values) size(span float64) (int, error) {
	if v.has("size") {
		return v.int("size"), nil
	}
	if p, _ := v.bank.param("size"); span > p.Max {
		return 0, v.fail("size", "size would be %.0f with these parameters: choose a smaller filter, "+
			"or cut it off with a size up to %v", math.Ceil(span), p.Max)
	}
	return int(math.Ceil(span)) | 1, nil
}

func (v values) fail(param, format string, args ...any) error {
	return &ParamError{v.bank.Name, param, fmt.Sprintf(format, args...)}
}

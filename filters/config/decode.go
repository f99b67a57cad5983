package config

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"filterbank/filters"
)

// unmarshaler is a value with more than one form. what is its key, for messages.
type unmarshaler interface {
	unmarshal(n *node, what string) error
}

// place is the node of a part of the model. It is zero if a program has made the part.
type place struct {
	n   *node
	bad bool // a value in it could not be decoded, so checks of the part would mislead
}

func (p *place) set(n *node) { p.n = n }

func (p *place) spoil() { p.bad = true }

// errorf is an error at the value of a key, or at the part itself.
func (p place) errorf(key, format string, args ...any) error {
	return p.n.at(key).errorf(format, args...)
}

// specError puts an error of a layer's constructor at the key of the wrong field. files
// are the references to arrays by the key that has them.
func (p place) specError(err error, files map[string]string) error {
	wrong, ok := errors.AsType[*filters.FieldError](err)
	if !ok {
		return p.n.wrap(err)
	}
	at := p.n
	for key := range strings.SplitSeq(wrong.Field, ".") {
		at = at.at(key)
	}
	if file := files[wrong.Field]; file != "" {
		err = &filters.FieldError{Field: wrong.Field + " " + file, Problem: wrong.Problem}
	}
	return at.wrap(err)
}

// decode fills a model from a node. The tags that the JSON Schema is made from give the
// keys of structs and the bounds of their values.
func decode(n *node, into reflect.Value, what string, tag reflect.StructTag) error {
	if u, ok := into.Addr().Interface().(unmarshaler); ok {
		return u.unmarshal(n, what)
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		return decode(n, into.Elem(), what, tag)
	case reflect.Struct:
		return decodeStruct(n, into, what)
	case reflect.Slice:
		return decodeList(n, into, what)
	case reflect.String:
		return decodeString(n, into, what, tag)
	case reflect.Int:
		v, err := wholeNumber(n, what, "a whole number", limits(tag))
		into.SetInt(int64(v))
		return err
	case reflect.Float64:
		v, err := finiteNumber(n, what, "a number")
		into.SetFloat(v)
		return err
	case reflect.Bool:
		if n.kind != boolean {
			return n.errorf("%s wants true or false, got %s%s", what, n.got(), hintBool(n))
		}
		into.SetBool(strings.EqualFold(n.text, "true"))
		return nil
	}
	return n.errorf("%s: a %s is not decoded", what, into.Type())
}

func decodeStruct(n *node, into reflect.Value, what string) (err error) {
	if p, ok := into.Addr().Interface().(interface {
		set(*node)
		spoil()
	}); ok {
		p.set(n)
		defer func() {
			if err != nil {
				p.spoil()
			}
		}()
	}
	if n.kind == null { // input: with all its keys commented out
		return nil
	}
	if n.kind != mapping {
		return n.errorf("%s wants a mapping, got %s", what, n.got()+hintMapping(into.Type(), n))
	}
	fields := fieldsOf(into.Type())
	var found problems
	var strays []*node
	for i, key := range n.keys {
		at := slices.IndexFunc(fields, func(f field) bool { return f.key == key.text })
		switch {
		case at < 0:
			strays = append(strays, key)
		default:
			found.add(decode(n.items[i], into.Field(fields[at].index), key.text, fields[at].tag))
		}
		if found.full() {
			break
		}
	}
	found.add(strangers(n, strays, into.Type()))
	return found.err()
}

// field is a struct field and its key.
type field struct {
	key   string
	index int
	tag   reflect.StructTag
}

func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != "" && key != "-" {
			fields = append(fields, field{key, i, f.Tag})
		}
	}
	return fields
}

func keysOf(fields []field) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}

func decodeList(n *node, into reflect.Value, what string) error {
	if n.kind != list {
		return n.errorf("%s wants a list, got %s", what, n.got()+hintList(what, into.Type().Elem(), n))
	}
	items := reflect.MakeSlice(into.Type(), len(n.items), len(n.items))
	var found problems
	for i, item := range n.items {
		if found.full() {
			break
		}
		found.add(decode(item, items.Index(i), fmt.Sprintf("%s[%d]", what, i), ""))
	}
	into.Set(items)
	return found.err()
}

func decodeString(n *node, into reflect.Value, what string, tag reflect.StructTag) error {
	allowed := keywords(tag, "enum")
	if n.kind != text {
		want := "a string"
		if len(allowed) > 0 {
			want = oneOf(allowed)
		}
		quotes := ""
		if len(allowed) == 0 && (n.kind == number || n.kind == boolean) {
			quotes = fmt.Sprintf(": write %q with the quotes", n.text)
		}
		return n.errorf("%s wants %s, got %s%s", what, want, n.got(), quotes)
	}
	if len(allowed) > 0 && !slices.Contains(allowed, n.text) {
		return n.errorf("%s must be %s, got %q%s", what, oneOf(allowed), n.text, hintWord(n.text, allowed))
	}
	into.SetString(n.text)
	return nil
}

// keywords are the values of a keyword of a jsonschema tag: enum=a,enum=b.
func keywords(tag reflect.StructTag, name string) []string {
	var values []string
	for part := range strings.SplitSeq(tag.Get("jsonschema"), ",") {
		if v, ok := strings.CutPrefix(part, name+"="); ok {
			values = append(values, v)
		}
	}
	return values
}

func oneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// bounds are the least and the largest whole number of a key.
type bounds struct{ low, high int }

func limits(tag reflect.StructTag) bounds {
	b := bounds{math.MinInt, math.MaxInt}
	for _, v := range keywords(tag, "minimum") {
		b.low, _ = strconv.Atoi(v)
	}
	for _, v := range keywords(tag, "maximum") {
		b.high, _ = strconv.Atoi(v)
	}
	return b
}

func wholeNumber(n *node, what, want string, b bounds) (int, error) {
	v, ok := n.whole()
	switch {
	case !ok:
		return 0, n.errorf("%s wants %s, got %s", what, want, n.got())
	case v < b.low:
		return 0, n.errorf("%s must be at least %d, got %d", what, b.low, v)
	case v > b.high:
		return 0, n.errorf("%s must be at most %d, got %d", what, b.high, v)
	}
	return v, nil
}

// finiteNumber is a number that stays finite as float32.
func finiteNumber(n *node, what, want string) (float64, error) {
	if n.kind != number {
		return 0, n.errorf("%s wants %s, got %s", what, want, n.got())
	}
	v := n.float()
	if !finite(float32(v)) {
		return 0, n.errorf("%s must be a finite number within ±3.4e38, got %s", what, n.text)
	}
	return v, nil
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// Nearest is the known word with the smallest edit distance from word, the first of
// equals. It is not ok if more than two fifths of the letters differ.
func Nearest(word string, known []string) (best string, ok bool) {
	word = strings.ToLower(word)
	if len(word) > 100 { // no key is near, and the distance takes time
		return "", false
	}
	distance := math.MaxInt
	for _, k := range known {
		if d := editDistance(word, k); d < distance {
			best, distance = k, d
		}
	}
	return best, best != "" && 5*distance <= 2*max(len(word), len(best))
}

// editDistance counts insertions, deletions, substitutions and swaps of neighbours
// (optimal string alignment: Damerau 1964, each letter edited once), in bytes.
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) {
		rows[0][j+1] = j + 1
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			d := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				d++
			}
			d = min(d, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}

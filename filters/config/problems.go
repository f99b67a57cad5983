package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxErrors is the number of mistakes that are reported at once.
const maxErrors = 10

// Errors are several mistakes of a stack file, in the order of the text: at least two and at
// most ten.
type Errors struct {
	First []*Error
	More  bool // the file has further mistakes
}

// Error is the messages of all, one below the other.
func (e *Errors) Error() string {
	var lines []string
	for _, err := range e.First {
		lines = append(lines, err.Error())
	}
	if e.More {
		lines = append(lines, fmt.Sprintf("… and more: these are the first %d", len(e.First)))
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes.
func (e *Errors) Unwrap() []error {
	var all []error
	for _, err := range e.First {
		all = append(all, err)
	}
	return all
}

// problems gathers errors. Loops that add to it end when it is full, so that a hostile file
// does not cost much more than a good one.
type problems []error

// add adds an error, or the errors of another problems. It does nothing for nil.
func (p *problems) add(err error) {
	if several, ok := err.(problems); ok {
		*p = append(*p, several...)
	} else if err != nil {
		*p = append(*p, err)
	}
}

func (p problems) full() bool { return len(p) > maxErrors }

// err is nil if there is no error, and the error if there is only one.
func (p problems) err() error {
	switch len(p) {
	case 0:
		return nil
	case 1:
		return p[0]
	}
	return p
}

// Error is the first message.
func (p problems) Error() string { return p[0].Error() }

// Unwrap returns the errors.
func (p problems) Unwrap() []error { return p }

// told is err as the package returns it: an *Error, *Errors in the order of the text, or an
// error without a place.
func told(err error) error {
	several, ok := err.(problems)
	if !ok {
		return err
	}
	var all []*Error
	for _, one := range several {
		e, ok := errors.AsType[*Error](one)
		if !ok {
			return one
		}
		if !slices.ContainsFunc(all, func(other *Error) bool { return e.same(other) }) {
			all = append(all, e)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	slices.SortStableFunc(all, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	out := &Errors{First: all[:min(len(all), maxErrors)], More: len(all) > maxErrors}
	for i, e := range out.First { // several errors have fewer lines around each
		short := *e
		if e.src != nil && e.Line > 0 {
			short.Excerpt = excerpt(e.src.text, e.Line, e.Column, 1)
		}
		out.First[i] = &short
	}
	return out
}

// same says whether two errors are about one place. The second one follows from the first, or
// the place is an alias, which is checked at each use. Errors without a place are the same if
// their messages are equal.
func (e *Error) same(other *Error) bool {
	if e.File != other.File || e.Line != other.Line || e.Column != other.Column {
		return false
	}
	return e.Line > 0 || e.Err.Error() == other.Err.Error()
}

// unreadable is the error of a layer together with the errors of arrays in later layers. No
// more can be said about these, since the number of their channels is not known.
func (s section) unreadable(failed int, err error, in surroundings) error {
	var found problems
	found.add(err)
	for _, l := range s.layers[failed+1:] {
		c, ok := l.part().(interface {
			part
			files() map[string]string
		})
		if !ok {
			continue
		}
		files := c.files()
		for _, key := range slices.Sorted(maps.Keys(files)) {
			if files[key] == "" || found.full() {
				continue
			}
			at := c.node()
			for step := range strings.SplitSeq(key, ".") {
				at = at.at(step)
			}
			a, err := in.files.Find(files[key], dimensionsOf(key))
			if err == nil {
				err = a.Check()
			}
			found.add(at.wrap(err))
		}
	}
	return found.err()
}

// dimensionsOf is how many dimensions the array of a key has.
func dimensionsOf(key string) int {
	if key == "weights" {
		return 4
	}
	return 1
}

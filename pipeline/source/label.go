package source

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// LabelError says that pictures cannot have a label.
type LabelError struct {
	Path   string // of the first such picture
	Others int    // number of further ones
	Why    string // what is wrong and what would be right
}

// Error names the first picture and the remedies.
func (e *LabelError) Error() string {
	others := ""
	switch {
	case e.Others == 1:
		others = " (1 more such image)"
	case e.Others > 1:
		others = fmt.Sprintf(" (%d more such images)", e.Others)
	}
	return fmt.Sprintf("label of %s: %s%s", pictureName(e.Path), e.Why, others)
}

// label is the label of a picture, whose path below its input is rel.
func (l *lister) label(rel string) string {
	if !l.folders {
		return ""
	}
	folder, _, below := strings.Cut(rel, "/")
	if !below {
		return ""
	}
	return folder
}

// classes numbers the labels of entries in the order of their bytes and puts the numbers into
// the entries. It refuses pictures without a label or with two, and labels that are not UTF-8:
// readers of tables have text in such columns.
func (l *lister) classes(entries []Entry) (map[string]int, error) {
	numbers := map[string]int{}
	rows := map[string]*Entry{} // of lists with keys, by the clean path of the image
	var without *LabelError
	for i := range entries {
		e := &entries[i]
		if l.keyed && e.line > 0 {
			path := e.Path
			if e.remote == nil {
				path = filepath.Clean(path) // behind a link, .. may lead to another file
			}
			if first := rows[path]; first != nil && first.Label != e.Label && sameFile(first, e) {
				return nil, twoLabels(first, e)
			}
			rows[path] = e
		}
		switch {
		case e.Label != "" && !utf8.ValidString(e.Label):
			return nil, &LabelError{Path: e.Path, Why: fmt.Sprintf("the folder's name %s is not UTF-8: rename it", Display(e.Label))}
		case e.Label != "":
			numbers[e.Label] = 0
		case e.Problem != nil:
		case without == nil:
			without = &LabelError{Path: e.Path, Why: l.noLabel()}
		default:
			without.Others++
		}
	}
	if without != nil {
		return nil, without
	}
	for i, name := range slices.Sorted(maps.Keys(numbers)) {
		numbers[name] = i
	}
	for i := range entries {
		entries[i].Class = numbers[entries[i].Label]
	}
	return numbers, nil
}

// noLabel says why an image has no label, and what would be right.
func (l *lister) noLabel() string {
	if l.folders {
		return "it lies in no folder below its input, and --label folder takes the name of that folder: " +
			"give the folder above the classes, move the image into a class's folder, or --exclude it"
	}
	return "only images of the list have labels: put it into the list, or leave it out"
}

// twoLabels says that two rows give an image different labels.
func twoLabels(a, b *Entry) error {
	return &LabelError{Path: b.Path, Why: fmt.Sprintf("line %d of the list has %s, and line %d has %s: leave one of the lines out",
		a.line, Display(a.Label), b.line, Display(b.Label))}
}

// mergeLabel gives the entry the label of another entry of the same picture, if it has none. It
// is an error if they have two.
func (e *Entry) mergeLabel(other *Entry) error {
	switch {
	case e.Label == "":
		e.Label, e.line = other.Label, other.line
	case other.Label != "" && other.Label != e.Label:
		return twoLabels(e, other)
	}
	return nil
}

package source

import (
	"fmt"
	"maps"
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
// the entries. It refuses pictures without a label, and labels that are not UTF-8: readers of
// tables have text in such columns.
func classes(entries []Entry) (map[string]int, error) {
	numbers := map[string]int{}
	var without *LabelError
	for i := range entries {
		e := &entries[i]
		switch {
		case e.Label != "" && !utf8.ValidString(e.Label):
			return nil, &LabelError{Path: e.Path, Why: fmt.Sprintf("the folder's name %s is not UTF-8: rename it", Display(e.Label))}
		case e.Label != "":
			numbers[e.Label] = 0
		case e.Problem != nil:
		case without == nil:
			without = &LabelError{Path: e.Path, Why: "it lies in no folder below its input, and --label folder takes the name of that folder: " +
				"give the folder above the classes, move the image into a class's folder, or --exclude it"}
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

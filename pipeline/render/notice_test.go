package render

import (
	"os"
	"strings"
	"testing"
)

// TestNoticeNamesTables checks that NOTICE names every colormap that has a table.
func TestNoticeNamesTables(t *testing.T) {
	text, err := os.ReadFile("NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, word := range strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune(" ,\n", r) }) {
		named[word] = true
	}
	tables := 0
	for _, c := range colormaps() {
		if c.colors == "" {
			continue
		}
		tables++
		if !named[c.Name()] {
			t.Errorf("NOTICE does not say where the table of %s is from", c.Name())
		}
	}
	if tables == 0 {
		t.Error("no colormap has a table")
	}
}

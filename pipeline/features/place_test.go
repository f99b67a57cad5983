package features

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestCheckPlace lets tables replace tables and empty files, and nothing else.
func TestCheckPlace(t *testing.T) {
	dir := t.TempDir()
	table := func(name string, columns int) string {
		var b bytes.Buffer
		var names []string
		for i := range columns {
			names = append(names, fmt.Sprint("c", i))
		}
		if _, err := Write(&b, name, names, rowsOf(2, columns)); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	type row struct{ Input string }
	var foreign bytes.Buffer
	w := parquet.NewGenericWriter[row](&foreign)
	if _, err := w.Write([]row{{"filterbank"}}); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	wide, long := table("x.parquet", 5_000), "PAR1"+strings.Repeat("x", 9)+"\xff\xff\xff\xffPAR1"
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"empty.csv", "", true},
		{"empty.parquet", "", true},
		{"table.csv", table("x.csv", 3), true},
		{"none.csv", table("x.csv", 0), true},
		{"table.parquet", table("x.parquet", 3), true},
		{"wide.parquet", wide, true},
		{"prices.csv", "item,price\napple,3\n", false},
		{"short.csv", "input", false},
		{"table-as.csv", table("x.parquet", 3), false},
		{"table-as.parquet", table("x.csv", 3), false},
		{"foreign.parquet", foreign.String(), false},
		{"torn.parquet", wide[:len(wide)-1], false},
		{"mark.parquet", "PAR1", false},
		{"two.parquet", "PAR1PAR1", false},
		{"long.parquet", long, false},
		{"named.parquet", "filterbank version 1(build )", false},
	} {
		path := filepath.Join(dir, c.name)
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		err := CheckPlace(path)
		if ok := err == nil; ok != c.ok || !ok && !strings.Contains(err.Error(), "not a table of features") {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	for _, other := range []string{"missing.csv", "folder.csv"} {
		if err := os.MkdirAll(filepath.Join(dir, "folder.csv"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := CheckPlace(filepath.Join(dir, other)); err != nil {
			t.Errorf("%s: got %v", other, err)
		}
	}
}

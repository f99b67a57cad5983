package features

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/parquet-go/parquet-go"

	"filterbank/pipeline/manifest"
)

// rowsOf are n rows, of which every third has failed.
func rowsOf(n, columns int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i := range n {
			r := Row{Record: &manifest.Record{Input: manifest.Path("in/" + strconv.Itoa(i) + ",\"é\n.png"), Output: "o", Status: manifest.OK, SHA256: "ab", Width: i + 1, Height: 7}}
			if i%3 == 2 {
				r.Record = &manifest.Record{Input: "a\xff\\b", Status: manifest.Failed, Label: "cat"}
			} else {
				for k := range columns {
					r.Values = append(r.Values, value(i, k))
				}
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func value(i, k int) float32 {
	special := []float32{0, 0.1, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 1e-42, math.MaxFloat32, -1.0 / 3}
	if i == 0 {
		return special[k%len(special)]
	}
	return float32(i) / float32(k+1)
}

func columnsOf(n int) (columns []string) {
	for k := range n { // not in the order of the alphabet
		columns = append(columns, "z"+strconv.Itoa(n-k)+".layer.mean")
	}
	return columns
}

func write(t *testing.T, name string, rows, columns int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := Write(&b, name, columnsOf(columns), rowsOf(rows, columns))
	if err != nil {
		t.Fatal(err)
	}
	if want := (Written{Path: name, Rows: rows, Empty: rows / 3, Columns: columns}); w != want {
		t.Errorf("got %+v, want %+v", w, want)
	}
	return b.Bytes()
}

// TestParquet reads tables with parquet-go: columns in their order and optional, values bit for
// bit, nulls in rows of failed pictures.
func TestParquet(t *testing.T) {
	for _, size := range [][2]int{{0, 3}, {1, 1}, {7, 9}, {200, 20}} {
		rows, columns := size[0], size[1]
		data := write(t, "x/t.parquet", rows, columns)
		if again := write(t, "x/t.parquet", rows, columns); !bytes.Equal(data, again) {
			t.Error("two tables differ")
		}
		f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range f.Schema().Fields() {
			names = append(names, c.Name())
			if !c.Optional() || !c.Leaf() {
				t.Errorf("column %s is not optional", c.Name())
			}
		}
		if want := append([]string{"input", "output", "label", "status", "width", "height", "sha256"}, columnsOf(columns)...); !slices.Equal(names, want) {
			t.Errorf("columns %q, want %q", names, want)
		}
		if text, ok := f.Lookup("huggingface"); !ok || !bytes.HasPrefix([]byte(text), []byte(`{"info": {"features": {"input": {"dtype": "string", "_type": "Value"}, "output"`)) {
			t.Errorf("the metadata is %q", text)
		}
		n := 0
		for _, g := range f.RowGroups() {
			in := g.Rows()
			defer in.Close()
			for {
				buffer := make([]parquet.Row, 3)
				k, err := in.ReadRows(buffer)
				for _, row := range buffer[:k] {
					checkRow(t, n, row, columns)
					n++
				}
				if errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
		}
		if n != rows {
			t.Errorf("%d rows, want %d", n, rows)
		}
	}
}

func checkRow(t *testing.T, i int, row parquet.Row, columns int) {
	t.Helper()
	if len(row) != 7+columns {
		t.Fatalf("row %d has %d values", i, len(row))
	}
	failed := i%3 == 2
	for c, v := range row {
		null := failed && c != 0 && c != 2 && c != 3 || !failed && c == 2
		if v.IsNull() != null {
			t.Errorf("row %d, column %d is null is %t", i, c, v.IsNull())
		}
		if c >= 7 && !failed && math.Float32bits(v.Float()) != math.Float32bits(value(i, c-7)) {
			t.Errorf("row %d, column %d is %v", i, c, v)
		}
	}
	want := "in/" + strconv.Itoa(i) + ",\"é\n.png"
	if failed {
		want = `a\xff\b`
		if row[2].String() != "cat" {
			t.Errorf("row %d has the label %v", i, row[2])
		}
	}
	if got := row[0].String(); got != want {
		t.Errorf("row %d is of %q, want %q", i, got, want)
	}
	if !failed && (row[4].Int32() != int32(i+1) || row[5].Int32() != 7 || row[3].String() != "ok" || row[6].String() != "ab") {
		t.Errorf("row %d is %v", i, row[:7])
	}
}

// TestRowGroups writes more than a group takes. Each group is whole before the next begins.
func TestRowGroups(t *testing.T) {
	var b bytes.Buffer
	w, err := newParquet(&b, columnsOf(2))
	if err != nil {
		t.Fatal(err)
	}
	p := w.(*parquetWriter)
	if want := groupBytes / (textBytes + 8); p.group != want {
		t.Errorf("groups of %d rows, want %d", p.group, want)
	}
	p.group, p.left = 100, 100
	before := 0
	n := 0
	for row := range rowsOf(250, 2) {
		if err := w.write(&row); err != nil {
			t.Fatal(err)
		}
		if n++; n%100 == 0 && b.Len() == before {
			t.Errorf("%d rows, and nothing has been written of the last group", n)
		}
		before = b.Len()
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int64
	for _, g := range f.RowGroups() {
		sizes = append(sizes, g.NumRows())
	}
	if !slices.Equal(sizes, []int64{100, 100, 50}) {
		t.Errorf("groups of %d rows", sizes)
	}
}

// TestCSV reads a table back: every number has its bits.
func TestCSV(t *testing.T) {
	data := write(t, "t.csv", 6, 9)
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 7 || len(lines[0]) != 16 || lines[0][7] != "z9.layer.mean" {
		t.Fatalf("%d lines, the first %q", len(lines), lines[0])
	}
	for i, line := range lines[1:] {
		for k, cell := range line[7:] {
			if i%3 == 2 {
				if cell != "" {
					t.Errorf("row %d, column %d is %q", i, k, cell)
				}
				continue
			}
			got, err := strconv.ParseFloat(cell, 32)
			if want := value(i, k); err != nil || math.Float32bits(float32(got)) != math.Float32bits(want) && want == want {
				t.Errorf("row %d, column %d is %s, want %v", i, k, cell, want)
			}
		}
	}
	if got := lines[1][:7]; !slices.Equal(got, []string{"in/0,\"é\n.png", "o", "", "ok", "1", "7", "ab"}) {
		t.Errorf("a row begins with %q", got)
	}
}

// TestTableErrors ends a table at errors of rows and of the file.
func TestTableErrors(t *testing.T) {
	broken := errors.New("broken")
	bad := func(r Row, err error) iter.Seq2[Row, error] {
		return func(yield func(Row, error) bool) { yield(r, err) }
	}
	for _, name := range []string{"a.csv", "a.parquet"} {
		if _, err := Write(io.Discard, name, columnsOf(2), bad(Row{}, broken)); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Write(io.Discard, name, columnsOf(2), bad(Row{Record: &manifest.Record{}, Values: make([]float32, 3)}, nil)); err == nil {
			t.Errorf("%s: a row of 3 values is taken for 2 columns", name)
		}
		if _, err := Write(failing{broken}, name, columnsOf(2), rowsOf(50000, 2)); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "x", "x.txt", ".csv", "a/.parquet", "x.CSV", "parquet"} {
		if CheckName(name) == nil {
			t.Errorf("the name %q is taken", name)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// Package features owns the table of features of a run: the journal that holds its rows while
// the run goes on, its columns, and the files of Parquet and CSV. It never looks at pictures or
// maps.
package features

import (
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"filterbank/pipeline/manifest"
)

// Row is a row of the table: a picture and the values of its maps.
type Row struct {
	Record *manifest.Record
	Values []float32 // nil if the picture has failed; otherwise one for each column of maps
}

// Written describes a table that has been written.
type Written struct {
	Path    string
	Rows    int
	Empty   int // rows of pictures without values
	Columns int // columns of maps
	Bytes   int64
}

// kind is a kind of files.
type kind struct {
	open   func(w io.Writer, columns []string) (writer, error)
	memory func(rows, columns int) int64
	ours   func(file io.ReaderAt, size int64) (bool, error) // whether a file is such a table
}

// kinds are the kinds of files by their extension.
func kinds() map[string]kind {
	return map[string]kind{".parquet": {newParquet, parquetMemory, oursParquet}, ".csv": {newCSV, csvMemory, oursCSV}}
}

// Memory estimates the memory, in bytes, that writing a table takes as a file of the given name.
func Memory(name string, rows, columns int) int64 {
	return kinds()[filepath.Ext(name)].memory(rows, columns)
}

// CheckName refuses the name of a file whose extension no kind has.
func CheckName(name string) error {
	end := filepath.Ext(name)
	if _, ok := kinds()[end]; ok && filepath.Base(name) != end {
		return nil
	}
	return fmt.Errorf("features %q: name a file that ends in .parquet or .csv", name)
}

// writer writes the rows of a table.
type writer interface {
	write(r *Row) error
	close() error
}

// Write writes a table as a file of the given name, which tells its kind. columns are the names
// of the columns of maps. An error ends the rows.
func Write(w io.Writer, name string, columns []string, rows iter.Seq2[Row, error]) (Written, error) {
	done := Written{Path: name, Columns: len(columns)}
	if err := CheckName(name); err != nil {
		return done, err
	}
	out, err := kinds()[filepath.Ext(name)].open(w, columns)
	if err != nil {
		return done, err
	}
	for row, err := range rows {
		if err == nil && row.Values != nil && len(row.Values) != len(columns) {
			err = fmt.Errorf("features: the row of %s has %d values for %d columns", row.Record.Input, len(row.Values), len(columns))
		}
		if err == nil {
			err = out.write(&row)
		}
		if err != nil {
			return done, err
		}
		done.Rows++
		if row.Values == nil {
			done.Empty++
		}
	}
	return done, out.close()
}

// field is a column that comes before the columns of maps.
type field struct {
	name   string
	text   func(*manifest.Record) string // an empty text is null
	number func(*manifest.Record) int    // of fields without text; 0 is null
}

// fields are the columns about the picture, in order.
func fields() []field {
	return []field{
		{name: "input", text: func(r *manifest.Record) string { return readable(string(r.Input)) }},
		{name: "output", text: func(r *manifest.Record) string { return readable(string(r.Output)) }},
		{name: "label", text: func(r *manifest.Record) string { return r.Label }},
		{name: "status", text: func(r *manifest.Record) string { return string(r.Status) }},
		{name: "width", number: func(r *manifest.Record) int { return r.Width }},
		{name: "height", number: func(r *manifest.Record) int { return r.Height }},
		{name: "sha256", text: func(r *manifest.Record) string { return r.SHA256 }},
	}
}

// readable is a name in UTF-8. Bytes that are not UTF-8 become \xff in hexadecimal.
func readable(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for len(name) > 0 {
		r, n := utf8.DecodeRuneInString(name)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, name[0])
		} else {
			b.WriteString(name[:n])
		}
		name = name[n:]
	}
	return b.String()
}

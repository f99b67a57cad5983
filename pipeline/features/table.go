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

// kinds are the kinds of files by their extension.
func kinds() map[string]func(w io.Writer, columns []string) (writer, error) {
	return map[string]func(io.Writer, []string) (writer, error){".parquet": newParquet, ".csv": newCSV}
}

// CheckName refuses the name of a file whose extension no kind has.
func CheckName(name string) error {
	if base := filepath.Base(name); kinds()[filepath.Ext(name)] != nil && base != filepath.Ext(name) {
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
	out, err := kinds()[filepath.Ext(name)](w, columns)
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

package source

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Columns are the names of the columns of a list with a header. Path is needed.
type Columns struct{ Path, Key, Label string }

// tableOf returns the reader of lists with a header that have a file's extension, or nil.
func tableOf(name string) func(*bufio.Reader, Columns) iter.Seq2[Row, error] {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return func(r *bufio.Reader, c Columns) iter.Seq2[Row, error] { return readSeparated(r, ',', c) }
	case ".tsv":
		return func(r *bufio.Reader, c Columns) iter.Seq2[Row, error] { return readSeparated(r, '\t', c) }
	case ".jsonl":
		return readObjects
	}
	return nil
}

// IsTable says whether a file's name is that of a list with a header: it ends in .csv, .tsv or
// .jsonl, in any case.
func IsTable(name string) bool { return tableOf(name) != nil }

// maxRow bounds a row of a list in bytes.
const maxRow = 4 << 20

// ReadTable reads a list with a header: .csv and .tsv, as RFC 4180 has them and as pandas and
// spreadsheets write them, or .jsonl, with an object a line. The name says which. It holds one
// row in memory. Empty lines are skipped, and so is a byte order mark in UTF-8.
//
// An error ends the rows. It says where the list is wrong and what would be right: a column
// that is missing or twice there, a row without a path, a key or a label, a key that leads out of the output folder, a row of another
// length than the header, a row of more than 4 MiB, NUL bytes, and text that is not UTF-8
// where it must be.
func ReadTable(r io.Reader, name string, c Columns) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		in := bufio.NewReader(r)
		read := tableOf(name)
		begin, err := in.Peek(3)
		switch {
		case read == nil:
			err = errors.New("a list with columns ends in .csv, .tsv or .jsonl")
		case bytes.HasPrefix(begin, []byte("\xff\xfe")), bytes.HasPrefix(begin, []byte("\xfe\xff")):
			err = errors.New("it is UTF-16: save it as UTF-8")
		case len(begin) == 0 && errors.Is(err, io.EOF):
			err = errors.New("it is empty, and its first line must name the columns")
		case err != nil && !errors.Is(err, io.EOF):
		default:
			err = nil
		}
		if err != nil {
			yield(Row{}, err)
			return
		}
		if string(begin) == "\xef\xbb\xbf" {
			in.Discard(len(begin))
		}
		for row, err := range read(in, c) {
			if err == nil {
				err = c.check(&row)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// check refuses a row whose columns lack a value or have a wrong one.
func (c *Columns) check(r *Row) error {
	for _, f := range []struct{ column, value string }{{c.Path, r.Path}, {c.Key, r.Key}, {c.Label, r.Label}} {
		switch {
		case f.column == "":
		case f.value == "":
			return fmt.Errorf("line %d: the column %s is empty: fill it, or leave the row out", r.Line, Display(f.column))
		case strings.IndexByte(f.value, 0) >= 0:
			return fmt.Errorf("line %d: the column %s has a NUL byte: no name can have one", r.Line, Display(f.column))
		}
	}
	if !utf8.ValidString(r.Label) {
		return fmt.Errorf("line %d: the label %s is not UTF-8: save the list as UTF-8", r.Line, Display(r.Label))
	}
	_, err := r.place()
	return err
}

// missing says that a line does not have a column, and which columns are there.
func missing(line int, column string, there []string) error {
	const most = 12
	shown := there[:min(len(there), most)]
	names := make([]string, len(shown))
	for i, n := range shown {
		names[i] = Display(n)
	}
	text := strings.Join(names, ", ")
	if len(there) > most {
		text += fmt.Sprintf(" and %d more", len(there)-most)
	}
	hint := ""
	switch all := strings.Join(there, ""); {
	case strings.Contains(all, "\x00"):
		hint = "; it has NUL bytes, as UTF-16 has: save it as UTF-8"
	case strings.Contains(all, "\r"):
		hint = "; its lines end in CR alone: save it with line ends of LF or CR LF"
	case len(there) == 1 && strings.Contains(all, ";"):
		hint = "; columns of a .csv are separated by commas, not by semicolons"
	case len(there) == 1 && strings.Contains(all, "\t"):
		hint = "; a list separated by tabs ends in .tsv"
	}
	return fmt.Errorf("line %d: there is no column %s: the columns are %s%s", line, Display(column), text, hint)
}

// words keeps one copy of each word, since few labels stand in many rows.
type words map[string]string

func (w words) one(s string) string {
	if _, ok := w[s]; !ok {
		s = strings.Clone(s)
		w[s] = s
	}
	return w[s]
}

// readSeparated reads rows of fields.
func readSeparated(r io.Reader, comma rune, c Columns) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		rows := &boundedReader{r: r, left: maxRow}
		in := csv.NewReader(rows)
		in.Comma, in.ReuseRecord = comma, true
		header, err := in.Read()
		line := 1
		places := [3]int{-1, -1, -1}
		if err == nil {
			places, err = columnPlaces(header, c)
		}
		labels := words{}
		for err == nil {
			rows.left = maxRow
			var fields []string
			if fields, err = in.Read(); err != nil {
				break
			}
			line, _ = in.FieldPos(0)
			row := Row{Line: line}
			if at := places[0]; at >= 0 {
				row.Path = strings.Clone(fields[at])
			}
			if at := places[1]; at >= 0 {
				row.Key = strings.Clone(fields[at])
			}
			if at := places[2]; at >= 0 {
				row.Label = labels.one(fields[at])
			}
			if !yield(row, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(Row{}, separatedError(err, line, len(header)))
		}
	}
}

// columnPlaces finds the columns in a header.
func columnPlaces(header []string, c Columns) (places [3]int, err error) {
	for i, column := range []string{c.Path, c.Key, c.Label} {
		places[i] = -1
		if column == "" {
			continue
		}
		at := slices.Index(header, column)
		if at < 0 {
			return places, missing(1, column, header)
		}
		if slices.Contains(header[at+1:], column) {
			return places, fmt.Errorf("line 1: two columns are called %s: rename one", Display(column))
		}
		places[i] = at
	}
	return places, nil
}

// separatedError puts an error of package csv into words. line is the last line that was read,
// and columns is the length of the header.
func separatedError(err error, line, columns int) error {
	parse, ok := errors.AsType[*csv.ParseError](err)
	switch {
	case errors.Is(err, errRowTooLong):
		return fmt.Errorf("the row after line %d has more than %d MiB: is a quote left open?", line, maxRow>>20)
	case ok && errors.Is(err, csv.ErrFieldCount):
		return fmt.Errorf("line %d: the row has not the %d fields of the header: put a field with a separator in it into quotes", parse.StartLine, columns)
	case ok && errors.Is(err, csv.ErrBareQuote):
		return fmt.Errorf("line %d, column %d: a quote in a field without quotes: put the field into quotes, and write each quote in it twice", parse.Line, parse.Column)
	case ok && errors.Is(err, csv.ErrQuote):
		return fmt.Errorf("line %d: a quote is not closed, or text follows a closed one: write each quote inside a quoted field twice", parse.StartLine)
	}
	return err
}

var errRowTooLong = errors.New("row too long")

// boundedReader reads left bytes and then fails.
type boundedReader struct {
	r    io.Reader
	left int
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRowTooLong
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// readObjects reads an object a line.
func readObjects(r *bufio.Reader, c Columns) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		in := bufio.NewScanner(r)
		in.Buffer(make([]byte, 0, 64<<10), maxRow)
		labels := words{}
		line := 1
		for ; in.Scan() && in.Err() == nil; line++ { // with an error, the line may be torn
			if len(bytes.TrimSpace(in.Bytes())) == 0 {
				continue
			}
			row, err := object(line, in.Bytes(), c, labels)
			if !yield(row, err) || err != nil {
				return
			}
		}
		if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
			yield(Row{}, fmt.Errorf("line %d has more than %d MiB: a .jsonl has an object a line", line, maxRow>>20))
		} else if err != nil {
			yield(Row{}, err)
		}
	}
}

// object reads the row in a line, which is the n-th.
func object(n int, line []byte, c Columns, labels words) (Row, error) {
	row := Row{Line: n}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil || fields == nil {
		switch line = bytes.TrimSpace(line); {
		case bytes.IndexByte(line, 0) >= 0:
			return row, fmt.Errorf("line %d: it has NUL bytes, as UTF-16 has: save it as UTF-8", n)
		case line[0] == '[':
			return row, fmt.Errorf(`line %d: it is a JSON array: a .jsonl has an object a line, as pandas writes with to_json(FILE, orient="records", lines=True)`, n)
		}
		return row, fmt.Errorf("line %d: it is no JSON object: %.40q", n, line)
	}
	twice := repeated(line)
	for _, f := range []struct {
		column string
		to     *string
	}{{c.Path, &row.Path}, {c.Key, &row.Key}, {c.Label, &row.Label}} {
		if f.column == "" {
			continue
		}
		value, ok := fields[f.column]
		if !ok {
			return row, missing(n, f.column, slices.Sorted(maps.Keys(fields)))
		}
		if slices.Contains(twice, f.column) {
			return row, fmt.Errorf("line %d: the object has the column %s twice: leave one out", n, Display(f.column))
		}
		var err error
		*f.to, err = text(value)
		switch {
		case errors.Is(err, errNotUTF8) && f.column == c.Path:
			return row, fmt.Errorf("line %d: the column %s is %w: pass such names by a plain list whose names end with NUL (-0)", n, Display(f.column), err)
		case errors.Is(err, errNotUTF8):
			return row, fmt.Errorf("line %d: the column %s is %w: save the list as UTF-8", n, Display(f.column), err)
		case err != nil:
			return row, fmt.Errorf("line %d: the column %s is %w", n, Display(f.column), err)
		}
	}
	row.Label = labels.one(row.Label)
	return row, nil
}

// repeated returns the keys that a valid JSON object has more than once.
func repeated(object []byte) (keys []string) {
	in := json.NewDecoder(bytes.NewReader(object))
	in.Token() // the brace
	seen := map[string]bool{}
	for in.More() {
		token, _ := in.Token()
		key, ok := token.(string)
		var value json.RawMessage
		if !ok || in.Decode(&value) != nil {
			break
		}
		if seen[key] {
			keys = append(keys, key)
		}
		seen[key] = true
	}
	return keys
}

var errNotUTF8 = errors.New("not UTF-8")

// text is a string or a whole number as text. null is empty.
func text(value json.RawMessage) (string, error) {
	var s string
	var n json.Number
	switch {
	case string(value) == "null":
		return "", nil
	case value[0] == '"':
		if err := json.Unmarshal(value, &s); err != nil {
			return "", err
		}
		if strings.ContainsRune(s, utf8.RuneError) {
			return "", errNotUTF8
		}
		return s, nil
	case json.Unmarshal(value, &n) == nil && !strings.ContainsAny(n.String(), ".eE"):
		return n.String(), nil
	}
	return "", fmt.Errorf("%.40s: it must be text or a whole number", value)
}

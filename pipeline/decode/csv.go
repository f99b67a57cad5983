package decode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"strconv"
	"unicode/utf8"

	"filterbank/filters/simd"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode/noun"
)

// CSV is text with a row of numbers a line.
const CSV Format = "csv"

// maxText is the largest file of text that is read, in bytes.
const maxText = 64 << 20

func csvCodec() codec {
	return codec{
		format:     CSV,
		title:      "CSV",
		about:      "CSV, a row a line; an empty line begins the next channel, # a comment",
		extensions: []string{".csv", ".tsv"},
		version:    "1",
		matrix:     true,
		begins:     beginsNumbers,
		header:     openCSV,
		explain:    explainLibrary,
	}
}

// beginsNumbers says whether text begins with a comment or with a number.
func beginsNumbers(data []byte) bool {
	data = bytes.TrimPrefix(data[:min(len(data), Beginning)], byteOrderMark)
	data = bytes.TrimLeft(data, " \t\r\n")
	if len(data) == 0 || bytes.ContainsFunc(data, func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' }) {
		return false
	}
	if data[0] == '#' {
		return true
	}
	if end := bytes.IndexAny(data, ", \t\r\n#"); end >= 0 {
		rest := bytes.TrimLeft(data[end:], " ")
		data = data[:end]
		if len(rest) > 0 && (rest[0] >= 'A' && rest[0] <= 'Z' || rest[0] >= 'a' && rest[0] <= 'z') { // 404 Not Found
			return false
		}
	}
	_, err := strconv.ParseFloat(string(data), 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

var byteOrderMark = []byte("\ufeff")

// openCSV counts rows, numbers and channels. The text must be there whole.
func openCSV(f *file) (*header, error) {
	if f.size > maxText {
		return nil, refuse(TooLarge, "text of %d bytes: at most %d are read of a matrix; save it as .npy", f.size, maxText)
	}
	if int64(len(f.data)) < f.size {
		return &header{stored: image.Pt(1, 1)}, nil // the caller reads on
	}
	shape, err := walkCSV(f, nil)
	if err != nil {
		return nil, err
	}
	h, err := matrixHeader(shape, "text")
	if err != nil {
		return nil, err
	}
	h.decode = func(f *file) (*pixels, error) {
		out, err := newMatrix(shape)
		if err != nil {
			return nil, err
		}
		at := 0
		again, err := walkCSV(f, func(v float32) {
			if at < len(out.data) {
				out.data[at] = v
			}
			at++
		})
		if err == nil && again != shape {
			err = fmt.Errorf("%v numbers where the header says %v", again, shape)
		}
		if err != nil {
			return nil, err
		}
		return out.pixels(), nil
	}
	return h, nil
}

// CheckText refuses text that is no matrix, as the codec of CSV does. scale is that of Matrix.
func CheckText(text []byte, scale float32) error {
	f := newFile(context.Background(), simd.Generic, text)
	f.matrix.Scale = scale
	_, err := walkCSV(f, func(float32) {})
	return err
}

// csvWalk goes through the numbers of a text.
type csvWalk struct {
	shape   volume.Shape
	rows    int // of the current channel
	sep     byte
	line    int
	last    bool // the line is the last and has no end
	scale   float32
	numbers func(v float32)
}

// walkCSV finds the shape of a text and gives all numbers to a function, row by row. Without a
// function it does not read the numbers.
func walkCSV(f *file, numbers func(v float32)) (volume.Shape, error) {
	w := &csvWalk{numbers: numbers, scale: f.matrix.Scale}
	rest := bytes.TrimPrefix(f.data, byteOrderMark)
	for len(rest) > 0 {
		if w.line++; w.line%1024 == 0 {
			if err := f.ctx.Err(); err != nil {
				return w.shape, err
			}
		}
		var line []byte
		var whole bool
		line, rest, whole = bytes.Cut(rest, []byte{'\n'})
		w.last = !whole
		if err := w.takeLine(line); err != nil {
			return w.shape, err
		}
	}
	w.last = true
	if w.rows > 0 {
		if err := w.endChannel(); err != nil {
			return w.shape, err
		}
	}
	if w.shape.C == 0 {
		return w.shape, refuse(Corrupt, "corrupt CSV: it has no number")
	}
	return w.shape, nil
}

// fail is an error at a place. Text that ends within a line may have been cut.
func (w *csvWalk) fail(column int, format string, args ...any) error {
	code, what := Corrupt, "corrupt"
	if w.last {
		code, what = Truncated, "truncated"
	}
	return refuse(code, "%s CSV: line %d, column %d: %s", what, w.line, column, fmt.Sprintf(format, args...))
}

// takeLine takes a line: a row, a comment, or an empty one, which ends the channel.
func (w *csvWalk) takeLine(line []byte) error {
	text, _, commented := bytes.Cut(line, []byte{'#'})
	text = bytes.Trim(text, " \r")
	if len(bytes.Trim(text, "\t")) == 0 {
		if commented || w.rows == 0 {
			return nil
		}
		return w.endChannel()
	}
	if w.sep == 0 {
		w.sep = ' '
		for _, sep := range []byte{'\t', ','} {
			if bytes.IndexByte(text, sep) >= 0 {
				w.sep = sep
				break
			}
		}
	}
	n := 0
	for more := true; more; {
		var field []byte
		field, text, more = bytes.Cut(text, []byte{w.sep})
		if w.sep == ' ' {
			text = bytes.TrimLeft(text, " ")
		}
		n++
		if w.shape.W > 0 && n > w.shape.W {
			return w.fail(n, "one number too many, the first row has %d", w.shape.W)
		}
		if w.numbers == nil {
			continue
		}
		if err := w.number(bytes.TrimSpace(field), n); err != nil {
			return err
		}
	}
	if w.shape.W == 0 {
		w.shape.W = n
	}
	if n < w.shape.W {
		return w.fail(n+1, "the row ends after %s, the first row has %d", noun.Count(n, "number"), w.shape.W)
	}
	if w.rows++; w.shape.C > 0 && w.rows > w.shape.H {
		return w.fail(1, "one row too many, the first channel has %d", w.shape.H)
	}
	return nil
}

// endChannel ends a channel after its rows.
func (w *csvWalk) endChannel() error {
	if w.shape.C == 0 {
		w.shape.H = w.rows
	}
	if w.rows < w.shape.H {
		return w.fail(1, "the channel ends after %s, the first channel has %d", noun.Count(w.rows, "row"), w.shape.H)
	}
	w.shape.C++
	w.rows = 0
	return nil
}

// number takes a number in decimal digits, rounded to the nearest float32.
func (w *csvWalk) number(field []byte, column int) error {
	if len(field) == 0 {
		return w.fail(column, "there is no number")
	}
	plain := !bytes.ContainsFunc(field, func(r rune) bool {
		return (r < '0' || r > '9') && r != '+' && r != '-' && r != '.' && r != 'e' && r != 'E'
	})
	v, err := strconv.ParseFloat(string(field), 32)
	switch {
	case plain && errors.Is(err, strconv.ErrRange):
		return w.fail(column, "%s is beyond the range of float32 (±3.4e38)", shortField(field))
	case !plain || err != nil:
		return w.fail(column, "%s is not a number; a matrix has finite numbers only, and # begins a comment", shortField(field))
	}
	x := float32(v)
	if w.scale != 0 {
		x /= w.scale
	}
	if !finite(x) {
		return w.fail(column, "%s divided by the scale %g is beyond the range of float32 (±3.4e38)", shortField(field), w.scale)
	}
	w.numbers(x)
	return nil
}

// shortField quotes the beginning of a field.
func shortField(field []byte) string {
	const most = 20
	if len(field) <= most {
		return strconv.Quote(string(field))
	}
	end := most
	for end > 0 && !utf8.RuneStart(field[end]) {
		end--
	}
	return strconv.Quote(string(field[:end])) + "…"
}

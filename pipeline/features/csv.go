package features

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
)

// csvWriter writes the table as RFC 4180 has it, with lines that end in LF. Nulls are empty. A
// number has the fewest digits that give the same float32 back.
type csvWriter struct {
	out   *csv.Writer
	cells []string
	maps  int // number of columns of maps
}

func newCSV(w io.Writer, columns []string) (writer, error) {
	c := &csvWriter{out: csv.NewWriter(w), maps: len(columns)}
	for _, f := range fields() {
		c.cells = append(c.cells, f.name)
	}
	c.cells = append(c.cells, columns...)
	return c, c.out.Write(c.cells)
}

// csvMemory is a row's cells and their text.
func csvMemory(_, columns int) int64 { return 1<<20 + 64*int64(columns) }

func (c *csvWriter) write(r *Row) error {
	c.cells = c.cells[:0]
	for _, f := range fields() {
		cell := ""
		if f.text != nil {
			cell = f.text(r.Record)
		} else if n := f.number(r.Record); n != 0 {
			cell = strconv.Itoa(n)
		}
		c.cells = append(c.cells, cell)
	}
	for _, v := range r.Values {
		c.cells = append(c.cells, decimal(v))
	}
	for range c.maps - len(r.Values) {
		c.cells = append(c.cells, "")
	}
	return c.out.Write(c.cells)
}

func (c *csvWriter) close() error {
	c.out.Flush()
	return c.out.Error()
}

// decimal writes a number as Python reads it.
func decimal(v float32) string {
	switch x := float64(v); {
	case math.IsNaN(x):
		return "nan"
	case math.IsInf(x, 1):
		return "inf"
	case math.IsInf(x, -1):
		return "-inf"
	default:
		return strconv.FormatFloat(x, 'g', -1, 32)
	}
}

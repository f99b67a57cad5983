package features

import (
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// groupBytes is the size in bytes of a row group's values, before compression. Readers take a
// group at a time.
const groupBytes = 100 << 20

// textBytes is about the size in bytes of a row's columns about the picture.
const textBytes = 200

// pageBytes is the size in bytes of a column's pages. The pages that are not yet full take about
// 16 MB together, or 4 kB each if there are more than 4,096 columns.
func pageBytes(columns int) int { return min(256<<10, max(4<<10, 16<<20/(columns+1))) }

// parquetWriter writes the table in row groups. It hands the values of several rows to each
// column at a time.
type parquetWriter struct {
	out     *parquet.GenericWriter[any]
	columns []*parquet.ColumnWriter
	batch   [][]parquet.Value // by column
	most    int               // number of rows in a batch
	left    int               // number of rows that the group still takes
	group   int               // number of rows in a group
}

func newParquet(w io.Writer, columns []string) (writer, error) {
	description, err := huggingFace(columns)
	if err != nil {
		return nil, err
	}
	page := pageBytes(len(columns))
	p := &parquetWriter{
		out: parquet.NewGenericWriter[any](w, schema(columns), parquet.Compression(&parquet.Snappy),
			parquet.WriteBufferSize(0), parquet.PageBufferSize(page), parquet.ColumnPageBuffers(parquet.NewChunkBufferPool(min(page, 32<<10))),
			parquet.CreatedBy(creator, "1", ""), parquet.KeyValueMetadata("huggingface", description)),
		group: groupRows(len(columns)),
	}
	p.columns = p.out.ColumnWriters()
	p.batch = make([][]parquet.Value, len(p.columns))
	p.most = min(64, max(1, 1<<18/len(p.columns)))
	p.left = p.group
	return p, nil
}

// groupRows is the number of rows in a group.
func groupRows(columns int) int { return max(1, groupBytes/(textBytes+4*columns)) }

// parquetMemory estimates the bytes of a group's pages and of the columns' own buffers. The
// constants are fitted to measurements: tables of 50 to 65,000 columns took 0.9 to 1.5 times the
// estimate.
func parquetMemory(rows, columns int) int64 {
	const each, all = 20 << 10, 20 << 20
	group := int64(min(rows, groupRows(columns))) * int64(textBytes+4*columns)
	return group + group/3 + each*int64(columns) + all
}

func (p *parquetWriter) write(r *Row) error {
	at := 0
	add := func(v parquet.Value, null bool) {
		if null {
			v = parquet.NullValue().Level(0, 0, at)
		} else {
			v = v.Level(0, 1, at)
		}
		p.batch[at] = append(p.batch[at], v)
		at++
	}
	for _, f := range fields() {
		if f.text != nil {
			text := f.text(r.Record)
			add(parquet.ByteArrayValue([]byte(text)), text == "")
		} else {
			n := f.number(r.Record)
			add(parquet.Int32Value(int32(min(n, math.MaxInt32))), n == 0)
		}
	}
	for i := range len(p.batch) - at {
		if r.Values == nil {
			add(parquet.Value{}, true)
		} else {
			add(parquet.FloatValue(r.Values[i]), false)
		}
	}
	if p.left--; p.left > 0 && len(p.batch[0]) < p.most {
		return nil
	}
	return p.flush()
}

// flush hands the batch to the columns, and ends the group if it is full.
func (p *parquetWriter) flush() error {
	for i, values := range p.batch {
		if _, err := p.columns[i].WriteRowValues(values); err != nil {
			return err
		}
		p.batch[i] = values[:0]
	}
	if p.left > 0 {
		return nil
	}
	p.left = p.group
	return p.out.Flush()
}

func (p *parquetWriter) close() error {
	if err := p.flush(); err != nil {
		return err
	}
	return p.out.Close()
}

// schema is the columns, in their order. Every column is optional, since Hugging Face's
// datasets takes required ones for something else.
func schema(columns []string) *parquet.Schema {
	var g group
	for _, f := range fields() {
		node := parquet.String()
		if f.text == nil {
			node = parquet.Int(32)
		}
		g.add(f.name, node)
	}
	for _, name := range columns {
		g.add(name, parquet.Leaf(parquet.FloatType))
	}
	return parquet.NewSchema("features", &g)
}

// group is a group whose fields keep their order; [parquet.Group] sorts them.
type group struct {
	parquet.Group // of no fields
	fields        []parquet.Field
}

func (g *group) add(name string, node parquet.Node) {
	g.fields = append(g.fields, &column{parquet.Optional(node), name})
}

// Fields returns the columns in their order.
func (g *group) Fields() []parquet.Field { return g.fields }

type column struct {
	parquet.Node
	name string
}

// Name is the column's name.
func (c *column) Name() string { return c.name }

// Value is not called: rows are written by their values.
func (c *column) Value(reflect.Value) reflect.Value { panic("columns are written by their values") }

// huggingFace describes the columns as Hugging Face's datasets does in the metadata of a schema:
// https://github.com/huggingface/datasets, Features.from_arrow_schema.
func huggingFace(columns []string) (string, error) {
	var b strings.Builder
	b.WriteString(`{"info": {"features": {`)
	add := func(name, kind string) error {
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		if !strings.HasSuffix(b.String(), "{") {
			b.WriteString(", ")
		}
		b.Write(key)
		b.WriteString(`: {"dtype": "` + kind + `", "_type": "Value"}`)
		return nil
	}
	for _, f := range fields() {
		kind := "string"
		if f.text == nil {
			kind = "int32"
		}
		if err := add(f.name, kind); err != nil {
			return "", err
		}
	}
	for _, name := range columns {
		if err := add(name, "float32"); err != nil {
			return "", err
		}
	}
	b.WriteString("}}}")
	return b.String(), nil
}

package onnx

import (
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxItems bounds the nodes, attributes, tensors and values of a model together. An empty node
// takes two bytes in a file and a hundred times as many in memory.
const maxItems = 1 << 18

// maxString is how much of a string is read, in bytes. Names are shorter.
const maxString = 64 << 10

// part is a part of a file.
type part struct{ begin, end int64 }

func (p part) size() int64 { return p.end - p.begin }

// field is a field of a message.
type field struct {
	number protowire.Number
	kind   protowire.Type
	bits   uint64 // of a number
	part          // of bytes: a message, a string, packed numbers
}

// wire reads the fields of messages. It holds a window of the file.
type wire struct {
	file   *io.SectionReader
	window []byte
	begin  int64 // of the window
	items  int   // that may still come
}

func newWire(file *io.SectionReader) *wire { return &wire{file: file, items: maxItems} }

var errCut = errors.New("it is cut short")

// maxPeek is the largest n of peek.
const maxPeek = 4 << 10

// peek returns up to n bytes of a part, fewer only at the part's end.
func (w *wire) peek(p part, n int) ([]byte, error) {
	n = int(min(int64(n), p.size()))
	if p.begin < w.begin || p.begin+int64(n) > w.begin+int64(len(w.window)) {
		w.window = w.window[:cap(w.window)]
		if len(w.window) == 0 {
			w.window = make([]byte, 32<<10)
		}
		k, err := w.file.ReadAt(w.window, p.begin)
		w.window, w.begin = w.window[:k], p.begin
		if k < n {
			return nil, cut(err)
		}
	}
	return w.window[p.begin-w.begin:][:n], nil
}

// varint takes a number of variable length from the front of a part.
func (w *wire) varint(p *part) (uint64, error) {
	b, err := w.peek(*p, 10)
	if err != nil {
		return 0, err
	}
	v, n := protowire.ConsumeVarint(b)
	if n < 0 {
		return 0, fmt.Errorf("byte %d: a number that does not end", p.begin)
	}
	p.begin += int64(n)
	return v, nil
}

// fixed takes a number of 4 or 8 bytes, the lowest first.
func (w *wire) fixed(p *part, size int) (v uint64, err error) {
	b, err := w.peek(*p, size)
	if err != nil {
		return 0, err
	}
	if len(b) < size {
		return 0, fmt.Errorf("byte %d: a number of %d bytes, and %d follow", p.begin, size, len(b))
	}
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	p.begin += int64(size)
	return v, nil
}

// each visits the fields of a message.
func (w *wire) each(message part, visit func(f field) error) error {
	for p := message; p.begin < p.end; {
		at := p.begin
		f, err := w.next(&p)
		if err == nil {
			err = visit(f)
		}
		if err != nil {
			return placed(at, err)
		}
	}
	return nil
}

// placedError has a place already.
type placedError struct{ error }

func (e placedError) Unwrap() error { return e.error }

// placed adds the place of the innermost field to an error.
func placed(at int64, err error) error {
	if _, ok := errors.AsType[placedError](err); ok {
		return err
	}
	return placedError{fmt.Errorf("byte %d: %w", at, err)}
}

// next takes a field from the front of a message.
func (w *wire) next(p *part) (f field, err error) {
	tag, err := w.varint(p)
	if err != nil {
		return f, err
	}
	if f.number, f.kind = protowire.DecodeTag(tag); f.number < 1 {
		return f, fmt.Errorf("a field with number %d: it is no ONNX model", f.number)
	}
	switch f.kind {
	case protowire.VarintType:
		f.bits, err = w.varint(p)
	case protowire.Fixed32Type:
		f.bits, err = w.fixed(p, 4)
	case protowire.Fixed64Type:
		f.bits, err = w.fixed(p, 8)
	case protowire.BytesType:
		n, err := w.varint(p)
		if err != nil {
			return f, err
		}
		if n > uint64(p.size()) {
			return f, fmt.Errorf("field %d has a length of %d bytes, and %d follow: it is cut short, or no ONNX model", f.number, n, p.size())
		}
		f.part = part{p.begin, p.begin + int64(n)}
		p.begin = f.end
	default:
		return f, fmt.Errorf("field %d is of wire type %d, which ONNX does not use: it is no ONNX model", f.number, f.kind)
	}
	return f, err
}

// text reads a string, at most maxString bytes of it.
func (w *wire) text(f field) (string, error) {
	if f.kind != protowire.BytesType {
		return "", f.wrongType("a string")
	}
	if n := min(f.size(), maxString); n > maxPeek {
		b := make([]byte, n)
		if _, err := w.file.ReadAt(b, f.begin); err != nil {
			return "", cut(err)
		}
		return string(b), nil
	}
	b, err := w.peek(f.part, maxPeek)
	return string(b), err
}

// cut is the error of a file that ends early.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return err
}

// message visits the fields of a message in a field.
func (w *wire) message(f field, visit func(f field) error) error {
	if f.kind != protowire.BytesType {
		return f.wrongType("a message")
	}
	return w.each(f.part, visit)
}

// item is message for what has memory of its own.
func (w *wire) item(f field, visit func(f field) error) error {
	if w.items--; w.items < 0 {
		return fmt.Errorf("more than %d nodes, attributes and tensors", maxItems)
	}
	return w.message(f, visit)
}

// number is the bits of a number.
func (f field) number64(to *int64) error {
	if f.kind != protowire.VarintType {
		return f.wrongType("a number")
	}
	*to = int64(f.bits)
	return nil
}

// numbers visits the numbers of a repeated field, packed or not, each of so many bytes; 0 is
// variable.
func (w *wire) numbers(f field, size int, visit func(bits uint64) error) error {
	switch want := map[int]protowire.Type{0: protowire.VarintType, 4: protowire.Fixed32Type, 8: protowire.Fixed64Type}[size]; f.kind {
	case want:
		return visit(f.bits)
	case protowire.BytesType:
	default:
		return f.wrongType("numbers")
	}
	for p := f.part; p.begin < p.end; {
		bits, err := uint64(0), error(nil)
		if size == 0 {
			bits, err = w.varint(&p)
		} else {
			bits, err = w.fixed(&p, size)
		}
		if err == nil {
			err = visit(bits)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f field) wrongType(want string) error {
	return fmt.Errorf("field %d is of wire type %d and must be %s: it is no ONNX model", f.number, f.kind, want)
}

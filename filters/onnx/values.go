package onnx

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"filterbank/filters/tensor"
)

// file is a model's file, and the folder of external data.
type file struct {
	*io.SectionReader
	folder string
}

// section is a part of a file, which another one closes.
type section struct{ *io.SectionReader }

func (section) Close() error { return nil }

func (t *Tensor) openRaw() (io.ReadCloser, error) {
	return section{io.NewSectionReader(t.file, t.raw.begin, t.raw.size())}, nil
}

// openTyped reads n values from the tensor's fields of typed numbers, as bytes. The numbers are
// counted first.
func (t *Tensor) openTyped(kind elementType, size, n int) (io.ReadCloser, error) {
	w := newWire(t.file.SectionReader)
	count := 0
	err := w.each(t.message, func(f field) error {
		if int(f.number) != kind.field {
			return nil
		}
		return w.numbers(f, kind.size, func(uint64) error { count++; return nil })
	})
	if err != nil {
		return nil, err
	}
	if count != n {
		return nil, fmt.Errorf("shape %v takes %d values, and %d are stored", t.Shape, n, count)
	}
	return io.NopCloser(&typedReader{w: w, message: t.message, kind: kind, size: size}), nil
}

// typedReader turns typed numbers into raw bytes: the lowest bytes of each number, as many as
// its type has. It reads a field's numbers in parts.
type typedReader struct {
	w       *wire
	message part // what is left of it
	packed  part // of a field, what is left of it
	kind    elementType
	size    int // of a value
	ready   []byte
	buffer  []byte
}

func (r *typedReader) Read(p []byte) (int, error) {
	for len(r.ready) == 0 {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// fill makes some bytes ready, or none where a field has no values. io.EOF is the end.
func (r *typedReader) fill() error {
	const most = 4 << 10
	r.buffer = r.buffer[:0]
	if r.packed.size() == 0 {
		if r.message.size() == 0 {
			return io.EOF
		}
		f, err := r.w.next(&r.message)
		switch {
		case err != nil:
			return err
		case int(f.number) != r.kind.field:
			return nil
		case f.kind != protowire.BytesType:
			r.add(f.bits)
		default:
			r.packed = f.part
		}
	}
	for r.packed.size() > 0 && len(r.buffer) < most {
		bits, err := uint64(0), error(nil)
		if r.kind.size == 0 {
			bits, err = r.w.varint(&r.packed)
		} else {
			bits, err = r.w.fixed(&r.packed, r.kind.size)
		}
		if err != nil {
			return err
		}
		r.add(bits)
	}
	r.ready = r.buffer
	return nil
}

func (r *typedReader) add(bits uint64) {
	for i := range r.size {
		r.buffer = append(r.buffer, byte(bits>>(8*i)))
	}
}

// externalValues says where values in another file are. The file is in the model's folder or
// below it, and no link leads out of there.
func (t *Tensor) externalValues(values *tensor.Raw, size int64) error {
	name := t.external["location"]
	bytes := values.Values * size
	offset, err := externalNumber(t.external["offset"], 0)
	if err != nil {
		return fmt.Errorf("external data %.200q: offset %w", name, err)
	}
	length, err := externalNumber(t.external["length"], bytes)
	if err != nil {
		return fmt.Errorf("external data %.200q: length %w", name, err)
	}
	switch {
	case !filepath.IsLocal(filepath.FromSlash(name)):
		return fmt.Errorf("external data %.200q: it must lie in the model's own folder", name)
	case t.file.folder == "":
		return fmt.Errorf("external data %.200q: the model was not read from a folder", name)
	case length != bytes:
		return fmt.Errorf("external data %.200q: shape %v of %s takes %d bytes, and the model says %d", name, t.Shape, values.Type, bytes, length)
	}
	values.Open = func() (io.ReadCloser, error) { return openExternal(t.file.folder, name, offset, length) }
	return nil
}

// externalNumber reads a whole number from 0 on.
func externalNumber(text string, fallback int64) (int64, error) {
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%.30q: want a whole number from 0 on", text)
	}
	return n, nil
}

// closedWith is a part of a file that closes it.
type closedWith struct {
	*io.SectionReader
	io.Closer
}

func openExternal(folder, name string, offset, length int64) (io.ReadCloser, error) {
	fail := func(err error) error {
		if e, ok := errors.AsType[*os.PathError](err); ok {
			err = e.Err
		}
		return fmt.Errorf("external data %.200q: %w", name, err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fail(err)
	}
	defer root.Close()
	// Opening a named pipe would wait for a writer, so Stat comes first.
	info, err := root.Stat(filepath.FromSlash(name))
	switch {
	case err != nil:
		return nil, fail(err)
	case !info.Mode().IsRegular():
		return nil, fail(errors.New("it is not a regular file"))
	case length > info.Size() || offset > info.Size()-length:
		return nil, fail(fmt.Errorf("it has %d bytes, and %d from %d on are wanted", info.Size(), length, offset))
	}
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, fail(err)
	}
	return closedWith{io.NewSectionReader(f, offset, length), f}, nil
}

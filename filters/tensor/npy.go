package tensor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"filterbank/filters/volume"
)

const (
	// DefaultLimit is how many values ReadNPY accepts without a limit: 2²⁸, which are 1
	// GiB as float32.
	DefaultLimit = 1 << 28

	magic         = "\x93NUMPY"
	maxHeader     = 10_000 // NumPy's own bound on a header that it would evaluate
	maxDimensions = 32     // NumPy's bound until 2.0
)

// Array holds the product of Shape values in C order, the last index fastest. An empty
// Shape is a scalar: one value.
type Array struct {
	Shape []int
	Data  []float32
}

// Load reads the .npy file at path, at most DefaultLimit values. Its errors name
// the file.
func Load(path string) (*Array, error) {
	// Opening a named pipe would wait for a writer, so Stat comes first.
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read weights %s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	defer f.Close()
	a, err := ReadNPY(f, 0)
	if err != nil {
		return nil, fmt.Errorf("read weights %s: %w", path, err)
	}
	return a, nil
}

// ReadNPY reads one array in .npy format 1.0, 2.0 or 3.0 of at most limit values
// (DefaultLimit if 0) and expects the end of r after it. It takes bool, signed and
// unsigned integers of 8 to 64 bits, and floats of 16, 32 and 64 bits, in both byte
// orders, in C or Fortran order. Values that float32 cannot hold exactly are rounded to
// the nearest, ties to even. A finite number beyond float32's range is an error. NaN and
// infinities are kept.
func ReadNPY(r io.Reader, limit int64) (*Array, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	f, err := openNPY(r, limit)
	if err != nil {
		return nil, err
	}
	data, err := f.values()
	if err != nil {
		return nil, err
	}
	return &Array{Shape: f.shape, Data: data}, nil
}

// ScanNPY reads one array as ReadNPY does, with any number of values, and holds few of
// them at once. It passes parts of the array to take in C order, with the array's shape
// and the index of the part's first value; take may keep neither slice. An error of take
// ends the reading. Arrays in Fortran order are held whole and may have at most
// DefaultLimit values.
func ScanNPY(r io.Reader, take func(shape []int, at int, values []float32) error) (shape []int, err error) {
	f, err := openNPY(r, math.MaxInt64/8) // values of 8 bytes
	if err != nil {
		return nil, err
	}
	if !f.fortran || len(f.shape) < 2 {
		return f.shape, f.scan(func(at int, values []float32) error { return take(f.shape, at, values) })
	}
	if f.n > DefaultLimit {
		return nil, fmt.Errorf("shape %v in the .npy header: at most %d values are read in Fortran order; save it with numpy.ascontiguousarray", f.shape, DefaultLimit)
	}
	values, err := f.values()
	if err != nil || f.n == 0 {
		return f.shape, err
	}
	return f.shape, take(f.shape, 0, values)
}

// npyFile is a .npy file whose header has been read.
type npyFile struct {
	header
	r      io.Reader
	n      int // values
	size   int // of each, in bytes
	decode func([]float32, []byte) error
}

func openNPY(r io.Reader, limit int64) (*npyFile, error) {
	text, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(text)
	if err != nil {
		return nil, err
	}
	decode, size, err := decoder(h.descr)
	if err != nil {
		return nil, err
	}
	n, ok := volume.Product(h.shape...)
	if !ok || int64(n) > limit {
		return nil, fmt.Errorf("shape %v in the .npy header: at most %d values are read", h.shape, limit)
	}
	return &npyFile{h, r, n, size, decode}, nil
}

// values is the whole array in C order.
func (f *npyFile) values() ([]float32, error) {
	data := []float32{}
	err := f.scan(func(_ int, values []float32) error {
		data = append(data, values...)
		return nil
	})
	if err == nil && f.fortran {
		data = fromFortran(data, f.shape)
	}
	return data, err
}

// scan decodes the values in the file's order and expects the file's end after them. It
// holds one chunk at a time, so a false header costs no memory.
func (f *npyFile) scan(take func(at int, values []float32) error) error {
	const chunk = 16 << 10 // values
	wrong := func(err error) error { return fmt.Errorf("shape %v of type %s: %w", f.shape, f.descr, err) }
	values, raw := make([]float32, min(f.n, chunk)), make([]byte, min(f.n, chunk)*f.size)
	for at := 0; at < f.n; at += len(values) {
		values = values[:min(f.n-at, chunk)]
		raw = raw[:len(values)*f.size]
		got, err := io.ReadFull(f.r, raw)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return wrong(fmt.Errorf("%d values take %d bytes, but only %d follow the header: it is cut short",
				f.n, int64(f.n)*int64(f.size), int64(at)*int64(f.size)+int64(got)))
		}
		if err != nil {
			return wrong(fmt.Errorf("read values: %w", err))
		}
		if err := f.decode(values, raw); err != nil {
			return wrong(err)
		}
		if err := take(at, values); err != nil {
			return err
		}
	}
	switch k, err := io.ReadFull(f.r, make([]byte, 1)); {
	case k > 0:
		return wrong(fmt.Errorf("more bytes follow its %d values: one array a file is read", f.n))
	case !errors.Is(err, io.EOF):
		return wrong(fmt.Errorf("read values: %w", err))
	}
	return nil
}

// readHeader checks the magic and returns the header's text.
func readHeader(r io.Reader) (string, error) {
	var prefix [10]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", fmt.Errorf("read .npy header: %w", err)
	}
	if string(prefix[:6]) != magic {
		return "", errors.New(`not a .npy file: it must start with "\x93NUMPY" (numpy.save writes it)`)
	}
	major, minor := prefix[6], prefix[7]
	if major < 1 || major > 3 || minor != 0 {
		return "", fmt.Errorf(".npy version %d.%d: versions 1.0, 2.0 and 3.0 are read", major, minor)
	}
	length := uint32(binary.LittleEndian.Uint16(prefix[8:]))
	if major > 1 { // four bytes of length, two of them still unread
		var high [2]byte
		if _, err := io.ReadFull(r, high[:]); err != nil {
			return "", cutShort("header", err)
		}
		length |= uint32(binary.LittleEndian.Uint16(high[:])) << 16
	}
	if length > maxHeader {
		return "", fmt.Errorf(".npy header of %d bytes: at most %d are read", length, maxHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", cutShort("header", err)
	}
	return string(text), nil
}

func cutShort(what string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the .npy file ends inside its %s: it is cut short", what)
	}
	return fmt.Errorf("read .npy %s: %w", what, err)
}

// NPYHeader is the version 1.0 header of an array of little-endian float32 in C order;
// the values follow it directly. Dimensions are 0 or more, at most 32 of them. It has the
// bytes that numpy.save writes: room for a first dimension of 21 digits, then spaces and
// a newline up to a multiple of 64 bytes.
func NPYHeader(shape ...int) []byte { return npyHeader(Float32.descr(), shape) }

// NPYHeaderOf is NPYHeader for values of a type.
func NPYHeaderOf(t Type, shape ...int) []byte { return npyHeader(t.descr(), shape) }

func npyHeader(descr string, shape []int) []byte {
	const digits, align, prefix = 21, 64, len(magic) + 4
	var b bytes.Buffer
	b.WriteString("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (")
	for i, n := range shape {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(n))
	}
	if len(shape) == 1 {
		b.WriteByte(',')
	}
	b.WriteString("), }")
	if len(shape) > 0 {
		b.WriteString(strings.Repeat(" ", max(0, digits-len(strconv.Itoa(shape[0])))))
	}
	b.WriteString(strings.Repeat(" ", align-(prefix+b.Len()+1)%align))
	b.WriteByte('\n')

	header := make([]byte, 0, prefix+b.Len())
	header = append(header, magic+"\x01\x00"...)
	header = binary.LittleEndian.AppendUint16(header, uint16(b.Len()))
	return append(header, b.Bytes()...)
}

// NPYInfo is what the header of a .npy file says.
type NPYInfo struct {
	Shape   []int
	Type    string // NumPy's name without the byte order, such as u1 or f4
	Fortran bool   // the first index runs fastest
	Values  int    // product of Shape
	Bytes   int64  // of all values
	Unread  error  // why ReadNPY would not read the type, or nil
}

// ReadNPYInfo reads the header of a .npy file and nothing behind it. A shape of more values than
// can be addressed is an error.
func ReadNPYInfo(r io.Reader) (NPYInfo, error) {
	text, err := readHeader(r)
	if err != nil {
		return NPYInfo{}, err
	}
	h, err := parseHeader(text)
	if err != nil {
		return NPYInfo{}, err
	}
	info := NPYInfo{Shape: h.shape, Type: strings.TrimLeft(h.descr, "<>|="), Fortran: h.fortran}
	_, size, err := decoder(h.descr)
	info.Unread = err
	n, ok := volume.Product(h.shape...)
	if !ok || n > math.MaxInt64/8 {
		return NPYInfo{}, fmt.Errorf("shape %v in the .npy header: more values than can be addressed", h.shape)
	}
	info.Values, info.Bytes = n, int64(n)*int64(size)
	return info, nil
}

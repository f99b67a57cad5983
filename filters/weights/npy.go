package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"filterbank/filters/volume"
)

const (
	// DefaultLimit is how many values ReadNPY accepts when it is given no limit:
	// 2²⁸, which are 1 GiB as float32.
	DefaultLimit = 1 << 28

	magic         = "\x93NUMPY"
	maxHeader     = 10_000 // NumPy's own bound on a header that it would evaluate
	maxDimensions = 32     // NumPy's bound until 2.0
)

// Array holds the product of Shape values in C order, the last index fastest.
// An empty Shape is a scalar: one value.
type Array struct {
	Shape []int
	Data  []float32
}

// Load reads the .npy file at path, at most DefaultLimit values. Its errors name
// the file.
func Load(path string) (*Array, error) {
	// Opening a named pipe would wait for a writer, so ask first what it is.
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
// (DefaultLimit if 0) and expects the end of r after it. It takes bool, signed
// and unsigned integers of 8 to 64 bits, and floats of 16, 32 and 64 bits, in both
// byte orders, in C or Fortran order. What float32 cannot hold exactly is rounded
// to the nearest, ties to even; a finite number beyond its range is an error. NaN
// and infinities are kept.
func ReadNPY(r io.Reader, limit int64) (*Array, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
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
	data, err := readValues(r, n, size, decode)
	if err != nil {
		return nil, fmt.Errorf("shape %v of type %s: %w", h.shape, h.descr, err)
	}
	if h.fortran {
		data = fromFortran(data, h.shape)
	}
	return &Array{Shape: h.shape, Data: data}, nil
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

// readValues decodes n values of size bytes. The slice grows with what was read,
// so a lying header costs at most twice the bytes that are there.
func readValues(r io.Reader, n, size int, decode func([]float32, []byte) error) ([]float32, error) {
	const chunk = 16 << 10 // values
	var (
		data = make([]float32, 0, min(n, chunk))
		raw  = make([]byte, min(n, chunk)*size)
	)
	for len(data) < n {
		at := len(data)
		part := raw[:min(n-at, chunk)*size]
		got, err := io.ReadFull(r, part)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("%d values take %d bytes, but only %d follow the header: it is cut short",
				n, int64(n)*int64(size), int64(at)*int64(size)+int64(got))
		}
		if err != nil {
			return nil, fmt.Errorf("read values: %w", err)
		}
		data = slices.Grow(data, len(part)/size)[:at+len(part)/size]
		if err := decode(data[at:], part); err != nil {
			return nil, err
		}
	}
	switch k, err := io.ReadFull(r, make([]byte, 1)); {
	case k > 0:
		return nil, fmt.Errorf("more bytes follow its %d values: one array a file is read", n)
	case !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("read values: %w", err)
	}
	return data, nil
}

// decoder returns how values of a NumPy type such as <f4 become float32, and their
// size in bytes.
func decoder(descr string) (decode func([]float32, []byte) error, size int, err error) {
	unsupported := fmt.Errorf("type %q of the .npy file: bool, integers and floats of 16, 32 and 64 bits are read; convert with astype('<f4')", descr)
	if len(descr) != 3 {
		return nil, 0, unsupported
	}
	var order binary.ByteOrder
	switch descr[0] {
	case '<':
		order = binary.LittleEndian
	case '>':
		order = binary.BigEndian
	case '|': // one byte has no order
		if descr[2] != '1' {
			return nil, 0, unsupported
		}
	default:
		return nil, 0, unsupported
	}
	size = int(descr[2] - '0')
	value := valueOf(descr[1:], order)
	if value == nil {
		return nil, 0, unsupported
	}
	return func(dst []float32, src []byte) error {
		for i := range dst {
			v, ok := value(src[i*size:])
			if !ok {
				return fmt.Errorf("a value %g is beyond the range of float32 (±3.4e38)", math.Float64frombits(order.Uint64(src[i*size:])))
			}
			dst[i] = v
		}
		return nil
	}, size, nil
}

// valueOf reads one value of a type such as f4 from the start of a slice; ok is
// false if it is finite but does not fit float32. It is nil for other types.
func valueOf(kind string, order binary.ByteOrder) func([]byte) (v float32, ok bool) {
	switch kind {
	case "b1":
		return func(b []byte) (float32, bool) { return float32(min(b[0], 1)), true }
	case "u1":
		return func(b []byte) (float32, bool) { return float32(b[0]), true }
	case "i1":
		return func(b []byte) (float32, bool) { return float32(int8(b[0])), true }
	}
	if order == nil {
		return nil
	}
	switch kind {
	case "u2":
		return func(b []byte) (float32, bool) { return float32(order.Uint16(b)), true }
	case "i2":
		return func(b []byte) (float32, bool) { return float32(int16(order.Uint16(b))), true }
	case "u4":
		return func(b []byte) (float32, bool) { return float32(order.Uint32(b)), true }
	case "i4":
		return func(b []byte) (float32, bool) { return float32(int32(order.Uint32(b))), true }
	case "u8":
		return func(b []byte) (float32, bool) { return float32(order.Uint64(b)), true }
	case "i8":
		return func(b []byte) (float32, bool) { return float32(int64(order.Uint64(b))), true }
	case "f2":
		return func(b []byte) (float32, bool) { return fromHalf(order.Uint16(b)), true }
	case "f4":
		return func(b []byte) (float32, bool) { return math.Float32frombits(order.Uint32(b)), true }
	case "f8":
		return func(b []byte) (float32, bool) {
			wide := math.Float64frombits(order.Uint64(b))
			v := float32(wide)
			return v, !math.IsInf(float64(v), 0) || math.IsInf(wide, 0)
		}
	}
	return nil
}

// fromHalf widens IEEE 754 binary16, exactly.
func fromHalf(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15), uint32(h>>10&31), uint32(h&1023)
	switch exponent {
	case 0: // zero and subnormals, in units of 2⁻²⁴
		v := float32(fraction) / (1 << 24)
		return math.Float32frombits(sign<<31 | math.Float32bits(v))
	case 31: // infinities and NaN
		exponent = 255
	default:
		exponent += 127 - 15
	}
	return math.Float32frombits(sign<<31 | exponent<<23 | fraction<<13)
}

// fromFortran reorders values whose first index runs fastest.
func fromFortran(src []float32, shape []int) []float32 {
	if len(shape) < 2 || len(src) == 0 {
		return src
	}
	strides := make([]int, len(shape))
	step := 1
	for i, n := range shape {
		strides[i] = step
		step *= n
	}
	dst := make([]float32, len(src))
	index, at := make([]int, len(shape)), 0
	for i := range dst {
		dst[i] = src[at]
		for d := len(shape) - 1; d >= 0; d-- {
			index[d]++
			at += strides[d]
			if index[d] < shape[d] {
				break
			}
			at -= index[d] * strides[d]
			index[d] = 0
		}
	}
	return dst
}

// NPYHeader is the version 1.0 header of an array of little-endian float32 in C
// order; the values follow it directly. Dimensions are 0 or more, 32 of them at
// most. It has the bytes that numpy.save writes: room for a first dimension of 21
// digits, then spaces and a newline up to a multiple of 64 bytes.
func NPYHeader(shape ...int) []byte {
	const digits, align, prefix = 21, 64, len(magic) + 4
	var b bytes.Buffer
	b.WriteString("{'descr': '<f4', 'fortran_order': False, 'shape': (")
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

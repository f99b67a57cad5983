package tensor

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"filterbank/filters/volume"
)

// Raw is where the values of an array lie: in a row of values of one type, the lowest byte of
// each first.
type Raw struct {
	Type    string // float32, float16, bfloat16, float64, bool, uint8, int8, … int64, uint64
	Shape   []int
	Strides []int64 // of each dimension, in values; nil for C order
	Offset  int64   // of the array's first value in the row
	Values  int64   // in the row
	Open    func() (io.ReadCloser, error)
}

// rawType is a type of values.
type rawType struct {
	name  string
	numpy string // NumPy's short name without the byte order; bfloat16 has none
	size  int
}

func rawTypes() [13]rawType {
	return [...]rawType{
		{"float32", "f4", 4}, {"float16", "f2", 2}, {"bfloat16", "", 2}, {"float64", "f8", 8}, {"bool", "b1", 1},
		{"uint8", "u1", 1}, {"int8", "i1", 1}, {"uint16", "u2", 2}, {"int16", "i2", 2},
		{"uint32", "u4", 4}, {"int32", "i4", 4}, {"uint64", "u8", 8}, {"int64", "i8", 8},
	}
}

// RawSize is the size of a value of a type in bytes, or 0 for a type that is not read.
func RawSize(name string) int {
	for _, t := range rawTypes() {
		if t.name == name {
			return t.size
		}
	}
	return 0
}

// rawDecoder decodes values of a type. It is nil for a type that is not read.
func rawDecoder(name string) func([]float32, []byte) error {
	if name == "bfloat16" {
		return func(dst []float32, src []byte) error {
			for i := range dst { // the upper half of a float32
				dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
			}
			return nil
		}
	}
	for _, t := range rawTypes() {
		if t.name == name {
			decode, _, err := decoder("<" + t.numpy)
			if err == nil {
				return decode
			}
		}
	}
	return nil
}

// Member makes a member of the values. It is an error if the type is not read, or if a value
// lies outside the row or in the place of another one.
func (r Raw) Member(name string) (Member, error) {
	decode := rawDecoder(r.Type)
	if decode == nil {
		return Member{}, fmt.Errorf("type %s: floats of 16, 32 and 64 bits, bool and integers are read", r.Type)
	}
	n, ok := volume.Product(r.Shape...)
	if !ok || r.Offset < 0 {
		return Member{}, fmt.Errorf("shape %v at value %d: larger than any file", r.Shape, r.Offset)
	}
	if r.Strides != nil && r.inOrder() {
		r.Strides = nil
	}
	if err := r.check(int64(n)); err != nil {
		return Member{}, err
	}
	row := rawRow{r, n, RawSize(r.Type), decode}
	return Member{name, r.Type, r.Shape, row.scan}, nil
}

// rawRow is a checked Raw.
type rawRow struct {
	Raw
	n      int // values of the array
	size   int // of a value, in bytes
	decode func([]float32, []byte) error
}

// scan is the Scan of a member.
func (r rawRow) scan(take func(at int, values []float32) error) error {
	if r.Strides != nil && r.n > DefaultLimit {
		return fmt.Errorf("shape %v with strides %v: at most %d values are read in this order; save the array with .contiguous()", r.Shape, r.Strides, DefaultLimit)
	}
	in, err := r.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	switch {
	case r.n == 0:
		return nil
	case r.Strides != nil:
		values, err := r.gather(in)
		if err != nil {
			return err
		}
		return take(0, values)
	}
	if err := skip(in, r.Offset*int64(r.size)); err != nil {
		return cut(err)
	}
	return r.inTurn(in, take)
}

// inOrder says whether the values lie in C order. The stride of a dimension of 1 does not matter.
func (r Raw) inOrder() bool {
	step := int64(1)
	for i := len(r.Shape) - 1; i >= 0; i-- {
		if r.Shape[i] != 1 && r.Strides[i] != step {
			return false
		}
		step *= int64(r.Shape[i])
	}
	return true
}

// check is an error if a value lies outside the row, or two values in one place.
func (r Raw) check(n int64) error {
	if n == 0 {
		return nil
	}
	if r.Strides == nil {
		if n > r.Values || r.Offset > r.Values-n {
			return fmt.Errorf("shape %v from value %d on reaches outside its %d stored values", r.Shape, r.Offset, r.Values)
		}
		return nil
	}
	outside := fmt.Errorf("shape %v with strides %v from value %d on reaches outside its %d stored values", r.Shape, r.Strides, r.Offset, r.Values)
	last := r.Offset
	for _, d := range slices.Backward(r.byStride()) {
		steps, stride := int64(r.Shape[d]-1), r.Strides[d]
		switch {
		case stride < 0 || stride > r.Values/steps:
			return outside
		case stride <= last-r.Offset: // the dimensions with smaller strides reach as far
			return fmt.Errorf("shape %v with strides %v: values share a place; save the array with .contiguous()", r.Shape, r.Strides)
		}
		if last += steps * stride; last >= r.Values {
			return outside
		}
	}
	if last >= r.Values {
		return outside
	}
	return nil
}

// byStride lists the dimensions of more than one value, the largest stride first.
func (r Raw) byStride() []int {
	var dimensions []int
	for d, n := range r.Shape {
		if n > 1 {
			dimensions = append(dimensions, d)
		}
	}
	slices.SortStableFunc(dimensions, func(a, b int) int {
		return int(min(max(r.Strides[b]-r.Strides[a], -1), 1))
	})
	return dimensions
}

// gather reads the values in the order of the row and puts each into its place in C order.
func (r rawRow) gather(in io.Reader) ([]float32, error) {
	places := make([]int, len(r.Shape)) // strides of C order
	step := 1
	for d := len(r.Shape) - 1; d >= 0; d-- {
		places[d], step = step, step*r.Shape[d]
	}
	dimensions := r.byStride()
	row := bufio.NewReaderSize(in, 64<<10)
	values, index := make([]float32, r.n), make([]int, len(r.Shape))
	at, next, place := int64(0), r.Offset, 0
	var one [8]byte
	for range r.n {
		if err := skip(row, (next-at)*int64(r.size)); err != nil {
			return nil, cut(err)
		}
		if _, err := io.ReadFull(row, one[:r.size]); err != nil {
			return nil, cut(err)
		}
		if err := r.decode(values[place:place+1], one[:r.size]); err != nil {
			return nil, err
		}
		at = next + 1
		for _, d := range slices.Backward(dimensions) {
			index[d]++
			next += r.Strides[d]
			place += places[d]
			if index[d] < r.Shape[d] {
				break
			}
			next -= int64(index[d]) * r.Strides[d]
			place -= index[d] * places[d]
			index[d] = 0
		}
	}
	return values, nil
}

// inTurn decodes values that follow each other, from the first byte on.
func (r rawRow) inTurn(in io.Reader, take func(int, []float32) error) error {
	const chunk = 16 << 10 // values
	values, raw := make([]float32, min(r.n, chunk)), make([]byte, min(r.n, chunk)*r.size)
	for at := 0; at < r.n; at += len(values) {
		values = values[:min(r.n-at, chunk)]
		raw = raw[:len(values)*r.size]
		if _, err := io.ReadFull(in, raw); err != nil {
			return cut(err)
		}
		if err := r.decode(values, raw); err != nil {
			return err
		}
		if err := take(at, values); err != nil {
			return err
		}
	}
	return nil
}

// skip passes over bytes.
func skip(in io.Reader, n int64) error {
	switch in := in.(type) {
	case io.Seeker:
		_, err := in.Seek(n, io.SeekCurrent)
		return err
	case *bufio.Reader:
		for n > 0 {
			k, err := in.Discard(int(min(n, 1<<30)))
			if err != nil {
				return err
			}
			n -= int64(k)
		}
		return nil
	}
	_, err := io.CopyN(io.Discard, in, n)
	return err
}

// cut is the error of values that end early.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends inside the values: it is cut short")
	}
	return fmt.Errorf("read values: %w", err)
}

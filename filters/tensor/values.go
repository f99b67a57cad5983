package tensor

import (
	"encoding/binary"
	"fmt"
	"math"
)

// decoder returns a function that turns values of a NumPy type such as <f4 into float32,
// and their size in bytes.
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
	if descr == "<f4" {
		return func(dst []float32, src []byte) error { Floats(dst, src); return nil }, 4, nil
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

// valueOf returns a function that reads one value of a type such as f4 from the start of
// a slice. The function is not ok if the value is finite but does not fit float32. It is
// nil for other types.
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

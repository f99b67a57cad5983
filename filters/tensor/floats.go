package tensor

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// littleEndian says whether the lowest byte of a number comes first in memory.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// FloatBytes returns the bytes that PutFloats writes, in the memory of the values. It is not
// ok on processors with another order of bytes.
func FloatBytes(values []float32) (data []byte, ok bool) {
	return memory(values), littleEndian
}

// memory returns the memory of values.
func memory(values []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}

// PutFloats writes values to the start of dst, four bytes each, the lowest byte first.
func PutFloats(dst []byte, values []float32) {
	if data, ok := FloatBytes(values); ok {
		copy(dst[:len(data)], data)
		return
	}
	putFloats(dst, values)
}

// putFloats is PutFloats for any order of bytes in memory.
func putFloats(dst []byte, values []float32) {
	for i, v := range values {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
	}
}

// AppendFloats appends the bytes that PutFloats writes.
func AppendFloats(dst []byte, values []float32) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, 4*len(values))...)
	PutFloats(dst[n:], values)
	return dst
}

// Floats reads len(dst) values from src, as PutFloats writes them. Every bit is kept.
func Floats(dst []float32, src []byte) {
	if littleEndian {
		copy(memory(dst), src[:4*len(dst)])
		return
	}
	floats(dst, src)
}

// floats is Floats for any order of bytes in memory.
func floats(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

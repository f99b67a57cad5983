package tensor

import (
	"encoding/binary"
	"math"
)

// MaxHalf is the largest finite float16 (IEEE 754 binary16). Larger values round to it, or
// from halfOverflow on to infinity.
const MaxHalf = 65504

// halfOverflow is the midpoint between MaxHalf and the next power of two, which ties to even
// round up. The bits of larger magnitudes are larger integers.
const halfOverflow = 0x477ff000 // 65520

// smallestHalf is the smallest normal float16, 2⁻¹⁴, as float32.
const smallestHalf = 0x38800000

// Half returns the bits of the float16 nearest to a value, ties to even. Values from 65520 on
// become infinite. A NaN keeps its sign and the upper bits of its payload, and is quiet, as
// the processors' own instructions have it.
func Half(v float32) uint16 {
	bits := math.Float32bits(v)
	sign, magnitude := uint16(bits>>16&0x8000), bits&0x7fffffff
	const infinity = 0x7c00
	switch {
	case magnitude > 0x7f800000:
		return sign | infinity | 0x200 | uint16(magnitude>>13&0x3ff)
	case magnitude >= halfOverflow:
		return sign | infinity
	case magnitude < smallestHalf:
		// Next to 1/2 the spacing of float32 is 2⁻²⁴, that of subnormal float16: the sum
		// rounds the value to it.
		sum := math.Float32frombits(magnitude) + 0.5
		return sign | uint16(math.Float32bits(sum)-math.Float32bits(0.5))
	}
	return sign | normalHalf(magnitude)
}

// normalHalf rounds the bits of a positive value that becomes a normal float16.
func normalHalf(magnitude uint32) uint16 {
	odd := magnitude >> 13 & 1 // of the result before rounding
	return uint16((magnitude - (127-15)<<23 + 0xfff + odd) >> 13)
}

// PutHalves writes values to the start of dst as float16, two bytes each, the lower byte
// first, rounded as Half does. It returns how many of the values are finite and become
// infinite.
func PutHalves(dst []byte, values []float32) (overflowed int) {
	dst = dst[:2*len(values)]
	for i, v := range values {
		bits := math.Float32bits(v)
		sign, magnitude := uint16(bits>>16&0x8000), bits&0x7fffffff
		half := sign
		switch { // most values are normal or 0, and take half the time without a call
		case magnitude-smallestHalf < halfOverflow-smallestHalf:
			half |= normalHalf(magnitude)
		case magnitude != 0:
			half = Half(v)
			if magnitude >= halfOverflow && magnitude < 0x7f800000 {
				overflowed++
			}
		}
		binary.LittleEndian.PutUint16(dst[2*i:], half)
	}
	return overflowed
}

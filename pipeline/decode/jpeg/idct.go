package jpeg

import "encoding/binary"

// The inverse DCT is libjpeg-turbo's accurate integer one: the factorisation of
// C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical Fast 1-D DCT Algorithms with 11
// Multiplications", ICASSP 1989, with constants of 13 fractional bits, rounded at 11 bits
// behind the columns and at 18 behind the rows. Within the range of a picture it is a
// linear map, so that any order of the same products gives the same samples. Beyond that
// range libjpeg-turbo's plain C and its AVX2 differ, and this follows the AVX2: products
// and first sums wrap at 16 bits, what the columns give is clamped to 16 bits, and to 8
// what the rows give. Where all rows of coefficients but the first are zero, the columns
// wrap too.

// Constants of 13 fractional bits, in the order in which the factorisation has them.
const (
	fix0298 = 2446
	fix0390 = 3196
	fix0541 = 4433
	fix0765 = 6270
	fix0899 = 7373
	fix1175 = 9633
	fix1501 = 12299
	fix1847 = 15137
	fix1961 = 16069
	fix2053 = 16819
	fix2562 = 20995
	fix3072 = 25172
)

const (
	constBits  = 13
	columnBits = 11
	rowBits    = 18
)

// idctGeneric writes the 8×8 samples of a block of coefficients in natural order.
func idctGeneric(dst []uint8, stride int, b *[blockSize]int16, quant *[blockSize]uint16) {
	var columns [blockSize]int16
	flat := true
	for _, v := range b[8:] {
		flat = flat && v == 0
	}
	for x := range 8 {
		var in [8]int16
		for y := range in {
			in[y] = b[8*y+x] * int16(quant[8*y+x])
		}
		if flat {
			for y := range 8 {
				columns[8*y+x] = in[0] << 2
			}
			continue
		}
		for y, v := range transform(&in, columnBits) {
			columns[8*y+x] = v
		}
	}
	for y := range 8 {
		row := transform((*[8]int16)(columns[8*y:]), rowBits)
		out := dst[y*stride:][:8]
		for x, v := range row {
			out[x] = uint8(128 + max(-128, min(v, 127)))
		}
	}
}

// transform is a one-dimensional transform, rounded by so many bits and clamped.
func transform(in *[8]int16, bits int) (out [8]int16) {
	product := func(v int16, constant int32) int32 { return int32(v) * constant }
	round := int32(1) << (bits - 1)

	even3 := product(in[2], fix0541+fix0765) + product(in[6], fix0541)
	even2 := product(in[2], fix0541) + product(in[6], fix0541-fix1847)
	sum, difference := int32(in[0]+in[4])<<constBits, int32(in[0]-in[4])<<constBits
	even := [4]int32{sum + even3, difference + even2, difference - even2, sum - even3}

	z3, z4 := in[7]+in[3], in[5]+in[1]
	odd3 := product(z3, fix1175-fix1961) + product(z4, fix1175)
	odd4 := product(z3, fix1175) + product(z4, fix1175-fix0390)
	odd := [4]int32{
		product(in[7], -fix0899) + product(in[1], fix1501-fix0899) + odd4,
		product(in[5], -fix2562) + product(in[3], fix3072-fix2562) + odd3,
		product(in[5], fix2053-fix2562) + product(in[3], -fix2562) + odd4,
		product(in[7], fix0298-fix0899) + product(in[1], -fix0899) + odd3,
	}
	for i := range 4 {
		out[i] = clamp16((even[i] + odd[i] + round) >> bits)
		out[7-i] = clamp16((even[i] - odd[i] + round) >> bits)
	}
	return out
}

func clamp16(v int32) int16 { return int16(max(-1<<15, min(v, 1<<15-1))) }

// flat writes the samples of a block that has no coefficient but DC: what idctGeneric
// makes of it.
func flat(dst []uint8, stride int, dc int16, quant *[blockSize]uint16) {
	v := (dc * int16(quant[0]) << 2) // wraps
	level := uint64(128 + max(-128, min((int32(v)+16)>>5, 127)))
	row := level * 0x0101010101010101
	for range 7 {
		binary.LittleEndian.PutUint64(dst, row)
		dst = dst[stride:]
	}
	binary.LittleEndian.PutUint64(dst, row)
}

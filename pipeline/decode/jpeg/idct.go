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
	var in, columns, rows [blockSize]int16
	below := int16(0)
	for i, v := range b[8:] {
		below |= v
		in[8+i] = v * int16(quant[8+i])
	}
	for i, v := range b[:8] {
		in[i] = v * int16(quant[i])
	}
	if below != 0 {
		transform(&columns, &in, columnBits)
	} else {
		for x, v := range in[:8] {
			for y := range 8 {
				columns[8*x+y] = v << 2
			}
		}
	}
	transform(&rows, &columns, rowBits)
	for y := range 8 {
		out := dst[y*stride:][:8]
		for x, v := range rows[8*y:][:8] {
			out[x] = uint8(128 + max(-128, min(v, 127)))
		}
	}
}

// transform does the one-dimensional transform of each column and makes a row of what it
// gives, rounded by so many bits and clamped.
func transform(out, in *[blockSize]int16, bits uint) {
	round := int32(1) << (bits - 1)
	for x := range 8 {
		in1, in3, in5, in7 := in[8+x], in[24+x], in[40+x], in[56+x]
		w1, w3, w5, w7 := int32(in1), int32(in3), int32(in5), int32(in7)
		z3, z4 := int32(in7+in3), int32(in5+in1)
		odd3 := z3*(fix1175-fix1961) + z4*fix1175
		odd4 := z3*fix1175 + z4*(fix1175-fix0390)
		a0 := w7*-fix0899 + w1*(fix1501-fix0899) + odd4
		a1 := w5*-fix2562 + w3*(fix3072-fix2562) + odd3
		a2 := w5*(fix2053-fix2562) + w3*-fix2562 + odd4
		a3 := w7*(fix0298-fix0899) + w1*-fix0899 + odd3

		in0, in4 := in[x], in[32+x]
		w2, w6 := int32(in[16+x]), int32(in[48+x])
		even2 := w2*fix0541 + w6*(fix0541-fix1847)
		even3 := w2*(fix0541+fix0765) + w6*fix0541
		sum, difference := int32(in0+in4)<<constBits+round, int32(in0-in4)<<constBits+round

		row := out[8*x:][:8]
		row[0], row[7] = clamp16((sum+even3+a0)>>(bits&31)), clamp16((sum+even3-a0)>>(bits&31))
		row[1], row[6] = clamp16((difference+even2+a1)>>(bits&31)), clamp16((difference+even2-a1)>>(bits&31))
		row[2], row[5] = clamp16((difference-even2+a2)>>(bits&31)), clamp16((difference-even2-a2)>>(bits&31))
		row[3], row[4] = clamp16((sum-even3+a3)>>(bits&31)), clamp16((sum-even3-a3)>>(bits&31))
	}
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

package store

import "hash/crc32"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// shiftCRC returns what the CRC-32C of a content is in that of all that ends with it and n further
// bytes: the CRCs of all pieces, shifted by what follows each, make the whole's by exclusive or. A
// CRC is a remainder of polynomials over GF(2), and a further byte multiplies it by x⁸.
func shiftCRC(crc uint32, n int64) uint32 {
	for bit := 0; n > 0; bit, n = bit+1, n>>1 {
		if n&1 == 1 {
			crc = multiplyCRC(crc, shifts[bit])
		}
	}
	return crc
}

// shifts has x to the power of 8·2ⁱ.
var shifts = func() (powers [63]uint32) {
	powers[0] = 1 << (31 - 8) // x⁸, with the lowest power in the highest bit
	for i := range powers[1:] {
		powers[i+1] = multiplyCRC(powers[i], powers[i])
	}
	return powers
}()

// multiplyCRC multiplies two polynomials modulo the CRC's own.
func multiplyCRC(a, b uint32) (product uint32) {
	for bit := uint32(1) << 31; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		b = b>>1 ^ -(b&1)&crc32.Castagnoli
	}
	return product
}

package output

// combineCRC returns the CRC-32 (IEEE) of one piece followed by another. a and b are the
// pieces' own CRCs, and length is the second piece's length in bytes. A CRC is a remainder of
// polynomials over GF(2). Appending length zero bytes to the first piece multiplies its
// remainder by x to the power of 8·length. The power takes as many squarings as length has
// bits.
func combineCRC(a, b uint32, length int64) uint32 {
	power := uint32(1) << (31 - 8) // x⁸, with the lowest power in the highest bit
	for n := length; n > 0; n >>= 1 {
		if n&1 == 1 {
			a = multiplyCRC(a, power)
		}
		power = multiplyCRC(power, power)
	}
	return a ^ b
}

// multiplyCRC multiplies two polynomials modulo the CRC's own.
func multiplyCRC(a, b uint32) (product uint32) {
	const polynomial = 0xedb88320
	for bit := uint32(1) << 31; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		if b&1 != 0 {
			b = b>>1 ^ polynomial
		} else {
			b >>= 1
		}
	}
	return product
}

package mapng

import "math/bits"

// matchLength is DEFLATE's form of a match length (RFC 1951, 3.2.5): a symbol and extra
// bits.
type matchLength struct {
	symbol    uint16
	extra     uint8
	extraBits uint8
}

// lengths is indexed by the length less minLength.
var lengths = func() (t [maxLength - minLength + 1]matchLength) {
	for v := range t {
		if v < 8 {
			t[v] = matchLength{symbol: uint16(firstLength + v)}
			continue
		}
		extraBits := bits.Len(uint(v)) - 3 // four symbols share a number of extra bits
		t[v] = matchLength{
			symbol:    uint16(firstLength + 4*extraBits + v>>extraBits),
			extra:     uint8(v & (1<<extraBits - 1)),
			extraBits: uint8(extraBits),
		}
	}
	t[maxLength-minLength] = matchLength{symbol: litSymbols - 1}
	return t
}()

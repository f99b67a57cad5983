package mapng

// matchLength is a symbol of match lengths (RFC 1951, 3.2.5). Its extra bits choose one of
// several lengths.
type matchLength struct {
	first, end int // the lengths less minLength
	extraBits  uint8
}

// lengths is indexed by the symbol less firstLength.
var lengths = func() (t [litSymbols - firstLength]matchLength) {
	const longest = maxLength - minLength
	at := 0
	for i := range t {
		extraBits := max(0, i/4-1) // four symbols share a number of extra bits
		end := min(longest, at+1<<extraBits)
		t[i] = matchLength{at, end, uint8(extraBits)}
		at = end
	}
	t[len(t)-1] = matchLength{first: longest, end: longest + 1}
	return t
}()

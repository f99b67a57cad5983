package mapng

import "math/bits"

const maxSymbols = 288

// code is a Huffman code for an alphabet of up to maxSymbols symbols.
type code struct {
	length [maxSymbols]uint8  // bits; 0 where a symbol does not occur
	word   [maxSymbols]uint16 // first bit lowest
}

// codeBuilder is the scratch of building codes.
type codeBuilder struct {
	sorted, swap [maxSymbols]uint32 // frequency<<9 | symbol
	tree         [maxSymbols]uint32
}

const (
	symbolBits = 9
	symbolMask = 1<<symbolBits - 1
	maxFreq    = 1<<(32-symbolBits) - 1
)

// build makes an optimal prefix code for freq with no word longer than limit.
// Frequencies are at most maxFreq. If fewer than two symbols occur, other symbols get
// words of one bit, since some decoders refuse incomplete codes. size is the number of
// bits of all words, each counted as often as its symbol occurs, and at least once.
func (b *codeBuilder) build(c *code, freq []uint32, limit int) (size int) {
	n := b.collect(freq)
	b.sort(n)
	depths := b.depths(n, limit)

	// Canonical code (RFC 1951, 3.2.2): the rarest symbols have the longest words.
	c.length = [maxSymbols]uint8{}
	at := 0
	for length := limit; length > 0; length-- {
		for range depths[length] {
			symbol := b.sorted[at]
			c.length[symbol&symbolMask] = uint8(length)
			size += length * int(symbol>>symbolBits)
			at++
		}
	}
	var next [16]uint32
	for length := 1; length < len(next); length++ {
		next[length] = (next[length-1] + depths[length-1]) << 1
	}
	for sym := range freq {
		if l := c.length[sym]; l > 0 {
			c.word[sym] = bits.Reverse16(uint16(next[l])) >> (16 - l)
			next[l]++
		}
	}
	return size
}

// collect lists the occurring symbols, at least two, in b.sorted.
func (b *codeBuilder) collect(freq []uint32) (n int) {
	for sym, f := range freq {
		if f > 0 {
			b.sorted[n] = f<<symbolBits | uint32(sym)
			n++
		}
	}
	for sym := 0; n < 2; sym++ {
		if freq[sym] == 0 {
			b.sorted[n] = 1<<symbolBits | uint32(sym)
			n++
		}
	}
	return n
}

// sort orders b.sorted[:n] by frequency and then by symbol. It is a radix sort.
func (b *codeBuilder) sort(n int) {
	from, to := b.sorted[:n], b.swap[:n]
	for shift := symbolBits; shift < 32; shift += 6 {
		var start [64]uint32
		for _, v := range from {
			start[v>>shift&63]++
		}
		if start[0] == uint32(n) && shift > symbolBits+6 {
			break // no digits left
		}
		before := uint32(0)
		for d, of := range start {
			start[d] = before
			before += of
		}
		for _, v := range from {
			d := v >> shift & 63
			to[start[d]] = v
			start[d]++
		}
		from, to = to, from
	}
	copy(b.sorted[:n], from)
}

// depths counts the words of each length in an optimal code for b.sorted[:n], none longer
// than limit. The tree is built in place (Moffat and Katajainen,
// In-place calculation of minimum-redundancy codes, 1995).
func (b *codeBuilder) depths(n, limit int) (count [16]uint32) {
	a := b.tree[:n]
	for i, v := range b.sorted[:n] {
		a[i] = v >> symbolBits
	}
	// a[k] becomes the weight of inner node k, then the index of its parent.
	leaf, root := 0, 0
	take := func(next int) uint32 {
		if leaf >= n || (root < next && a[root] < a[leaf]) {
			w := a[root]
			a[root] = uint32(next)
			root++
			return w
		}
		leaf++
		return a[leaf-1]
	}
	for next := range n - 1 {
		w := take(next)
		a[next] = w + take(next)
	}
	// From the root down, inner nodes get their depths; leaves fill what is left.
	a[n-2] = 0
	for k := n - 3; k >= 0; k-- {
		a[k] = a[a[k]] + 1
	}
	inner, free := n-2, 1 // inner nodes not yet seen; places at this depth
	for depth := 0; free > 0; depth++ {
		used := 0
		for inner >= 0 && int(a[inner]) == depth {
			used++
			inner--
		}
		count[min(depth, limit)] += uint32(free - used)
		free = 2 * used
	}
	shorten(&count, limit)
	return count
}

// shorten turns the lengths of a code that was cut off at limit bits into the lengths of a
// prefix code. While words overlap, a word at the limit moves beside a shorter word,
// which grows by a bit (the reverse of ITU-T T.81, K.2).
func shorten(count *[16]uint32, limit int) {
	total := 0
	for length := 1; length <= limit; length++ {
		total += int(count[length]) << (limit - length)
	}
	for ; total > 1<<limit; total-- {
		length := limit - 1
		for count[length] == 0 {
			length--
		}
		count[length]--
		count[length+1] += 2
		count[limit]--
	}
}

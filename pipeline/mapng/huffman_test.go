package mapng

import (
	"slices"
	"testing"
)

// leastBits is the length of freq's message in an optimal code of at most limit
// bits a word, by package-merge (Larmore and Hirschberg, A fast algorithm for
// optimal length-limited Huffman codes, 1990).
func leastBits(freq []uint32, limit int) (sum int) {
	var leaves []int
	for _, f := range freq {
		if f > 0 {
			leaves = append(leaves, int(f))
		}
	}
	var list []int
	for range limit {
		packages := slices.Clone(leaves)
		for i := 0; i+1 < len(list); i += 2 {
			packages = append(packages, list[i]+list[i+1])
		}
		slices.Sort(packages)
		list = packages
	}
	for _, w := range list[:2*len(leaves)-2] {
		sum += w
	}
	return sum
}

func TestCodes(t *testing.T) {
	fibonacci := []uint32{1, 1}
	for len(fibonacci) < 24 {
		fibonacci = append(fibonacci, fibonacci[len(fibonacci)-1]+fibonacci[len(fibonacci)-2])
	}
	geometric := make([]uint32, 19)
	for i := range geometric {
		geometric[i] = 1 << i
	}
	for _, c := range []struct {
		name  string
		freq  []uint32
		limit int
		over  float64 // part by which shorten, a heuristic, may exceed the optimum in cases as bad as these
	}{
		{"two", []uint32{0, 5, 0, 1}, 12, 0},
		{"equal", slices.Repeat([]uint32{3}, litSymbols), 12, 0},
		{"one symbol stands out", append(slices.Repeat([]uint32{1}, 285), 30000), 12, 0},
		{"fibonacci within the limit", fibonacci[:13], 12, 0},
		{"fibonacci", fibonacci, 12, 0.02},
		{"powers of two", geometric, 7, 0.05},
		{"highest frequency", []uint32{maxFreq, maxFreq, 1}, 12, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b codeBuilder
			var code code
			b.build(&code, c.freq, c.limit)
			used, bits := 0, 0
			for sym, f := range c.freq {
				l := int(code.length[sym])
				if (l > 0) != (f > 0) || l > c.limit {
					t.Errorf("symbol %d of frequency %d has %d bits", sym, f, l)
				}
				if l > 0 {
					used += 1 << (c.limit - l)
					bits += int(f) * l
				}
			}
			if used != 1<<c.limit {
				t.Errorf("the code takes %d of %d places", used, 1<<c.limit)
			}
			if least := leastBits(c.freq, c.limit); bits < least || float64(bits) > float64(least)*(1+c.over) {
				t.Errorf("%d bits, want %d and at most %v of it more", bits, least, c.over)
			}
		})
	}
}

// TestCodeOfOneSymbol: some decoders refuse a code length code with one word.
func TestCodeOfOneSymbol(t *testing.T) {
	var b codeBuilder
	var code code
	b.build(&code, []uint32{0, 0, 9}, maxCodeLenLength)
	if code.length[2] != 1 || code.length[0] != 1 {
		t.Errorf("lengths %v, want symbol 2 and one other of 1 bit", code.length[:3])
	}
}

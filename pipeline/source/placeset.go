package source

import (
	"hash/maphash"
	"math"
	"math/bits"
)

// placeSet finds strings of which it keeps nothing but a hash and a number. It takes 15 to 19 bytes
// of memory a string. Who asks must be able to look up the string of a number.
type placeSet struct {
	seed   maphash.Seed
	tables [256]placeTable // by the highest bits of the hash, so that little is copied at a time
}

// placeTable is an open hash table. Slots are tried one after another.
type placeTable struct {
	hashes  []uint64 // 0 in free slots
	numbers []uint32
	used    int
}

func newPlaceSet() *placeSet { return &placeSet{seed: maphash.MakeSeed()} }

// maxPlaces is the most strings that have numbers.
const maxPlaces = math.MaxUint32

// find returns the number of a string. If the string is new, it gets the number. is says whether
// the string of a number is the one that is asked for.
func (s *placeSet) find(name string, number uint32, is func(number uint32) (bool, error)) (first uint32, known bool, err error) {
	hash := maphash.String(s.seed, name) | 1 // no hash is 0
	t := &s.tables[hash>>56]
	if 5*t.used >= 4*len(t.hashes) {
		t.grow()
	}
	at := t.slot(hash)
	for t.hashes[at] != 0 {
		if t.hashes[at] == hash {
			if same, err := is(t.numbers[at]); err != nil || same {
				return t.numbers[at], true, err
			}
		}
		if at++; at == len(t.hashes) {
			at = 0
		}
	}
	t.hashes[at], t.numbers[at] = hash, number
	t.used++
	return number, false, nil
}

// slot is the slot at which the search for a hash begins.
func (t *placeTable) slot(hash uint64) int {
	high, _ := bits.Mul64(hash<<8, uint64(len(t.hashes))) // the highest bits have chosen the table
	return int(high)
}

// grow makes a quarter more slots.
func (t *placeTable) grow() {
	old := *t
	n := max(16, len(old.hashes)+len(old.hashes)/4)
	t.hashes, t.numbers = make([]uint64, n), make([]uint32, n)
	for i, hash := range old.hashes {
		if hash == 0 {
			continue
		}
		at := t.slot(hash)
		for t.hashes[at] != 0 {
			if at++; at == n {
				at = 0
			}
		}
		t.hashes[at], t.numbers[at] = hash, old.numbers[i]
	}
}

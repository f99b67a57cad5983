// Package moments owns exact sums over the values of a map and the statistics that follow from
// them. It never looks at pictures, layers or files.
package moments

import (
	"math"
	"math/big"
	"math/bits"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// Statistics describe the n values v of a map. Each is computed from exact sums as the
// formula says, in float64, and then rounded to float32.
type Statistics struct {
	Mean   float32 // Σv / n
	Std    float32 // √(n·Σv² − (Σv)²) / n, the population's standard deviation
	Max    float32 // the largest v; a zero is +0
	Energy float32 // Σv² / n
	Active float32 // the share of v > 0
}

// Sums gathers the values of one map. The sums are integers, so that neither the order of the
// values nor the division into bands changes them. The zero value has seen no values.
type Sums struct {
	n, active          uint64
	positive, negative [6]uint64  // sums of magnitudes in units of 2⁻¹⁴⁹, the lowest limb first
	squares            [10]uint64 // sum in units of 2⁻²⁹⁸
	max                float32    // of finite values
	finite             bool       // some value is finite
	nan, above, below  bool       // some value is NaN, +Inf, −Inf
}

// Bins is scratch memory for adding values to any Sums, 16 kB. It has one owner. The zero
// value is ready.
type Bins struct{ bins [512]bin } // by sign and exponent

// bin adds up significands M < 2²⁴ and their squares. Values of even and of odd places are
// apart, because an addition to the same number waits for the one before.
type bin struct{ sums, squares [2]uint64 }

// most is the number of values in the bins at a time. 2¹⁶ squares below 2⁴⁸ fit 64 bits.
const most = 1 << 16

const (
	storedBits = 23
	special    = 255 // the exponent of infinities and NaN
	infinity   = special << storedBits
	unit       = 149 // the smallest float32 is 2⁻¹⁴⁹
)

// AddRows takes the next rows of a map, a channel of rows. k finds the largest value.
func (s *Sums) AddRows(k *kernel.Kernel, b *Bins, rows volume.Rows, channel int) {
	held := 0
	finite := true
	for i := range rows.N {
		row := rows.Row(channel, i)
		s.n += uint64(len(row))
		if lo, hi := k.Extremes(row); lo <= hi {
			if !s.finite || hi > s.max {
				s.max = hi
			}
			s.finite = true
		}
		for len(row) > 0 {
			if held == most {
				finite = s.take(b) && finite
				held = 0
			}
			n := min(len(row), most-held)
			s.active += b.add(row[:n])
			held += n
			row = row[n:]
		}
	}
	if finite = s.take(b) && finite; finite {
		return
	}
	for i := range rows.N {
		for _, v := range rows.Row(channel, i) {
			s.nan = s.nan || v != v
			s.above = s.above || v > math.MaxFloat32
			s.below = s.below || v < -math.MaxFloat32
		}
	}
}

// add adds values to the bins and returns how many are above 0.
func (b *Bins) add(row []float32) (active uint64) {
	for ; len(row) >= 2; row = row[2:] {
		active += b.one(0, row[0]) + b.one(1, row[1])
	}
	for _, v := range row {
		active += b.one(0, v)
	}
	return active
}

// one adds a value and returns 1 if the value is above 0, and 0 otherwise. It has no
// branches, because signs and zeros come in any order.
func (b *Bins) one(lane int, v float32) uint64 {
	x := math.Float32bits(v)
	exponent := x >> storedBits
	hidden := (exponent&special + special) >> 8 << storedBits // 0 for zeros and subnormals
	m := uint64(x&(1<<storedBits-1) | hidden)
	at := &b.bins[exponent]
	at.sums[lane] += m
	at.squares[lane] += m * m
	return (uint64(x-1) - infinity) >> 63 // +0 wraps around to a large number
}

// take moves the bins' sums into s. It returns false if some values were not finite.
func (s *Sums) take(b *Bins) (finite bool) {
	finite = true
	for i := range b.bins {
		at := &b.bins[i]
		sum := at.sums[0] + at.sums[1]
		if sum == 0 {
			continue
		}
		squares := at.squares[0] + at.squares[1]
		*at = bin{}
		exponent := i & special
		if exponent == special {
			finite = false
			continue
		}
		shift := max(exponent, 1) - 1
		if i > special {
			accumulate(s.negative[:], sum, shift)
		} else {
			accumulate(s.positive[:], sum, shift)
		}
		accumulate(s.squares[:], squares, 2*shift)
	}
	return finite
}

// accumulate adds v·2^shift to a number.
func accumulate(to []uint64, v uint64, shift int) {
	to = to[shift/64:]
	off := uint(shift % 64)
	var carry uint64
	to[0], carry = bits.Add64(to[0], v<<off, 0)
	to[1], carry = bits.Add64(to[1], v>>(64-off), carry)
	for i := 2; carry > 0; i++ {
		to[i], carry = bits.Add64(to[i], 0, carry)
	}
}

// Statistics returns the statistics of all values so far, of which there must be at least
// one. They are NumPy's for values that are not finite: a NaN makes all but Active NaN, an
// infinite value makes Std NaN, and both infinities make Mean NaN.
func (s *Sums) Statistics() Statistics {
	n := float64(s.n)
	r := Statistics{Max: s.max, Active: float32(float64(s.active) / n)}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	switch {
	case s.nan:
		r.Mean, r.Std, r.Max, r.Energy = nan, nan, nan, nan
		return r
	case s.above || s.below:
		r.Mean, r.Std, r.Energy = inf, nan, inf
		if s.below {
			r.Mean = -inf
		}
		if s.above && s.below {
			r.Mean = nan
		}
		if s.above {
			r.Max = inf
		} else if !s.finite {
			r.Max = -inf
		}
		return r
	}
	sum := integer(s.positive[:])
	sum.Sub(sum, integer(s.negative[:]))
	squares := integer(s.squares[:])
	r.Mean = float32(math.Ldexp(float(sum)/n, -unit))
	r.Energy = float32(math.Ldexp(float(squares)/n, -2*unit))
	squares.Mul(squares, new(big.Int).SetUint64(s.n))
	squares.Sub(squares, sum.Mul(sum, sum))
	r.Std = float32(math.Ldexp(math.Sqrt(float(squares))/n, -unit))
	return r
}

// integer is the number that limbs make, the lowest first.
func integer(limbs []uint64) *big.Int {
	words := make([]big.Word, 0, len(limbs)*64/bits.UintSize)
	for _, l := range limbs {
		for range 64 / bits.UintSize {
			words = append(words, big.Word(l))
			l >>= bits.UintSize - 1
			l >>= 1 // a shift by 64 in two steps
		}
	}
	return new(big.Int).SetBits(words)
}

func float(v *big.Int) float64 {
	f, _ := v.Float64()
	return f
}

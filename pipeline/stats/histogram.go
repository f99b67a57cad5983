package stats

import (
	"math"
	"math/big"
	"math/bits"
)

// Histogram counts float32 values by sign, exponent and the first 8 bits of the
// significand, and sums them without rounding. A bin is at most 1/256 of its values wide.
// A bin of subnormal values is 2⁻¹³⁴ wide. All counts and sums are integers, so neither the
// order of the values nor the order of merging changes them. The zero value is empty.
//
// A Histogram takes 4 kB, and 2 kB more for every sign and power of two among the values.
type Histogram struct {
	pages         [512]*page // by sign and exponent
	zeros         uint64     // of either sign
	nan, infinite uint64     // not in any page
}

// page holds the values of one sign and exponent. m is the 23 stored bits of a significand.
// sum adds up m, and squares adds up m².
type page struct {
	counts               [256]uint64 // by the upper 8 bits of m
	sum                  uint64
	squares, squaresHigh uint64 // low and high half
}

const (
	storedBits = 23
	binShift   = storedBits - 8
	special    = 255 // the exponent of infinities and NaN
)

// Add counts the values of a row.
func (h *Histogram) Add(row []float32) {
	var zeros uint64
	for _, v := range row {
		b := math.Float32bits(v)
		if b<<1 == 0 {
			zeros++
			continue
		}
		p := h.pages[b>>storedBits]
		if p == nil {
			if p = h.open(b); p == nil {
				continue
			}
		}
		m := uint64(b & (1<<storedBits - 1))
		p.counts[m>>binShift]++
		p.sum += m
		var carry uint64
		p.squares, carry = bits.Add64(p.squares, m*m, 0)
		p.squaresHigh += carry
	}
	h.zeros += zeros
}

// open makes the page of a value met for the first time. Values that are not finite have no
// page, and open counts them itself.
func (h *Histogram) open(b uint32) *page {
	switch at := b >> storedBits; {
	case at&special != special:
		h.pages[at] = new(page)
		return h.pages[at]
	case b&(1<<storedBits-1) != 0:
		h.nan++
	default:
		h.infinite++
	}
	return nil
}

// Drain moves all counts from another histogram into h.
func (h *Histogram) Drain(from *Histogram) {
	h.zeros += from.zeros
	h.nan += from.nan
	h.infinite += from.infinite
	from.zeros, from.nan, from.infinite = 0, 0, 0
	for i, f := range from.pages {
		if f == nil {
			continue
		}
		p := h.pages[i]
		if p == nil {
			p = new(page)
			h.pages[i] = p
		}
		for k, n := range f.counts {
			p.counts[k] += n
		}
		p.sum += f.sum
		var carry uint64
		p.squares, carry = bits.Add64(p.squares, f.squares, 0)
		p.squaresHigh += f.squaresHigh + carry
		*f = page{}
	}
}

// finite is the number of finite values.
func (h *Histogram) finite() uint64 {
	n := h.zeros
	for _, p := range h.pages {
		n += p.count()
	}
	return n
}

func (p *page) count() (n uint64) {
	if p != nil {
		for _, c := range p.counts {
			n += c
		}
	}
	return n
}

// Moments returns the mean and the population's standard deviation of the finite values,
// both 0 if there are none. They are computed from exact sums: the mean is rounded once and
// the deviation twice.
func (h *Histogram) Moments() (mean, deviation float64) {
	sum, squares := new(big.Int), new(big.Int) // in units of 2⁻¹⁴⁹ and 2⁻²⁹⁸
	for i, p := range h.pages {
		if p == nil {
			continue
		}
		s, q, shift := p.exact(i & special)
		if i > special {
			s.Neg(s)
		}
		sum.Add(sum, s.Lsh(s, shift))
		squares.Add(squares, q.Lsh(q, 2*shift))
	}
	count := new(big.Int).SetUint64(h.finite())
	if count.Sign() == 0 {
		return 0, 0
	}
	const unit = 149
	mean, _ = new(big.Rat).SetFrac(sum, new(big.Int).Lsh(count, unit)).Float64()
	// n²·variance = n·Σx² − (Σx)²
	squares.Mul(squares, count).Sub(squares, sum.Mul(sum, sum))
	variance, _ := new(big.Rat).SetFrac(squares, count.Lsh(count.Mul(count, count), 2*unit)).Float64()
	return mean, math.Sqrt(variance)
}

// exact returns the sum and the sum of squares of a page's magnitudes, in units in the last
// place. Such a unit is 2^shift times the smallest float32.
func (p *page) exact(exponent int) (sum, squares *big.Int, shift uint) {
	sum = new(big.Int).SetUint64(p.sum)
	squares = new(big.Int).SetUint64(p.squaresHigh)
	squares.Lsh(squares, 64).Add(squares, new(big.Int).SetUint64(p.squares))
	if exponent == 0 { // subnormal: there is no hidden bit
		return sum, squares, 0
	}
	// With the hidden bit M = m + 2²³: ΣM² = Σm² + 2²⁴·Σm + n·2⁴⁶.
	count := new(big.Int).SetUint64(p.count())
	squares.Add(squares, new(big.Int).Lsh(sum, storedBits+1))
	squares.Add(squares, new(big.Int).Lsh(count, 2*storedBits))
	sum.Add(sum, count.Lsh(count, storedBits))
	return sum, squares, uint(exponent - 1)
}

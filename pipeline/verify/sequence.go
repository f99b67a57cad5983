package verify

import "math"

// sequence is SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number
// generators, 2014), and its value is the generator's state. The cases depend on its
// numbers, which no change of Go's own generators can alter.
type sequence uint64

func (s *sequence) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below draws a number from 0 to n−1.
func (s *sequence) below(n int) int { return int(s.next()>>33) % n }

// unit draws a multiple of 2⁻²³ in [−1, 1), which float32 holds exactly.
func (s *sequence) unit() float32 { return float32(int32(s.next()>>40)-1<<23) / (1 << 23) }

func (s *sequence) units(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = s.unit()
	}
	return values
}

// sparse draws zeros of both signs and ±2^e·(1 ± 2^−k), with e in steps of 12 and k of 22 or
// 23. They find fused multiply-adds that are emulated in float64 and rounded twice: a sum
// such as 2^−24·(1 + 2^−23)·(1 − 2^−23) + (1 + 2^−23) misses the midpoint of two float32 by
// less than float64 can represent.
func (s *sequence) sparse(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		if s.below(3) > 0 {
			values[i] = s.besidePower(-12 * s.below(3))
		}
		if s.below(2) == 0 {
			values[i] = -values[i]
		}
	}
	return values
}

// faint draws subnormal values, and numbers whose products miss the midpoint of two
// subnormals by as little.
func (s *sequence) faint(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		if s.below(2) == 0 {
			values[i] = s.besidePower(-75)
		} else {
			values[i] = float32(2*s.below(1<<13)+1) * math.SmallestNonzeroFloat32
		}
		if s.below(2) == 0 {
			values[i] = -values[i]
		}
	}
	return values
}

// besidePower draws 2^e·(1 ± 2^−22) or 2^e·(1 ± 2^−23).
func (s *sequence) besidePower(e int) float32 {
	step := math.Ldexp(1, -22-s.below(2))
	if s.below(2) == 0 {
		step = -step
	}
	return float32(math.Ldexp(1+step, e))
}

// special are values that arithmetic treats specially. The first finiteSpecial are finite.
var special = [...]float32{
	0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, -0x1p-130, 0x1p-126, 0x1p-75, math.MaxFloat32, -math.MaxFloat32,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), math.Float32frombits(0xffc12345),
}

const finiteSpecial = 8

// sprinkled draws units, with one value in every replaced by one of the first kinds of
// special.
func (s *sequence) sprinkled(n, every, kinds int) []float32 {
	values := s.units(n)
	for i := range values {
		if s.below(every) == 0 {
			values[i] = special[s.below(kinds)]
		}
	}
	return values
}

package verify

import "math"

// sequence is SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number
// generators, 2014), whose state is its value. The cases rest on its numbers, which no
// change of Go's own generators can alter.
type sequence uint64

func (s *sequence) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is from 0 to n−1.
func (s *sequence) below(n int) int { return int(s.next()>>33) % n }

// unit is a multiple of 2⁻²³ from −1 to below 1, which float32 holds exactly.
func (s *sequence) unit() float32 { return float32(int32(s.next()>>40)-1<<23) / (1 << 23) }

func (s *sequence) units(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = s.unit()
	}
	return values
}

// sparse gives zeros of both signs and ±2^e·(1 ± 2^−k), with e in steps of 12 and k of 22
// or 23. A product such as 2^−24·(1 + 2^−23)·(1 − 2^−23), added to 1 + 2^−23, misses the
// middle between two float32 by less than float64 can tell: where a fused multiply-add
// is put together from float64, rounding twice goes wrong there.
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

// faint gives subnormals and numbers whose products miss the middle between two
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

// besidePower is 2^e·(1 ± 2^−22) or 2^e·(1 ± 2^−23).
func (s *sequence) besidePower(e int) float32 {
	step := math.Ldexp(1, -22-s.below(2))
	if s.below(2) == 0 {
		step = -step
	}
	return float32(math.Ldexp(1+step, e))
}

// special are values that arithmetic treats unlike others; the first are finite.
var special = [...]float32{
	0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, -0x1p-130, 0x1p-126, 0x1p-75, math.MaxFloat32, -math.MaxFloat32,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), math.Float32frombits(0xffc12345),
}

const finiteSpecial = 8

// sprinkled gives units with one in every, on average, replaced by a special value of
// the first kinds.
func (s *sequence) sprinkled(n, every, kinds int) []float32 {
	values := s.units(n)
	for i := range values {
		if s.below(every) == 0 {
			values[i] = special[s.below(kinds)]
		}
	}
	return values
}

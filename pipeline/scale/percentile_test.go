package scale

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/pipeline/render"
)

// percentiles adds a map as often as needed, in rows of the given length. most is the number of
// values that may be kept.
func percentiles(p *Percentiles, values []float32, row int, lo, hi float64, most int) (r render.Range, times int) {
	p.Reset(lo, hi, len(values))
	p.most, p.keep = most, len(values) <= most
	for ; !p.Done(); times++ {
		for part := range slices.Chunk(values, row) {
			p.Add(kernel.Best(), part)
		}
		p.EndPass()
	}
	return p.Range(), times
}

// TestPercentilesAreNumpys compares with numpy.percentile of numpy 1.24.2 on the values as
// float64.
func TestPercentilesAreNumpys(t *testing.T) {
	few := []float32{3, -1.5, 0.25, 7, 2, 2, -0.125, 100}
	ramp := make([]float32, 1001)
	for i := range ramp {
		ramp[i] = float32(i*i%997)/64 - 3
	}
	var p Percentiles
	for _, c := range []struct {
		values []float32
		lo, hi float64
		want   render.Range
	}{
		{few, 0, 100, render.Range{Lo: -1.5, Hi: 100.0}},
		{few, 1, 99, render.Range{Lo: -1.40375, Hi: 93.48999999999998}},
		{few, 0.1, 99.9, render.Range{Lo: -1.490375, Hi: 99.34900000000003}},
		{few, 2.5, 60, render.Range{Lo: -1.259375, Hi: 2.2}},
		{few, 33.3, 66.6, render.Range{Lo: 0.8292499999999992, Hi: 2.661999999999999}},
		{ramp, 0, 100, render.Range{Lo: -3.0, Hi: 12.5625}},
		{ramp, 1, 99, render.Range{Lo: -2.859375, Hi: 12.390625}},
		{ramp, 0.1, 99.9, render.Range{Lo: -3.0, Hi: 12.5625}},
		{ramp, 2.5, 60, render.Range{Lo: -2.65625, Hi: 6.484375}},
		{ramp, 33.3, 66.6, render.Range{Lo: 1.9062499999999991, Hi: 7.59375}},
	} {
		for _, row := range []int{1, 3, 1 << 20} {
			if got, _ := percentiles(&p, c.values, row, c.lo, c.hi, mostKept); got != c.want {
				t.Errorf("%d values, percentiles %v and %v: got %v, want %v", len(c.values), c.lo, c.hi, got, c.want)
			}
		}
	}
}

// sortedRange computes the range of Percentiles by sorting.
func sortedRange(values []float32, lo, hi float64) render.Range {
	var finite []float64
	var all Extremes
	all.Add(kernel.Best(), values)
	for _, v := range values {
		switch {
		case math.Abs(float64(v)) < 0x1p-128:
			finite = append(finite, 0)
		case v-v == 0:
			finite = append(finite, float64(v))
		}
	}
	if len(finite) == 0 {
		return render.Range{}
	}
	slices.Sort(finite)
	var found [2]float64
	for i, q := range []float64{lo, hi} {
		at := float64(float64(len(finite)-1) * (q / 100))
		below := int(at)
		a, b, t := finite[below], finite[min(below+1, len(finite)-1)], at-float64(below)
		if found[i] = a + float64((b-a)*t); t >= 0.5 {
			found[i] = b - float64((b-a)*(1-t))
		}
	}
	if found[0] == found[1] {
		return all.Range()
	}
	return render.Range{Lo: found[0], Hi: found[1]}
}

// checkPercentiles compares texts, which distinguish −0 from 0.
func checkPercentiles(t *testing.T, p *Percentiles, values []float32, lo, hi float64) {
	t.Helper()
	want := sortedRange(values, lo, hi)
	for _, most := range []int{0, len(values) / 4, len(values)} {
		if got, _ := percentiles(p, values, 7, lo, hi, most); got.String() != want.String() {
			t.Fatalf("%d values, %d kept, percentiles %v and %v: got %v, want %v", len(values), most, lo, hi, got, want)
		}
	}
}

func TestPercentilesAreThoseOfSortedValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	special := []float32{nan, -nan, inf, -inf, 0, negZero, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -0x1p-126}
	var p Percentiles // one for all maps, as in a worker
	for n := range 400 {
		values := make([]float32, n)
		for i := range values {
			switch kind := n % 5; {
			case kind == 0 && rng.IntN(3) == 0:
				values[i] = special[rng.IntN(len(special))]
			case kind == 1: // after ReLU
				values[i] = max(0, float32(rng.NormFloat64()))
			case kind == 2: // few values, many times
				values[i] = float32(rng.IntN(4)-1) / 2
			case kind == 3: // that differ in their last bits only
				values[i] = math.Float32frombits(0x3f800000 + rng.Uint32N(20))
			default:
				values[i] = float32(rng.NormFloat64())
			}
		}
		lo := 100 * rng.Float64()
		checkPercentiles(t, &p, values, lo, min(100, lo+(100-lo)*rng.Float64()+1e-9))
		checkPercentiles(t, &p, values, 0, 100)
		checkPercentiles(t, &p, values, 1, 99)
	}
}

// TestPercentilesSeeMapsSeldom counts how often a map must be seen: once if it is small or the
// percentiles are 0, as in most maps after ReLU; twice if few values lie near them; and three
// times if many do.
func TestPercentilesSeeMapsSeldom(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	small, spread, alike, dark := make([]float32, mostKept), make([]float32, 1e5), make([]float32, 1e5), make([]float32, 1e5)
	for i := range spread {
		spread[i] = float32(rng.NormFloat64())
		alike[i] = 1 + rng.Float32()/8
		if i%200 == 0 {
			dark[i] = 1
		}
		small[i%mostKept] = spread[i]
	}
	for _, c := range []struct {
		values []float32
		lo, hi float64
		want   int
	}{{small, 1, 99, 1}, {dark, 0, 99, 1}, {spread, 1, 99, 2}, {alike, 1, 99, 3}} {
		var p Percentiles
		got, times := percentiles(&p, c.values, 1000, c.lo, c.hi, mostKept)
		if want := sortedRange(c.values, c.lo, c.hi); got != want || times != c.want {
			t.Errorf("%d values: got %v, seen %d times, want %v and %d", len(c.values), got, times, want, c.want)
		}
		if len(p.kept) > mostKept {
			t.Errorf("%d values: %d are kept", len(c.values), len(p.kept))
		}
	}
}

func FuzzPercentiles(f *testing.F) {
	f.Add([]byte("\x00\x00\x80\x3f\x00\x00\x00\xc0\xff\xff\xff\xff"), 1.0, 99.0)
	f.Fuzz(func(t *testing.T, data []byte, lo, hi float64) {
		if !(0 <= lo && lo < hi && hi <= 100) {
			return
		}
		var values []float32
		for ; len(data) >= 4; data = data[4:] {
			values = append(values, math.Float32frombits(binary.LittleEndian.Uint32(data)))
		}
		checkPercentiles(t, new(Percentiles), values, lo, hi)
	})
}

// TestStretchedRangesAreValues compares with the sorted values: neither end is interpolated,
// black is 0 unless values lie below it, and rounding beside large values is not stretched.
func TestStretchedRangesAreValues(t *testing.T) {
	hundred, flat, peak := make([]float32, 100), make([]float32, 1000), make([]float32, 1000)
	for i := range hundred {
		hundred[i] = float32(i + 1)
	}
	for i := range flat {
		flat[i], peak[i] = float32(i)*1e-9, float32(i%7)
	}
	flat[500], peak[500] = 1, 600
	for _, c := range []struct {
		what   string
		values []float32
		want   render.Range
	}{
		{"few values are shown whole", hundred, render.Range{Hi: 100}},
		{"one value in a hundred and one is left out", append(hundred[:100:100], 1e3), render.Range{Hi: 100}},
		{"a peak", peak, render.Range{Hi: 6}},
		{"rounding beside a peak", flat, render.Range{Hi: 1}},
		{"rounding alone", flat[:500], render.Range{Hi: float64(flat[495])}},
		{"values below 0", []float32{-4, -3, 1}, render.Range{Lo: -4, Hi: 1}},
		{"values below 0 alone", []float32{-4, -3, -1}, render.Range{Lo: -4, Hi: -1}},
		{"rounding below 0", []float32{-1e-8, 3, 1}, render.Range{Hi: 3}},
		{"zeros", make([]float32, 200), render.Range{}},
		{"one value", []float32{5, 5}, render.Range{Hi: 5}},
		{"nothing finite", []float32{nan, inf}, render.Range{}},
	} {
		var p Percentiles
		percentiles(&p, c.values, 7, stretch[0], stretch[1], mostKept)
		if got := p.Stretched(); got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, got, c.want)
		}
	}
}

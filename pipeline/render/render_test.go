package render

import (
	"math"
	"strings"
	"testing"
)

var (
	nan = float32(math.NaN())
	inf = float32(math.Inf(1))
)

func TestExtremes(t *testing.T) {
	for _, c := range []struct {
		name string
		rows [][]float32
		want Range
	}{
		{"nothing", nil, Range{}},
		{"after ReLU", [][]float32{{0, 3}, {1, 2}}, Range{0, 3}},
		{"positive: lo is 0 all the same", [][]float32{{2, 3}}, Range{0, 3}},
		{"negative values", [][]float32{{-2, 3}}, Range{-2, 3}},
		{"negative only", [][]float32{{-2, -1}}, Range{-2, -1}},
		{"constant", [][]float32{{5, 5}, {5}}, Range{5, 5}},
		{"black", [][]float32{{0, 0}}, Range{0, 0}},
		{"not finite", [][]float32{{nan, inf, -inf, 1, 0}}, Range{0, 1}},
		{"nothing finite", [][]float32{{nan, inf}}, Range{}},
	} {
		var e Extremes
		for _, row := range c.rows {
			e.Add(row)
		}
		if got := e.Range(); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	var a, b Extremes
	a.Add([]float32{1, 2})
	b.Add([]float32{-1})
	a.Merge(b)
	a.Merge(Extremes{})
	if got, want := a.Range(), (Range{-1, 2}); got != want {
		t.Errorf("merged: got %v, want %v", got, want)
	}
}

func TestGray(t *testing.T) {
	for _, c := range []struct {
		v    float32
		r    Range
		want [2]int // 8 and 16 bits
	}{
		{0, Range{0, 1}, [2]int{0, 0}},
		{1, Range{0, 1}, [2]int{255, 65535}},
		{0.5, Range{0, 1}, [2]int{128, 32768}}, // 127.5 and 32767.5 to even
		{0.5, Range{0, 255}, [2]int{0, 128}},   // 0.5 to even; 128.5 to even
		{1.5, Range{0, 255}, [2]int{2, 386}},   // 1.5 to even; 385.5 to even
		{-1, Range{-1, 1}, [2]int{0, 0}},       //
		{-3, Range{-1, 1}, [2]int{0, 0}},       // clamped
		{3, Range{-1, 1}, [2]int{255, 65535}},  // clamped
		{inf, Range{0, 1}, [2]int{255, 65535}}, //
		{-inf, Range{0, 1}, [2]int{0, 0}},      //
		{nan, Range{0, 1}, [2]int{0, 0}},       //
		{5, Range{5, 5}, [2]int{0, 0}},         // a constant map
		{6, Range{5, 5}, [2]int{0, 0}},         //
		{math.MaxFloat32, Range{0, math.MaxFloat32}, [2]int{255, 65535}},
	} {
		var got8 [1]byte
		var got16 [2]byte
		gray8, gray16 := Gray8(c.r), Gray16(c.r)
		gray8.Row(got8[:], []float32{c.v})
		gray16.Row(got16[:], []float32{c.v})
		if int(got8[0]) != c.want[0] || int(got16[0])<<8|int(got16[1]) != c.want[1] {
			t.Errorf("%v in %v: got %d and %d, want %v", c.v, c.r, got8[0], int(got16[0])<<8|int(got16[1]), c.want)
		}
	}
}

func TestParseScale(t *testing.T) {
	for s, want := range map[string]Scale{
		"map": {}, "layer": {Per: PerLayer}, "image": {Per: PerImage},
		"unit": {PerNone, Range{0, 1}}, "0:2.5": {PerNone, Range{0, 2.5}}, "-1e-3:1": {PerNone, Range{-1e-3, 1}},
	} {
		if got, err := ParseScale(s); err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "maps", "1", "1:1", "2:1", "a:b", "0:inf", "nan:1", "0:1:2", "-1e308:1e308"} {
		if got, err := ParseScale(s); err == nil || !strings.Contains(err.Error(), "LO:HI") {
			t.Errorf("%q: got %v, %v; want an error that names LO:HI", s, got, err)
		}
	}
}

func TestRangeString(t *testing.T) {
	if got, want := (Range{-0.5, float64(float32(0.1))}).String(), "-0.5 0.10000000149011612"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

package render

import (
	"strings"
	"testing"
)

func TestParseScale(t *testing.T) {
	for s, want := range map[string]Scale{
		"map": {}, "layer": {Per: PerLayer}, "image": {Per: PerImage},
		"unit": {Per: PerNone, Fixed: Range{0, 1}}, "0:2.5": {Per: PerNone, Fixed: Range{0, 2.5}}, "-1e-3:1": {Per: PerNone, Fixed: Range{-1e-3, 1}},
		"percentile:0,99.5": {Per: PerPercentile, Percentiles: [2]float64{0, 99.5}}, "percentile:1,100": {Per: PerPercentile, Percentiles: [2]float64{1, 100}},
	} {
		if got, err := ParseScale(s); err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "maps", "1", "1:1", "2:1", "a:b", "0:inf", "nan:1", "0:1:2", "-1e308:1e308", "percentile"} {
		if got, err := ParseScale(s); err == nil || !strings.Contains(err.Error(), "LO:HI") {
			t.Errorf("%q: got %v, %v; want an error that names LO:HI", s, got, err)
		}
	}
}

func TestScaleCentred(t *testing.T) {
	for s, want := range map[string]bool{
		"map": true, "layer": true, "image": true, "percentile:1,99": true, "unit": false, "-1:2": false, "-2:2": true,
	} {
		if scale, err := ParseScale(s); err != nil || scale.Centred() != want {
			t.Errorf("%s: got %v, %v; want %v", s, scale.Centred(), err, want)
		}
	}
}

func TestRangeString(t *testing.T) {
	if got, want := (Range{-0.5, float64(float32(0.1))}).String(), "-0.5 0.10000000149011612"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestZeroLevel(t *testing.T) {
	for r, want := range map[Range]byte{
		{0, 1}: 0, {-1, 1}: 128, {-1, 3}: 64, {-1, 0}: 255, {2, 3}: 0, {-3, -2}: 255, {0, 0}: 0, {5, 5}: 0, {-5, -5}: 0,
	} {
		if got := r.ZeroLevel(); got != want {
			t.Errorf("0 on %v is level %d, want %d", r, got, want)
		}
	}
}

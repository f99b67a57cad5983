package scale

import (
	"reflect"
	"strings"
	"testing"

	"filterbank/pipeline/render"
)

func TestParse(t *testing.T) {
	for s, want := range map[string]Scale{
		"map": {}, "layer": {Per: PerLayer}, "image": {Per: PerImage},
		"unit": {Per: Fixed, Fixed: render.Range{Lo: 0, Hi: 1}}, "0:2.5": {Per: Fixed, Fixed: render.Range{Lo: 0, Hi: 2.5}}, "-1e-3:1": {Per: Fixed, Fixed: render.Range{Lo: -1e-3, Hi: 1}},
		"percentile:0,99.5": {Per: Percentile, Percentiles: [2]float64{0, 99.5}}, "percentile:1,100": {Per: Percentile, Percentiles: [2]float64{1, 100}},
	} {
		if got, err := Parse(s); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "maps", "1", "1:1", "2:1", "a:b", "0:inf", "nan:1", "0:1:2", "-1e308:1e308", "percentile"} {
		if got, err := Parse(s); err == nil || !strings.Contains(err.Error(), "LO:HI") {
			t.Errorf("%q: got %v, %v; want an error that names LO:HI", s, got, err)
		}
	}
}

func TestScaleCentred(t *testing.T) {
	for s, want := range map[string]bool{
		"map": true, "layer": true, "image": true, "percentile:1,99": true, "unit": false, "-1:2": false, "-2:2": true,
	} {
		if scale, err := Parse(s); err != nil || scale.Centred() != want {
			t.Errorf("%s: got %v, %v; want %v", s, scale.Centred(), err, want)
		}
	}
}

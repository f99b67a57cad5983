package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// percents are the percentiles in a file, by name and in thousandths.
var percents = [...]struct {
	name     string
	permille uint64
}{
	{"0.1", 1}, {"1", 10}, {"5", 50}, {"25", 250}, {"50", 500}, {"75", 750}, {"95", 950}, {"99", 990}, {"99.9", 999},
}

// Percentiles holds the percentiles 0.1, 1, 5, 25, 50, 75, 95, 99 and 99.9 of a filter's
// values, in this order. In JSON it is an object with these names.
type Percentiles [len(percents)]float64

// MarshalJSON writes an object with the percentiles in ascending order.
func (p Percentiles) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, v := range p {
		b = fmt.Appendf(b, "%q:%s,", percents[i].name, strconv.FormatFloat(v, 'g', -1, 64))
	}
	b[len(b)-1] = '}'
	return b, nil
}

// UnmarshalJSON reads what MarshalJSON writes. A missing percentile is an error.
func (p *Percentiles) UnmarshalJSON(data []byte) error {
	var values map[string]float64
	if err := json.Unmarshal(data, &values); err != nil {
		return err
	}
	for i := range p {
		v, ok := values[percents[i].name]
		if !ok {
			return fmt.Errorf("percentile %s is missing", percents[i].name)
		}
		p[i] = v
	}
	return nil
}

// percentiles are the percentiles of the finite values, which go from lo to hi. They are
// all 0 if there is no finite value. As numpy.percentile does by default, they interpolate
// between the two values next to the place (n−1)·p/100 of the sorted values. Each of the two
// is taken from its bin, as if the values of the bin were evenly spaced. So it is known to
// 1/256 of itself.
func (h *Histogram) percentiles(lo, hi float64) (found Percentiles) {
	n := h.finite()
	if n == 0 {
		return found
	}
	var places [2 * len(percents)]uint64
	for i, p := range percents {
		// (n−1)·permille/1000 in parts that do not overflow
		places[2*i] = (n-1)/1000*p.permille + (n-1)%1000*p.permille/1000
		places[2*i+1] = min(places[2*i]+1, n-1)
	}
	values := h.at(places[:])
	for i, p := range percents {
		a, b := clamp(values[2*i], lo, hi), clamp(values[2*i+1], lo, hi)
		part := float64((n-1)%1000*p.permille%1000) / 1000
		found[i] = a + float64((b-a)*part)
	}
	return found
}

func clamp(v, lo, hi float64) float64 { return max(lo, min(hi, v)) }

// at estimates the values at some places among the sorted values.
func (h *Histogram) at(places []uint64) []float64 {
	values := make([]float64, len(places))
	var before uint64
	for b := range h.bins() {
		for i, place := range places {
			if place >= before && place-before < b.count {
				values[i] = b.lo + float64((b.hi-b.lo)*(float64(place-before)+0.5))/float64(b.count)
			}
		}
		before += b.count
	}
	return values
}

// bin is a number of values between lo and hi.
type bin struct {
	lo, hi float64
	count  uint64
}

// bins yields the bins that hold values, in ascending order.
func (h *Histogram) bins() func(yield func(bin) bool) {
	return func(yield func(bin) bool) {
		for e := special - 1; e >= 0; e-- {
			p := h.pages[e|(special+1)]
			for k := 255; p != nil && k >= 0; k-- {
				if lo, hi := edges(e, k); p.counts[k] > 0 && !yield(bin{-hi, -lo, p.counts[k]}) {
					return
				}
			}
		}
		if h.zeros > 0 && !yield(bin{0, 0, h.zeros}) {
			return
		}
		for e := range special {
			p := h.pages[e]
			for k := 0; p != nil && k < 256; k++ {
				if lo, hi := edges(e, k); p.counts[k] > 0 && !yield(bin{lo, hi, p.counts[k]}) {
					return
				}
			}
		}
	}
}

// edges are the smallest magnitude of a bin and the smallest magnitude of the next bin.
func edges(exponent, k int) (lo, hi float64) {
	first := uint32(exponent)<<storedBits | uint32(k)<<binShift
	lo = float64(math.Float32frombits(first))
	last := float64(math.Float32frombits(first | (1<<binShift - 1)))
	return lo, last + (last-lo)/(1<<binShift-1)
}

package stats

import "math"

// Kind names a finding of an audit.
type Kind string

// The kinds.
const (
	NotFinite Kind = "not-finite" // some values are NaN or infinite
	Dead      Kind = "dead"       // every value is 0
	Faint     Kind = "faint"      // the values are no more than rounding errors, as of colour filters on gray pictures
	Rare      Kind = "rare"       // hardly any value is not 0
	Constant  Kind = "constant"   // each map has one value everywhere
	Saturated Kind = "saturated"  // many values are at the activation's limit, such as the 6 of relu6
	Duplicate Kind = "duplicate"  // the maps correlate with the maps of another filter of the layer
)

const (
	faintest       = 1e-5  // a faint filter's largest magnitude, as a share of its layer's
	rareShare      = 0.001 // a rare filter's share of values other than 0
	saturatedShare = 0.25  // a saturated filter's share of values at the limit
)

// Finding is a filter that may not be worth its work.
type Finding struct {
	Kind        Kind    `json:"kind"`
	Stack       string  `json:"stack,omitempty"`
	Layer       string  `json:"layer"`
	Index       int     `json:"index"`
	Filter      string  `json:"filter"`
	Pictures    int     `json:"pictures"`              // dead: all pictures; otherwise the pictures on which the filter fires
	Share       float64 `json:"share"`                 // share of values other than 0; saturated: at the limit; not-finite: NaN or infinite
	Largest     float64 `json:"largest"`               // largest magnitude of the values
	Of          *int    `json:"of,omitempty"`          // duplicate: index of the other filter
	OfFilter    string  `json:"of_filter,omitempty"`   // duplicate: name of the other filter
	Correlation float64 `json:"correlation,omitempty"` // duplicate: correlation with the other filter, from −1 to 1
}

// Findings audits a layer and returns at most one finding a filter, in the order of the
// filters. A filter with several faults is found for the gravest. l holds the layer's
// statistics. limit is the largest value that the layer's activation lets through, or +Inf.
// Two filters are near duplicates if the magnitude of their correlation is at least
// duplicates. A duplicate names the earlier filter with the strongest correlation.
func (t *Tally) Findings(l *Layer, pictures int, limit, duplicates float64) []Finding {
	var found []Finding
	loudest := 0.0
	for k := range l.Filters {
		loudest = max(loudest, l.Filters[k].largest())
	}
	for k := range l.Filters {
		f := &l.Filters[k]
		if f.Values == 0 {
			continue
		}
		finding := Finding{Stack: l.Stack, Layer: l.Layer, Index: k, Filter: f.Filter, Pictures: f.Fires, Largest: f.largest()}
		finding.Share = float64(f.Values-f.Zeros) / float64(f.Values)
		switch saturated, odd := float64(f.AtMax)/float64(f.Values), float64(f.NaN+f.Infinite)/float64(f.Values); {
		case odd > 0:
			finding.Kind, finding.Share = NotFinite, odd
		case f.Zeros == f.Values:
			finding.Kind, finding.Pictures = Dead, pictures
		case finding.Largest < faintest*loudest:
			finding.Kind = Faint
		case f.Constant == pictures:
			finding.Kind = Constant
		case f.Max >= limit && saturated >= saturatedShare:
			finding.Kind, finding.Share = Saturated, saturated
		case finding.Share < rareShare:
			finding.Kind = Rare
		default:
			if !t.duplicate(&finding, l, duplicates) {
				continue
			}
		}
		found = append(found, finding)
	}
	return found
}

// largest is the largest magnitude of the filter's values.
func (f *Filter) largest() float64 { return max(math.Abs(f.Min), math.Abs(f.Max)) }

// duplicate looks for the earlier filter with the strongest correlation and notes it.
func (t *Tally) duplicate(f *Finding, l *Layer, least float64) bool {
	for i := range f.Index {
		r, ok := t.correlation.between(i, f.Index)
		if ok && math.Abs(r) >= least && math.Abs(r) > math.Abs(f.Correlation) {
			f.Kind, f.Of, f.OfFilter, f.Correlation = Duplicate, &i, l.Filters[i].Filter, r
		}
	}
	return f.Of != nil
}

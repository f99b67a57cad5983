package stats

import "math"

// Kind is what an audit finds.
type Kind string

// The kinds.
const (
	NotFinite Kind = "not-finite" // beyond float32 somewhere, or NaN after a layer that was
	Dead      Kind = "dead"       // 0 everywhere
	Faint     Kind = "faint"      // never above what rounding leaves: colour filters on gray pictures are so
	Rare      Kind = "rare"       // hardly ever other than 0
	Constant  Kind = "constant"   // the same everywhere in each picture
	Saturated Kind = "saturated"  // at relu6's 6
	Duplicate Kind = "duplicate"  // goes with another filter of its layer
)

const (
	faintest       = 1e-5  // of the layer's largest magnitude
	rareShare      = 0.001 // of the values are not zero
	saturatedShare = 0.25  // of the values are at the largest that there can be
)

// Finding is a filter that may not be worth its work.
type Finding struct {
	Kind        Kind    `json:"kind"`
	Stack       string  `json:"stack,omitempty"`
	Layer       string  `json:"layer"`
	Index       int     `json:"index"`
	Filter      string  `json:"filter"`
	Pictures    int     `json:"pictures"`              // dead, constant: all; otherwise those on which it fires
	Share       float64 `json:"share"`                 // of values that are not 0; saturated: of values at the limit; not-finite: of NaN and infinite ones
	Largest     float64 `json:"largest"`               // magnitude of its values
	Of          *int    `json:"of,omitempty"`          // duplicate: the other filter's index
	OfFilter    string  `json:"of_filter,omitempty"`   // and name
	Correlation float64 `json:"correlation,omitempty"` // with it
}

// Findings audits a layer, whose statistics are l: limit is the largest value that its
// activation lets through, or +Inf, and pairs whose correlation is at least duplicates,
// of either sign, are near duplicates. Each filter is named once, for the gravest
// reason, in the order of filters; a duplicate is so of the filter before it that it is
// most like.
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

// largest is the largest magnitude.
func (f *Filter) largest() float64 { return max(math.Abs(f.Min), math.Abs(f.Max)) }

// duplicate looks for an earlier filter that goes with the one of the finding.
func (t *Tally) duplicate(f *Finding, l *Layer, least float64) bool {
	for i := range f.Index {
		r, ok := t.correlation.between(i, f.Index)
		if ok && math.Abs(r) >= least && math.Abs(r) > math.Abs(f.Correlation) {
			f.Kind, f.Of, f.OfFilter, f.Correlation = Duplicate, &i, l.Filters[i].Filter, r
		}
	}
	return f.Of != nil
}

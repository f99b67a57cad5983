// Package stats owns the statistics of a stack's maps over many pictures: the distribution
// of each filter's values, the correlations between the filters of a layer, the strongest
// answers, the audit, and the file that holds them. It never runs a stack and never reads
// a picture.
//
// Its memory does not grow with the number of pictures. Its results do not depend on the
// order in which workers finish.
package stats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"filterbank/filters"
	"filterbank/pipeline/manifest"
)

// Version is the version of the file's format.
const Version = 1

// File is a statistics file, as calibrate writes it.
type File struct {
	Version    int       `json:"version"`
	Filterbank string    `json:"filterbank"` // the program's version
	Pictures   int       `json:"pictures"`
	Failed     int       `json:"failed"` // pictures that failed; no statistic counts them
	Layers     []Layer   `json:"layers"`
	Audit      []Finding `json:"audit"`
}

// Layer holds the statistics of a layer.
type Layer struct {
	Stack   string   `json:"stack,omitempty"`
	Layer   string   `json:"layer"`
	SHA256  string   `json:"sha256"`  // digest of everything that the values depend on besides the pictures
	Sampled uint64   `json:"sampled"` // number of places at which the filters were compared
	Filters []Filter `json:"filters"`
}

// Filter holds the statistics of one filter. NaN and Infinite count the values that are
// not finite. All other statistics are of the finite values, and 0 if there are none.
type Filter struct {
	Index       int         `json:"index"`
	Filter      string      `json:"filter"`
	Values      uint64      `json:"values"`
	NaN         uint64      `json:"nan"`
	Infinite    uint64      `json:"infinite"`
	Zeros       uint64      `json:"zeros"`
	AtMax       uint64      `json:"at_max"` // values equal to Max
	Min         float64     `json:"min"`
	Max         float64     `json:"max"`
	Mean        float64     `json:"mean"`
	Std         float64     `json:"std"`         // standard deviation of the population
	Percentiles Percentiles `json:"percentiles"` // exact to 1/256 of each
	Fires       int         `json:"fires"`       // number of pictures with a value other than 0
	Constant    int         `json:"constant"`    // number of pictures with one value everywhere; maps of one value do not count
	Strongest   []Patch     `json:"strongest"`   // at most nine, one a picture, the strongest first
}

// Patch is the place in a picture at which a filter answers most strongly.
type Patch struct {
	Input manifest.Path `json:"input"`
	Value float64       `json:"value"`
	At    [2]int        `json:"at"`  // row and column in the map
	Box   [4]int        `json:"box"` // receptive field on the prepared picture: top, left, height, width in pixels; parts may lie in the padding
}

// Layer returns the statistics of the layer. hash becomes Layer.SHA256.
func (t *Tally) Layer(stack string, layer filters.Layer, hash string) Layer {
	l := Layer{Stack: stack, Layer: layer.Name(), SHA256: hash, Sampled: t.correlation.n, Filters: []Filter{}}
	for k, name := range layer.Filters() {
		v := &t.filters[k]
		f := Filter{
			Index: k, Filter: name, NaN: v.nan, Infinite: v.infinite, Zeros: v.zeros,
			AtMax: v.atMax, Min: float64(v.extremes.Min()), Max: float64(v.extremes.Max()),
			Fires: v.fires, Constant: v.constant, Strongest: []Patch{},
		}
		f.Values = v.finite() + v.nan + v.infinite
		f.Mean, f.Std = v.Moments()
		f.Percentiles = v.percentiles(f.Min, f.Max)
		f.Strongest = append(f.Strongest, v.strongest...)
		l.Filters = append(l.Filters, f)
	}
	return l
}

// Encode returns the file's bytes: JSON with a line for each filter.
func (f *File) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return nil, fmt.Errorf("write statistics: %w", err)
	}
	data := b.Bytes()
	for _, begin := range []string{`{"stack":`, `{"layer":`, `{"index":`, `{"kind":`} { // no string matches, since JSON escapes its quotes
		data = bytes.ReplaceAll(data, []byte(begin), []byte("\n"+begin))
	}
	return data, nil
}

// ErrForeign says that a file is not a statistics file of this version.
var ErrForeign = errors.New("it is not a statistics file of this version; filterbank calibrate writes one")

// Read reads a statistics file. The error wraps ErrForeign if the file's content is
// something else.
func Read(name string) (*File, error) {
	data, err := manifest.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read statistics: %w", err)
	}
	var f File
	if err := json.Unmarshal(data, &f); err != nil || f.Version != Version || len(f.Layers) == 0 {
		return nil, fmt.Errorf("read statistics %s: %w", name, ErrForeign)
	}
	return &f, nil
}

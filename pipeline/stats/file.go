// Package stats gathers what the maps of a stack come to over a folder of pictures: the
// values of each filter, how the filters of a layer go together, and the patches that
// each answers to most strongly. Its memory does not grow with the number of pictures,
// and its results do not depend on the order in which workers end.
package stats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"filterbank/filters"
	"filterbank/pipeline/manifest"
)

// Version is that of the file's format.
const Version = 1

// File is a statistics file, as calibrate writes it.
type File struct {
	Version    int       `json:"version"`
	Filterbank string    `json:"filterbank"` // the program's version
	Pictures   int       `json:"pictures"`
	Failed     int       `json:"failed"` // pictures that are in no figure
	Layers     []Layer   `json:"layers"`
	Audit      []Finding `json:"audit"`
}

// Layer is the statistics of a layer.
type Layer struct {
	Stack   string   `json:"stack,omitempty"`
	Layer   string   `json:"layer"`
	SHA256  string   `json:"sha256"`  // of all that its values depend on besides the pictures
	Sampled uint64   `json:"sampled"` // places at which its filters were compared
	Filters []Filter `json:"filters"`
}

// Filter is the statistics of one filter. NaN and infinite values are in no figure but
// their own; without any finite value the others are 0.
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
	Std         float64     `json:"std"`         // of the population
	Percentiles Percentiles `json:"percentiles"` // to 1/256 of their value
	Fires       int         `json:"fires"`       // pictures with a value other than 0
	Constant    int         `json:"constant"`    // pictures with one value everywhere, on maps of more than one
	Strongest   []Patch     `json:"strongest"`   // at most nine, of as many pictures
}

// Patch is where a filter answers most strongly in a picture.
type Patch struct {
	Input manifest.Path `json:"input"`
	Value float64       `json:"value"`
	At    [2]int        `json:"at"`  // row and column of the map
	Box   [4]int        `json:"box"` // top, left, height and width of its receptive field on the prepared picture; parts may lie in the padding
}

// Layer gives what has been gathered of a layer. Hash is its SHA256.
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

// Encode gives the file's bytes: JSON with a line for each filter.
func (f *File) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return nil, fmt.Errorf("write statistics: %w", err)
	}
	data := b.Bytes()
	for _, begin := range []string{`{"stack":`, `{"layer":`, `{"index":`, `{"kind":`} { // in a text, quotes are escaped
		data = bytes.ReplaceAll(data, []byte(begin), []byte("\n"+begin))
	}
	return data, nil
}

// ErrForeign says that a file is no statistics file of this version.
var ErrForeign = errors.New("it is no statistics file of this version: filterbank calibrate writes one")

// Read reads a statistics file.
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

// Package diff compares the feature maps of two runs: by their manifests where these
// say that the bytes are the same, and otherwise value by value.
package diff

import (
	"filterbank/filters/volume"
	"filterbank/pipeline/manifest"
)

// Options say how runs are compared.
type Options struct {
	Jobs int // pictures at a time, each with a file of either run in memory; 0 is GOMAXPROCS
}

// Report is how two runs, A and B, differ. The sums are in the order of A's manifest,
// so that they have the same bits whatever Options.Jobs is.
type Report struct {
	Pictures int   `json:"images"`     // that both runs have done
	Files    int   `json:"files"`      // that both have
	Same     int   `json:"same_bytes"` // of these, according to the manifests
	Maps     []Map `json:"maps"`       // in the order in which they are first met

	Unmatched  List[Unmatched]     `json:"unmatched"` // pictures that one run has not done
	OnlyA      List[manifest.Path] `json:"only_a"`    // files of pictures that both have done
	OnlyB      List[manifest.Path] `json:"only_b"`
	Shapes     List[Shapes]        `json:"shapes"`
	Unreadable List[Problem]       `json:"unreadable"` // files whose bytes differ and that are no numbers
}

// Map is the maps of a filter in all pictures, in one format. What is NaN in both runs
// is equal there, and so are infinities of one sign.
type Map struct {
	Stack   string  `json:"stack,omitempty"`
	Layer   string  `json:"layer"`
	Format  string  `json:"format"` // png or npy
	Index   int     `json:"index"`
	Filter  string  `json:"filter,omitempty"` // not known of .npy
	Values  int64   `json:"values"`           // compared, in files with the same bytes too
	Largest float64 `json:"largest"`          // absolute difference
	Mean    float64 `json:"mean"`             // absolute difference
	// NotFinite counts values that are NaN or infinite in one run and something else in
	// the other. Largest and Mean leave them out.
	NotFinite int64 `json:"not_finite"`
	// Worst is the picture with the largest difference, or with the first values of
	// NotFinite; it is empty where there is none.
	Worst manifest.Path `json:"worst,omitempty"`

	sum float64
}

// Unmatched is a picture that only one run has done, and what became of it in each:
// a manifest's status, or "missing".
type Unmatched struct {
	Picture manifest.Path `json:"input"`
	A       string        `json:"a"`
	B       string        `json:"b"`
	Error   string        `json:"error,omitempty"` // where it failed
}

// Shapes is a file whose maps have other sizes in B than in A.
type Shapes struct {
	Path manifest.Path `json:"path"`
	A    volume.Shape  `json:"a"`
	B    volume.Shape  `json:"b"`
}

// Problem is a file that could not be compared.
type Problem struct {
	Path  manifest.Path `json:"path"`
	Error string        `json:"error"`
}

// List counts things and keeps the first thousand, so that runs of a million pictures
// that have nothing in common can be compared in little memory.
type List[T any] struct {
	Count int `json:"count"`
	First []T `json:"first,omitempty"`
}

const listed = 1000

func (l *List[T]) add(items ...T) {
	l.Count += len(items)
	l.First = append(l.First, items[:min(len(items), listed-len(l.First))]...)
}

func (l *List[T]) join(other List[T]) {
	l.add(other.First...)
	l.Count += other.Count - len(other.First)
}

// Largest is the map with the largest difference, nil where all are equal. Values of
// Map.NotFinite are larger than any number.
func (r *Report) Largest() *Map {
	var worst *Map
	for i := range r.Maps {
		if m := &r.Maps[i]; m.rank() > 0 && (worst == nil || m.rank() > worst.rank()) {
			worst = m
		}
	}
	return worst
}

// Equal says whether both runs have the same pictures, files and shapes, and no value
// differs by more than the tolerance.
func (r *Report) Equal(tolerance float64) bool {
	if r.Unmatched.Count+r.OnlyA.Count+r.OnlyB.Count+r.Shapes.Count+r.Unreadable.Count > 0 {
		return false
	}
	worst := r.Largest()
	return worst == nil || worst.rank() <= tolerance
}

// Package diff owns the comparison of two runs: their pictures, files and values. Files that
// have the same digest and scale in both manifests are equal without being read. All other
// files are compared value by value. The package never writes and never computes maps.
package diff

import (
	"filterbank/filters/volume"
	"filterbank/pipeline/bucket"
	"filterbank/pipeline/manifest"
)

// Options say how runs are compared.
type Options struct {
	Jobs   int            // number of pictures at a time, each with one file of either run in memory; 0 is GOMAXPROCS, and 16 with a Client
	Client *bucket.Client // for runs in buckets; nil if there is none
}

// Report holds the differences between two runs, A and B. Sums are taken in the order of
// A's manifest, so that their bits do not depend on Options.Jobs.
type Report struct {
	Pictures int   `json:"images"`     // pictures that both runs have done
	Files    int   `json:"files"`      // files that both runs have
	Same     int   `json:"same_bytes"` // files, of Files, with the same digest in both manifests
	Maps     []Map `json:"maps"`       // in the order in which they are first met

	Unmatched  List[Unmatched]     `json:"unmatched"` // pictures that only one run has done
	OnlyA      List[manifest.Path] `json:"only_a"`    // files and arrays that only A has, of pictures that both have done
	OnlyB      List[manifest.Path] `json:"only_b"`    // files that only B has, of pictures that both have done
	Shapes     List[Shapes]        `json:"shapes"`
	Unreadable List[Problem]       `json:"unreadable"` // files whose digests differ and whose values cannot be read
}

// Map compares the maps of a filter in all pictures, in one format. A value that is NaN in
// both runs is equal, and so is an infinity of the same sign in both.
type Map struct {
	Stack   string  `json:"stack,omitempty"`
	Layer   string  `json:"layer"`
	Format  string  `json:"format"` // png or npy
	Index   int     `json:"index"`
	Filter  string  `json:"filter,omitempty"` // empty for .npy files, which do not have the name
	Values  int64   `json:"values"`           // number of values compared, including files with the same bytes
	Largest float64 `json:"largest"`          // largest absolute difference
	Mean    float64 `json:"mean"`             // mean absolute difference
	// NotFinite counts values that are NaN or infinite in one run and different in the other.
	// Largest and Mean leave them out.
	NotFinite int64 `json:"not_finite"`
	// Worst is the picture with the largest difference, or the first one with NotFinite
	// values. It is empty if there is no difference.
	Worst manifest.Path `json:"worst,omitempty"`

	sum float64
}

// Unmatched is a picture that only one run has done. A and B are its status in each
// manifest, or "missing".
type Unmatched struct {
	Picture manifest.Path `json:"input"`
	A       string        `json:"a"`
	B       string        `json:"b"`
	Error   string        `json:"error,omitempty"` // of the run in which the picture failed
}

// Shapes is a file whose maps have different shapes in A and B.
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

// List counts items and keeps the first thousand. So runs of a million pictures that have
// nothing in common can be compared in little memory.
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

// Largest returns the map with the largest difference, nil if all are equal. NotFinite values
// count as larger than any difference.
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
// differs by more than tolerance, which is at least 0.
func (r *Report) Equal(tolerance float64) bool {
	if r.Unmatched.Count+r.OnlyA.Count+r.OnlyB.Count+r.Shapes.Count+r.Unreadable.Count > 0 {
		return false
	}
	worst := r.Largest()
	return worst == nil || worst.rank() <= tolerance
}

package report

import "slices"

// topCount is the number of pictures that are named as a filter's strongest.
const topCount = 5

// filterStats holds the statistics of a filter's maps over the run.
type filterStats struct {
	Pictures  int     `json:"pictures"`
	Values    int64   `json:"values"`
	Min       float32 `json:"min"`
	Max       float32 `json:"max"`
	Mean      float64 `json:"mean"` // mean of the finite values
	Zeros     int64   `json:"zeros"`
	NotFinite int64   `json:"notFinite"`
	Silent    int     `json:"silent"` // number of pictures without a value above 0
	Top       []top   `json:"top"`    // pictures with the largest values

	sum float64
}

type top struct {
	Picture int     `json:"picture"`
	Max     float32 `json:"max"`
}

// add takes in the map of a picture. Pictures come in the order of the gallery.
func (f *filterStats) add(picture int, m *mapData) {
	if m.Values == m.NotFinite {
		f.Values, f.NotFinite, f.Pictures = f.Values+m.Values, f.NotFinite+m.NotFinite, f.Pictures+1
		return
	}
	if f.Values == f.NotFinite {
		f.Min, f.Max = m.Min, m.Max
	}
	f.Min, f.Max = min(f.Min, m.Min), max(f.Max, m.Max)
	f.Pictures, f.Values = f.Pictures+1, f.Values+m.Values
	f.Zeros, f.NotFinite = f.Zeros+m.Zeros, f.NotFinite+m.NotFinite
	f.sum += m.sum
	f.Mean = f.sum / float64(f.Values-f.NotFinite)
	if m.Max <= 0 {
		f.Silent++
		return
	}
	at, _ := slices.BinarySearchFunc(f.Top, m.Max, func(t top, v float32) int {
		if t.Max >= v {
			return -1
		}
		return 1
	})
	if at < topCount {
		f.Top = slices.Insert(f.Top, at, top{picture, m.Max})
		f.Top = f.Top[:min(len(f.Top), topCount)]
	}
}

package report

import "filterbank/pipeline/render"

// pictureData holds everything that the page shows of a picture.
type pictureData struct {
	Path        string        `json:"path"`
	SHA256      string        `json:"sha256"`
	Width       int           `json:"width"`
	Height      int           `json:"height"`
	Orientation int           `json:"orientation"`
	Ignored     []string      `json:"ignored,omitempty"`
	Warnings    []string      `json:"warnings,omitempty"`
	Size        [3]int        `json:"size"` // size of the prepared picture, C×H×W
	Plans       [][]planData  `json:"plans"`
	Samples     *samples      `json:"samples,omitempty"`
	Gone        string        `json:"gone,omitempty"`   // why there are no samples
	Maps        [][][]mapData `json:"maps"`             // by stack, layer and filter
	Others      []otherMap    `json:"others,omitempty"` // maps of layers that the page's stacks do not have
	Note        string        `json:"note,omitempty"`   // why all maps are such
	Files       []link        `json:"files"`            // other files of the picture
	With        *otherPicture `json:"with,omitempty"`   // the picture in the run to compare with
}

// link is a file of a picture that is not a map shown on the page.
type link struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// otherMap is a map that is shown from its file alone.
type otherMap struct {
	Layer  string      `json:"layer"` // stack/layer, or layer
	Filter string      `json:"filter"`
	Index  int         `json:"index"`
	URL    string      `json:"url,omitempty"`
	PNG    []byte      `json:"png,omitempty"` // in place of URL with --embed
	Of     [2]float64  `json:"of"`
	Shown  *[2]float64 `json:"shown,omitempty"` // as a mapData has it
}

// mapData is a feature map.
type mapData struct {
	URL string     `json:"url,omitempty"`
	PNG []byte     `json:"png,omitempty"` // with --embed, and for maps without a file or whose levels the page must read
	Of  [2]float64 `json:"of"`            // values that the smallest and the largest level stand for

	Shown *[2]float64 `json:"shown,omitempty"` // the range on which the page shows the PNG, if it is not Of

	Min       float32  `json:"min"`
	Max       float32  `json:"max"`
	Mean      float64  `json:"mean"`
	Zeros     int64    `json:"zeros"`
	NotFinite int64    `json:"notFinite"`
	Values    int64    `json:"values"`
	Bins      *[]int64 `json:"bins,omitempty"` // counts from Min to Max, zeros left out

	sum  float64
	gray bool // the PNG is one of the run's, without colours
}

// show notes the range on which a PNG of the run is shown.
func (m *mapData) show(r render.Range) {
	if shown := [2]float64{r.Lo, r.Hi}; m.gray && shown != m.Of && r.Lo < r.Hi && m.Of[0] < m.Of[1] {
		m.Shown = &shown
	}
}

// tallied fills in a map's statistics.
func (m *mapData) tallied(t *tally) {
	m.Zeros, m.NotFinite, m.Values = t.zeros, t.notFinite, t.values
	if !t.extremes.Seen() {
		return
	}
	// A zero is always +0, since kernels may find either zero.
	m.Min, m.Max, m.sum = t.extremes.Min()+0, t.extremes.Max()+0, t.sum
	m.Mean = t.sum / float64(t.values-t.notFinite)
	bins := t.bins[:]
	m.Bins = &bins
}

package report

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image/png"
	"path/filepath"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/render"
	"filterbank/pipeline/source"
)

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

// task is a picture that goes into the report.
type task struct {
	index int    // index in the gallery
	place string // key of its record in the manifest
}

// result is a picture's part of the report.
type result struct {
	entry entry
	data  *pictureData // nil if the picture has no maps; samples, PNGs and bins are already written
	sums  [][2]string  // names and digests of the data files of the picture
}

// worker holds the buffers of a goroutine that works on pictures.
type worker struct {
	runners []filters.Runner // one per stack
	drawer  drawer
}

func (w *writer) newWorker() *worker {
	own := &worker{runners: make([]filters.Runner, len(w.opts.Stacks)), drawer: drawer{looks: &w.opts.Looks}}
	own.drawer.workspace.SIMD = w.opts.Kernel.SIMD()
	for i := range own.runners {
		own.runners[i].Kernel = w.opts.Kernel
	}
	return own
}

// picture makes a picture's part of the report.
func (w *writer) picture(ctx context.Context, own *worker, t task) (*result, error) {
	rec, err := w.manifest.Record(t.place)
	if err != nil {
		return nil, err
	}
	if rec.Status == manifest.Failed {
		return &result{entry: w.failed(rec)}, nil
	}
	r := &result{entry: entry{Name: w.name(rec), Size: [2]int{rec.Width, rec.Height}}}
	r.data = &pictureData{
		Path: r.entry.Name, SHA256: rec.SHA256, Width: rec.Width, Height: rec.Height,
		Orientation: rec.Orientation, Ignored: rec.Ignored, Warnings: rec.Warnings,
	}
	name := fmt.Sprintf("%06d", t.index)
	size := pixels(rec)
	if err := w.pixels.Acquire(ctx, size); err != nil {
		return nil, err
	}
	defer w.pixels.Release(size)
	pic, err := w.decode(ctx, rec)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case rec.Stack != w.stacks:
		err = w.fromFiles(pic, rec, r, name)
	case err != nil && len(rec.Layers) == 0: // a run has kept maps that it did not make
		r.data, r.entry.Note = nil, err.Error()+", and the manifest does not have the size of its maps; run it again"
		return r, nil
	case err != nil:
		r.data.Gone = err.Error()
		err = w.fromMaps(rec, r.data)
	default:
		err = w.fromPicture(ctx, own, pic, rec, r, name)
	}
	if err != nil {
		return nil, err
	}
	sum, err := w.stage.put("p/"+name, r.data)
	r.sums = append(r.sums, [2]string{"p/" + name, sum})
	r.data.Samples = nil
	for _, layers := range r.data.Maps {
		for _, maps := range layers {
			for k := range maps {
				maps[k].PNG, maps[k].Bins = nil, nil
			}
		}
	}
	return r, err
}

// thumbSide is the longer side of the gallery's pictures in pixels.
const thumbSide = 256

// fromFiles fills in the maps of other stacks than the page's. pic is nil if the input is
// gone.
func (w *writer) fromFiles(pic *decode.Picture, rec *manifest.Record, r *result, name string) error {
	r.entry.Other, r.data.Maps = true, [][][]mapData{}
	r.data.Note = "Its maps were made by other stacks than the page's, and are shown from their files. Running it again with the page's stack gives it the page's maps."
	if rec.Version != manifest.Version {
		r.data.Note = "Its maps were made by an earlier version, whose settings cannot be compared with the page's stack, and are shown from their files. Running it again gives it the page's maps."
	}
	w.files(rec, r.data)
	if pic == nil {
		return nil
	}
	n := newNormalisation(w.opts.Decoder)
	_, thumb, err := newSamples(pic, &n, thumbSide)
	if err != nil {
		return fmt.Errorf("report %s: %w", r.entry.Name, err)
	}
	return w.thumb(r, name, thumb)
}

// fromPicture runs the stacks on the picture again and fills in its samples, maps and
// statistics.
func (w *writer) fromPicture(ctx context.Context, own *worker, pic *decode.Picture, rec *manifest.Record, r *result, name string) error {
	n := newNormalisation(w.opts.Decoder)
	prepared, thumb, err := newSamples(pic, &n, thumbSide)
	if err != nil {
		return fmt.Errorf("report %s: %w", r.entry.Name, err)
	}
	r.data.Samples = &prepared
	if err := w.thumb(r, name, thumb); err != nil {
		return err
	}
	plans, err := w.shapes(pic.Size(), r.data)
	if err != nil {
		return err
	}
	w.files(rec, r.data)
	for i, plan := range plans {
		wanted := w.opts.Stacks[i].Layers
		var open *openMaps
		tallies, err := measure(ctx, &own.runners[i], w.opts.Kernel, plan, wanted, pic, w.stretched(), func(tallies [][]tally) filters.Emit {
			open = own.drawer.begin(plan, r.data.Maps[i], tallies)
			return open.add
		})
		if err == nil {
			err = open.end()
		}
		if err != nil {
			return fmt.Errorf("report %s: %w", r.entry.Name, err)
		}
		for l, layer := range tallies {
			for k := range layer {
				m := &r.data.Maps[i][l][k]
				m.tallied(&layer[k])
				if w.stretched() {
					m.show(own.drawer.shown(plan.Layers[l].Layer, &layer[k]))
				}
			}
		}
	}
	return nil
}

// thumb adds the picture for the gallery.
func (w *writer) thumb(r *result, name string, thumb []byte) error {
	if w.opts.Embed {
		r.entry.Thumb = "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(thumb)
		return nil
	}
	r.entry.Thumb = "t/" + name + ".jpg"
	sum, err := w.stage.file(r.entry.Thumb, thumb)
	r.sums = append(r.sums, [2]string{r.entry.Thumb, sum})
	return err
}

// shapes fills in the sizes and plans.
func (w *writer) shapes(in volume.Shape, d *pictureData) ([]*filters.Plan, error) {
	d.Size = shapeOf(in)
	plans, data, err := w.plans(in)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", d.Path, err)
	}
	d.Plans = data
	d.Maps = make([][][]mapData, len(plans))
	for s, plan := range plans {
		d.Maps[s] = make([][]mapData, len(plan.Layers))
		for l, wanted := range w.opts.Stacks[s].Layers {
			d.Maps[s][l] = []mapData{}
			if wanted {
				d.Maps[s][l] = make([]mapData, plan.Layers[l].Out.C)
			}
		}
	}
	return plans, nil
}

// files finds the maps among the files of a record.
func (w *writer) files(rec *manifest.Record, d *pictureData) {
	byName := map[string]*mapData{}
	for s := range d.Maps {
		for l := range d.Maps[s] {
			for k, name := range output.MapNames(w.opts.Stacks[s].Stack, l) {
				if k < len(d.Maps[s][l]) {
					byName[string(rec.Output)+"/"+name] = &d.Maps[s][l][k]
				}
			}
		}
	}
	for i := range rec.Files {
		f := &rec.Files[i]
		name := filepath.FromSlash(string(f.Path))
		info, err := w.root.Stat(name) // Root also keeps a forged manifest from leading elsewhere
		if err != nil || !info.Mode().IsRegular() || info.Size() != f.Bytes {
			continue // a missing map is drawn anew
		}
		if m, ok := byName[string(f.Path)]; ok && f.Scale != nil {
			if !w.stretched() || f.Colormap == "" || d.Gone != "" { // others are drawn anew: no filter stretches colours
				w.mapFile(m, f, d)
			}
			continue
		}
		if output.IsMap(f) && f.Scale != nil && f.Index != nil {
			m := mapData{}
			w.mapFile(&m, f, d)
			d.Others = append(d.Others, otherMap{engine.LayerName(f.Stack, f.Layer), f.Filter, *f.Index, m.URL, m.PNG, *f.Scale, w.shownOther(f)})
			if !w.opts.Embed {
				d.Others[len(d.Others)-1].PNG = nil
			}
			continue
		}
		file := link{Name: source.Display(string(f.Path))}
		if !w.opts.Embed { // an embedded page may be passed on, and its links would lead nowhere
			file.URL = w.links.to(string(f.Path))
		}
		d.Files = append(d.Files, file)
	}
}

// mapFile notes the address of a map's PNG, or reads the PNG.
func (w *writer) mapFile(m *mapData, f *manifest.File, d *pictureData) {
	if w.opts.Embed || d.Gone != "" {
		data, err := w.root.ReadFile(filepath.FromSlash(string(f.Path)))
		if err != nil {
			return
		}
		m.PNG = data
	}
	if !w.opts.Embed {
		m.URL = w.links.to(string(f.Path))
	}
	m.Of, m.gray = *f.Scale, f.Colormap == ""
}

// shownOther finds the range on which a gray PNG is shown from its levels. It is nil if maps are
// not stretched or the PNG cannot be read.
func (w *writer) shownOther(f *manifest.File) *[2]float64 {
	if !w.stretched() || f.Colormap != "" {
		return nil
	}
	data, err := w.root.ReadFile(filepath.FromSlash(string(f.Path)))
	if err != nil {
		return nil
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	limits := w.opts.Decoder.Options().Limits
	if limits.Check("map", config.Width, config.Height, "") != nil {
		return nil
	}
	m := mapData{PNG: data, Of: *f.Scale, gray: true}
	m.levels(w.opts.Kernel, volume.Shape{C: 1, H: config.Height, W: config.Width}, true, func(t *tally) render.Range { return t.ranked.Stretched() })
	return m.Shown
}

// fromMaps fills in statistics from the maps' PNGs if the input is gone.
func (w *writer) fromMaps(rec *manifest.Record, data *pictureData) error {
	plans, err := w.shapes(rec.Layers[0].In, data)
	if err != nil {
		return err
	}
	w.files(rec, data)
	d := drawer{looks: &w.opts.Looks}
	for s := range plans {
		for l, maps := range data.Maps[s] {
			for k := range maps {
				lp := &plans[s].Layers[l]
				maps[k].levels(w.opts.Kernel, lp.Out, w.stretched(), func(t *tally) render.Range { return d.shown(lp.Layer, t) })
			}
		}
	}
	return nil
}

// stretched says whether the page stretches maps.
func (w *writer) stretched() bool { return w.opts.Looks.EyeScale != nil }

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

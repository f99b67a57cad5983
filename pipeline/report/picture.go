package report

import (
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
)

// pictureData is all that the page shows of a picture.
type pictureData struct {
	Path        string        `json:"path"`
	SHA256      string        `json:"sha256"`
	Width       int           `json:"width"`
	Height      int           `json:"height"`
	Orientation int           `json:"orientation"`
	Ignored     []string      `json:"ignored,omitempty"`
	Warnings    []string      `json:"warnings,omitempty"`
	Size        [3]int        `json:"size"` // prepared
	Plans       [][]planData  `json:"plans"`
	Samples     *samples      `json:"samples,omitempty"`
	Gone        string        `json:"gone,omitempty"` // why there are no samples
	Maps        [][][]mapData `json:"maps"`           // by stack, layer and filter
	Files       []link        `json:"files"`          // that are no maps shown
}

// link is another file of a picture.
type link struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// mapData is a feature map.
type mapData struct {
	URL string     `json:"url,omitempty"`
	PNG []byte     `json:"png,omitempty"` // in place of URL with --embed; beside it where the page has to read it
	Of  [2]float64 `json:"of"`            // what the PNG's smallest and largest level stand for

	Min       float32  `json:"min"`
	Max       float32  `json:"max"`
	Mean      float64  `json:"mean"`
	Zeros     int64    `json:"zeros"`
	NotFinite int64    `json:"notFinite"`
	Values    int64    `json:"values"`
	Bins      *[]int64 `json:"bins,omitempty"` // from Min to Max, zeros left out

	sum float64
}

// item is a picture on its way into the report.
type item struct {
	index int    // in the gallery
	place string // in the manifest
}

// shot is what a picture comes to.
type shot struct {
	entry entry
	data  *pictureData // nil without maps; Samples, PNGs and bins are gone by now
	sums  [][2]string  // names and digests of what was added
}

// hand is what a goroutine that does pictures owns.
type hand struct {
	runners []filters.Runner // one a stack
	drawing drawing
}

func (w *writer) newHand() *hand {
	h := &hand{runners: make([]filters.Runner, len(w.opts.Stacks)), drawing: drawing{looks: &w.opts.Looks}}
	h.drawing.workspace.SIMD = w.opts.Kernel.SIMD()
	for i := range h.runners {
		h.runners[i].Kernel = w.opts.Kernel
	}
	return h
}

// picture makes a picture's part of the report.
func (w *writer) picture(ctx context.Context, h *hand, it item) (*shot, error) {
	rec, err := w.manifest.Record(it.place)
	if err != nil {
		return nil, err
	}
	if rec.Status == manifest.Failed {
		return &shot{entry: failed(rec)}, nil
	}
	s := &shot{entry: entry{Name: source.Display(string(rec.Input)), Size: [2]int{rec.Width, rec.Height}}}
	if rec.Stack != w.stacks {
		s.entry.Note = "its maps were made by other stacks than run.json has; run it again"
		return s, nil
	}
	s.data = &pictureData{
		Path: s.entry.Name, SHA256: rec.SHA256, Width: rec.Width, Height: rec.Height,
		Orientation: rec.Orientation, Ignored: rec.Ignored, Warnings: rec.Warnings,
	}
	name := fmt.Sprintf("%06d", it.index)
	size := pixels(rec)
	if err := w.pixels.Acquire(ctx, size); err != nil {
		return nil, err
	}
	defer w.pixels.Release(size)
	pic, err := w.decode(ctx, rec)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && len(rec.Layers) == 0: // of maps that a run has kept
		s.data, s.entry.Note = nil, err.Error()+", and the manifest does not tell the size of its maps; run it again"
		return s, nil
	case err != nil:
		s.data.Gone = err.Error()
		err = w.fromMaps(rec, s.data)
	default:
		err = w.fromPicture(ctx, h, pic, rec, s, name)
	}
	if err != nil {
		return nil, err
	}
	sum, err := w.stage.put("p/"+name, s.data)
	s.sums = append(s.sums, [2]string{"p/" + name, sum})
	s.data.Samples = nil
	for _, layers := range s.data.Maps {
		for _, maps := range layers {
			for k := range maps {
				maps[k].PNG, maps[k].Bins = nil, nil
			}
		}
	}
	return s, err
}

// thumbSide is the longer side of the gallery's pictures, in pixels.
const thumbSide = 256

// fromPicture fills in what is found out by running the stacks on the picture again.
func (w *writer) fromPicture(ctx context.Context, h *hand, pic *decode.Picture, rec *manifest.Record, s *shot, name string) error {
	n := newNormalisation(w.opts.Decoder)
	prepared, thumb, err := newSamples(pic, &n, thumbSide)
	if err != nil {
		return fmt.Errorf("report %s: %w", s.entry.Name, err)
	}
	s.data.Samples = &prepared
	if err := w.thumb(s, name, thumb); err != nil {
		return err
	}
	plans, err := w.shapes(pic.Size(), s.data)
	if err != nil {
		return err
	}
	w.files(rec, s.data)
	for i, plan := range plans {
		wanted := w.opts.Stacks[i].Layers
		var drawn *drawn
		tallies, err := measure(ctx, &h.runners[i], w.opts.Kernel, plan, wanted, pic, func(tallies [][]tally) filters.Emit {
			drawn = h.drawing.begin(plan, s.data.Maps[i], tallies)
			return drawn.add
		})
		if err == nil {
			err = drawn.end()
		}
		if err != nil {
			return fmt.Errorf("report %s: %w", s.entry.Name, err)
		}
		for l, layer := range tallies {
			for k := range layer {
				s.data.Maps[i][l][k].tallied(&layer[k])
			}
		}
	}
	return nil
}

// thumb adds the gallery's picture.
func (w *writer) thumb(s *shot, name string, thumb []byte) error {
	if w.opts.Embed {
		s.entry.Thumb = "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(thumb)
		return nil
	}
	s.entry.Thumb = "t/" + name + ".jpg"
	sum, err := w.stage.file(s.entry.Thumb, thumb)
	s.sums = append(s.sums, [2]string{s.entry.Thumb, sum})
	return err
}

// shapes fills in the geometry.
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

// files finds the maps among a record's files.
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
		info, err := w.root.Stat(name) // which also keeps a made-up manifest from leading elsewhere
		if err != nil || !info.Mode().IsRegular() || info.Size() != f.Bytes {
			continue // a map that is gone is drawn anew
		}
		if m, ok := byName[string(f.Path)]; ok && f.Scale != nil {
			w.mapFile(m, f, d)
			continue
		}
		file := link{Name: source.Display(string(f.Path))}
		if !w.opts.Embed { // a page that is handed on leads nowhere
			file.URL = w.links.to(string(f.Path))
		}
		d.Files = append(d.Files, file)
	}
}

// mapFile notes where a map's PNG is, or takes it in.
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
	m.Of = *f.Scale
}

// fromMaps fills in what the maps' own pictures tell, where the input is gone.
func (w *writer) fromMaps(rec *manifest.Record, d *pictureData) error {
	plans, err := w.shapes(rec.Layers[0].In, d)
	if err != nil {
		return err
	}
	w.files(rec, d)
	for s := range plans {
		for l, maps := range d.Maps[s] {
			for k := range maps {
				maps[k].levels(w.opts.Kernel, plans[s].Layers[l].Out)
			}
		}
	}
	return nil
}

// tallied notes what was counted of a map.
func (m *mapData) tallied(t *tally) {
	m.Zeros, m.NotFinite, m.Values = t.zeros, t.notFinite, t.values
	if !t.extremes.Seen() {
		return
	}
	// Of the two zeros only +0: which one a kernel finds is not fixed.
	m.Min, m.Max, m.sum = t.extremes.Min()+0, t.extremes.Max()+0, t.sum
	m.Mean = t.sum / float64(t.values-t.notFinite)
	bins := t.bins[:]
	m.Bins = &bins
}

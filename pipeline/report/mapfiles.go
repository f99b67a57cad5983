package report

import (
	"bytes"
	"image/png"
	"path/filepath"

	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/render"
	"filterbank/pipeline/source"
)

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

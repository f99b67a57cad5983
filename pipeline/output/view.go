package output

import (
	"fmt"
	"io"
	"slices"

	"filterbank/filters"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
	"filterbank/pipeline/store"
)

// View is a format's view of a picture. It is the same for all formats and must not be
// changed.
type View struct {
	Settings
	Todo      []*Format // formats, of Settings.Formats, whose files are written
	Stacks    []engine.Selected
	Plans     []*filters.Plan // one per stack; nil if only names and keys are needed
	Ranges    scale.Ranges    // on Scale, before RangeOf; nil until they are found
	EyeRanges scale.Ranges    // on EyeScale
	Picture   *decode.Picture // nil until it is decoded
	Title     string          // the picture's name on contact sheets
	Origin    Origin          // of arrays
}

// of returns the view with the settings as a format sees them.
func (v *View) of(f *Format) *View {
	own := *v
	own.Settings = v.Settings.Of(f)
	if f.ForEye && v.EyeScale != nil {
		own.Ranges, own.EyeRanges = v.EyeRanges, nil
	}
	return &own
}

// rangesOf returns the ranges of a layer's maps, or nil until they are found.
func (v *View) rangesOf(stack, l int) []render.Range {
	if v.Ranges == nil {
		return nil
	}
	ranges := slices.Clone(v.Ranges[stack][l])
	for k, r := range ranges {
		ranges[k] = v.RangeOf(v.layer(stack, l), r)
	}
	return ranges
}

// ranged says whether a format of Todo needs ranges on EyeScale, or on Scale.
func (v *View) ranged(eye bool) bool {
	return slices.ContainsFunc(v.Todo, func(f *Format) bool { return f.Ranged && (f.ForEye && v.EyeScale != nil) == eye })
}

// Scales returns the scales on which the formats of Todo need the maps' ranges.
func (v *View) Scales() (scales []*scale.Scale) {
	if v.ranged(false) {
		scales = append(scales, &v.Scale)
	}
	if v.ranged(true) {
		scales = append(scales, v.EyeScale)
	}
	return scales
}

// SetRanges takes the ranges that were found for Scales.
func (v *View) SetRanges(found []scale.Ranges) {
	for i, s := range v.Scales() {
		if s == v.EyeScale {
			v.EyeRanges = found[i]
		} else {
			v.Ranges = found[i]
		}
	}
}

// Files returns a picture's files in the formats of Todo, stack by stack and layer by layer
// in the order of the formats. The files of the whole picture come last.
func (v *View) Files() []Planned {
	var files []Planned
	for i, f := range v.Todo {
		for _, p := range f.Files(v.of(f)) {
			p.File.Format = f.Name
			p.order = i
			files = append(files, p)
		}
	}
	slices.SortStableFunc(files, func(a, b Planned) int { return slices.Compare(a.place(), b.place()) })
	return files
}

func (p *Planned) place() []int { return []int{p.stack, p.layer, p.order} }

// Recorded returns the files as a record has them. The names of the written files begin with
// stem. ws has written them last.
func (v *View) Recorded(stem string, written []store.Written, ws *Workspace) []manifest.File {
	at := make(map[string]store.Written, len(written))
	for _, w := range written {
		at[w.Name] = w
	}
	var files []manifest.File
	for _, p := range v.Files() {
		f, w := p.File, at[stem+p.Suffix]
		f.Path, f.Member, f.Bytes, f.BLAKE3 = manifest.Path(w.Path), manifest.Path(w.Member), w.Bytes, w.BLAKE3
		f.Overflowed = ws.overflowed[p.Suffix]
		files = append(files, f)
	}
	return files
}

// Check refuses a picture whose files cannot be made.
func (v *View) Check() error {
	for _, f := range v.Todo {
		if f.Check != nil {
			if err := f.Check(v.of(f)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Memory estimates the bytes that a picture's files and ranges take, without its pixels and
// the windows of its stacks.
func (v *View) Memory() int64 {
	var held, most int64
	working := make([]int64, len(v.Stacks))
	for _, p := range v.Files() {
		held += store.Held(p.Bytes) + p.Held
		if p.stack != whole {
			working[p.stack] += p.Working
		}
	}
	for s := range v.Stacks {
		for _, needed := range v.Scales() {
			working[s] += needed.Bytes() * int64(v.maps(s))
		}
		most = max(most, working[s])
	}
	if slices.Contains(v.Todo, &features) {
		held += featuresBytes(v.Maps())
	}
	return held + most
}

// Maps is the number of wanted maps of a picture.
func (v *View) Maps() (n int) {
	for s := range v.Stacks {
		n += v.maps(s)
	}
	return n
}

func (v *View) maps(stack int) (n int) {
	for l, wanted := range v.Stacks[stack].Layers {
		if wanted {
			n += len(v.layer(stack, l).Filters())
		}
	}
	return n
}

// Key writes everything that the bytes of a format's files depend on besides the maps'
// values: the layers, and what the format itself writes.
func (v *View) Key(w io.Writer, f *Format) {
	fmt.Fprintf(w, "format %s %d\n", f.Name, f.Version)
	v.eachLayer(func(s, l int) { fmt.Fprintf(w, "layer %q\n", v.folder(s, l)) })
	f.Key(w, v.of(f))
	for _, o := range f.Options {
		o.key(w, &v.Settings)
	}
}

// keyRanges writes everything that the ranges of maps depend on.
func (v *View) keyRanges(w io.Writer) { v.Scale.Key(w) }

// keyColours writes the names of the layers' colormaps.
func (v *View) keyColours(w io.Writer, of func(filters.Layer) render.Colormap) {
	v.eachLayer(func(s, l int) { fmt.Fprintf(w, "colormap %s\n", of(v.layer(s, l)).Name()) })
}

// whole is the stack and layer index of files of a whole picture. It sorts after all others.
const whole = 1 << 30

// eachLayer calls do for each wanted layer.
func (v *View) eachLayer(do func(stack, layer int)) {
	for s := range v.Stacks {
		for l, wanted := range v.Stacks[s].Layers {
			if wanted {
				do(s, l)
			}
		}
	}
}

func (v *View) layer(s, l int) filters.Layer { return v.Stacks[s].Stack.Layers()[l] }

// folder is the folder of a layer's files below the picture's folder: layer, or stack/layer.
func (v *View) folder(s, l int) string {
	return engine.LayerName(v.Stacks[s].Stack.Name(), v.layer(s, l).Name())
}

// ofLayers plans one file for each wanted layer.
func (v *View) ofLayers(end string, size func(p *Planned, lp *filters.LayerPlan)) (files []Planned) {
	v.eachLayer(func(s, l int) {
		p := v.planned(s, l, "/"+v.folder(s, l), end)
		if v.Plans != nil {
			size(&p, &v.Plans[s].Layers[l])
		}
		files = append(files, p)
	})
	return files
}

// ofMaps plans one file for each map of the wanted layers.
func (v *View) ofMaps(end string, colormap func(filters.Layer) render.Colormap, size func(p *Planned, lp *filters.LayerPlan)) (files []Planned) {
	v.eachLayer(func(s, l int) {
		folder := v.folder(s, l)
		colours := ""
		if colormap != nil {
			if c := colormap(v.layer(s, l)); !c.Gray() {
				colours = c.Name()
			}
		}
		ranges := v.rangesOf(s, l)
		for k, name := range v.layer(s, l).Filters() {
			p := v.planned(s, l, fmt.Sprintf("/%s/%03d-%s", folder, k, name), end)
			p.File.Filter, p.File.Index, p.File.Colormap = name, &k, colours
			if v.Plans != nil {
				size(&p, &v.Plans[s].Layers[l])
			}
			if ranges != nil {
				p.File.Scale = &[2]float64{ranges[k].Lo, ranges[k].Hi}
			}
			files = append(files, p)
		}
	})
	return files
}

func (v *View) planned(s, l int, name, ext string) Planned {
	return Planned{
		Suffix: name + ext, Ext: ext, stack: s, layer: l,
		File: manifest.File{Stack: v.Stacks[s].Stack.Name(), Layer: v.layer(s, l).Name()},
	}
}

// MapNames returns the names of the PNG files of a layer's maps, one per filter, as
// slash-separated paths below a picture's folder.
func MapNames(stack *filters.Stack, layer int) []string {
	wanted := make([]bool, len(stack.Layers()))
	wanted[layer] = true
	v := View{Stacks: []engine.Selected{{Stack: stack, Layers: wanted}}}
	var names []string
	for _, p := range png8.Files(&v) {
		names = append(names, p.Suffix[1:])
	}
	return names
}

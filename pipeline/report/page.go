package report

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"filterbank/filters"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// page is the data in the page itself. The page loads all other data by name.
type page struct {
	Run     string      `json:"run"` // the run's folder, as messages show it
	Base    string      `json:"base"`
	Version string      `json:"version"`
	Layers  string      `json:"layers"`
	Scale   string      `json:"scale"`
	Stretch bool        `json:"stretch"` // maps are shown stretched
	Colors  string      `json:"colors"`
	Formats []string    `json:"formats"`
	Mean    [3]float32  `json:"mean"`
	Std     [3]float32  `json:"std"`
	Input   []string    `json:"channels"` // names of the input's channels
	Summary Summary     `json:"summary"`
	Stacks  []stackData `json:"stacks"`
	Sizes   []sizeData  `json:"sizes"`
	Others  int         `json:"rest"` // number of sizes that are not in Sizes
	With    *otherData  `json:"with,omitempty"`
}

type stackData struct {
	Name   string      `json:"name"`
	Layers []layerData `json:"layers"`
}

// layerData describes a layer without regard to the picture.
type layerData struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Filters []string `json:"filters"`
	Signed  bool     `json:"signed"`
	Written bool     `json:"written"` // the run wrote its maps

	Kernel     [2]int  `json:"kernel"`
	Stride     [2]int  `json:"stride"`
	Dilation   [2]int  `json:"dilation"`
	Groups     int     `json:"groups"`
	Inputs     []int   `json:"inputs"`       // layers that it reads; −1 is the picture
	Up         *[2]int `json:"up,omitempty"` // by how much it enlarges maps
	Mode       string  `json:"mode"`
	Activation string  `json:"activation"`
	Slope      float32 `json:"slope"`
	Parameters int64   `json:"parameters"`
	Weights    string  `json:"weights,omitempty"` // name of the data that holds the weights

	CeilMode       bool      `json:"ceilMode,omitempty"`       // pools only
	ExcludePadding bool      `json:"excludePadding,omitempty"` // average pools only
	After          *[2]int   `json:"after,omitempty"`          // padding below and right; pools only
	Auto           string    `json:"auto,omitempty"`           // same, same_upper or same_lower, if padding is that
	Norm           *normSpec `json:"norm,omitempty"`

	Stats []*filterStats `json:"stats,omitempty"` // one per filter
}

// normSpec holds the settings of a local response normalization.
type normSpec struct {
	Size  int     `json:"size"`
	Alpha float64 `json:"alpha"`
	Beta  float64 `json:"beta"`
	K     float64 `json:"k"`
}

// weightData holds a layer's arrays in little-endian float32.
type weightData struct {
	Weights []byte `json:"weights"`          // K×C/groups×kH×kW
	Bias    []byte `json:"bias"`             // K
	Slopes  []byte `json:"slopes,omitempty"` // K, of a PReLU
}

// sizeData is the geometry of all layers for the pictures of one size.
type sizeData struct {
	In       [3]int       `json:"in"`
	Pictures int          `json:"pictures"`
	First    int          `json:"first"` // index of the first picture of that size
	Plans    [][]planData `json:"plans"` // by stack and layer
}

// planData is a layer's geometry for pictures of one size.
type planData struct {
	In        [3]int  `json:"in"`
	Out       [3]int  `json:"out"`
	Pad       [4]int  `json:"pad"` // top, left, bottom, right
	Field     [2]int  `json:"field"`
	Jump      [2]int  `json:"jump"`
	Start     [2]int  `json:"start"`
	Uncovered string  `json:"uncovered,omitempty"`
	MACs      float64 `json:"macs"`
}

// entry is a picture in the gallery.
type entry struct {
	Name  string `json:"name"`
	Thumb string `json:"thumb,omitempty"` // an address; a data URL with --embed
	Size  [2]int `json:"size"`            // width and height of the file's picture, upright
	Code  string `json:"code,omitempty"`  // of failed pictures only
	Error string `json:"error,omitempty"`
	Other bool   `json:"other,omitempty"` // its maps are of other stacks than the page's
	Note  string `json:"note,omitempty"`  // why a picture that did not fail has no maps here
}

func shapeOf(s volume.Shape) [3]int { return [3]int{s.C, s.H, s.W} }

// plansOf plans every stack for pictures of a size.
func (w *writer) plansOf(stacks []engine.Selected, in volume.Shape) ([]*filters.Plan, [][]planData, error) {
	plans := make([]*filters.Plan, len(stacks))
	data := make([][]planData, len(plans))
	for s := range plans {
		var err error
		if plans[s], err = stacks[s].Stack.Plan(in); err != nil {
			return nil, nil, err
		}
		for _, lp := range plans[s].Layers {
			limits := w.opts.Decoder.Options().Limits
			if err := limits.Check("layer "+engine.LayerName(plans[s].Stack.Name(), lp.Layer.Name())+": map", lp.Out.W, lp.Out.H, "use less padding"); err != nil {
				return nil, nil, err
			}
			data[s] = append(data[s], planData{
				In: shapeOf(lp.In), Out: shapeOf(lp.Out),
				Pad:   [4]int{lp.Rows.Before, lp.Cols.Before, lp.Rows.After, lp.Cols.After},
				Field: lp.Field, Jump: lp.Jump, Start: lp.FieldStart,
				Uncovered: lp.Uncovered(), MACs: lp.MACs,
			})
		}
	}
	return plans, data, nil
}

// layers describes the stacks and adds their weights.
func (w *writer) layers() error {
	o := w.opts
	w.page = page{
		Run: w.runName(), Version: o.Heading.Version, Layers: o.Heading.Layers,
		Scale: o.Heading.Scale, Stretch: w.stretched(), Colors: o.Looks.Colormap.Name(), Formats: o.Heading.Formats, Stacks: []stackData{}, Sizes: []sizeData{},
	}
	n := newNormalisation(o.Decoder)
	w.page.Mean, w.page.Std = n.mean, n.std
	w.page.Input = arithmetic.InputChannels(o.Decoder.Options().Channels)
	if err := w.experiments(); err != nil {
		return err
	}
	var err error
	w.page.Stacks, err = w.describeAll(o.Stacks, "w")
	return err
}

// describeAll describes stacks. The names of their weights begin with a folder.
func (w *writer) describeAll(stacks []engine.Selected, folder string) ([]stackData, error) {
	all := []stackData{}
	for i, s := range stacks {
		stack := stackData{Name: s.Stack.Name()}
		for l, layer := range s.Stack.Layers() {
			d := layerData{
				Name: layer.Name(), Kind: layer.Kind(), Filters: layer.Filters(), Signed: layer.Signed(), Written: s.Layers[l],
				Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1, Inputs: s.Stack.Inputs(l),
			}
			if s.Layers[l] {
				d.Stats = make([]*filterStats, len(d.Filters))
				for k := range d.Stats {
					d.Stats[k] = &filterStats{}
				}
			}
			if err := w.describe(&d, layer, fmt.Sprintf("%s/%d-%d", folder, i, l)); err != nil {
				return nil, err
			}
			stack.Layers = append(stack.Layers, d)
		}
		all = append(all, stack)
	}
	return all, nil
}

// computed lists the kinds of layers that page/arithmetic.js can compute.
var computed = []string{"conv", "max_pool", "avg_pool", "local_response_norm", "activation", "scale", "add", "concat", "upsample"}

// describe fills in the layer's settings and puts its weights beside the page.
func (w *writer) describe(d *layerData, layer filters.Layer, name string) error {
	if !slices.Contains(computed, d.Kind) {
		return fmt.Errorf("report: layer %s: the page knows no %s", d.Name, d.Kind)
	}
	d.Kernel, d.Stride, d.Dilation = setting(layer, "kernel_size", d.Kernel), setting(layer, "stride", d.Stride), setting(layer, "dilation", d.Dilation)
	d.Groups, d.Mode = setting(layer, "groups", d.Groups), setting(layer, "padding_mode", "")
	d.Activation = setting(layer, "activation", setting(layer, "function", ""))
	d.Slope = setting(layer, "negative_slope", setting(layer, "alpha", float32(0)))
	if p, ok := filters.AttributeOf[filters.Padding](layer, "padding"); ok {
		switch {
		case p.Kind != filters.Explicit:
			d.Auto = p.Kind.String()
		case d.Kind != "conv":
			d.After = &[2]int{p.Bottom, p.Right}
		}
	}
	d.CeilMode, d.ExcludePadding = bool(setting(layer, "ceil_mode", filters.Flag(false))), !setting(layer, "count_include_pad", true)
	if up, ok := filters.AttributeOf[[2]int](layer, "scale_factor"); ok {
		d.Up = &up
		if setting(layer, "mode", "") == filters.Bilinear.String() {
			d.Kernel = [2]int{2, 2}
		}
	}
	if size, ok := filters.AttributeOf[int](layer, "size"); ok {
		d.Norm = &normSpec{size, setting(layer, "alpha", 0.0), setting(layer, "beta", 0.0), setting(layer, "k", 0.0)}
	}
	var data weightData
	if k, ok := layer.Kernels(); ok {
		d.Groups = k.Groups
		d.Parameters = int64(len(k.Weights) + len(k.Bias))
		data = weightData{Weights: tensor.AppendFloats(nil, k.Weights), Bias: tensor.AppendFloats(nil, k.Bias)}
	}
	if l, ok := layer.(interface{ Slopes() []float32 }); ok && l.Slopes() != nil {
		d.Parameters += int64(len(l.Slopes()))
		data.Slopes = tensor.AppendFloats(nil, l.Slopes())
	}
	if d.Parameters == 0 {
		return nil
	}
	d.Weights = name
	return w.put(name, data)
}

// setting returns a layer's attribute, or otherwise if the layer has none of that name.
func setting[T any](layer filters.Layer, name string, otherwise T) T {
	if v, ok := filters.AttributeOf[T](layer, name); ok {
		return v
	}
	return otherwise
}

// shownSizes is the number of sizes whose geometry is in the page itself. Each picture's
// data has the geometry for that picture.
const shownSizes = 40

// countSize counts a picture of a size.
func (w *writer) countSize(in [3]int, plans [][]planData, index int, known map[[3]int]int) {
	at, ok := known[in]
	if !ok {
		at = len(known)
		known[in] = at
		if at < shownSizes {
			w.page.Sizes = append(w.page.Sizes, sizeData{In: in, First: index, Plans: plans})
		} else {
			w.page.Others++
		}
	}
	if at < shownSizes {
		w.page.Sizes[at].Pictures++
	}
}

// failed returns the gallery's entry of a failed picture.
func (w *writer) failed(rec *manifest.Record) entry {
	name, input := w.name(rec), string(rec.Input)
	message := rec.Error
	if w.opts.Embed && filepath.IsAbs(input) {
		message = strings.NewReplacer(source.Display(input), name, input, name).Replace(message)
	}
	return entry{Name: name, Size: [2]int{rec.Width, rec.Height}, Code: rec.Code, Error: message}
}

// name is how the page calls an input. An embedded page may be passed on, and has no absolute
// paths of the machine that made it: there a name begins where the run was started, or is the
// picture's place in the run with the extension.
func (w *writer) name(rec *manifest.Record) string {
	input := string(rec.Input)
	if w.opts.Embed && filepath.IsAbs(input) {
		switch below, err := filepath.Rel(w.opts.Folder, input); {
		case err == nil && filepath.IsLocal(below):
			input = below
		case rec.Output != "":
			input = string(rec.Output) + filepath.Ext(input)
		default:
			input = filepath.Base(input)
		}
	}
	return source.Display(input)
}

// runName is how the page calls the run's folder.
func (w *writer) runName() string {
	if w.opts.Embed {
		return source.Display(filepath.Base(w.opts.Run))
	}
	return source.Display(w.opts.Run)
}

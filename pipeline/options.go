package pipeline

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/render"
	"filterbank/pipeline/stats"
)

// Format is a kind of output file.
type Format string

// PNG and PNG16 are pictures of 8 bits, gray or of a colormap, and of 16 bits, gray, a
// file a map; NPY is float32 values before scaling, K×H×W, a file a layer; Sheet is a
// contact sheet of all maps of a layer, a file a layer; Overlay is a map blended over the
// picture, a file a map.
const (
	PNG   Format = "png"
	PNG16 Format = "png16"
	NPY   Format = "npy"
	Sheet Format = "sheet"

	Overlay Format = "overlay"
)

// ParseFormats reads names of formats; none is PNG. PNG and PNG16 exclude each
// other, since both would write the same file.
func ParseFormats(names []string) ([]Format, error) {
	var formats []Format
	for _, n := range names {
		f := Format(n)
		if !slices.Contains([]Format{PNG, PNG16, NPY, Sheet, Overlay}, f) {
			return nil, fmt.Errorf("format %q: it must be png, png16, npy, sheet or overlay", n)
		}
		if !slices.Contains(formats, f) {
			formats = append(formats, f)
		}
	}
	if len(formats) == 0 {
		formats = []Format{PNG}
	}
	if slices.Contains(formats, PNG) && slices.Contains(formats, PNG16) {
		return nil, errors.New("formats png and png16 write the same files: choose one")
	}
	return formats, nil
}

// CheckColormap refuses colours for maps of 16 bits: PNG has no palette of so many.
func CheckColormap(c render.Colormap, formats []Format) error {
	if c.Gray() || !slices.Contains(formats, PNG16) {
		return nil
	}
	return fmt.Errorf("colormap %s is of 256 colours, and png16 is gray: use the format png, or the colormap auto or gray", c.Name())
}

// Selected is a stack and those of its layers whose maps are written.
type Selected struct {
	Stack *filters.Stack
	Taps  []bool // one a layer
}

// Select chooses layers: "last" of each stack, "all", or names separated by commas,
// each a layer's or, where several stacks have one of that name, stack/layer. A name
// that no stack has is an error. Stacks without a chosen layer are left out.
func Select(stacks []*filters.Stack, layers string) ([]Selected, error) {
	names := strings.Split(layers, ",")
	found := make([]bool, len(names))
	var selected []Selected
	for _, s := range stacks {
		taps := make([]bool, len(s.Layers()))
		for l, layer := range s.Layers() {
			name := layer.Name()
			taps[l] = layers == "all" || layers == "last" && l == len(taps)-1
			for i, n := range names {
				if n == name || n == s.Name()+"/"+name {
					taps[l], found[i] = true, true
				}
			}
		}
		if slices.Contains(taps, true) {
			selected = append(selected, Selected{s, taps})
		}
	}
	if layers == "all" || layers == "last" {
		return selected, nil
	}
	if i := slices.Index(found, false); i >= 0 {
		return nil, fmt.Errorf("no layer is called %q: the layers are %s; last and all stand for the last one and for every one",
			names[i], strings.Join(layerNames(stacks), ", "))
	}
	return selected, nil
}

func layerNames(stacks []*filters.Stack) []string {
	var names []string
	for _, s := range stacks {
		for _, layer := range s.Layers() {
			n := layer.Name()
			if s.Name() != "" {
				n = s.Name() + "/" + n
			}
			names = append(names, n)
		}
	}
	return names
}

// Overwrite is what becomes of pictures that an earlier run has done.
type Overwrite string

// Changed, the default, does a picture again unless its maps are all there and were
// made from the same bytes by the same settings. Always does every picture. Never
// leaves a picture alone when any of its maps is there, whatever made it.
const (
	Changed Overwrite = "changed"
	Always  Overwrite = "always"
	Never   Overwrite = "never"
)

// Options say what a run does. Stacks, Decoder and Out are needed.
type Options struct {
	Stacks  []Selected
	Decoder *decode.Decoder
	Out     string   // output folder
	Formats []Format // none is PNG
	Scale   render.Scale
	Sheet   SheetOptions       // of Formats' Sheet
	Dataset [][][]render.Range // where Scale is PerDataset: by stack, layer and map; see UseDataset
	Jobs    int                // workers; 0 is GOMAXPROCS
	Stdin   io.Reader          // what the path "-" reads

	// Colormap colours maps of 8 bits. The zero value is coolwarm for layers whose outputs
	// may be below 0, on scales that have 0 in the middle, and gray for the others.
	Colormap render.Colormap

	// Kernel computes the convolutions and finds the extremes of maps; nil
	// is the fastest that the processor runs.
	Kernel *kernel.Kernel

	// Memory bounds the bytes that pictures in flight hold, as far as their headers
	// tell; 0 is no bound. A picture that needs more than is free waits for others to
	// end, and one that needs more than all of it fails.
	Memory int64

	// Timeout ends the work on a picture, which then fails; 0 is never.
	Timeout time.Duration

	// Overwrite says what becomes of pictures that an earlier run has done.
	Overwrite Overwrite

	// StopOnError ends the run at the first picture that fails.
	StopOnError bool

	// About gives the content of run.json at the end of a run, while the output folder
	// is still this run's own. Without it there is none.
	About func(Summary) ([]byte, error)

	// Each is called, from one goroutine, as a picture is done or has failed, in the
	// order in which they end. It may be nil.
	Each func(*manifest.Record)
	// Ended is called for every picture, those that were done before among them, from
	// the same goroutine. It may be nil.
	Ended func()
}

// colormap is that of a layer's pictures. It does not depend on the values in them. Those
// of 16 bits are gray.
func (o *Options) colormap(layer filters.Layer) render.Colormap {
	return o.Colormap.For(layer.Signed() && o.Scale.Centred() && !slices.Contains(o.Formats, PNG16))
}

// UseDataset sets Scale and Dataset: it gives every filter of the tapped layers of
// o.Stacks the same range on every picture, from statistics. It is an error when these
// are not of the same layers, with pictures prepared in the same way.
func (o *Options) UseDataset(f *stats.File, b stats.Bounds) error {
	o.Scale = render.Scale{Per: render.PerDataset}
	o.Dataset = make([][][]render.Range, len(o.Stacks))
	for i, s := range o.Stacks {
		o.Dataset[i] = make([][]render.Range, len(s.Taps))
		for l, tapped := range s.Taps {
			o.Dataset[i][l] = make([]render.Range, len(s.Stack.Layers()[l].Filters()))
			if !tapped {
				continue
			}
			var err error
			if o.Dataset[i][l], err = f.Ranges(s.Stack.Name(), s.Stack.Layers()[l], o.layerHash(i, l), b); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *Options) jobs() int {
	if o.Jobs > 0 {
		return o.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// overlayColormap is that of a layer's overlays: unless one is named, colours that stand
// out from a gray picture.
func (o *Options) overlayColormap(layer filters.Layer) render.Colormap {
	c := o.colormap(layer)
	if o.Colormap == (render.Colormap{}) && !c.Diverging() {
		c, _ = render.ParseColormap("turbo") // there is one of that name
	}
	return c
}

// levels turns a layer's values into levels of 8 bits.
func (o *Options) levels(layer filters.Layer, r render.Range) render.Gray {
	if o.colormap(layer).Diverging() {
		return render.Centred8(r)
	}
	return render.Gray8(r)
}

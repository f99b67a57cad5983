package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/filters/weights"
)

// Model is what a stack file describes, with every array loaded.
type Model struct {
	Input  Input
	Stacks []*filters.Stack // at least one, of Input.Channels; the stack of a file with layers has no name
	Notes  []string         // costs that a reader may not expect, a line each
	Files  []string         // paths of the files of weights that were read
}

// Build loads the weights, computes the built-in filters, spreads 2-D kernels over the
// channels and folds batch normalization into weights and biases. It does not know
// whether a layer fits a picture. The model's Input has its defaults filled in: Mean, Std and
// Channels are always there, Resize and Crop only if the file has them.
//
// A File that a program has made is written as text and read again, so that it is checked
// like any other.
func (f *File) Build() (*Model, error) {
	if f.n == nil {
		text, err := json.Marshal(f.Resolved())
		if err != nil {
			return nil, fmt.Errorf("stack file: %w", err)
		}
		if f, err = parse(&source{name: "stack file", text: text}, f.dir, nil); err != nil {
			return nil, err
		}
	}
	m := &Model{Input: *f.Input.resolved()}
	if m.Input.Channels == 0 {
		m.Input.Channels = pictureChannels
	}
	room := maxWeights
	var found problems
	files := &weights.Set{Folder: f.dir}
	defer files.Close()
	for _, s := range f.sections() {
		stack, err := s.build(m, files, &room)
		if found.add(err); found.full() {
			break
		}
		m.Stacks = append(m.Stacks, stack)
	}
	if err := found.err(); err != nil {
		return nil, told(err)
	}
	m.Files = files.Paths()
	return m, nil
}

// pictureChannels is the number of channels of a picture: red, green and blue.
const pictureChannels = 3

// build makes one stack. room is how many weights the file may still have.
func (s section) build(m *Model, files *weights.Set, room *int) (*filters.Stack, error) {
	b, err := filters.NewBuilder(s.name, m.Input.Channels)
	if err != nil {
		return nil, err
	}
	in := surroundings{strict: s.strict, files: files, each: "filter"}
	in.note = func(layer, text string) {
		if s.name != "" {
			layer = s.name + "/" + layer
		}
		m.Notes = append(m.Notes, "layer "+layer+": "+text)
	}
	rgb := make([]bool, 0, len(s.layers)) // of each layer: its channels are the picture's
	for i, l := range s.layers {
		part := l.part()
		sources, err := b.Sources(part.inputs())
		if err != nil {
			return nil, s.misplaced(i, err)
		}
		in.index, in.room = i, *room
		in.channels = len(b.Channels(sources[0]))
		in.rgb = m.Input.Channels == pictureChannels && (sources[0] < 0 || rgb[sources[0]])
		made, err := part.build(in)
		if err != nil {
			return nil, s.unreadable(i, err, in)
		}
		if err := takeChannels(b, part, sources, room); err != nil {
			return nil, s.misplaced(i, err)
		}
		for _, layer := range made {
			if err := b.Add(layer); err != nil {
				return nil, s.misplaced(i, err)
			}
			if k, ok := layer.Kernels(); ok {
				*room -= len(k.Weights)
			}
			rgb = append(rgb, in.rgb && layer.Filters() == nil && len(sources) == 1)
		}
	}
	stack, err := b.Stack()
	if err != nil {
		return nil, s.errorf("layers", "%w", err)
	}
	return stack, nil
}

// takeChannels bounds the channels of concatenations, which double from layer to layer in a
// hostile file. A channel has a name, which takes as much memory as some weights.
func takeChannels(b *filters.Builder, p part, sources []int, room *int) error {
	const asWeights = 256
	if _, ok := p.(*Concat); !ok {
		return nil
	}
	n := 0
	for _, from := range sources {
		n += len(b.Channels(from))
	}
	if n > maxFilters {
		return fmt.Errorf("concat has %d channels, at most %d are possible", n, maxFilters)
	}
	if left := *room / asWeights; n > left {
		return fmt.Errorf("concat has %d channels, but the file's weights and the concatenations before it leave room for %d: leave out layers, or write them to a file of their own", n, left)
	}
	*room -= asWeights * n
	return nil
}

// misplaced is the error of a layer that does not fit the layers that it reads.
func (s section) misplaced(i int, err error) error {
	n := s.layers[i].part().node()
	if n.index("inputs") >= 0 {
		n = n.at("inputs")
	}
	return n.wrap(err)
}

// surroundings are the place of a layer: its stack, its input and its file.
type surroundings struct {
	index    int    // in its stack
	strict   bool   // strict_size of layers without one
	channels int    // C of its input
	rgb      bool   // the channels are the picture's
	each     string // what has a value of an array of values: filter, or channel in layers without filters
	files    *weights.Set
	room     int                      // how many weights the file may still have
	note     func(layer, text string) // adds a note about a layer
}

// layerBuilder makes one layer's spec.
type layerBuilder struct {
	conv *Conv
	surroundings
}

func (c *Conv) build(in surroundings) ([]filters.Layer, error) {
	b := layerBuilder{c, in}
	spec, err := b.build()
	if err != nil {
		return nil, err
	}
	if c.Separable {
		return c.separate(spec)
	}
	conv, err := filters.NewConv(spec)
	return single(conv, c.specError(err, c.files()))
}

// settings are a spec without its kernels.
func (c *Conv) settings(in surroundings) filters.ConvSpec {
	spec := filters.ConvSpec{
		Name:       c.nameOr(in.index),
		Inputs:     c.Inputs,
		InChannels: in.channels,
		Stride:     c.Stride.orOne(),
		Dilation:   c.Dilation.orOne(),
		Padding:    c.padding(),
		Groups:     max(c.Groups, 1),
		StrictSize: valueOr(c.StrictSize, in.strict),
	}
	if c.Channels.Mode == "each" {
		spec.Groups = max(in.channels, 1)
	}
	p := c.activation()
	spec.Activation, spec.NegativeSlope, spec.Alpha = p.function(), p.slope(), p.alpha()
	return spec
}

func (b *layerBuilder) build() (filters.ConvSpec, error) {
	c := b.conv
	spec := c.settings(b.surroundings)
	if err := spec.CheckSettings(); err != nil {
		return spec, c.specError(err, nil)
	}
	fill := b.fromKernels
	if c.Weights != "" {
		fill = b.fromFile
	}
	if err := fill(&spec); err != nil {
		return spec, err
	}
	if err := b.addBias(&spec); err != nil {
		return spec, err
	}
	var err error
	if spec.Slopes, err = c.activation().slopes(b.surroundings, len(spec.Filters)); err != nil {
		return spec, err
	}
	if err := b.checkKernel(&spec); err != nil {
		return spec, err
	}
	return spec, b.foldBatchNorm(&spec)
}

// files are the references to arrays by the key that has them.
func (c *Conv) files() map[string]string {
	files := map[string]string{"weights": c.Weights}
	note := func(key string, p *PerFilter) {
		if p != nil {
			files[key] = p.File
		}
	}
	note("bias", c.Bias)
	note("negative_slope", c.NegativeSlope)
	c.BatchNorm.note(note)
	return files
}

// note notes the arrays of batch normalization under their keys.
func (bn *BatchNorm) note(note func(key string, p *PerFilter)) {
	if bn != nil {
		note("batch_norm.weight", bn.Weight)
		note("batch_norm.bias", bn.Bias)
		note("batch_norm.running_mean", bn.RunningMean)
		note("batch_norm.running_var", bn.RunningVar)
	}
}

// checkKernel compares the kernels' size with the layer's kernel_size.
func (b *layerBuilder) checkKernel(spec *filters.ConvSpec) error {
	size := spec.KernelSize
	if want := b.conv.KernelSize; want != (Pair{}) && want != Pair(size) {
		return b.conv.errorf("kernel_size", "kernel_size is [%d, %d], but the kernels are %d×%d: it only checks their size, leave it out", want[0], want[1], size[0], size[1])
	}
	return nil
}

func (p Pair) orOne() [2]int { return [2]int{max(p[0], 1), max(p[1], 1)} }

func (c *Conv) padding() filters.Padding {
	var out filters.Padding
	if p := c.Padding; p != nil {
		out = filters.Padding{Top: p.Top, Left: p.Left, Bottom: p.Bottom, Right: p.Right}
		switch p.Auto {
		case "same":
			out.Kind = filters.Same
		case "same_upper":
			out.Kind = filters.SameUpper
		case "same_lower":
			out.Kind = filters.SameLower
		}
	}
	for _, m := range []filters.PaddingMode{filters.Reflect, filters.Replicate, filters.Circular} {
		if m.String() == c.PaddingMode {
			out.Mode = m
		}
	}
	return out
}

// valueOr is the value that p points to, or a fallback for nil.
func valueOr[T any](p *T, fallback T) T {
	if p == nil {
		return fallback
	}
	return *p
}

// fromFile takes the weights of a file unchanged.
func (b *layerBuilder) fromFile(spec *filters.ConvSpec) error {
	at := b.conv.n.at("weights")
	a, err := b.files.Find(b.conv.Weights, 4)
	if err != nil {
		return at.wrap(err)
	}
	perGroup := spec.InChannels / spec.Groups
	if n, _ := volume.Product(a.Shape...); len(a.Shape) != 4 || a.Shape[1] != perGroup || n == 0 {
		return at.errorf("weights %s have shape [%s], want [K, %d, kH, kW] for %d input channels with groups %d",
			b.conv.Weights, dims(a.Shape), perGroup, spec.InChannels, spec.Groups)
	}
	k, h, w := a.Shape[0], a.Shape[2], a.Shape[3]
	if err := b.checkSize(at, k, perGroup, h, w); err != nil {
		return err
	}
	names := slices.Clone(b.conv.FilterNames)
	switch {
	case names == nil:
		names = numbered(k)
	case len(names) != k:
		return b.conv.errorf("filter_names", "filter_names has %d names, but weights %s have %d filters", len(names), b.conv.Weights, k)
	}
	values, err := a.Values(maxWeights)
	spec.KernelSize, spec.Weights, spec.Filters = [2]int{h, w}, values, names
	return at.wrap(err)
}

func numbered(k int) []string {
	names := make([]string, k)
	for i := range names {
		names[i] = "f" + strconv.Itoa(i)
	}
	return names
}

// checkSize bounds the number of a layer's weights.
func (b *layerBuilder) checkSize(at *node, k, channels, h, w int) error {
	if k > maxFilters {
		return at.errorf("%d filters in a layer, at most %d are possible", k, maxFilters)
	}
	if h > MaxKernel || w > MaxKernel {
		return at.errorf("kernels of %d×%d, at most %d×%d is possible", h, w, MaxKernel, MaxKernel)
	}
	if n, ok := volume.Product(k, channels, h, w); !ok || n > b.room {
		return at.errorf("%d×%d×%d×%d weights are too many: all layers together have at most %d", k, channels, h, w, maxWeights)
	}
	return nil
}

func dims(shape []int) string {
	words := make([]string, len(shape))
	for i, n := range shape {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}

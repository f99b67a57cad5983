package config

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"filterbank/filters/bank"
)

// section is a stack to check or build, with the defaults of its layers.
type section struct {
	place
	name   string // "" for the only stack of a file
	strict bool
	layers []Layer
}

// sections are the file's stacks, from stacks or from layers.
func (f *File) sections() []section {
	strict := f.StrictSize != nil && *f.StrictSize
	if f.Stacks == nil {
		return []section{{f.place, "", strict, f.Layers}}
	}
	var all []section
	for _, s := range f.Stacks {
		one := section{s.place, s.Name, strict, s.Layers}
		if s.StrictSize != nil {
			one.strict = *s.StrictSize
		}
		all = append(all, one)
	}
	return all
}

// check finds mistakes between keys: everything that needs no other file. It leaves out the
// parts that could not be decoded.
func (f *File) check() error {
	if f.Layers != nil && f.Stacks != nil {
		return f.errorf("stacks", "a stack file has layers or stacks, not both")
	}
	if f.Layers == nil && f.Stacks == nil {
		if f.bad {
			return nil
		}
		return f.errorf("", "layers is missing: a stack file has layers, or stacks with layers")
	}
	var found problems
	found.add(f.Input.check())
	names := distinct{}
	layers := 0
	for i, s := range f.sections() {
		if f.Stacks != nil {
			at := s.n
			if f.n != nil {
				at = f.n.at("stacks").keys[i]
			}
			found.add(at.wrap(names.add("stack", s.name)))
		}
		if layers += len(s.layers); layers > maxLayers {
			found.add(s.errorf("layers", "more than %d layers in a file", maxLayers))
			break
		}
		found.add(s.check())
		if found.full() {
			break
		}
	}
	return found.err()
}

func (in *Input) check() error {
	if in == nil {
		return nil
	}
	var found problems
	if r := in.Resize; r != nil && !r.bad && (r.Width < 1 || r.Height < 1) {
		found.add(r.errorf("", "resize needs width and height"))
	}
	if c := in.Crop; c != nil && !c.bad && (c.Width < 1 || c.Height < 1) {
		found.add(c.errorf("", "crop needs width and height"))
	}
	if !in.bad {
		found.add(in.checkMatrices())
	}
	return found.err()
}

// checkMatrices checks what is for matrices.
func (in *Input) checkMatrices() error {
	given := in.n != nil && in.n.index("matrix_scale") >= 0
	if scale := float32(in.MatrixScale); scale < 0 || scale == 0 && given || !finite(scale) {
		return in.errorf("matrix_scale", "matrix_scale must be above 0 and within float32, got %v", in.MatrixScale)
	}
	if in.Channels == 0 || in.Channels == 3 {
		return nil
	}
	var found problems
	if in.Resize != nil {
		found.add(in.errorf("resize", "resize is for pictures, and inputs of %d channels are matrices, which keep their size: leave resize or channels out", in.Channels))
	}
	if m := in.Mean; m[0] != m[1] || m[0] != m[2] {
		found.add(in.errorf("mean", "mean has three numbers for an input of %d channels: write one number for all", in.Channels))
	}
	if d := in.Std; d[0] != d[1] || d[0] != d[2] {
		found.add(in.errorf("std", "std has three numbers for an input of %d channels: write one number for all", in.Channels))
	}
	return found.err()
}

func (s section) check() error {
	if len(s.layers) == 0 {
		if s.bad {
			return nil
		}
		return s.errorf("layers", "a stack needs at least one layer")
	}
	var found problems
	names := distinct{}
	var earlier []string
	for i, l := range s.layers {
		switch {
		case !l.bad:
			found.add(l.check(i, names, earlier))
		case l.Conv != nil:
			found.add(l.Conv.checkFilters())
		}
		if _, parts := l.parts(); len(parts) == 1 {
			earlier = append(earlier, l.names(i)...)
		}
		if found.full() {
			break
		}
	}
	return found.err()
}

// check checks the i-th layer of a stack. earlier are the names of the layers before it.
func (l Layer) check(i int, names distinct, earlier []string) error {
	if err := l.onePart(); err != nil {
		return err
	}
	var found problems
	part := l.part()
	name := part.nameOr(i)
	var err error
	for _, made := range l.names(i) {
		err = cmp.Or(err, names.add("layer", made))
	}
	for _, end := range []string{".npy", ".sheet.png", ".png"} { // another layer's files may have that name
		if err == nil && strings.HasSuffix(strings.ToLower(name), end) {
			err = fmt.Errorf("layer name %q must not end in %s", name, end)
		}
	}
	if err == nil && name == "__metadata__" {
		err = errors.New("layer name __metadata__ belongs to the metadata of safetensors files")
	}
	found.add(part.node().at("name").wrap(err))
	found.add(part.check())
	found.add(checkInputs(part, earlier))
	return found.err()
}

func (c *Conv) nameOr(i int) string { return defaultName(c.n, c.Name, "conv", i) }

func (c *Conv) check() error {
	var found problems
	found.add(c.checkWeights())
	found.add(c.checkFilters())
	found.add(c.BatchNorm.check())
	found.add(c.activation().check())
	spec := c.settings(surroundings{})
	found.add(c.specError(spec.CheckSettings(), nil))
	return found.err()
}

// checkFilters checks the names of built-in filters and their parameters.
func (c *Conv) checkFilters() error {
	var found problems
	for _, f := range c.Filters {
		if f.Name == "" && c.bad { // it could not be decoded
			continue
		}
		err := bank.Check(f.Name, f.Params)
		if strings.Contains(f.Name, ",") {
			err = fmt.Errorf("%q is one entry: write [%s], or an entry for each", f.Name, f.Name)
		}
		found.add(f.wrap(err))
		if found.full() {
			break
		}
	}
	return found.err()
}

// checkWeights checks that the weights have one source, and that keys of other sources
// are absent.
func (c *Conv) checkWeights() error {
	var given []string
	for _, s := range []struct {
		key string
		is  bool
	}{{"filters", c.Filters != nil}, {"kernels", c.Kernels != nil}, {"weights", c.Weights != "" || c.n.index("weights") >= 0}} {
		if s.is {
			given = append(given, s.key)
		}
	}
	switch {
	case len(given) == 0:
		if c.KernelSize != (Pair{}) {
			return c.errorf("kernel_size", "conv has no weights, and kernel_size only checks the size of weights: it needs one of filters, kernels and weights, such as filters: [sobel]")
		}
		return c.errorf("", "conv has no weights: it needs one of filters, kernels and weights")
	case len(given) > 1:
		return c.errorf(given[1], "conv has %s: it takes only one of filters, kernels and weights", strings.Join(given, " and "))
	case given[0] == "filters" && len(c.Filters) == 0, given[0] == "kernels" && len(c.Kernels) == 0:
		return c.errorf(given[0], "%s is empty: a layer needs at least one filter", given[0])
	case given[0] == "weights" && c.Weights == "":
		return c.errorf("weights", "weights wants a file of an array, such as w.npy or net.pth#conv1.weight, got an empty string")
	case given[0] == "weights" && !c.Channels.IsZero():
		return c.errorf("channels", "channels spreads 2-D kernels, but a weights file has its channels already")
	}
	if err := c.checkFilterNames(); err != nil {
		return err
	}
	if c.Channels.Mode == "each" && c.Groups > 0 {
		return c.errorf("groups", "channels: each makes a group of every input channel: leave groups out")
	}
	for _, k := range c.Kernels {
		if c.Bias != nil && k.Bias != nil {
			return k.errorf("bias", "the layer has a bias already: write it there or with the kernels")
		}
		if k.Name == "" && k.n.index("name") < 0 {
			continue
		}
		if err := checkName("filter", k.Name); err != nil {
			return k.n.at("name").wrap(err)
		}
	}
	return nil
}

// checkFilterNames checks the names of filters that come from a file.
func (c *Conv) checkFilterNames() error {
	if c.FilterNames != nil && c.Weights == "" {
		return c.errorf("filter_names", "filter_names names the filters of weights: filters and kernels have their names already")
	}
	seen := map[string]bool{}
	for _, name := range c.FilterNames {
		err := checkName("filter", name)
		if seen[strings.ToLower(name)] {
			err = fmt.Errorf("filter_names has %q twice, or in another case", name)
		}
		if err != nil {
			return c.n.at("filter_names").wrap(err)
		}
		seen[strings.ToLower(name)] = true
	}
	return nil
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

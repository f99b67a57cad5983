package config

import (
	"slices"

	"filterbank/filters"
)

func (c *Conv) inputs() []string              { return c.Inputs }
func (p *MaxPool) inputs() []string           { return p.Inputs }
func (p *AvgPool) inputs() []string           { return p.Inputs }
func (n *LocalResponseNorm) inputs() []string { return n.Inputs }
func (a *Activation) inputs() []string        { return a.Inputs }
func (s *Scale) inputs() []string             { return s.Inputs }
func (a *Add) inputs() []string               { return a.Inputs }
func (c *Concat) inputs() []string            { return c.Inputs }
func (u *Upsample) inputs() []string          { return u.Inputs }

// checkInputs checks the layers that a part reads. earlier are the names of the layers
// before it.
func checkInputs(p part, earlier []string) error {
	at := p.node().at("inputs")
	names := p.inputs()
	if p.node().index("inputs") >= 0 && len(names) == 0 {
		return at.errorf("inputs is empty: leave it out for the layer before, or name a layer")
	}
	switch p.(type) {
	case *Add, *Concat:
	default:
		if len(names) > 1 {
			return at.errorf("inputs names %d layers, but this layer reads one: add or concat joins several", len(names))
		}
	}
	var found problems
	for i, name := range names {
		one := at
		if at != nil && at.kind == list && i < len(at.items) {
			one = at.items[i]
		}
		if name == filters.InputName || slices.Contains(earlier, name) {
			continue
		}
		switch near, ok := Nearest(name, append(slices.Clone(earlier), filters.InputName)); {
		case ok:
			found.add(one.errorf("inputs names %q, but no layer before this one has that name, did you mean %q?", name, near))
		case len(earlier) == 0:
			found.add(one.errorf("inputs names %q, but no layer is before this one: it reads the picture, whose name is %s", name, filters.InputName))
		default:
			found.add(one.errorf("inputs names %q, but no layer before this one has that name", name))
		}
		if found.full() {
			break
		}
	}
	return found.err()
}

func (a *Add) nameOr(i int) string      { return defaultName(a.n, a.Name, "add", i) }
func (c *Concat) nameOr(i int) string   { return defaultName(c.n, c.Name, "concat", i) }
func (u *Upsample) nameOr(i int) string { return defaultName(u.n, u.Name, "upsample", i) }

func (a *Add) check() error    { return checkJoin(a.place, a.Inputs, "add") }
func (c *Concat) check() error { return checkJoin(c.place, c.Inputs, "concat") }

func checkJoin(at place, inputs []string, kind string) error {
	if len(inputs) < 2 {
		return at.errorf("inputs", "%s needs inputs: names of at least two earlier layers, such as inputs: [conv1, conv2]", kind)
	}
	if len(inputs) > MaxInputs {
		return at.errorf("inputs", "%s has %d inputs, at most %d are possible", kind, len(inputs), MaxInputs)
	}
	return nil
}

// MaxInputs bounds the layers that one layer joins.
const MaxInputs = 256

func (a *Add) build(in surroundings) ([]filters.Layer, error) {
	layer, err := filters.NewJoin(filters.JoinSpec{Name: a.nameOr(in.index), Inputs: a.Inputs, Kind: filters.Add})
	return single(layer, a.specError(err, nil))
}

func (c *Concat) build(in surroundings) ([]filters.Layer, error) {
	layer, err := filters.NewJoin(filters.JoinSpec{Name: c.nameOr(in.index), Inputs: c.Inputs, Kind: filters.Concat})
	return single(layer, c.specError(err, nil))
}

func (u *Upsample) check() error {
	if u.ScaleFactor == (Pair{}) {
		return u.errorf("", "upsample needs scale_factor")
	}
	_, err := u.layer(0)
	return u.specError(err, nil)
}

func (u *Upsample) build(in surroundings) ([]filters.Layer, error) {
	layer, err := u.layer(in.index)
	return single(layer, u.specError(err, nil))
}

func (u *Upsample) layer(index int) (*filters.Upsample, error) {
	spec := filters.UpsampleSpec{Name: u.nameOr(index), Inputs: u.Inputs, Factor: u.ScaleFactor}
	if u.Mode == filters.Bilinear.String() {
		spec.Mode = filters.Bilinear
	}
	return filters.NewUpsample(spec)
}

func (a *Add) resolved(index int) *Add {
	if a == nil {
		return nil
	}
	return &Add{Name: a.nameOr(index), Inputs: a.Inputs}
}

func (c *Concat) resolved(index int) *Concat {
	if c == nil {
		return nil
	}
	return &Concat{Name: c.nameOr(index), Inputs: c.Inputs}
}

func (u *Upsample) resolved(index int) *Upsample {
	if u == nil {
		return nil
	}
	return &Upsample{Name: u.nameOr(index), Inputs: u.Inputs, ScaleFactor: u.ScaleFactor, Mode: or(u.Mode, filters.Nearest.String())}
}

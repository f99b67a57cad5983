package config

import "filterbank/filters"

// pointwise is an activation with its parameters: keys of a convolution, or of a layer of its
// own.
type pointwise struct {
	place
	key           string // activation or function
	name          string // "" is relu
	negativeSlope *PerFilter
	elu           *float64
}

func (c *Conv) activation() pointwise {
	return pointwise{c.place, "activation", c.Activation, c.NegativeSlope, c.Alpha}
}

func (a *Activation) activation() pointwise {
	return pointwise{a.place, "function", a.Function, a.NegativeSlope, a.Alpha}
}

// check refuses parameters that the activation does not have.
func (p pointwise) check() error {
	name := or(p.name, "relu")
	var found problems
	switch {
	case p.negativeSlope == nil:
		if name == "prelu" {
			found.add(p.errorf(p.key, "prelu needs negative_slope: a number, a list with one for each channel, or an array in a file"))
		}
	case name != "leaky_relu" && name != "prelu":
		found.add(p.errorf("negative_slope", "negative_slope is for %s leaky_relu and prelu, the %s is %s", p.key, p.key, name))
	case name == "leaky_relu" && !p.negativeSlope.All:
		found.add(p.errorf("negative_slope", "negative_slope of leaky_relu wants one number: prelu takes one for each channel"))
	}
	switch {
	case p.elu == nil:
	case name != "elu":
		found.add(p.errorf("alpha", "alpha is for %s elu, the %s is %s", p.key, p.key, name))
	case float32(*p.elu) == 0:
		found.add(p.errorf("alpha", "alpha must not be 0: write relu for %s", p.key))
	}
	return found.err()
}

// function is the activation. Unknown names have been refused.
func (p pointwise) function() filters.Activation {
	for _, a := range filters.Activations() {
		if a.String() == p.name {
			return a
		}
	}
	return filters.ReLU
}

// slope is leaky_relu's, by default PyTorch's.
func (p pointwise) slope() float32 {
	switch {
	case p.name != "leaky_relu":
		return 0
	case p.negativeSlope == nil || len(p.negativeSlope.Values) == 0:
		return 0.01
	}
	return p.negativeSlope.Values[0]
}

// alpha is elu's, by default PyTorch's.
func (p pointwise) alpha() float32 {
	if p.name != "elu" {
		return 0
	}
	return float32(valueOr(p.elu, 1))
}

// slopes are prelu's, of k channels.
func (p pointwise) slopes(in surroundings, k int) ([]float32, error) {
	if p.name != "prelu" {
		return nil, nil
	}
	return in.perFilter(p.place, "negative_slope", p.negativeSlope, k)
}

// resolved are the parameters with defaults filled in.
func (p pointwise) resolved() (slope *PerFilter, alpha *float64) {
	switch p.name {
	case "leaky_relu":
		return &PerFilter{Values: []float32{p.slope()}, All: true}, p.elu
	case "elu":
		return p.negativeSlope, new(valueOr(p.elu, 1))
	}
	return p.negativeSlope, p.elu
}

func (a *Activation) nameOr(i int) string { return defaultName(a.n, a.Name, "activation", i) }

func (a *Activation) check() error {
	if a.Function == "" {
		return a.errorf("", "activation needs function, such as function: silu")
	}
	return a.activation().check()
}

func (a *Activation) build(in surroundings) ([]filters.Layer, error) {
	p := a.activation()
	in.each = "channel"
	slopes, err := p.slopes(in, in.channels)
	if err != nil {
		return nil, err
	}
	layer, err := filters.NewActivation(filters.ActivationSpec{
		Name: a.nameOr(in.index), Inputs: a.Inputs, Function: p.function(), NegativeSlope: p.slope(), Alpha: p.alpha(), Slopes: slopes,
	})
	return single(layer, a.specError(err, a.files()))
}

// files are the references to arrays by the key that has them.
func (a *Activation) files() map[string]string {
	if a.NegativeSlope == nil {
		return nil
	}
	return map[string]string{"negative_slope": a.NegativeSlope.File}
}

func (a *Activation) resolved(index int) *Activation {
	if a == nil {
		return nil
	}
	out := *a
	out.place, out.Name = place{}, a.nameOr(index)
	out.NegativeSlope, out.Alpha = a.activation().resolved()
	return &out
}

func (s *Scale) nameOr(i int) string { return defaultName(s.n, s.Name, "scale", i) }

func (s *Scale) check() error {
	switch {
	case s.Factor == nil && s.Shift == nil && s.BatchNorm == nil:
		return s.errorf("", "scale needs factor, shift or batch_norm")
	case s.BatchNorm != nil && (s.Factor != nil || s.Shift != nil):
		return s.errorf("batch_norm", "batch_norm stands for factor and shift: write it in a scale of its own")
	}
	return s.BatchNorm.check()
}

func (s *Scale) build(in surroundings) ([]filters.Layer, error) {
	spec := filters.ScaleSpec{Name: s.nameOr(in.index), Inputs: s.Inputs}
	if err := s.fill(&spec, in); err != nil {
		return nil, s.specError(err, s.files())
	}
	layer, err := filters.NewScale(spec)
	return single(layer, s.specError(err, s.files()))
}

func (s *Scale) fill(spec *filters.ScaleSpec, in surroundings) (err error) {
	in.each = "channel"
	if s.BatchNorm != nil {
		loaded, err := s.BatchNorm.load(in, in.channels)
		if err != nil {
			return err
		}
		return spec.Fold(loaded, in.channels)
	}
	factor := s.Factor
	if factor == nil {
		factor = &PerFilter{Values: []float32{1}, All: true}
	}
	if spec.Factor, err = in.perFilter(s.place, "factor", factor, in.channels); err != nil {
		return err
	}
	spec.Shift, err = in.perFilter(s.place, "shift", s.Shift, in.channels)
	return err
}

// files are the references to arrays by the key that has them.
func (s *Scale) files() map[string]string {
	files := map[string]string{}
	note := func(key string, p *PerFilter) {
		if p != nil {
			files[key] = p.File
		}
	}
	note("factor", s.Factor)
	note("shift", s.Shift)
	s.BatchNorm.note(note)
	return files
}

func (s *Scale) resolved(index int) *Scale {
	if s == nil {
		return nil
	}
	out := *s
	out.place, out.Name, out.BatchNorm = place{}, s.nameOr(index), s.BatchNorm.resolved()
	return &out
}

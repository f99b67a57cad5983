package config

// Resolved is the file with every default written out: names, paddings as amounts,
// strict_size with each layer. Its JSON is deterministic and is itself a stack file with
// the same layers. It has the names of weights files, not their content, and the
// parameters of built-in filters as given. It shares nothing that Build or the caller
// would write to.
func (f *File) Resolved() *File {
	out := &File{Version: 1, Input: f.Input.resolved(), dir: f.dir}
	for _, s := range f.sections() {
		layers := make([]Layer, len(s.layers))
		for i, l := range s.layers {
			layers[i] = l.resolved(i, s.strict)
		}
		if f.Stacks == nil {
			out.Layers = layers
		} else {
			out.Stacks = append(out.Stacks, Section{Name: s.name, Layers: layers})
		}
	}
	return out
}

func (in *Input) resolved() *Input {
	out := &Input{}
	if in != nil {
		*out = *in
		out.place = place{}
	}
	if r := out.Resize; r != nil {
		out.Resize = &Resize{Width: r.Width, Height: r.Height, Mode: or(r.Mode, "fit"), Filter: or(r.Filter, "lanczos")}
	}
	if c := out.Crop; c != nil {
		out.Crop = &Crop{Width: c.Width, Height: c.Height, Anchor: or(c.Anchor, "center")}
	}
	if out.Std == (Deviation{}) {
		out.Std = Deviation{1, 1, 1}
	}
	return out
}

func (c *Conv) resolved(index int, strict bool) *Conv {
	if c == nil {
		return nil
	}
	out := *c
	out.place = place{}
	out.Name = c.nameOr(index)
	out.Stride, out.Dilation = c.Stride.orOne(), c.Dilation.orOne()
	if out.Padding == nil {
		out.Padding = &Padding{}
	}
	out.PaddingMode = or(c.PaddingMode, "zeros")
	out.Activation = or(c.Activation, "relu")
	out.NegativeSlope, out.Alpha = c.activation().resolved()
	out.StrictSize = new(valueOr(c.StrictSize, strict))
	out.BatchNorm = c.BatchNorm.resolved()
	if c.Weights == "" && c.Channels.IsZero() {
		out.Channels = Channels{Mode: "mean"}
	}
	if c.Channels.Mode != "each" {
		out.Groups = max(c.Groups, 1)
	}
	out.Filters, out.Kernels = nil, nil
	for _, f := range c.Filters {
		f.place = place{}
		out.Filters = append(out.Filters, f)
	}
	for i, k := range c.Kernels {
		k.place, k.Name = place{}, or(k.Name, numbered(i + 1)[i])
		out.Kernels = append(out.Kernels, k)
	}
	return &out
}

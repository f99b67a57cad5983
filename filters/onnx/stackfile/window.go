package stackfile

import (
	"errors"
	"fmt"

	"filterbank/filters"
	"filterbank/filters/config"
	"filterbank/filters/volume"
)

func (c *call) maxPool() (value, error) {
	if c.Attribute("kernel_shape") == nil {
		return value{}, errNoKernel
	}
	return c.pool(filters.PoolSpec{Kind: filters.MaxPool})
}

func (c *call) averagePool() (value, error) {
	if c.Attribute("kernel_shape") == nil {
		return value{}, errNoKernel
	}
	return c.pool(filters.PoolSpec{Kind: filters.AvgPool, ExcludePadding: c.int("count_include_pad", 0) == 0})
}

var errNoKernel = errors.New("it has no kernel_shape")

// pool is a pool as its spec begins. Padding of zeros before it goes into it if that changes
// nothing.
func (c *call) pool(spec filters.PoolSpec) (value, error) {
	v, err := c.first(0)
	if err != nil {
		return v, err
	}
	if spec.KernelSize, err = c.pair("kernel_shape"); err != nil {
		return v, err
	}
	rows, cols, sides, err := c.window(spec.KernelSize)
	if err != nil {
		return v, err
	}
	spec.Stride, spec.Dilation = [2]int{rows.Stride, cols.Stride}, [2]int{rows.Dilation, cols.Dilation}
	spec.Padding, spec.CeilMode = sides, c.int("ceil_mode", 0) != 0
	if max(spec.KernelSize[0], spec.KernelSize[1]) > config.MaxKernel {
		return v, fmt.Errorf("its kernel is %d×%d, and a layer's at most %d×%d", spec.KernelSize[0], spec.KernelSize[1], config.MaxKernel, config.MaxKernel)
	}
	auto, err := c.auto()
	if err != nil {
		return v, err
	}
	if auto != "" {
		if spec.Padding, err = automatic(auto, v.shape, rows, cols); err != nil {
			return v, err
		}
		spec.CeilMode = false
	}
	l := &Layer{}
	if v.pad != nil {
		if joined, ok := v.join(spec); ok && auto == "" {
			spec, l.Nodes = joined, append(l.Nodes, v.pad.nodes...)
		} else if v, err = c.input(0); err != nil {
			return v, err
		}
	}
	pool, err := filters.NewPool(spec)
	if err != nil {
		return v, err
	}
	out := v.moved(len(c.layers), v.shape.C, rows, cols, [2]int{1, 1})
	if out.shape.H, out.shape.W, err = poolSizes(pool, v); err != nil {
		return v, err
	}
	l.setPool(spec)
	_, err = c.emit(l, nameFor(c.Node), v)
	return out, err
}

func (l *Layer) setPool(s filters.PoolSpec) {
	l.Kind = s.Kind.String()
	l.set("kernel_size", pairText(s.KernelSize), "")
	l.set("stride", pairText(s.Stride), pairText(s.KernelSize))
	l.set("padding", sidesText(s.Padding), "0")
	l.set("dilation", pairText(s.Dilation), "1")
	l.set("ceil_mode", fmt.Sprint(s.CeilMode), "false")
	if s.Kind == filters.AvgPool {
		l.set("count_include_pad", fmt.Sprint(!s.ExcludePadding), "true")
	}
}

// join lays the padding that waits around the pool's input: zeros of an average that counts
// them, or zeros that are no larger than the input's values.
func (v value) join(s filters.PoolSpec) (filters.PoolSpec, bool) {
	if v.pad.mode != "zeros" || s.CeilMode || s.Kind == filters.MaxPool && v.signed || s.Kind == filters.AvgPool && s.Padding != [4]int{} {
		return s, false
	}
	for side, n := range v.pad.sides {
		if s.Padding[side] += n; s.Padding[side] > s.KernelSize[side%2]/2 {
			return s, false
		}
	}
	s.ExcludePadding = false
	return s, true
}

// automatic is the padding of SAME_UPPER and SAME_LOWER in pixels.
func automatic(auto string, in Shape, rows, cols filters.Extent) ([4]int, error) {
	var sides [4]int
	for axis, e := range []filters.Extent{rows, cols} {
		size := [2]int{in.H, in.W}[axis]
		if size == 0 && e.Stride > 1 {
			return sides, fmt.Errorf("its padding is %s at stride %d and depends on the picture's size: name that with --input-size", auto, e.Stride)
		}
		size = max(size, 1)
		total := max(0, (size-1)/e.Stride*e.Stride+e.EffectiveKernel()-size)
		sides[axis], sides[2+axis] = total/2, total-total/2
		if auto == "same_lower" {
			sides[axis], sides[2+axis] = sides[2+axis], sides[axis]
		}
	}
	return sides, nil
}

// poolSizes are the rows and columns of a pool's output, which a stack computes of one channel.
func poolSizes(pool *filters.Pool, v value) (h, w int, err error) {
	in := v.shape
	if !in.sized() {
		return 0, 0, nil
	}
	if v.pad != nil { // the pool has it
		in.H -= v.pad.sides[0] + v.pad.sides[2]
		in.W -= v.pad.sides[1] + v.pad.sides[3]
	}
	stack, err := filters.NewStack("", 1, pool)
	if err != nil {
		return 0, 0, err
	}
	plan, err := stack.Plan(volume.Shape{C: 1, H: in.H, W: in.W})
	if err != nil {
		return 0, 0, err
	}
	out := plan.Layers[0].Out
	return out.H, out.W, nil
}

func (c *call) concat() (value, error) {
	channel := 1
	var all []value
	for k := range c.Inputs {
		v, err := c.input(k)
		if err != nil {
			return v, err
		}
		all = append(all, v)
	}
	if len(all) == 0 {
		return value{}, errors.New("it has no inputs")
	}
	if all[0].last {
		channel = 3
	}
	switch axis := int(c.int("axis", 1)); {
	case axis != channel && axis != channel-4:
		return value{}, fmt.Errorf("it joins along axis %d, and layers join channels, axis %d", axis, channel)
	case len(all) == 1:
		return all[0], nil
	}
	return c.join("concat", all)
}

// sum adds maps.
func (c *call) sum() (value, error) {
	var all []value
	for k := range c.Inputs {
		v, err := c.input(k)
		if err != nil {
			return v, err
		}
		all = append(all, v)
	}
	switch len(all) {
	case 0:
		return value{}, errors.New("it has no inputs")
	case 1:
		return all[0], nil
	}
	return c.join("add", all)
}

// join is a layer that joins maps with the same rows, columns and distance on the picture.
func (c *call) join(kind string, all []value) (value, error) {
	out := all[0]
	channels := 0
	for _, v := range all {
		channels += v.shape.C
		out.signed = out.signed || v.signed
		a, b := all[0].shape, v.shape
		if kind == "concat" {
			a.C, b.C = 1, 1
		}
		switch {
		case v.last != out.last:
			return out, errors.New("it joins maps with their channels first and last")
		case a.C != b.C, a.sized() && b.sized() && a != b:
			return out, fmt.Errorf("it joins maps of %v and %v", all[0].shape, v.shape)
		case v.jump != out.jump:
			return out, fmt.Errorf("it joins maps of the same size with values every %s and every %s pixels of the picture", filters.PairText(out.jump), filters.PairText(v.jump))
		}
	}
	if len(all) > config.MaxInputs {
		return out, fmt.Errorf("it joins %d values, and a layer at most %d", len(all), config.MaxInputs)
	}
	if kind == "concat" {
		if channels > maxFilters || channels > c.room.channels {
			return out, fmt.Errorf("its %d channels are too many", channels)
		}
		c.room.channels -= channels
		out.shape.C = channels
	}
	layer, err := c.emit(&Layer{Kind: kind}, nameFor(c.Node), all...)
	return out.pointwise(layer), err
}

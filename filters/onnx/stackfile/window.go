package stackfile

import (
	"errors"
	"fmt"
	"slices"

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
	rows, cols, auto, err := c.poolWindow(&spec, v.shape)
	if err != nil {
		return v, err
	}
	l := &Layer{}
	if v.pad != nil {
		if joined, ok := v.join(spec); ok && auto == "" {
			spec, l.Nodes = joined, slices.Clone(v.pad.nodes)
		} else if v, err = c.input(0); err != nil {
			return v, err
		}
	}
	pool, err := filters.NewPool(spec)
	if err != nil {
		return v, err
	}
	out := v.moved(len(c.layers), v.shape.C, rows, cols)
	if out.shape.H, out.shape.W, err = poolSizes(pool, v); err != nil {
		return v, err
	}
	l.setPool(spec)
	_, err = c.emit(l, nameFor(c.Node), v)
	return out, err
}

// poolWindow gives a spec the geometry of a pool of maps of a shape.
func (c *call) poolWindow(spec *filters.PoolSpec, in Shape) (rows, cols filters.Extent, auto string, err error) {
	if spec.KernelSize, err = c.pair("kernel_shape"); err != nil {
		return rows, cols, "", err
	}
	if max(spec.KernelSize[0], spec.KernelSize[1]) > config.MaxKernel {
		return rows, cols, "", fmt.Errorf("its kernel is %d×%d, and a layer's at most %d×%d", spec.KernelSize[0], spec.KernelSize[1], config.MaxKernel, config.MaxKernel)
	}
	if rows, cols, spec.Padding, err = c.window(spec.KernelSize); err != nil {
		return rows, cols, "", err
	}
	spec.Stride, spec.Dilation = [2]int{rows.Stride, cols.Stride}, [2]int{rows.Dilation, cols.Dilation}
	spec.CeilMode = c.int("ceil_mode", 0) != 0
	if auto, err = c.auto(); err == nil && auto != "" {
		spec.CeilMode = false
		spec.Padding, err = automatic(auto, in, rows, cols)
	}
	return rows, cols, auto, err
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
		return 0, 0, errors.Unwrap(err) // the pool has no name, which a plan's error begins with
	}
	out := plan.Layers[0].Out
	return out.H, out.W, nil
}

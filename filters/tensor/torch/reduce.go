package torch

import (
	"errors"
	"fmt"
)

// maxDimensions is the bound of PyTorch's own tensors.
const maxDimensions = 64

// reduce calls an allowed class or function with the arguments on top: what it would return is
// made here.
func (m *machine) reduce() error {
	v, err := m.pop()
	if err != nil {
		return err
	}
	callee, err := m.pop()
	if err != nil {
		return err
	}
	g, ok := callee.(global)
	args, ok2 := v.(tuple)
	if !ok || !ok2 {
		return fmt.Errorf("it calls %s with %s", describe(callee), describe(v))
	}
	made, err := m.call(g, args)
	if err != nil {
		return fmt.Errorf("%v: %w", g, err)
	}
	return m.push(made)
}

func (m *machine) call(g global, args tuple) (any, error) {
	switch g.name {
	case "OrderedDict":
		return m.orderedDict(args)
	case "Size":
		if len(args) != 1 {
			return nil, fmt.Errorf("%d arguments", len(args))
		}
		return args[0], nil
	case "_rebuild_tensor", "_rebuild_tensor_v2":
		return rebuildTensor(args)
	case "_rebuild_parameter": // data, requires_grad, backward_hooks
		if len(args) > 0 {
			if t, ok := args[0].(*tensor); ok {
				return t, nil
			}
		}
		return nil, errors.New("its first argument is no tensor")
	}
	return nil, errors.New("it is a type, and no value of it can be in a file")
}

// orderedDict takes nothing, or a list of pairs as protocol 0 and Python 2 wrote it.
func (m *machine) orderedDict(args tuple) (any, error) {
	d := &dict{}
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*list)
	if !ok || len(args) > 1 {
		return nil, errors.New("its argument is no list of pairs")
	}
	if err := m.spend(len(pairs.items)); err != nil {
		return nil, err
	}
	for _, item := range pairs.items {
		var pair []any
		switch p := item.(type) {
		case tuple:
			pair = p
		case *list:
			pair = p.items
		}
		if len(pair) != 2 {
			return nil, errors.New("its argument is no list of pairs")
		}
		d.keys, d.values = append(d.keys, pair[0]), append(d.values, pair[1])
	}
	return d, nil
}

// rebuildTensor takes storage, offset, size and strides; requires_grad and hooks follow.
func rebuildTensor(args tuple) (any, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("%d arguments: it takes a storage, an offset, a size and strides", len(args))
	}
	s, ok := args[0].(view)
	offset, ok2 := args[1].(int64)
	if !ok || !ok2 {
		return nil, fmt.Errorf("a tensor of %s at %s: want a storage and an offset", describe(args[0]), describe(args[1]))
	}
	size, err := numbers(args[2])
	if err != nil {
		return nil, fmt.Errorf("size: %w", err)
	}
	strides, err := numbers(args[3])
	if err != nil {
		return nil, fmt.Errorf("strides: %w", err)
	}
	if len(size) != len(strides) {
		return nil, fmt.Errorf("%d dimensions and %d strides", len(size), len(strides))
	}
	t := &tensor{view: s, offset: offset, strides: strides, shape: make([]int, len(size))}
	for i, n := range size {
		if t.shape[i] = int(n); int64(t.shape[i]) != n {
			return nil, fmt.Errorf("dimension %d: larger than this machine can address", n)
		}
	}
	return t, nil
}

// numbers are the whole numbers from 0 on of a tuple or a list.
func numbers(v any) ([]int64, error) {
	var items []any
	switch v := v.(type) {
	case tuple:
		items = v
	case *list:
		items = v.items
	default:
		return nil, fmt.Errorf("%s is no tuple", describe(v))
	}
	if len(items) > maxDimensions {
		return nil, fmt.Errorf("%d dimensions, and at most %d are possible", len(items), maxDimensions)
	}
	all := make([]int64, len(items))
	for i, item := range items {
		n, ok := item.(int64)
		if !ok || n < 0 {
			return nil, fmt.Errorf("%s is no whole number from 0 on", describe(item))
		}
		all[i] = n
	}
	return all, nil
}

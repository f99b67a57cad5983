package torch

import (
	"errors"
	"fmt"
	"strconv"

	tensors "filterbank/filters/tensor"
)

// Bounds of what a checkpoint may hold. They keep a small file, whose pickle names a dictionary
// again and again, from becoming a large list.
const (
	maxNesting = 32
	maxTensors = 1 << 16
	maxName    = 1024 // bytes
	maxVisits  = 1 << 20
)

// collector lists the tensors in a value: the keys on the way to each, joined by points, are its
// name.
type collector struct {
	open    func(*storage) (place, error) // where a storage is
	members []tensors.Member
	visits  int
}

func (c *collector) collect(name string, v any, depth int) error {
	c.visits++
	switch {
	case depth > maxNesting:
		return fmt.Errorf("dictionaries nested more than %d deep, or in themselves: save only model.state_dict()", maxNesting)
	case c.visits > maxVisits:
		return fmt.Errorf("more than %d values: save only model.state_dict()", maxVisits)
	case len(name) > maxName:
		return fmt.Errorf("a name of %d bytes, %.40q…: at most %d are read", len(name), name, maxName)
	}
	switch v := v.(type) {
	case *tensor:
		if len(c.members) == maxTensors {
			return fmt.Errorf("more than %d tensors", maxTensors)
		}
		c.members = append(c.members, v.member(name, c.open))
	case *dict:
		return c.dict(name, v, depth)
	case *list:
		return c.items(name, v.items, depth)
	case tuple:
		return c.items(name, v, depth)
	}
	return nil
}

func (c *collector) dict(name string, d *dict, depth int) error {
	// Of equal keys the last one counts, at the place of the first.
	var names []string
	last := map[string]any{}
	for i, key := range d.keys {
		var text string
		switch k := key.(type) {
		case string:
			text = k
		case int64:
			text = strconv.FormatInt(k, 10)
		default:
			continue
		}
		if _, seen := last[text]; !seen {
			names = append(names, text)
		}
		last[text] = d.values[i]
	}
	if c.visits += len(d.keys); c.visits > maxVisits {
		return fmt.Errorf("more than %d values: save only model.state_dict()", maxVisits)
	}
	for _, text := range names {
		if err := c.collect(join(name, text), last[text], depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *collector) items(name string, items []any, depth int) error {
	for i, item := range items {
		if err := c.collect(join(name, strconv.Itoa(i)), item, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func join(name, key string) string {
	if name == "" {
		return key
	}
	return name + "." + key
}

// member describes a tensor. One whose values are not in its storage has the reason as the error
// of its Scan.
func (t *tensor) member(name string, open func(*storage) (place, error)) tensors.Member {
	at, err := open(t.storage)
	if err == nil && (t.view.offset > t.storage.values || t.view.values > t.storage.values-t.view.offset) {
		err = fmt.Errorf("its part of storage %.60q, %d values from %d on, reaches outside its %d values", t.key, t.view.values, t.view.offset, t.storage.values)
	}
	if err != nil {
		return tensors.Unread(name, t.kind, t.shape, err)
	}
	raw := tensors.Raw{Type: t.kind, Shape: t.shape, Strides: t.strides, Offset: t.offset, Values: t.view.values, Open: at.open}
	if t.offset > t.view.values {
		raw.Offset = t.view.values // which is outside, unless there are no values
	}
	raw.Offset += t.view.offset
	raw.Values += t.view.offset
	m, err := raw.Member(name)
	if err != nil {
		return tensors.Unread(name, t.kind, t.shape, err)
	}
	return m
}

// persistentID makes the storage of a persistent id. Ids of one key name one storage.
func persistentID(storages map[string]*storage) func(any) (view, error) {
	return func(id any) (view, error) {
		parts, ok := id.(tuple)
		if !ok || len(parts) < 5 || parts[0] != "storage" {
			return view{}, fmt.Errorf("the persistent id %s: want a tuple of storage, type, key, place and size", describe(id))
		}
		class, ok1 := parts[1].(global)
		key, ok2 := parts[2].(string)
		n, ok3 := parts[4].(int64)
		kind, ok4 := storageType(class.name)
		if !ok1 || !ok2 || !ok3 || !ok4 || n < 0 {
			return view{}, fmt.Errorf("the storage %s of %s with %s values: want a type, a key and a size", describe(parts[2]), describe(parts[1]), describe(parts[4]))
		}
		s := &storage{key, kind, n}
		if known := storages[key]; known == nil {
			storages[key] = s
		} else if s = known; s.kind != kind || s.values != n {
			return view{}, fmt.Errorf("storage %.60q has %d values of %s, and before %d of %s", key, n, kind, s.values, s.kind)
		}
		if len(parts) > 5 && parts[5] != nil {
			return viewOf(s, parts[5])
		}
		return view{s, 0, n}, nil
	}
}

// viewOf is a part of a storage, as old versions wrote it: key, offset and size.
func viewOf(s *storage, v any) (view, error) {
	parts, _ := v.(tuple)
	if len(parts) == 3 {
		offset, ok := parts[1].(int64)
		n, ok2 := parts[2].(int64)
		if ok && ok2 && offset >= 0 && n >= 0 {
			return view{s, offset, n}, nil
		}
	}
	return view{}, errors.New("a part of a storage: want a key, an offset and a size")
}

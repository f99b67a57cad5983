package stackfile

import (
	"errors"
	"fmt"

	"filterbank/filters"
	"filterbank/filters/config"
)

// concat joins channels.
func (c *call) concat() (value, error) {
	all, err := c.allInputs()
	if err != nil {
		return value{}, err
	}
	_, _, channel := all[0].axes()
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
	all, err := c.allInputs()
	if err != nil || len(all) == 1 {
		return all[0], err
	}
	return c.join("add", all)
}

// allInputs are the maps of a node, or of one value without any if there is an error.
func (c *call) allInputs() ([]value, error) {
	all := make([]value, max(1, len(c.Inputs)))
	for k := range all {
		var err error
		if all[k], err = c.input(k); err != nil {
			return all[:1], err
		}
	}
	return all, nil
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

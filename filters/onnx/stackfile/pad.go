package stackfile

import (
	"errors"
	"fmt"
	"slices"
)

// padded is a value with padding that waits for the layer behind it.
func (c *call) padded() (value, error) {
	v, err := c.input(0)
	if err != nil {
		return v, err
	}
	if err := c.padValue(); err != nil {
		return v, err
	}
	modes := map[string]string{"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
	mode, ok := modes[c.string("mode", "constant")]
	if !ok {
		return v, fmt.Errorf("its mode is %.30q", c.string("mode", ""))
	}
	sides, err := c.padSides(v)
	if err != nil || sides == [4]int{} {
		return v, err
	}
	for axis, n := range sides {
		side := [2]int{v.shape.H, v.shape.W}[axis%2]
		switch {
		case n < 0:
			return v, errors.New("it cuts rows or columns off")
		case mode == "reflect" && side > 0 && n >= side, mode == "circular" && side > 0 && n > side:
			return v, fmt.Errorf("it pads %d of %d rows or columns in mode %s", n, side, mode)
		}
	}
	v.pad = &padding{sides: sides, mode: mode}
	if v.shape.sized() {
		v.shape.H += sides[0] + sides[2]
		v.shape.W += sides[1] + sides[3]
	}
	return v, nil
}

// padSides are the pixels at the top, left, bottom and right of maps.
func (c *call) padSides(v value) (sides [4]int, err error) {
	attribute := "pads"
	if c.Attribute("paddings") != nil { // version 1
		attribute = "paddings"
	}
	pads, err := c.ints(c.Node, 1, attribute, 2*maxAxes)
	if err != nil {
		return sides, err
	}
	if pads, err = c.allAxes(pads); err != nil {
		return sides, err
	}
	h, w, ch := v.axes()
	if pads[0] != 0 || pads[4] != 0 || pads[ch] != 0 || pads[4+ch] != 0 {
		return sides, errors.New("it pads channels, and layers pad rows and columns")
	}
	return [4]int{pads[h], pads[w], pads[4+h], pads[4+w]}, nil
}

// allAxes are pads of four axes, where a node may name those that it pads.
func (c *call) allAxes(pads []int) ([]int, error) {
	axes, err := c.ints(c.Node, 3, "", maxAxes)
	switch {
	case err != nil:
		return nil, err
	case axes == nil && len(pads) == 8:
		return pads, nil
	case axes == nil || len(pads) != 2*len(axes):
		return nil, fmt.Errorf("it has %d pads, and those of maps are 8", len(pads))
	}
	all := make([]int, 8)
	for k, a := range axes {
		if a < 0 {
			a += 4
		}
		if a < 0 || a > 3 {
			return nil, fmt.Errorf("its axes are %s", list(words(axes)))
		}
		all[a], all[4+a] = pads[k], pads[len(axes)+k]
	}
	return all, nil
}

// padValue refuses padding with another number than 0.
func (c *call) padValue() error {
	number := c.float("value", 0)
	if len(c.Inputs) > 2 && c.Inputs[2] != "" {
		a, err := c.numbers(c.Inputs[2], 1)
		if err != nil {
			return err
		}
		if len(a.Data) == 1 {
			number = a.Data[0]
		}
	}
	if number != 0 && c.string("mode", "constant") == "constant" {
		return fmt.Errorf("it pads with %v, and layers pad with 0", number)
	}
	return nil
}

// laid is a value with its padding in a layer: a kernel of a 1 for each channel.
func (i *importer) laid(name string) (value, error) {
	v := i.values[name]
	p := v.pad
	if p == nil {
		return v, nil
	}
	l := &Layer{Kind: "conv", function: &activation{name: "none"}, Nodes: slices.Clone(p.nodes), Value: name, Shape: v.shape, ChannelLast: v.last}
	l.set("kernels", "[{name: identity, weights: [[1]]}]", "")
	l.set("channels", "each", "")
	l.set("padding", sidesText(p.sides), "0")
	l.set("padding_mode", p.mode, "zeros")
	layer, err := i.emit(l, p.nodes[len(p.nodes)-1].Name, v)
	if err == nil {
		v.layer, v.pad, v.nodes = layer, nil, nil
		i.values[name] = v
	}
	return v, err
}

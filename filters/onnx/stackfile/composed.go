package stackfile

import (
	"errors"
	"math"
	"slices"

	"filterbank/filters/onnx"
)

// product is what a chain of nodes Mul and Div multiplies.
type product struct {
	number float64
	maps   []string
	inner  []int // the nodes before the last one
}

// multiply collects the factors of a node's value. Values that other nodes read are factors as they
// are.
func (i *importer) multiply(p *product, at, depth int) {
	const most = 4 // nodes in a chain
	n := &i.graph.Nodes[at]
	for k, name := range n.Inputs {
		if number, ok := i.stored(name); ok {
			if n.Op == "Div" && k == 1 {
				number = 1 / number
			}
			p.number *= number
			continue
		}
		if n.Op == "Div" && k == 1 { // by maps: this is no product
			p.number = math.NaN()
			return
		}
		from, node := i.node(name)
		chain := node != nil && (node.Op == "Mul" || node.Op == "Div") && len(node.Inputs) == 2 && len(node.Outputs) == 1
		if !chain || depth == most || i.readers[name] > 1 {
			p.maps = append(p.maps, name)
			continue
		}
		p.inner = append(p.inner, from)
		i.multiply(p, from, depth+1)
	}
}

// stored is the number of a constant of one value.
func (i *importer) stored(name string) (float64, bool) {
	m, ok := i.constants[name]
	if !ok || !one(m.Shape) || len(m.Shape) > 4 {
		return 0, false
	}
	v, err := i.number(name)
	return float64(v), err == nil
}

func near(v, want float64) bool { return math.Abs(v-want) <= 1e-5*want }

// erf matches gelu as x·(1 + erf(x/√2))/2, whose multiplications come in any order (Hendrycks and
// Gimpel, Gaussian error linear units, 2016). The node at is the last of them.
func (i *importer) erf(at int) (pattern, bool) {
	p := product{number: 1}
	i.multiply(&p, at, 1)
	if len(p.maps) != 2 || !near(p.number, 0.5) {
		return pattern{}, false
	}
	for k, x := range p.maps {
		from, add := i.node(p.maps[1-k])
		if add == nil || add.Op != "Add" || len(add.Inputs) != 2 {
			continue
		}
		for side, name := range add.Inputs {
			erf, n := i.node(name)
			if n == nil || n.Op != "Erf" || len(n.Inputs) != 1 || !i.isNumber(add.Inputs[1-side], 1) {
				continue
			}
			divided, n := i.node(n.Inputs[0])
			if n == nil || n.Op != "Mul" && n.Op != "Div" || len(n.Inputs) != 2 {
				continue
			}
			inside := product{number: 1}
			i.multiply(&inside, divided, 1)
			if slices.Equal(inside.maps, []string{x}) && near(inside.number, math.Sqrt2/2) {
				inner := slices.Concat(p.inner, inside.inner, []int{from, erf, divided})
				slices.Sort(inner)
				return pattern{input: x, function: "gelu", inner: slices.Compact(inner)}, true
			}
		}
	}
	return pattern{}, false
}

// climb goes from a value to the nodes that make it. It fails for good at a node that is another one.
type climb struct {
	*importer
	value string
	inner []int
	ok    bool
}

// to goes over a node to its first input.
func (c *climb) to(op string) *onnx.Node {
	from, n := c.node(c.value)
	if c.ok = c.ok && n != nil && n.Op == op && len(n.Inputs) > 0; !c.ok {
		return &onnx.Node{}
	}
	c.inner = append(c.inner, from)
	c.value = n.Inputs[0]
	return n
}

// with goes over a node that computes with a number, which may come first if their order does not
// matter.
func (c *climb) with(op string, ordered bool) float32 {
	n := c.to(op)
	if c.ok = c.ok && len(n.Inputs) == 2; !c.ok {
		return 0
	}
	number, ok := c.stored(n.Inputs[1])
	if !ok && !ordered {
		number, ok = c.stored(n.Inputs[0])
		c.value = n.Inputs[1]
	}
	c.ok = ok
	return float32(number)
}

// normed matches a local response normalization as PyTorch and this program write it: x divided by a
// power of k + alpha·mean(x²), where the mean is an average pool over channels as a third side. at
// is the division.
func (i *importer) normed(at int) (pattern, bool) {
	n := &i.graph.Nodes[at]
	if n.Op != "Div" || len(n.Inputs) != 2 || len(n.Outputs) != 1 {
		return pattern{}, false
	}
	x := n.Inputs[0]
	c := &climb{importer: i, value: n.Inputs[1], ok: true}
	p := &norm{beta: c.with("Pow", true), k: c.with("Add", false), alpha: c.with("Mul", false)}
	c.to("Squeeze")
	pads := c.overChannels(p)
	c.to("Unsqueeze")
	square := c.to("Mul")
	before := p.size / 2
	slices.Sort(c.inner)
	return pattern{input: x, norm: p, inner: c.inner}, c.ok && slices.Equal(square.Inputs, []string{x, x}) &&
		slices.Equal(pads, []int{before, 0, 0, p.size - 1 - before, 0, 0})
}

// overChannels goes over an average over channels, rows and columns, of a size of channels. It
// returns the zeros around its input, which a node Pad may lay.
func (c *climb) overChannels(to *norm) (pads []int) {
	n := call{c.importer, c.to("AveragePool")}
	kernel, err := n.sides("kernel_shape", 3, 1, 0)
	strides, err2 := n.sides("strides", 3, 1, 1)
	pads, err3 := n.sides("pads", 6, 0, 0)
	if c.ok = c.ok && errors.Join(err, err2, err3) == nil && kernel[1] == 1 && kernel[2] == 1 && slices.Equal(strides, []int{1, 1, 1}) &&
		n.int("ceil_mode", 0) == 0 && n.string("auto_pad", "NOTSET") == "NOTSET"; !c.ok {
		return nil
	}
	to.size = kernel[0]
	if slices.Max(pads) > 0 {
		c.ok = n.int("count_include_pad", 0) == 1
		return pads
	}
	if _, laid := c.node(c.value); laid != nil && laid.Op == "Pad" {
		n := call{c.importer, c.to("Pad")}
		around, err := c.ints(n.Node, 1, "pads", 2*maxAxes)
		if c.ok = err == nil && len(around) == 10 && len(n.Inputs) < 4 && n.string("mode", "constant") == "constant" && n.padValue() == nil; c.ok {
			pads = slices.Concat(around[2:5], around[7:])
			c.ok = !slices.ContainsFunc(slices.Concat(around[:2], around[5:7]), func(n int) bool { return n != 0 })
		}
	}
	return pads
}

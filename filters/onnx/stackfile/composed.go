package stackfile

import (
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
	if !ok || !one(m.Shape) {
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

// normed matches a local response normalization as PyTorch and this program write it: x divided by a
// power of k + alpha·mean(x²), where the mean is an average pool over channels as a third side. at
// is the division.
func (i *importer) normed(at int) (pattern, bool) {
	n := &i.graph.Nodes[at]
	p := pattern{norm: &norm{}}
	if n.Op != "Div" || len(n.Inputs) != 2 || len(n.Outputs) != 1 {
		return p, false
	}
	p.input = n.Inputs[0]
	value, ok := n.Inputs[1], true
	step := func(op string, number *float32) *onnx.Node {
		from, n := i.node(value)
		if !ok || n == nil || n.Op != op || len(n.Inputs) == 0 || number != nil && len(n.Inputs) != 2 {
			ok = false
			return &onnx.Node{Inputs: []string{"", ""}}
		}
		p.inner = append(p.inner, from)
		value = n.Inputs[0]
		if number != nil {
			v, known := i.stored(n.Inputs[1])
			if !known && op != "Pow" {
				v, known = i.stored(n.Inputs[0])
				value = n.Inputs[1]
			}
			*number, ok = float32(v), known
		}
		return n
	}
	step("Pow", &p.norm.beta)
	step("Add", &p.norm.k)
	step("Mul", &p.norm.alpha)
	step("Squeeze", nil)
	pads := i.overChannels(step("AveragePool", nil), p.norm)
	if _, n := i.node(value); ok && n != nil && n.Op == "Pad" {
		around, err := i.ints(n, 1, "pads", 2*maxAxes)
		ok = err == nil && len(around) == 10 && len(n.Inputs) <= 2 && len(n.Attributes) == 0 && !slices.ContainsFunc(pads, func(n int) bool { return n != 0 })
		if ok {
			pads = slices.Concat(around[2:5], around[7:])
		}
		step("Pad", nil)
	}
	step("Unsqueeze", nil)
	square := step("Mul", nil)
	before := p.norm.size / 2
	ok = ok && len(square.Inputs) == 2 && square.Inputs[0] == p.input && square.Inputs[1] == p.input &&
		slices.Equal(pads, []int{before, 0, 0, p.norm.size - 1 - before, 0, 0})
	slices.Sort(p.inner)
	return p, ok
}

// overChannels reads the size and the padding of a pool over channels, rows and columns.
func (i *importer) overChannels(n *onnx.Node, to *norm) (pads []int) {
	c := call{i, n}
	kernel, err := c.sides("kernel_shape", 3, 1, 0)
	if err != nil || kernel[1] != 1 || kernel[2] != 1 {
		return nil
	}
	strides, err := c.sides("strides", 3, 1, 1)
	pads, err2 := c.sides("pads", 6, 0, 0)
	counts := c.int("count_include_pad", 0) == 1 || !slices.ContainsFunc(pads, func(n int) bool { return n != 0 })
	if err != nil || err2 != nil || !counts || !slices.Equal(strides, []int{1, 1, 1}) || c.int("ceil_mode", 0) != 0 || c.string("auto_pad", "NOTSET") != "NOTSET" {
		return nil
	}
	to.size = kernel[0]
	return pads
}

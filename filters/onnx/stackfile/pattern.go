package stackfile

import (
	"slices"

	"filterbank/filters/onnx"
)

// pattern is several nodes that compute one activation of a value, a local response normalization
// or a channel shuffle.
type pattern struct {
	input    string // the value
	function string // of a stack file
	shuffle  bool
	norm     *norm
	inner    []int // nodes that no other one needs
}

// findPatterns finds hardswish as x·clip(x + 3, 0, 6)/6, silu as x·sigmoid(x), and what the
// functions below find.
func (i *importer) findPatterns() {
	i.patterns = map[int]pattern{}
	for at := range i.graph.Nodes {
		n := &i.graph.Nodes[at]
		if p, ok := i.shuffled(at); ok {
			i.add(p, at)
			continue
		}
		if p, ok := i.normed(at); ok {
			i.add(p, at)
			continue
		}
		if n.Op != "Mul" && n.Op != "Div" || len(n.Inputs) != 2 || len(n.Outputs) != 1 {
			continue
		}
		if p, ok := i.erf(at); ok {
			i.add(p, at)
			continue
		}
		if n.Op != "Mul" || len(n.Inputs) != 2 || len(n.Outputs) != 1 {
			continue
		}
		for k, x := range n.Inputs {
			p := pattern{input: x}
			end, ok := i.gate(&p, at, n.Inputs[1-k])
			if !ok {
				continue
			}
			i.add(p, end)
			break
		}
	}
}

// add notes a pattern by its last node.
func (i *importer) add(p pattern, end int) {
	i.keep(&p, end)
	i.patterns[end] = p
	for _, inner := range p.inner {
		i.fates[inner] = within
	}
}

// gate matches what a value is multiplied by. end is the pattern's last node, which is at, or the
// division behind it.
func (i *importer) gate(p *pattern, at int, factor string) (end int, ok bool) {
	from, n := i.node(factor)
	switch {
	case n == nil:
		return 0, false
	case n.Op == "Sigmoid" && slices.Equal(n.Inputs, []string{p.input}):
		p.function, p.inner = "silu", []int{from}
		return at, true
	case n.Op == "HardSigmoid" && slices.Equal(n.Inputs, []string{p.input}):
		c := call{i, n}
		p.function, p.inner = "hardswish", []int{from}
		return at, isSixth(c.float("alpha", 0.2)) && c.float("beta", 0.5) == 0.5
	}
	p.function = "hardswish"
	if clip, ok := i.sixth(from); ok && i.clipped(p, clip) {
		p.inner = append(p.inner, from)
		return at, true
	}
	if !i.clipped(p, factor) {
		return 0, false
	}
	out := i.graph.Nodes[at].Outputs[0]
	for end := at + 1; end < min(at+16, len(i.graph.Nodes)); end++ { // programs write them together
		if divided, ok := i.sixth(end); ok && divided == out && i.readers[out] == 1 {
			p.inner = append(p.inner, at)
			return end, true
		}
	}
	return 0, false
}

// node is the node that makes a value.
func (i *importer) node(value string) (int, *onnx.Node) {
	at, ok := i.producers[value]
	if !ok || i.graph.Nodes[at].Domain != "" {
		return 0, nil
	}
	return at, &i.graph.Nodes[at]
}

// sixth is the value that a node divides by 6.
func (i *importer) sixth(at int) (of string, ok bool) {
	n := &i.graph.Nodes[at]
	if len(n.Inputs) != 2 || len(n.Outputs) != 1 || n.Domain != "" {
		return "", false
	}
	switch {
	case n.Op == "Div" && i.isNumber(n.Inputs[1], 6), n.Op == "Mul" && i.isNumber(n.Inputs[1], 1.0/6):
		return n.Inputs[0], true
	case n.Op == "Mul" && i.isNumber(n.Inputs[0], 1.0/6):
		return n.Inputs[1], true
	}
	return "", false
}

// clipped matches clip(x + 3, 0, 6).
func (i *importer) clipped(p *pattern, value string) bool {
	at, n := i.node(value)
	if n == nil || n.Op != "Clip" || len(n.Inputs) == 0 || !i.sixes(n) {
		return false
	}
	from, add := i.node(n.Inputs[0])
	if add == nil || add.Op != "Add" || len(add.Inputs) != 2 {
		return false
	}
	for k, x := range add.Inputs {
		if x == p.input && i.isNumber(add.Inputs[1-k], 3) {
			p.inner = []int{from, at}
			return true
		}
	}
	return false
}

// sixes says whether a node Clip is from 0 to 6.
func (i *importer) sixes(n *onnx.Node) bool {
	bounds := [2]float32{0, 6}
	for k, name := range []string{"min", "max"} {
		a := n.Attribute(name)
		switch {
		case a != nil && a.Float == bounds[k]:
		case a == nil && 1+k < len(n.Inputs) && i.isNumber(n.Inputs[1+k], bounds[k]):
		default:
			return false
		}
	}
	return true
}

// isNumber says whether a constant is one number, up to the sixth digit.
func (i *importer) isNumber(name string, number float32) bool {
	m, ok := i.constants[name]
	if !ok || !one(m.Shape) {
		return false
	}
	v, err := i.number(name)
	return err == nil && v >= number*(1-1e-5) && v <= number*(1+1e-5)
}

// keep leaves the inner nodes that only the pattern reads. They come in an order of computation.
func (i *importer) keep(p *pattern, end int) {
	inside := []int{end}
	for k := len(p.inner) - 1; k >= 0; k-- {
		n := &i.graph.Nodes[p.inner[k]]
		reads := 0
		for _, at := range inside {
			for _, name := range i.graph.Nodes[at].Inputs {
				if len(n.Outputs) > 0 && name == n.Outputs[0] {
					reads++
				}
			}
		}
		if len(n.Outputs) == 1 && reads == i.readers[n.Outputs[0]] && i.fates[p.inner[k]] == behind {
			inside = append(inside, p.inner[k])
		}
	}
	p.inner = inside[1:]
	slices.Sort(p.inner)
}

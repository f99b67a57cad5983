package filters

import (
	"fmt"
	"math"
)

// place finds a layer's receptive field on the picture.
func (p *Plan) place(lp *LayerPlan) error {
	field, jump, start, err := p.joined(lp)
	if err != nil {
		return err
	}
	lp.coarse = p.coarsest(lp)
	for axis, e := range []Extent{lp.Rows, lp.Cols} {
		field[axis] = saturate(float64(field[axis]) + float64(e.EffectiveKernel()-1)*float64(jump[axis]))
		start[axis] = saturate(float64(start[axis]) - float64(e.Before)*float64(jump[axis]))
		jump[axis] = saturate(float64(jump[axis]) * float64(e.Stride))
		lp.coarse[axis] = max(lp.coarse[axis], jump[axis])
		up := lp.up(axis)
		if jump[axis]%up != 0 {
			return fmt.Errorf("an input with an output every %s cannot be enlarged %d times: outputs would lie between the picture's pixels",
				pixels(jump[axis]), up)
		}
		jump[axis] /= up
		left, right := lp.wider[axis][0], lp.wider[axis][1]
		field[axis] = saturate(float64(field[axis]) + float64(left+right)*float64(jump[axis]))
		start[axis] = saturate(float64(start[axis]) - float64(left)*float64(jump[axis]))
	}
	lp.Field, lp.Jump, lp.FieldStart = field, jump, start
	return nil
}

// joined is the field of the layer's inputs together, which all have the same jump.
func (p *Plan) joined(lp *LayerPlan) (field, jump, start [2]int, err error) {
	field, jump, start = p.fieldOf(lp.Inputs[0])
	first, coarse := p.centreOf(lp.Inputs[0]), p.coarsest(lp)
	for _, from := range lp.Inputs[1:] {
		f, j, s := p.fieldOf(from)
		if j != jump {
			return field, jump, start, fmt.Errorf("inputs %s and %s have the same size, but an output every %s and every %s pixels of the picture: their ways need the same strides",
				p.nameOf(lp.Inputs[0]), p.nameOf(from), PairText(jump), PairText(j))
		}
		c := p.centreOf(from)
		for axis, v := range c {
			if math.Abs(v-first[axis]) >= float64(coarse[axis]) {
				return field, jump, start, fmt.Errorf("inputs %s and %s are shifted against each other: the fields of their first outputs have their centres at row %v, column %v and at row %v, column %v of the picture; use as much padding at the top and at the left on both ways",
					p.nameOf(lp.Inputs[0]), p.nameOf(from), first[0], first[1], c[0], c[1])
			}
		}
		for axis := range f {
			end := max(start[axis]+field[axis], s[axis]+f[axis])
			start[axis] = min(start[axis], s[axis])
			field[axis] = end - start[axis]
		}
	}
	return field, jump, start, nil
}

// fieldOf is the field, the jump and the start of a layer's outputs, or of the picture's for −1.
func (p *Plan) fieldOf(layer int) (field, jump, start [2]int) {
	if layer < 0 {
		return [2]int{1, 1}, [2]int{1, 1}, [2]int{}
	}
	lp := &p.Layers[layer]
	return lp.Field, lp.Jump, lp.FieldStart
}

// centreOf is the centre of the field of a layer's output (0, 0).
func (p *Plan) centreOf(layer int) (c [2]float64) {
	field, _, start := p.fieldOf(layer)
	for axis := range c {
		c[axis] = float64(start[axis]) + float64(field[axis]-1)/2
	}
	return c
}

// coarsest is the largest jump on the ways from a layer's inputs to the picture.
func (p *Plan) coarsest(lp *LayerPlan) [2]int {
	coarse := [2]int{1, 1}
	for _, from := range lp.Inputs {
		if from >= 0 {
			in := p.Layers[from].coarse
			coarse = [2]int{max(coarse[0], in[0]), max(coarse[1], in[1])}
		}
	}
	return coarse
}

func (p *Plan) nameOf(layer int) string {
	if layer < 0 {
		return InputName
	}
	return p.Layers[layer].Layer.Name()
}

func pixels(n int) string {
	if n == 1 {
		return "pixel"
	}
	return fmt.Sprintf("%d pixels", n)
}

// saturate bounds the receptive fields of absurdly deep stacks. Below 2⁵³ a float64 holds
// them exactly.
func saturate(v float64) int {
	const limit = 1 << 53
	return int(max(-limit, min(limit, v)))
}

package arithmetic

import (
	"fmt"
	"math"

	"filterbank/filters"
)

func (w writer) add(o *Output, name string) []Line {
	parts := []Part{w.part(name, "")}
	for i, t := range o.Terms {
		before := " + "
		if i == 0 {
			before = ""
		}
		p := w.part(before+w.inner(t.Value), Exact(t.Value))
		p.Term, p.Channel = i, t.Channel
		parts = append(parts, p)
	}
	return result(append(parts, w.value(" = ", o.Value))...)
}

// inside are the indices of the terms with a value of the input.
func (o *Output) inside() []int {
	var all []int
	for i, t := range o.Terms {
		if t.Inside {
			all = append(all, i)
		}
	}
	return all
}

func (w writer) maxPool(o *Output, name string) []Line {
	inside := o.inside()
	shown, rest := largest(len(inside), wideKernel, func(i int) float64 { return float64(o.Terms[inside[i]].Value) })
	parts := []Part{w.part(name+"max(", "")}
	for i, at := range shown {
		before := ", "
		if i == 0 {
			before = ""
		}
		v := o.Terms[inside[at]].Value
		p := w.part(before+w.number(v), Exact(v))
		p.Term = inside[at]
		parts = append(parts, p)
	}
	if rest > 0 {
		parts = append(parts, w.part(fmt.Sprintf(", %d more", rest), ""))
	}
	return result(append(parts, w.part(")", ""), w.value(" = ", o.Value))...)
}

func (w writer) avgPool(o *Output, name string) []Line {
	inside := o.inside()
	shown, rest := largest(len(inside), wideKernel, func(i int) float64 { return math.Abs(float64(o.Terms[inside[i]].Value)) })
	parts := []Part{w.part(name+"(", "")}
	for i, at := range shown {
		before := " + "
		if i == 0 {
			before = ""
		}
		v := o.Terms[inside[at]].Value
		p := w.part(before+w.inner(v), Exact(v))
		p.Term, p.Zero = inside[at], i > 0 && v == 0
		parts = append(parts, p)
	}
	parts = append(parts, w.more(rest)...)
	if padding := int(o.by) - len(inside); padding > 0 {
		parts = append(parts, w.part(fmt.Sprintf(" + %d of padding, 0", padding), ""))
	}
	by := count(o.by)
	return result(append(parts, w.part(")/"+by+" = ", ""), w.value("", o.Before), w.part("/"+by, ""), w.value(" = ", o.Value))...)
}

func (w writer) norm(o *Output, name string) []Line {
	squares := Line{Label: "squares", Channel: -1}
	for i, t := range o.Terms {
		before := " + "
		if i == 0 {
			before = ""
		}
		p := w.part(before+w.inner(t.Value)+"²", Exact(t.Value))
		p.Term, p.Zero = i, i > 0 && t.Value == 0
		squares.Parts = append(squares.Parts, p)
	}
	squares.Parts = append(squares.Parts, w.part(" = "+Number(o.sum), ""))
	size, _ := filters.AttributeOf[int](o.Plan.Layer, "size")
	setting := func(name string) string {
		v, _ := filters.AttributeOf[float64](o.Plan.Layer, name)
		return Number(v)
	}
	beta := setting("beta")
	v := w.number(o.Before)
	return append([]Line{squares}, result(
		w.part(name+"v/(k + α/n·squares)^β = ", ""),
		w.value("", o.Before),
		w.part(fmt.Sprintf("/(%s + %s/%d·%s)^%s = ", setting("k"), setting("alpha"), size, Number(o.sum), beta), ""),
		w.part(fmt.Sprintf("%s/%s^%s = %s/%s", v, Number(o.base), beta, v, Number(o.normalizer)), ""),
		w.value(" = ", o.Value),
	)...)
}

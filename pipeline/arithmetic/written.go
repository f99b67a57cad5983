package arithmetic

import (
	"fmt"
	"math"
	"strconv"

	"filterbank/filters"
)

// Name is the name of an output: its filter, row and column.
func Name(filter string, y, x int) string { return fmt.Sprintf("%s[%d,%d]", filter, y, x) }

// Channels names what a layer of a stack reads: the picture's colours, the maps of another
// layer, or the inputs of a sum.
func Channels(stack *filters.Stack, layer int) []string {
	l, inputs := stack.Layers()[layer], stack.Inputs(layer)
	switch {
	case l.Kind() == "add":
		var names []string
		for _, from := range inputs {
			if from < 0 {
				names = append(names, filters.InputName)
			} else {
				names = append(names, stack.Layers()[from].Name())
			}
		}
		return names
	case l.Kind() == "concat":
		return l.Filters()
	case inputs[0] < 0:
		return InputChannels(stack.InChannels())
	}
	return stack.Layers()[inputs[0]].Filters()
}

// ChannelsOf names what a layer of a plan reads. A matrix may have other channels than its stack
// has names for.
func ChannelsOf(plan *filters.Plan, layer int) []string {
	lp := &plan.Layers[layer]
	names := Channels(plan.Stack, layer)
	if len(names) != lp.In.C && lp.Inputs[0] < 0 && len(lp.Inputs) == 1 {
		return InputChannels(lp.In.C)
	}
	return names
}

// InputChannels names the channels of inputs that have so many: R, G and B, or c0 and so on.
func InputChannels(channels int) []string {
	if channels == 3 {
		return []string{"R", "G", "B"}
	}
	names := make([]string, channels)
	for c := range names {
		names[c] = fmt.Sprintf("c%d", c)
	}
	return names
}

// Write writes the arithmetic of an output. names are the names of the layer's channels. Numbers
// have six digits, or with exactly all that a float32 has.
func (o *Output) Write(names []string, exactly bool) []Line {
	w := writer{exactly}
	filter := o.Plan.Layer.Filters()[o.Filter]
	name := Name(filter, o.Place[0], o.Place[1]) + " = "
	switch o.Plan.Layer.Kind() {
	case "conv":
		return w.conv(o, names, name)
	case "activation":
		text := w.activation(o)
		if text == "" {
			text = w.number(o.Value)
		}
		return result(w.part(name+text, Exact(o.Value)).strong())
	case "scale":
		t := o.Terms[0]
		return result(w.part(name+w.inner(t.Value)+"·"+w.inner(t.Weight)+" + "+w.inner(o.Bias), ""), w.value(" = ", o.Value))
	case "add":
		return w.add(o, name)
	case "max_pool":
		return w.maxPool(o, name)
	case "avg_pool":
		return w.avgPool(o, name)
	case "local_response_norm":
		return w.norm(o, name)
	}
	if text := w.between(o); text != "" {
		return result(w.part(name+text, ""), w.value(" = ", o.Value))
	}
	return result(w.value(name, o.Value)) // concat, upsample by the nearest value
}

// between writes how a value of an enlarged map lies between the ones around it: of the columns
// first, then of the rows. It is empty if it is one of them.
func (w writer) between(o *Output) string {
	mix := func(a, b string, share float32) string {
		return w.number(1-share) + "·" + a + " + " + w.number(share) + "·" + b
	}
	row := func(i int) string {
		if o.shares[1] == 0 {
			return w.inner(o.corners[i][0])
		}
		return mix(w.inner(o.corners[i][0]), w.inner(o.corners[i][1]), o.shares[1])
	}
	switch {
	case o.shares[0] == 0 && o.shares[1] == 0:
		return ""
	case o.shares[0] == 0:
		return row(0)
	case o.shares[1] == 0:
		return mix(row(0), row(1), o.shares[0])
	}
	return mix("("+row(0)+")", "("+row(1)+")", o.shares[0])
}

func result(parts ...Part) []Line { return []Line{{Channel: -1, Result: true, Parts: parts}} }

type writer struct{ exactly bool }

func (w writer) number(v float32) string {
	if w.exactly {
		return Exact(v)
	}
	return Number(float64(v))
}

func (w writer) inner(v float32) string { return inner(w.number(v)) }

func (w writer) part(text, exact string) Part {
	if exact == text {
		exact = ""
	}
	return Part{Text: text, Exact: exact, Term: -1, Channel: -1}
}

func (p Part) strong() Part { p.Strong = true; return p }

// value is a number as a piece of a line.
func (w writer) value(before string, v float32) Part {
	return w.part(before+w.number(v), Exact(v)).strong()
}

func (w writer) more(rest int) []Part {
	if rest == 0 {
		return nil
	}
	return []Part{w.part(fmt.Sprintf(" + %d more", rest), "")}
}

// channelSum is the running float32 sum before and after a channel, and the sum of the
// channel's exact products, rounded to float32.
type channelSum struct {
	channel, first int // index of its first term
	from, to, sum  float32
}

// sums are the sums of the channels, in their order.
func (o *Output) sums() []channelSum {
	var sums []channelSum
	from := o.Bias
	for i := 0; i < len(o.Terms); i += o.Plane() {
		part := o.Terms[i:][:o.Plane()]
		s := channelSum{channel: part[0].Channel, first: i, from: from, to: part[len(part)-1].Sum}
		total := 0.0
		for _, t := range part {
			total += float64(t.Value) * float64(t.Weight) // the product is exact, so that fusing changes nothing
		}
		s.sum = float32(total)
		sums = append(sums, s)
		from = s.to
	}
	return sums
}

func (w writer) conv(o *Output, names []string, name string) (lines []Line) {
	plane, sums := o.Plane(), o.sums()
	if plane <= wideKernel {
		for _, s := range sums {
			parts := []Part{w.value("", s.from)}
			for i := range plane {
				parts = append(parts, w.product(o, s.first+i))
			}
			lines = append(lines, Line{Label: names[s.channel], Channel: s.channel, Parts: append(parts, w.value(" = ", s.to))})
		}
	} else {
		shown, rest := largest(len(o.Terms), wideKernel, func(i int) float64 {
			return math.Abs(float64(o.Terms[i].Value) * float64(o.Terms[i].Weight))
		})
		parts := []Part{w.value("", o.Bias)}
		for _, i := range shown {
			parts = append(parts, w.product(o, i))
		}
		parts = append(parts, w.more(rest)...)
		lines = append(lines, Line{Channel: -1, Parts: append(parts, w.value(" = ", o.Before))})
	}
	return append(lines, result(w.total(o, sums, name)...)...)
}

func (w writer) product(o *Output, i int) Part {
	t := o.Terms[i]
	p := w.part(" + "+w.inner(t.Value)+"·"+w.inner(t.Weight), " + "+inner(Exact(t.Value))+"·"+inner(Exact(t.Weight)))
	p.Term, p.Channel, p.Zero = i, t.Channel, float64(t.Value)*float64(t.Weight) == 0
	return p
}

// total adds the sums of the channels up.
func (w writer) total(o *Output, sums []channelSum, name string) []Part {
	parts := []Part{w.part(name, ""), w.value("", o.Bias)}
	shown, rest := largest(len(sums), manyChannels, func(i int) float64 { return math.Abs(float64(sums[i].sum)) })
	for _, i := range shown {
		p := w.part(" + "+w.inner(sums[i].sum), " + "+inner(Exact(sums[i].sum)))
		p.Channel = sums[i].channel
		parts = append(parts, p)
	}
	parts = append(parts, w.more(rest)...)
	total := float64(o.Bias)
	for _, s := range sums {
		total += float64(s.sum)
	}
	switch {
	case o.Rounding():
		text := fmt.Sprintf(" ≈ 0 (%s, rounding of %d terms)", short(o.Before, 2), len(o.Terms))
		parts = append(parts, w.part(text, Exact(o.Before)).strong())
	case total == float64(o.Before):
		parts = append(parts, w.value(" = ", o.Before))
	default:
		parts = append(parts, w.value(" ≈ ", o.Before))
	}
	if text := w.activation(o); text != "" {
		p := w.part("    "+text, Exact(o.Value))
		p.Activation = true
		parts = append(parts, p)
	}
	return parts
}

// activation writes an activation with the value that it gives.
func (w writer) activation(o *Output) string {
	v, r := o.Before, o.Value
	leaky := func(name string) string {
		if v > 0 || v != v {
			return fmt.Sprintf("%s: %s stays", name, w.number(v))
		}
		return fmt.Sprintf("%s: %s·%s = %s", name, w.inner(o.Slope), w.inner(v), w.number(r))
	}
	switch name := activationOf(o.Plan.Layer); name {
	case "none", "":
		return ""
	case "relu":
		return fmt.Sprintf("ReLU: max(0, %s) = %s", w.number(v), w.number(r))
	case "leaky_relu":
		return leaky("leaky ReLU")
	case "prelu":
		return leaky("PReLU")
	case "relu6":
		return fmt.Sprintf("ReLU6: min(6, max(0, %s)) = %s", w.number(v), w.number(r))
	case "abs":
		return fmt.Sprintf("abs: |%s| = %s", w.number(v), w.number(r))
	case "square":
		return fmt.Sprintf("square: %s² = %s", w.inner(v), w.number(r))
	default:
		return fmt.Sprintf("%s(%s) = %s", name, w.number(v), w.number(r))
	}
}

// activationOf is the name of a layer's activation, empty if it has none.
func activationOf(layer filters.Layer) string {
	for _, key := range []string{"activation", "function"} {
		if name, ok := filters.AttributeOf[string](layer, key); ok {
			return name
		}
	}
	return ""
}

// count writes a number that counts values.
func count(v float32) string { return strconv.Itoa(int(v)) }

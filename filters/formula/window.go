package formula

import (
	"fmt"
	"strconv"
	"strings"

	"filterbank/filters"
)

// axis is what the size of a layer's rows or columns depends on.
type axis struct {
	filters.Extent // its padding is the layer's setting, in pixels
	size           int
	out, left      int
	beyond         int // how far the last window reaches beyond the padding
	ceil           bool
	auto           filters.PaddingKind
}

// room is the number of places of the kernel at stride 1, less one.
func (a axis) room() int { return a.size + a.Before + a.After - a.EffectiveKernel() }

// axesOf are a layer's rows and columns.
func axesOf(lp *filters.LayerPlan) (rows, columns axis) {
	ceil, _ := filters.AttributeOf[filters.Flag](lp.Layer, "ceil_mode")
	p, _ := filters.AttributeOf[filters.Padding](lp.Layer, "padding")
	rows = axis{Extent: lp.Rows, size: lp.In.H, out: lp.Out.H, left: lp.UncoveredRows, ceil: bool(ceil), auto: p.Kind}
	columns = axis{Extent: lp.Cols, size: lp.In.W, out: lp.Out.W, left: lp.UncoveredCols, ceil: bool(ceil), auto: p.Kind}
	if p.Kind == filters.Explicit { // the plan's padding of a pool has what windows reach beyond the setting
		rows.beyond, rows.After = rows.After-p.Bottom, p.Bottom
		columns.beyond, columns.After = columns.After-p.Right, p.Right
	}
	return rows, columns
}

// ofWindows is the formula of a layer that slides a window.
func ofWindows(lp *filters.LayerPlan) []Line {
	rows, columns := axesOf(lp)
	lines := []Line{{Name: "outputs", Text: rule(rows, columns)}}
	if rows == columns {
		lines = append(append(lines, rows.before(nil)...), rows.line(both))
	} else {
		lines = append(append(lines, rows.before(nil)...), rows.line("rows"))
		lines = append(append(lines, columns.before(&rows)...), columns.line("columns"))
	}
	size := fmt.Sprintf("%d×%d", rows.Kernel, columns.Kernel)
	from := lp.In.String() + padded(lp.In, rows, columns)
	k, ok := lp.Layer.Kernels()
	if !ok {
		return append(lines, Line{Name: "volume", Text: fmt.Sprintf("%s, windows of %s → %v", from, size, lp.Out)})
	}
	kernels := counted(lp.Out.C, "filter", "filters")
	groups := ""
	if k.Groups > 1 {
		groups = fmt.Sprintf(" in %d groups", k.Groups)
	}
	return append(lines,
		Line{Name: "volume", Text: fmt.Sprintf("%s, %s of %d×%s%s → %v", from, kernels, k.Channels, size, groups, lp.Out)},
		Line{Name: "weights", Text: fmt.Sprintf("%d·(%d·%d·%d) + %s = %d",
			lp.Out.C, k.Channels, rows.Kernel, columns.Kernel, counted(len(k.Bias), "bias", "biases"), len(k.Weights)+len(k.Bias))},
		Line{Name: multiplyAdds, Text: fmt.Sprintf("%d·%d·%d·%d = %s",
			lp.Out.C, lp.Out.H, lp.Out.W, k.Channels*rows.Kernel*columns.Kernel, large(lp.MACs))})
}

// rule is the formula in letters (Dumoulin and Visin, A guide to convolution arithmetic for deep
// learning, 2016, relations 6 and 15).
func rule(rows, columns axis) string {
	k, p := "K", "2P"
	if rows.Dilation > 1 || columns.Dilation > 1 {
		k = "K'"
	}
	if rows.Before != rows.After || columns.Before != columns.After {
		p = "P + P'"
	}
	if rows.ceil {
		return "O = ⌈(W − " + k + " + " + p + ")/S⌉ + 1"
	}
	return "O = (W − " + k + " + " + p + ")/S + 1"
}

// before are the lines about the dilation and padding of an axis, without one that the first
// axis has already.
func (a axis) before(first *axis) (lines []Line) {
	if a.Dilation > 1 && (first == nil || first.Dilation != a.Dilation || first.Kernel != a.Kernel) {
		lines = append(lines, Line{Name: "dilation", Text: fmt.Sprintf("K' = %d·(%d − 1) + 1 = %d", a.Dilation, a.Kernel, a.EffectiveKernel())})
	}
	if a.auto == filters.Explicit {
		return lines
	}
	if text := a.padding(); first == nil || first.padding() != text {
		lines = append(lines, Line{Name: "padding", Text: text})
	}
	return lines
}

// padding says where the amounts of padding: same and its relatives come from (ONNX, Conv,
// auto_pad).
func (a axis) padding() string {
	k := a.EffectiveKernel()
	text := fmt.Sprintf("%v: P + P' = ", a.auto)
	switch total := a.Before + a.After; {
	case a.Stride == 1:
		text += fmt.Sprintf("%d − 1 = %d", k, total)
	case (a.out-1)*a.Stride+k < a.size:
		text += fmt.Sprintf("max(0, (⌈%d/%d⌉ − 1)·%[2]d + %d − %[1]d) = 0", a.size, a.Stride, k)
	default:
		text += fmt.Sprintf("(⌈%d/%d⌉ − 1)·%[2]d + %d − %[1]d = %[4]d", a.size, a.Stride, k, total)
	}
	return text + fmt.Sprintf(" = %d + %d", a.Before, a.After)
}

// line is the formula with the numbers of an axis.
func (a axis) line(name string) Line {
	pad := fmt.Sprintf("%d + %d", a.Before, a.After)
	if a.Before == a.After {
		pad = fmt.Sprintf("2·%d", a.Before)
	}
	room := a.room()
	text := fmt.Sprintf("(%d − %d + %s)/%d + 1 = %s/%[4]d + 1", a.size, a.EffectiveKernel(), pad, a.Stride, minus(room))
	whole := room / a.Stride
	if room%a.Stride != 0 {
		left, right := "⌊", "⌋"
		if a.ceil {
			left, right = "⌈", "⌉"
			if room > 0 {
				whole++
			}
		}
		text += " = " + left + quotient(room, a.Stride, a.ceil) + right + " + 1"
	}
	if a.out <= whole {
		text += fmt.Sprintf(" = %d − %d", whole+1, whole+1-a.out)
	}
	text += fmt.Sprintf(" = %d", a.out)
	if a.out <= whole {
		text += ", since the last window would begin behind the input"
	}
	if a.beyond > 0 {
		past := "input"
		if a.After > 0 {
			past = "padding"
		}
		text += fmt.Sprintf(", the last window reaches %d past the %s", a.beyond, past)
	}
	if a.left == 0 {
		return Line{Name: name, Text: text}
	}
	return Line{Name: name, Text: text + fmt.Sprintf(", %d left over: %s", a.left, a.uncovered(name)), Over: true}
}

// uncovered says how much no output covers, and which strides would leave nothing over.
func (a axis) uncovered(name string) string {
	words := map[string][2]string{both: {"row and column", both}, "rows": {"row", "rows"}, "columns": {"column", "columns"}}[name]
	text := counted(a.left, words[0], words[1]) + " uncovered"
	if a.auto != filters.Explicit { // the padding would change with the stride
		return text
	}
	const most, shown = 16, 6
	var fit []string
	for s := 1; s <= min(most, a.room()) && len(fit) < shown; s++ {
		if a.room()%s == 0 {
			fit = append(fit, strconv.Itoa(s))
		}
	}
	if len(fit) == 1 {
		return text + "; stride 1 fits"
	}
	return text + "; strides " + strings.Join(fit, ", ") + " fit"
}

// quotient writes room/stride, which is no whole number, with two digits. It is not rounded to a
// whole number that is rounded again to another one.
func quotient(room, stride int, ceil bool) string {
	sign := ""
	if room < 0 {
		sign, room = "−", -room
	}
	cents := (200*room + stride) / (2 * stride)
	switch exact := room / stride; {
	case cents == 100*(exact+1) && !ceil:
		cents--
	case cents == 100*exact && ceil:
		cents++
	}
	return sign + strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%02d", cents/100, cents%100), "0"), ".")
}

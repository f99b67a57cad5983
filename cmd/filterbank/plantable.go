package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"filterbank/filters"
	"filterbank/filters/formula"
)

// planWidth is the width of a plan's table, unless -v asks for all columns.
const planWidth = 80

// longestName is the longest name of a layer in a plan's table, in characters.
const longestName = 24

// column is a column of a plan's table.
type column struct {
	head string
	cell func(*filters.LayerPlan) string
}

// narrowColumns are the columns in the order in which they stand, as far as there is room.
func narrowColumns() []column {
	return []column{
		{"layer", func(lp *filters.LayerPlan) string { return shortened(lp.Layer.Name(), longestName) }},
		{"kind", func(lp *filters.LayerPlan) string { return lp.Layer.Kind() }},
		{"output", func(lp *filters.LayerPlan) string { return fmt.Sprint(lp.Out) }},
		{"window", window},
		{"field", func(lp *filters.LayerPlan) string { return filters.PairText(lp.Field) }},
		{"params", func(lp *filters.LayerPlan) string { return fmt.Sprint(lp.Parameters) }},
		{"MACs", func(lp *filters.LayerPlan) string { return count(lp.MACs) }},
	}
}

// wideColumns are all there is to say.
func wideColumns() []column {
	return []column{
		{"layer", func(lp *filters.LayerPlan) string { return lp.Layer.Name() }},
		{"kind", func(lp *filters.LayerPlan) string { return lp.Layer.Kind() }},
		{"input", func(lp *filters.LayerPlan) string { return fmt.Sprint(lp.In) }},
		{"output", func(lp *filters.LayerPlan) string { return fmt.Sprint(lp.Out) }},
		{"kernel", kernelSize},
		{"stride", func(lp *filters.LayerPlan) string {
			return filters.PairText([2]int{lp.Rows.Stride, lp.Cols.Stride})
		}},
		{"padding", func(lp *filters.LayerPlan) string { return lp.PaddingText() }},
		{"dilation", func(lp *filters.LayerPlan) string {
			return filters.PairText([2]int{lp.Rows.Dilation, lp.Cols.Dilation})
		}},
		{"groups", groups},
		{"receptive field", func(lp *filters.LayerPlan) string { return filters.PairText(lp.Field) }},
		{"parameters", func(lp *filters.LayerPlan) string { return fmt.Sprint(lp.Parameters) }},
		{"multiply-adds", func(lp *filters.LayerPlan) string { return count(lp.MACs) }},
	}
}

// layerTable prints a line for each layer. Without all it leaves out, if they do not fit,
// the multiply-adds, then the parameters, then the kinds.
func layerTable(b *strings.Builder, plan *filters.Plan, all bool) {
	columns := wideColumns()
	if !all {
		columns = narrowColumns()
	}
	lines, followed := planLines(plan)
	graph := slices.ContainsFunc(plan.Layers, func(lp filters.LayerPlan) bool { return lp.Layer.Inputs() != nil })
	if graph && (all || !followed) {
		columns = slices.Insert(columns, 2, column{"reads", reads})
	}
	if !all {
		kinds := 1
		for _, drop := range []int{len(columns) - 1, len(columns) - 2, kinds} {
			if lineWidth(tableText(plan, columns, lines)) > planWidth {
				columns = append(columns[:drop:drop], columns[drop+1:]...)
			}
		}
	}
	b.WriteString(tableText(plan, columns, lines))
	for _, lp := range plan.Layers {
		if u := lp.Uncovered(); u != "" {
			fmt.Fprintf(b, "layer %s: %s\n", lp.Layer.Name(), u)
		}
	}
}

// explained is the formula of every layer, worked out.
func explained(plan *filters.Plan) (text string) {
	for l := range plan.Layers {
		text += formula.Text(plan.Layers[l].Layer.Name(), formula.Of(plan, l), planWidth)
	}
	return text
}

// tableText is a table of some columns, with planLines before the names. The picture has a row of
// its own if a line begins there.
func tableText(plan *filters.Plan, columns []column, lines []string) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i, c := range columns {
		fmt.Fprint(t, c.head, separator(i, columns))
	}
	if strings.TrimSpace(lines[0]) != "" {
		for i, c := range columns {
			cell := ""
			switch c.head {
			case "layer":
				cell = lines[0] + "input"
			case "output":
				cell = plan.Input.String()
			}
			fmt.Fprint(t, cell, separator(i, columns))
		}
	}
	for l := range plan.Layers {
		fmt.Fprint(t, lines[l+1])
		for i, c := range columns {
			fmt.Fprint(t, c.cell(&plan.Layers[l]), separator(i, columns))
		}
	}
	t.Flush()
	var table strings.Builder
	for line := range strings.Lines(b.String()) {
		table.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return table.String()
}

// reads are the names of the layers that a layer reads, and - for the layer before.
func reads(lp *filters.LayerPlan) string {
	if names := lp.Layer.Inputs(); len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return "-"
}

func separator(i int, columns []column) string {
	if i == len(columns)-1 {
		return "\n"
	}
	return "\t"
}

// lineWidth is the length of the longest line, in characters.
func lineWidth(text string) (width int) {
	for line := range strings.Lines(text) {
		width = max(width, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
	}
	return width
}

// shortened cuts a name in the middle.
func shortened(name string, length int) string {
	runes := []rune(name)
	if len(runes) <= length {
		return name
	}
	tail := length / 3
	return string(runes[:length-1-tail]) + "…" + string(runes[len(runes)-tail:])
}

// window is a layer's geometry in short: 11×11 s4 p2 is a kernel of 11×11 with a stride of 4
// and a padding of 2. A stride, dilation or number of groups of 1 and a padding of 0 are left
// out.
func window(lp *filters.LayerPlan) string {
	text := kernelSize(lp)
	if _, channels := filters.AttributeOf[int](lp.Layer, "size"); !channels {
		text = fmt.Sprintf("%d×%d", lp.Rows.Kernel, lp.Cols.Kernel)
	}
	for _, part := range []struct{ letter, value, usual string }{
		{"s", filters.PairText([2]int{lp.Rows.Stride, lp.Cols.Stride}), "1"},
		{"p", lp.PaddingText(), "0"},
		{"d", filters.PairText([2]int{lp.Rows.Dilation, lp.Cols.Dilation}), "1"},
		{"g", groups(lp), "1"},
	} {
		if part.value != part.usual && part.value != "-" {
			text += " " + part.letter + part.value
		}
	}
	return text
}

// kernelSize is the size of a window, or the number of channels that a norm sums over.
func kernelSize(lp *filters.LayerPlan) string {
	if size, ok := filters.AttributeOf[int](lp.Layer, "size"); ok {
		return counted(size, "channel")
	}
	return filters.PairText([2]int{lp.Rows.Kernel, lp.Cols.Kernel})
}

// groups is the number of groups of a convolution. It is - for other layers.
func groups(lp *filters.LayerPlan) string {
	if groups, ok := filters.AttributeOf[int](lp.Layer, "groups"); ok {
		return fmt.Sprint(groups)
	}
	return "-"
}

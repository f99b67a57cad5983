package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"filterbank/filters"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/preview"
)

// The table of sizes has strides from 1 and paddings from 0, at least to these figures. It has the
// layer's own and the padding that keeps the size, up to the largest figures.
const (
	chosenStrides, largestStride   = 8, 16
	chosenPaddings, largestPadding = 6, 15
)

// choicesOf are the layers whose sizes --choices asks for, by stack and layer.
func choicesOf(j *job, names string) ([]engine.Selected, error) {
	if names == "" {
		return nil, nil
	}
	var stacks []*filters.Stack
	for _, s := range j.Stacks {
		stacks = append(stacks, s.Stack)
	}
	chosen, err := engine.Select(stacks, names)
	if err != nil {
		return nil, fmt.Errorf("choices: %w", err)
	}
	for _, s := range chosen {
		for l, layer := range s.Stack.Layers() {
			if _, windows := filters.AttributeOf[[2]int](layer, "kernel_size"); s.Layers[l] && windows {
				return chosen, nil
			}
		}
	}
	return nil, fmt.Errorf("choices %s: it must name a convolution or a pool, which have a stride and padding", names)
}

// choice is the size of a layer's output with other settings.
type choice struct {
	Stride    int    `json:"stride"`
	Padding   int    `json:"padding"`
	Out       [2]int `json:"out"` // rows, columns
	Uncovered [2]int `json:"uncovered"`
	Problem   string `json:"problem,omitempty"` // why there is no output

	same, own bool
}

// choiceTable is the table of sizes of a layer, by padding and stride.
type choiceTable struct {
	Layer   string     `json:"layer"`
	In      [2]int     `json:"in"`
	Choices [][]choice `json:"choices"`

	window string
}

// choiceTables are the tables of the chosen layers in the plans of one size.
func choiceTables(chosen []engine.Selected, size preview.SizePlan) (tables []choiceTable) {
	for _, s := range chosen {
		for _, plan := range size.Plans {
			if plan.Stack != s.Stack {
				continue
			}
			for l := range plan.Layers {
				lp := &plan.Layers[l]
				if _, windows := filters.AttributeOf[[2]int](lp.Layer, "kernel_size"); !s.Layers[l] || !windows {
					continue
				}
				tables = append(tables, tableOf(lp, engine.LayerName(plan.Stack.Name(), lp.Layer.Name())))
			}
		}
	}
	return tables
}

func tableOf(lp *filters.LayerPlan, name string) choiceTable {
	t := choiceTable{Layer: name, In: [2]int{lp.In.H, lp.In.W}, window: window(lp)}
	wide := max(lp.Rows.EffectiveKernel(), lp.Cols.EffectiveKernel())
	p := max(chosenPaddings, min(largestPadding, max((wide-1)/2, lp.Rows.Before, lp.Rows.After, lp.Cols.Before, lp.Cols.After)))
	s := max(chosenStrides, min(largestStride, max(lp.Rows.Stride, lp.Cols.Stride)))
	for padding := range p + 1 {
		var row []choice
		for stride := 1; stride <= s; stride++ {
			row = append(row, choiceOf(lp, stride, padding))
		}
		t.Choices = append(t.Choices, row)
	}
	return t
}

func choiceOf(lp *filters.LayerPlan, stride, padding int) choice {
	c := choice{Stride: stride, Padding: padding}
	other, err := lp.With(stride, padding)
	if err != nil {
		c.Problem = err.Error()
		return c
	}
	c.Out, c.Uncovered = [2]int{other.Out.H, other.Out.W}, [2]int{other.UncoveredRows, other.UncoveredCols}
	c.same = c.Out == [2]int{lp.In.H, lp.In.W}
	c.own = other.Rows == lp.Rows && other.Cols == lp.Cols
	return c
}

// String is the cell of a table.
func (c choice) String() string {
	if c.Problem != "" {
		return "–"
	}
	text := filters.PairText(c.Out)
	if c.same {
		text = "=" + text
	}
	if c.Uncovered != [2]int{} {
		text += " ✗" + filters.PairText(c.Uncovered)
	}
	if c.own {
		text = "[" + text + "]"
	}
	return text
}

// String is the table with its heading.
func (t choiceTable) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "layer %s, window %s, input of %d×%d: the size of its output\n", t.Layer, t.window, t.In[0], t.In[1])
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range t.Choices[0] {
		fmt.Fprintf(w, "\tS %d", c.Stride)
	}
	fmt.Fprintln(w)
	for padding, row := range t.Choices {
		fmt.Fprintf(w, "P %d", padding)
		for _, c := range row {
			fmt.Fprintf(w, "\t%v", c)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return b.String()
}

// choicesLegend explains the signs in the tables.
const choicesLegend = "S: stride, P: padding on all sides; [ ] the layer's own; = keeps the size of the input;\n" +
	"✗n leaves n rows and columns uncovered; – has no output.\n"

// printChoices prints the tables of the first sizes, or of all.
func printChoices(p *preview.Preview, chosen []engine.Selected, all bool) string {
	var b strings.Builder
	for i, size := range p.Sizes {
		if i == shownSizes && !all {
			fmt.Fprintf(&b, "… and %s; -v shows all\n\n", counted(len(p.Sizes)-i, "other size"))
			break
		}
		fmt.Fprintf(&b, "%s, input %v\n", examples(size), size.Input)
		for _, t := range choiceTables(chosen, size) {
			fmt.Fprintf(&b, "%v\n", t)
		}
	}
	return b.String() + choicesLegend
}

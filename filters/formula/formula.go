// Package formula writes how a layer comes to its size, its weights and its cost: formulas in
// letters, then with the numbers of a plan. It computes no size: sizes are the plan's. The report
// page writes the same texts (pipeline/report/page/size.js).
package formula

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"filterbank/filters"
	"filterbank/filters/volume"
)

// Line is a line of a layer's formula.
type Line struct {
	// Name is outputs for the formula in letters. Further lines are dilation, padding, rows and
	// columns, rows, columns, channels, volume, weights and multiply-adds, as far as a layer has
	// them.
	Name string `json:"name"`
	Text string `json:"text"`
	// Over says that rows or columns are left over, which the text names.
	Over bool `json:"left_over,omitempty"`
}

// Of is the formula of a layer of a plan, by its index. The first line is outputs.
func Of(p *filters.Plan, layer int) []Line {
	lp := &p.Layers[layer]
	switch _, windows := filters.AttributeOf[[2]int](lp.Layer, "kernel_size"); {
	case windows:
		return ofWindows(lp)
	case lp.Up != [2]int{}:
		return ofEnlarged(lp)
	case len(lp.Inputs) > 1:
		return ofJoined(p, lp)
	}
	return ofPlaces(lp)
}

// Text sets lines under the layer's name. Its lines have at most width characters where the
// weights and the multiply-adds can have lines of their own.
func Text(layer string, lines []Line, width int) string {
	const gap = "     "
	text := layer + "  " + lines[0].Text + "\n"
	for i := 1; i < len(lines); i++ {
		line := fmt.Sprintf("  %-7s  %s", lines[i].Name, lines[i].Text)
		if i+1 < len(lines) && lines[i+1].Name == multiplyAdds {
			if next := multiplyAdds + " " + lines[i+1].Text; utf8.RuneCountInString(line+gap+next) <= width {
				line += gap + next
				i++
			}
		}
		text += line + "\n"
	}
	return text
}

const (
	both         = "rows and columns"
	multiplyAdds = "multiply-adds"
)

// ofEnlarged is the formula of a layer that enlarges maps.
func ofEnlarged(lp *filters.LayerPlan) []Line {
	lines := []Line{{Name: "outputs", Text: "O = F·W"}}
	rows := fmt.Sprintf("%d·%d = %d", lp.Up[0], lp.In.H, lp.Out.H)
	columns := fmt.Sprintf("%d·%d = %d", lp.Up[1], lp.In.W, lp.Out.W)
	if rows == columns {
		lines = append(lines, Line{Name: both, Text: rows})
	} else {
		lines = append(lines, Line{Name: "rows", Text: rows}, Line{Name: "columns", Text: columns})
	}
	return append(lines, volumeLine(lp))
}

// ofJoined is the formula of a layer that joins others.
func ofJoined(p *filters.Plan, lp *filters.LayerPlan) []Line {
	var shapes, channels []string
	for _, from := range lp.Inputs {
		in := p.Input
		if from >= 0 {
			in = p.Layers[from].Out
		}
		shapes, channels = append(shapes, in.String()), append(channels, strconv.Itoa(in.C))
	}
	if lp.Layer.Kind() != filters.Concat.String() {
		return []Line{{Name: "outputs", Text: "O = W"}, {Name: "volume", Text: strings.Join(shapes, " + ") + " → " + lp.Out.String()}}
	}
	rule := "O = W, C = C₁ + C₂"
	if len(shapes) > 2 {
		rule += " + …"
	}
	return []Line{
		{Name: "outputs", Text: rule},
		{Name: "channels", Text: fmt.Sprintf("%s = %d", strings.Join(channels, " + "), lp.Out.C)},
		{Name: "volume", Text: strings.Join(shapes, ", ") + " → " + lp.Out.String()},
	}
}

// ofPlaces is the formula of a layer that computes each output from the values at its place.
func ofPlaces(lp *filters.LayerPlan) []Line {
	lines := []Line{{Name: "outputs", Text: "O = W"}, volumeLine(lp)}
	k, ok := lp.Layer.Kernels()
	if !ok {
		return lines
	}
	n := len(k.Weights)
	return append(lines,
		Line{Name: "weights", Text: fmt.Sprintf("%s + %s = %d", counted(n, "factor", "factors"), counted(n, "shift", "shifts"), 2*n)},
		Line{Name: multiplyAdds, Text: fmt.Sprintf("%d·%d·%d = %s", lp.Out.C, lp.Out.H, lp.Out.W, large(lp.MACs))})
}

func volumeLine(lp *filters.LayerPlan) Line {
	return Line{Name: "volume", Text: lp.In.String() + " → " + lp.Out.String()}
}

func counted(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + several
}

// large writes a whole number as JavaScript does: digits from 2⁵³ on that do not tell two
// numbers apart are 0.
func large(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// minus writes a whole number with the sign of typography.
func minus(n int) string { return strings.Replace(strconv.Itoa(n), "-", "−", 1) }

// padded is the shape of a layer's input with its padding.
func padded(in volume.Shape, rows, columns axis) string {
	all := volume.Shape{C: in.C, H: rows.size + rows.Before + rows.After, W: columns.size + columns.Before + columns.After}
	if all == in {
		return ""
	}
	return ", padded " + all.String()
}

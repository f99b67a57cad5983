package animate

import (
	"image"
	"slices"

	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/drawing"
)

// lines writes the sum out at the bottom: the lines of the shown channels and the result.
func (a *Animation) lines(p *painter, all []arithmetic.Line, shown []int, step *Step) {
	l := p.l
	var kept []arithmetic.Line
	for _, line := range all[:len(all)-1] {
		if line.Channel < 0 || slices.ContainsFunc(shown, func(c int) bool { return a.channelOf(c) == line.Channel }) {
			kept = append(kept, line)
		}
	}
	kept = append(kept[:min(len(kept), l.lines-1)], all[len(all)-1])
	width := 0
	for _, line := range kept {
		width = max(width, p.fonts.Width(l.text, drawing.Run{Text: line.Label, Style: drawing.Bold}))
	}
	width = min(width, l.text*8)
	left := l.margin
	if l.beside {
		left = l.maps.Min.X
	}
	y := p.page.Size.Y - l.margin - (len(kept)-1)*l.line
	for _, line := range kept {
		x := left
		if line.Label != "" {
			p.write(image.Pt(x, y), drawing.Left, l.text, p.theme.ink, drawing.Bold, p.fonts.Shorten(l.text, width, line.Label))
			x += width + l.text
		}
		if runs := a.runs(p, line, step, p.page.Size.X-l.margin-x); len(runs) > 0 {
			p.page.Add(drawing.Text{At: image.Pt(x, y), Size: l.text, Runs: runs})
		}
		y += l.line
	}
}

// channelOf is the channel of the layer's input behind the i-th sum of an output.
func (a *Animation) channelOf(i int) int {
	return a.subject.explain(0, 0, 0).Terms[i*a.plane].Channel
}

// runs are the parts of a line that a step has come to, as far as they fit into so many pixels:
// products of 0 go first, then the last products.
func (a *Animation) runs(p *painter, line arithmetic.Line, step *Step, pixels int) []drawing.Run {
	complete := step.Term == a.channels*a.plane-1
	if line.Result && !complete {
		return nil
	}
	var parts []arithmetic.Part
	cut := false
	for _, part := range line.Parts {
		if part.Term > step.Term {
			cut = true
			break
		}
		parts = append(parts, part)
	}
	if cut && len(parts) < 2 {
		return nil
	}
	styled := func(parts []arithmetic.Part) []drawing.Run {
		return p.fonts.Arithmetic(parts, line.Result, p.theme.ink, p.theme.dim)
	}
	return styled(arithmetic.Fit(parts, func(parts []arithmetic.Part) bool { return p.fonts.Width(p.l.text, styled(parts)...) <= pixels }))
}

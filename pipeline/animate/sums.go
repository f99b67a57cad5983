package animate

import (
	"fmt"
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
	fits := func() bool { return p.fonts.Width(p.l.text, a.styled(p, parts, line.Result)...) <= pixels }
	if fits() {
		return a.styled(p, parts, line.Result)
	}
	parts = slices.DeleteFunc(parts, func(part arithmetic.Part) bool { return part.Zero })
	for !fits() {
		last := len(parts) - 1
		for last >= 0 && (parts[last].Term < 0 && parts[last].Channel < 0 || parts[last].Strong) {
			last--
		}
		if last < 0 {
			break
		}
		hidden := 0
		if last+1 < len(parts) {
			if n, _ := fmt.Sscanf(parts[last+1].Text, " + %d more", &hidden); n == 1 {
				parts = slices.Delete(parts, last+1, last+2)
			}
		}
		parts[last] = arithmetic.Part{Text: fmt.Sprintf(" + %d more", hidden+1), Term: -1, Channel: -1}
	}
	return a.styled(p, parts, line.Result)
}

// styled are parts in their colours: sums bold, products of 0 pale.
func (a *Animation) styled(p *painter, parts []arithmetic.Part, result bool) []drawing.Run {
	var runs []drawing.Run
	for _, part := range parts {
		run := drawing.Run{Text: p.fonts.Readable(part.Text), Ink: p.theme.ink}
		switch {
		case part.Zero:
			run.Ink = p.theme.dim
		case part.Strong, result && !part.Activation:
			run.Style = drawing.Bold
		}
		if n := len(runs); n > 0 && runs[n-1].Ink == run.Ink && runs[n-1].Style == run.Style {
			runs[n-1].Text += run.Text
		} else {
			runs = append(runs, run)
		}
	}
	return runs
}

package sheet

import (
	"image"
	"slices"
	"strings"

	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/drawing"
)

// sumLine is a line of the figure with arithmetic.
type sumLine struct {
	label string
	runs  []drawing.Run
	right int // where runs begin
}

// sums breaks arithmetic into lines of so many pixels, its title first. Lines that are too many
// are left out.
func (d *Drawer) sums(s *Sum, pixels int) []sumLine {
	lines := []sumLine{{runs: []drawing.Run{d.fonts.ShortenRun(sumSize, pixels, drawing.Run{Text: s.Title, Ink: dimmed})}}}
	labels := 0
	for _, line := range s.Lines {
		if line.Label != "" {
			labels = max(labels, d.fonts.Width(sumSize, bold(line.Label))+sumSize)
		}
	}
	for _, line := range s.Lines {
		right := labels
		if line.Result {
			right = 0
		}
		var pieces [][]arithmetic.Part
		arithmetic.Fit(line.Parts, func(parts []arithmetic.Part) bool {
			pieces = d.broken(parts, line.Result, pixels-right)
			return len(pieces) <= broken
		})
		label := line.Label
		for _, parts := range pieces {
			lines = append(lines, sumLine{label, d.styled(parts, line.Result), right})
			label = ""
		}
	}
	return lines[:min(len(lines), s.most())]
}

func bold(text string) drawing.Run { return drawing.Run{Text: text, Ink: ink, Style: drawing.Bold} }

// broken breaks parts of a line into lines of at most so many pixels. Later lines begin with the
// sign between two parts.
func (d *Drawer) broken(parts []arithmetic.Part, result bool, pixels int) (lines [][]arithmetic.Part) {
	begin, width := 0, 0
	parts = slices.Clone(parts)
	for i := range parts {
		of := d.fonts.Width(sumSize, d.styled(parts[i:i+1], result)...)
		if i > begin && width+of > pixels {
			lines = append(lines, parts[begin:i])
			parts[i].Text = strings.TrimLeft(parts[i].Text, " ")
			begin, width = i, 0
		}
		width += of
	}
	return append(lines, parts[begin:])
}

func (d *Drawer) styled(parts []arithmetic.Part, result bool) []drawing.Run {
	return d.fonts.Arithmetic(parts, result, ink, dimmed)
}

// sum draws lines of arithmetic.
func (d *Drawer) sum(lines []sumLine, l *layout) {
	at := l.sum.Min.Add(image.Pt(0, sumSize))
	for _, line := range lines {
		if line.label != "" {
			d.write(at, sumSize, bold(line.label))
		}
		d.page.Add(drawing.Text{At: at.Add(image.Pt(line.right, 0)), Size: sumSize, Runs: line.runs})
		at.Y += sumStep
	}
}

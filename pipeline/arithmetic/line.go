package arithmetic

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
)

// Line is a line of the arithmetic of an output. The last one has the result.
type Line struct {
	Label   string // the channel, in lines with the terms of one
	Channel int    // −1 if the line is of no single channel
	Result  bool
	Parts   []Part
}

// Part is a piece of a line.
type Part struct {
	Text  string
	Exact string // Text with exact values; empty if Text has them
	Term  int    // index of the term, −1 if the part is none
	// Channel is the channel whose sum a part of the last line has, −1 if it is no such sum.
	Channel    int
	Zero       bool // a product of 0
	Strong     bool // a sum
	Activation bool
}

// Plain is the text of lines, with or without products of 0.
func Plain(lines []Line, zeros bool) string {
	width := 0
	for _, l := range lines {
		width = max(width, length(l.Label))
	}
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		if !l.Result && width > 0 {
			b.WriteString(l.Label + strings.Repeat(" ", width-length(l.Label)+2))
		}
		for _, p := range l.Parts {
			if zeros || !p.Zero {
				b.WriteString(p.Text)
			}
		}
	}
	return b.String()
}

// Strongest leaves out the lines of channels but for the n whose sums are the largest. lines are
// the output's.
func (o *Output) Strongest(lines []Line, n int) []Line {
	if len(lines)-1 <= n {
		return lines
	}
	sums := make([]float64, len(lines)-1)
	for i, t := range o.Terms {
		sums[i/o.Plane()] += float64(t.Value) * float64(t.Weight)
	}
	order := make([]int, len(sums))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(sums[b]), math.Abs(sums[a])) })
	order = order[:n]
	slices.Sort(order)
	var kept []Line
	for _, i := range order {
		kept = append(kept, lines[i])
	}
	return append(kept, lines[len(lines)-1])
}

// Fit leaves parts out of a line until fits accepts the rest: products of 0 first, then the last
// products, which are counted. What is left may still not fit.
func Fit(parts []Part, fits func(parts []Part) bool) []Part {
	if fits(parts) {
		return parts
	}
	parts = slices.DeleteFunc(slices.Clone(parts), func(p Part) bool { return p.Zero })
	for !fits(parts) {
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
		parts[last] = Part{Text: fmt.Sprintf(" + %d more", hidden+1), Term: -1, Channel: -1}
	}
	return parts
}

// length is the length of a text in JavaScript.
func length(text string) int { return len(utf16.Encode([]rune(text))) }

const (
	wideKernel   = 49 // a channel with more taps than that has no line of its own
	fewest       = 12 // terms that a long sum names
	manyChannels = 16 // more sums of channels than that are a long sum
)

// largest are the indices of n terms, or of the largest in their order if there are more than
// most. rest is the number of the others.
func largest(n, most int, size func(i int) float64) (shown []int, rest int) {
	shown = make([]int, n)
	for i := range shown {
		shown[i] = i
	}
	if n <= most {
		return shown, 0
	}
	slices.SortStableFunc(shown, func(a, b int) int {
		switch d := size(b) - size(a); {
		case d > 0:
			return 1
		case d < 0:
			return -1
		}
		return 0
	})
	shown = shown[:fewest]
	slices.Sort(shown)
	return shown, n - fewest
}

package animate

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strings"

	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/drawing"
)

// Animation is the frames of a subject. It has one owner.
type Animation struct {
	Steps   Steps
	Options Options

	subject  *Subject
	fonts    *drawing.Fonts
	layout   layout
	input    string // the input's name
	plane    int
	channels int
	tops     []float64 // the largest magnitude of each shown map, before the activation if that is shown
	picture  drawing.Picture
	inputTop float64 // the largest magnitude of the layer's inputs
}

// New plans the frames of a subject. input is the name of the picture.
func New(s *Subject, o Options, input string, fonts *drawing.Fonts) (*Animation, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	a := &Animation{Options: o, subject: s, fonts: fonts, input: input}
	a.channels, a.plane = s.channels()
	a.Steps = o.steps(s.maps.Shape, a.channels, a.plane)
	if err := o.CheckBytes(len(a.Steps.All)); err != nil {
		return nil, err
	}
	for _, v := range s.inputs {
		a.inputTop = max(a.inputTop, largest(v.Data))
	}
	a.layOut()
	for i := range s.Filters {
		top := largest(plane(s.maps, i))
		if s.before != nil {
			top = max(top, largest(plane(s.before, i)))
		}
		a.tops = append(a.tops, top)
	}
	if !a.layout.board {
		a.picture = a.inputPicture()
	}
	return a, nil
}

// Page is a frame.
func (a *Animation) Page(frame int) *drawing.Page {
	step := a.Steps.All[frame]
	s := a.subject
	o := s.explain(step.Filter, step.Y, step.X)
	page := &drawing.Page{Size: a.Options.Size, Ground: a.Options.Theme.ground}
	p := &painter{page: page, theme: &a.Options.Theme, fonts: a.fonts, l: &a.layout}
	var next *Step
	if frame+1 < len(a.Steps.All) {
		next = &a.Steps.All[frame+1]
	}
	shown := a.shownChannels(o, &step)
	a.header(p, o, &step)
	a.columnTitles(p, o)
	if !a.layout.board {
		a.drawPicture(p, &step, next)
	}
	for i, c := range shown {
		a.row(p, o, i, c, &step, next)
	}
	a.bracket(p, len(shown))
	a.maps(p, &step, frame == len(a.Steps.All)-1)
	lines := o.Write(s.names, false)
	a.lines(p, lines, shown, &step)
	sum := "the sum behind " + arithmetic.Name(s.Plan.Layer.Filters()[o.Filter], step.Y, step.X)
	if step.Term == len(o.Terms)-1 {
		sum = strings.ReplaceAll(arithmetic.Plain(lines[len(lines)-1:], true), "    ", ", ")
	}
	page.Title = p.description(s) + ", " + sum
	return page
}

// shownChannels are the channels with a row: all up to three, the ones around the sum so far, or
// the three that add most.
func (a *Animation) shownChannels(o *arithmetic.Output, step *Step) []int {
	var all []int
	for c := range a.channels {
		all = append(all, c)
	}
	if a.channels <= a.layout.rows {
		return all
	}
	if a.Options.Each != Place {
		from := clamp(step.Channel-1, 0, a.channels-a.layout.rows)
		return all[from : from+a.layout.rows]
	}
	sums := make([]float64, a.channels)
	for i, t := range o.Terms {
		sums[i/a.plane] += float64(t.Value) * float64(t.Weight)
	}
	slices.SortStableFunc(all, func(x, y int) int {
		switch d := math.Abs(sums[y]) - math.Abs(sums[x]); {
		case d > 0:
			return 1
		case d < 0:
			return -1
		}
		return 0
	})
	all = all[:a.layout.rows]
	slices.Sort(all)
	return all
}

// description says what the layer does.
func (p *painter) description(s *Subject) string {
	lp := s.Plan
	words := []string{strings.ReplaceAll(lp.Layer.Kind(), "_", " ")}
	e, f := lp.Rows, lp.Cols
	pair := func(a, b int) string {
		if a == b {
			return fmt.Sprint(a)
		}
		return fmt.Sprintf("%d×%d", a, b)
	}
	switch lp.Layer.Kind() {
	case "conv", "max_pool", "avg_pool":
		words[0] += fmt.Sprintf(" %d×%d", e.Kernel, f.Kernel)
		words = append(words, "stride "+pair(e.Stride, f.Stride))
		switch {
		case e.Before == e.After && f.Before == f.After:
			words = append(words, "padding "+pair(e.Before, f.Before))
		default:
			words = append(words, fmt.Sprintf("padding %d, %d, %d, %d", e.Before, f.Before, e.After, f.After))
		}
		if e.Dilation > 1 || f.Dilation > 1 {
			words = append(words, "dilation "+pair(e.Dilation, f.Dilation))
		}
	}
	return lp.Layer.Name() + ": " + strings.Join(words, ", ")
}

func (a *Animation) header(p *painter, o *arithmetic.Output, step *Step) {
	l, lp := p.l, a.subject.Plan
	y := l.margin + l.title*3/4
	right := p.page.Size.X - l.margin
	at := fmt.Sprintf("place %d of %d", step.Number, step.Of)
	if step.Row {
		at = fmt.Sprintf("row %d of %d", step.Y+1, a.subject.maps.H)
	}
	filter := p.fonts.Shorten(l.title, l.text*14, lp.Layer.Filters()[o.Filter])
	place := []drawing.Run{
		{Text: arithmetic.Name(filter, step.Y, step.X), Ink: p.theme.ink, Style: drawing.Bold}, {Text: "  " + at, Ink: p.theme.ink},
	}
	p.page.Add(drawing.Text{At: image.Pt(right, y), Align: drawing.Right, Size: l.title, Runs: place})
	room := right - l.margin - p.fonts.Width(l.title, place...) - l.text
	p.write(image.Pt(l.margin, y), drawing.Left, l.title, p.theme.ink, drawing.Bold, p.fonts.Shorten(l.title, room, p.description(a.subject)))
	y += l.line
	shapes := fmt.Sprintf("input %v → output %v", lp.In, lp.Out) + groupText(o)
	note := a.Steps.Note
	p.write(image.Pt(right, y), drawing.Right, l.text, p.theme.dim, drawing.Regular, note)
	room = right - l.margin - p.fonts.Width(l.text, drawing.Run{Text: note + shapes}) - l.text*3
	p.write(image.Pt(l.margin, y), drawing.Left, l.text, p.theme.dim, drawing.Regular, p.fonts.Shorten(l.text, max(room, l.text), a.input)+"   "+shapes)
}

// groupText says which channels the filter's group reads; empty if there is one group.
func groupText(o *arithmetic.Output) string {
	kernels, ok := o.Plan.Layer.Kernels()
	if !ok || kernels.Groups < 2 || o.Plan.Layer.Kind() != "conv" {
		return ""
	}
	group := o.Filter / (o.Plan.Out.C / kernels.Groups)
	first := group * kernels.Channels
	channels := fmt.Sprintf("channel %d", first)
	if kernels.Channels > 1 {
		channels = fmt.Sprintf("channels %d–%d", first, first+kernels.Channels-1)
	}
	return fmt.Sprintf("   group %d of %d reads %s of %d", group+1, kernels.Groups, channels, o.Plan.In.C)
}

// bracket encloses the rows of the channels that a group reads.
func (a *Animation) bracket(p *painter, rows int) {
	if kernels, ok := a.subject.Plan.Layer.Kernels(); !ok || kernels.Groups < 2 || a.subject.Plan.Layer.Kind() != "conv" {
		return
	}
	l := p.l
	x := l.margin - l.text/2
	if !l.board {
		x = l.patchX - l.label - l.text
	}
	top, bottom := l.row(0), l.row(rows-1)+l.rowHeight
	for _, r := range []image.Rectangle{
		image.Rect(x, top, x+2, bottom), image.Rect(x, top, x+l.text/2, top+2), image.Rect(x, bottom-2, x+l.text/2, bottom),
	} {
		p.page.Add(drawing.Box{Rectangle: r, Fill: p.theme.dim})
	}
}

// columnTitles stand over the columns.
func (a *Animation) columnTitles(p *painter, o *arithmetic.Output) {
	l := p.l
	y := l.top - l.text/2
	title := func(x, width int, text string) {
		p.write(image.Pt(x, y), drawing.Left, l.text, p.theme.dim, drawing.Regular, p.fonts.Shorten(l.text, width, text))
	}
	kernel := a.subject.Plan.Cols.Kernel * l.tap
	if l.board {
		name := "input"
		if wide := l.padded[1] * l.cell; l.padded != [2]int{a.subject.Plan.In.H, a.subject.Plan.In.W} && wide > l.text*10 {
			name = "input, with padding"
		}
		title(l.boardX(), l.weightsX-l.boardX(), name)
	} else {
		title(l.picture.Min.X, l.picture.Dx(), "input")
		title(l.patchX, kernel+l.text*5, "window")
	}
	if a.subject.weighted() {
		title(l.weightsX, kernel+l.text*5, "weights")
		title(l.productsX, kernel+l.text*5, "products")
	}
	if a.subject.Plan.Layer.Kind() != "max_pool" {
		title(l.sumX, l.text*6, "sum")
	}
}

// row draws a channel: input × weights = products, and the sum so far.
func (a *Animation) row(p *painter, o *arithmetic.Output, i, c int, step, next *Step) {
	l, s := p.l, a.subject
	terms := o.Terms[c*a.plane:][:a.plane]
	top := l.row(i)
	mid := top + l.rowHeight/2
	name := s.names[min(terms[0].Channel, len(s.names)-1)]
	current := -1
	if a.Options.Each == Term && c == step.Channel {
		current = step.Term - c*a.plane
	}
	done := func(t int) bool { return c*a.plane+t <= step.Term }
	if l.board {
		p.write(image.Pt(l.margin, mid+l.text/3), drawing.Left, l.text, p.theme.ink, drawing.Bold, p.fonts.Shorten(l.text, l.label, name))
		a.board(p, o, image.Pt(l.boardX(), mid-l.padded[0]*l.cell/2), terms, step, next, current)
	} else {
		p.write(image.Pt(l.patchX-l.text/2, mid+l.text/3), drawing.Right, l.text, p.theme.ink, drawing.Bold, p.fonts.Shorten(l.text, l.label, name))
	}
	columns := s.Plan.Cols.Kernel
	if a.plane == 1 {
		columns = 1
	}
	height := a.plane / columns * l.tap
	sign := func(x int, text string) {
		p.write(image.Pt(x, mid+l.text/3), drawing.Middle, l.title, p.theme.dim, drawing.Regular, text)
	}
	all := func(int) bool { return true }
	y := mid - height/2
	var values, weights, products []float32
	for _, t := range terms {
		values, weights, products = append(values, t.Value), append(weights, t.Weight), append(products, t.Value*t.Weight)
	}
	if !l.board {
		shown := func(i int) bool { return terms[i].Inside || s.Plan.Layer.Kind() != "max_pool" }
		p.grid(image.Pt(l.patchX, y), values, columns, a.inputTop, shown, current)
	}
	if s.weighted() {
		kernels, _ := s.Plan.Layer.Kernels()
		top := largest(kernels.Of(o.Filter))
		sign(l.weightsX-l.text, "×")
		p.grid(image.Pt(l.weightsX, y), weights, columns, top, all, current)
		sign(l.productsX-l.text, "=")
		p.grid(image.Pt(l.productsX, y), products, columns, max(largest(products), top*a.inputTop), done, current)
	}
	a.sum(p, o, c, mid, step)
}

// sum writes the sum before and after a channel.
func (a *Animation) sum(p *painter, o *arithmetic.Output, c, mid int, step *Step) {
	if c > step.Channel || o.Plan.Layer.Kind() == "max_pool" {
		return
	}
	l := p.l
	from := o.Bias
	if c > 0 {
		from = o.Terms[c*a.plane-1].Sum
	}
	to := o.Terms[min(step.Term, (c+1)*a.plane-1)].Sum
	short := func(v float32) string { return arithmetic.Digits(float64(v), 3) }
	at := image.Pt(l.sumX, mid+l.text/3)
	if c == 0 && a.subject.weighted() {
		p.write(at.Sub(image.Pt(0, l.line)), drawing.Left, l.text, p.theme.dim, drawing.Regular, "bias "+short(o.Bias))
	}
	runs := []drawing.Run{{Text: short(from) + " → ", Ink: p.theme.dim}, {Text: short(to), Ink: p.theme.ink, Style: drawing.Bold}}
	if p.fonts.Width(l.text, runs...) > l.text*5 {
		p.page.Add(drawing.Text{At: at, Size: l.text, Runs: runs[:1]})
		at.Y += l.line
		runs = runs[1:]
	}
	p.page.Add(drawing.Text{At: at, Size: l.text, Runs: runs})
}

package drawing

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"

	"filterbank/pipeline/mapng"
)

// SVGStart is the beginning of every page as SVG.
const SVGStart = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="`

// WriteSVG writes a page as SVG 1.1, with texts as text.
func WriteSVG(w io.Writer, p *Page, fonts *Fonts) error {
	s := &svg{fonts: fonts}
	s.printf(SVGStart+`%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="'Go', 'DejaVu Sans', Verdana, Arial, sans-serif">`+"\n",
		p.Size.X, p.Size.Y)
	s.printf("<title>%s</title>\n", escaped(p.Title))
	s.printf(`<rect width="%d" height="%d" fill="%s"/>`+"\n", p.Size.X, p.Size.Y, css(p.Ground))
	for _, item := range p.Items {
		item.write(s)
	}
	s.printf("</svg>\n")
	if s.err != nil {
		return s.err
	}
	_, err := w.Write(s.out.Bytes())
	return err
}

type svg struct {
	out     bytes.Buffer
	fonts   *Fonts
	err     error
	hatches []color.RGBA
}

func (s *svg) printf(format string, args ...any) { fmt.Fprintf(&s.out, format, args...) }

func css(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}

func place(r image.Rectangle) string {
	return fmt.Sprintf(`x="%d" y="%d" width="%d" height="%d"`, r.Min.X, r.Min.Y, r.Dx(), r.Dy())
}

func (b Box) write(s *svg) {
	if b.Fill.A != 0 {
		s.printf(`<rect %s fill="%s"/>`+"\n", place(b.Rectangle), css(b.Fill))
	}
	if b.Hatch.A != 0 {
		s.printf(`<rect %s fill="url(#hatch%d)"/>`+"\n", place(b.Rectangle), s.hatch(b.Hatch))
	}
	if b.Line.A == 0 || b.Width < 1 {
		return
	}
	half := func(v int) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(v)/2), ".0") }
	w := min(b.Width, b.Dx(), b.Dy())
	s.printf(`<rect x="%s" y="%s" width="%d" height="%d" fill="none" stroke="%s" stroke-width="%d"`,
		half(2*b.Min.X+w), half(2*b.Min.Y+w), b.Dx()-w, b.Dy()-w, css(b.Line), w)
	if mark, gap := b.Stroke.pattern(w); gap > 0 {
		s.printf(` stroke-dasharray="%d %d"`, mark, gap)
	}
	s.printf("/>\n")
}

// hatch defines hatching of a colour once, and returns its number.
func (s *svg) hatch(c color.RGBA) int {
	for i, known := range s.hatches {
		if known == c {
			return i
		}
	}
	n := len(s.hatches)
	s.hatches = append(s.hatches, c)
	s.printf(`<pattern id="hatch%d" width="%d" height="%[2]d" patternUnits="userSpaceOnUse"><path d="M0 %[2]d L%[2]d 0" stroke="%s"/></pattern>`+"\n", n, hatchStep, css(c))
	return n
}

// write writes a text whose letters take as much room as in the fonts of the page, whatever font
// shows them.
func (t Text) write(s *svg) {
	if len(t.Runs) == 0 {
		return
	}
	anchor := [...]string{Left: "", Middle: ` text-anchor="middle"`, Right: ` text-anchor="end"`}[t.Align]
	s.printf(`<text x="%d" y="%d" font-size="%d"%s textLength="%d" lengthAdjust="spacingAndGlyphs" xml:space="preserve"%s>`,
		t.At.X, t.At.Y, t.Size, anchor, s.fonts.Width(t.Size, t.Runs...), looks(t.Runs[0]))
	for i, r := range t.Runs {
		if i == 0 || r.Ink == t.Runs[0].Ink && r.Style == t.Runs[0].Style {
			s.printf("%s", escaped(r.Text))
		} else {
			s.printf("<tspan%s%s>%s</tspan>", plainly(t.Runs[0], r), looks(r), escaped(r.Text))
		}
	}
	s.printf("</text>\n")
}

// looks are the attributes of a run.
func looks(r Run) string {
	return fmt.Sprintf(` fill="%s"%s`, css(r.Ink), [...]string{Regular: "", Bold: ` font-weight="bold"`, Italic: ` font-style="italic"`}[r.Style])
}

// plainly undoes the style of the first run in another.
func plainly(first, r Run) string {
	if first.Style == r.Style {
		return ""
	}
	return [...]string{Regular: "", Bold: ` font-weight="normal"`, Italic: ` font-style="normal"`}[first.Style]
}

func (p Pointer) write(s *svg) {
	s.printf(`<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-width="%d"/>`, p.From.X, p.From.Y, p.To.X, p.To.Y, css(p.Ink), p.Width)
	s.printf(`<circle cx="%d" cy="%d" r="%d" fill="%s"/>`+"\n", p.To.X, p.To.Y, p.Radius, css(p.Ink))
}

func (p Picture) write(s *svg) {
	var b bytes.Buffer
	if err := WritePNG(&b, p.Width, p.Height, p.rgb(), &mapng.Workspace{}); err != nil {
		s.err = err
		return
	}
	s.printf(`<image %s preserveAspectRatio="none" style="image-rendering:pixelated" xlink:href="data:image/png;base64,%s"/>`+"\n",
		place(p.Rectangle), base64.StdEncoding.EncodeToString(b.Bytes()))
}

// WritePNG writes RGB pixels, row after row, as a PNG.
func WritePNG(w io.Writer, width, height int, rgb []byte, ws *mapng.Workspace) error {
	var e mapng.Encoder
	if err := e.Reset(w, mapng.Header{Width: width, Height: height, Depth: 8, RGB: true}); err != nil {
		return err
	}
	if err := e.WriteRows(ws, rgb); err != nil {
		return err
	}
	return e.Close()
}

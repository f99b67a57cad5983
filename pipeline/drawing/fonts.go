package drawing

import (
	"image/color"
	"sort"
	"strings"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/math/fixed"

	"filterbank/pipeline/arithmetic"
)

// Fonts are the letters of pages: the Go fonts. They have one owner.
type Fonts struct {
	fonts [styles][]*Font
	faces map[faceKey]*face
}

type faceKey struct {
	style Style
	size  int
}

// NewFonts reads the fonts. Other fonts draw the letters that the Go fonts do not have, in the
// order of the list.
func NewFonts(others ...*Font) (*Fonts, error) {
	f := &Fonts{faces: map[faceKey]*face{}}
	for style, ttf := range [styles][]byte{Regular: goregular.TTF, Bold: gobold.TTF, Italic: goitalic.TTF} {
		own, err := ParseFont(ttf)
		if err != nil {
			return nil, err
		}
		f.fonts[style] = append([]*Font{own}, others...)
	}
	return f, nil
}

func (f *Fonts) face(style Style, size int) *face {
	key := faceKey{style, size}
	if f.faces[key] == nil {
		f.faces[key] = newFace(size, f.fonts[style]...)
	}
	return f.faces[key]
}

// Width is the width of runs in pixels, rounded up.
func (f *Fonts) Width(size int, runs ...Run) int { return f.advance(size, runs).Ceil() }

func (f *Fonts) advance(size int, runs []Run) (x fixed.Int26_6) {
	for _, r := range runs {
		x += f.face(r.Style, size).advance(r.Text)
	}
	return x
}

// Readable escapes the characters of a text that the fonts do not have.
func (f *Fonts) Readable(text string) string { return f.face(Regular, 16).readable(text) }

// Shorten replaces the middle of a text by an ellipsis if the text is wider than a number of
// pixels. Characters that the fonts do not have are escaped.
func (f *Fonts) Shorten(size, pixels int, text string) string {
	return f.ShortenRun(size, pixels, Run{Text: text}).Text
}

// ShortenRun does the same for a text in a style.
func (f *Fonts) ShortenRun(size, pixels int, run Run) Run {
	run.Text = f.Readable(run.Text)
	if f.Width(size, run) <= pixels {
		return run
	}
	runes := []rune(run.Text)
	short := func(n int) Run { // n characters and the ellipsis
		head := (n + 1) / 2
		of := run
		of.Text = strings.TrimSpace(string(runes[:head])) + "…" + strings.TrimSpace(string(runes[len(runes)-(n-head):]))
		return of
	}
	return short(sort.Search(len(runes)-1, func(n int) bool { return f.Width(size, short(n+1)) > pixels }))
}

// Arithmetic are parts of a line of arithmetic: sums bold, products of 0 pale.
func (f *Fonts) Arithmetic(parts []arithmetic.Part, result bool, ink, pale color.RGBA) []Run {
	var runs []Run
	for _, part := range parts {
		run := Run{Text: f.Readable(part.Text), Ink: ink}
		switch {
		case part.Zero:
			run.Ink = pale
		case part.Strong, result && !part.Activation:
			run.Style = Bold
		}
		if n := len(runs); n > 0 && runs[n-1].Ink == run.Ink && runs[n-1].Style == run.Style {
			runs[n-1].Text += run.Text
		} else {
			runs = append(runs, run)
		}
	}
	return runs
}

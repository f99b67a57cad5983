package drawing

import (
	"strings"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/math/fixed"

	"filterbank/pipeline/sheet"
)

// Fonts are the letters of pages: the Go fonts. They have one owner.
type Fonts struct {
	fonts [styles]*sheet.Font
	faces map[faceKey]*sheet.Face
}

type faceKey struct {
	style Style
	size  int
}

// NewFonts reads the fonts.
func NewFonts() (*Fonts, error) {
	f := &Fonts{faces: map[faceKey]*sheet.Face{}}
	for style, ttf := range [styles][]byte{Regular: goregular.TTF, Bold: gobold.TTF, Italic: goitalic.TTF} {
		var err error
		if f.fonts[style], err = sheet.ParseFont(ttf); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *Fonts) face(style Style, size int) *sheet.Face {
	key := faceKey{style, size}
	if f.faces[key] == nil {
		f.faces[key] = sheet.NewFace(size, f.fonts[style])
	}
	return f.faces[key]
}

// Width is the width of runs in pixels, rounded up.
func (f *Fonts) Width(size int, runs ...Run) int { return f.advance(size, runs).Ceil() }

func (f *Fonts) advance(size int, runs []Run) (x fixed.Int26_6) {
	for _, r := range runs {
		x += f.face(r.Style, size).Advance(r.Text)
	}
	return x
}

// Readable escapes the characters of a text that the fonts do not have.
func (f *Fonts) Readable(text string) string { return f.face(Regular, 16).Readable(text) }

// Shorten replaces the middle of a text by an ellipsis if it is wider than so many pixels.
func (f *Fonts) Shorten(size, pixels int, text string) string {
	text = f.Readable(text)
	runes := []rune(text)
	for n := len(runes); f.Width(size, Run{Text: text}) > pixels && n > 1; {
		n--
		head := (n + 1) / 2
		text = strings.TrimSpace(string(runes[:head])) + "…" + strings.TrimSpace(string(runes[len(runes)-(n-head):]))
	}
	return text
}

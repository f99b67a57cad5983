package drawing

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// face draws text in one font and size. It keeps the glyphs that it has drawn.
//
// font/opentype's Face is not used. It draws curves with vector.Rasterizer.QuadTo, whose
// sums of float32 products Go may fuse on some machines. A glyph's edge could then differ by
// a level. face cuts curves into lines in integer arithmetic, and Rasterizer.LineTo rounds
// after each step on every machine.
type face struct {
	fonts  []*Font // the first one that has a letter draws it
	ppem   fixed.Int26_6
	buf    sfnt.Buffer
	rast   vector.Rasterizer
	glyphs map[glyphKey]glyph
}

// glyphKey is a glyph of the font and the quarter of a pixel at which it starts.
type glyphKey struct {
	font    int
	index   sfnt.GlyphIndex
	quarter fixed.Int26_6
}

type glyph struct {
	mask    *image.Alpha // relative to the origin on the baseline
	advance fixed.Int26_6
}

// newFace makes a face of so many pixels per em.
func newFace(pixels int, fonts ...*Font) *face {
	return &face{fonts: fonts, ppem: fixed.I(pixels), glyphs: map[glyphKey]glyph{}}
}

// find returns the font that has a character, and its index there, or the index 0.
func (f *face) find(r rune) (font int, index sfnt.GlyphIndex) {
	for i, one := range f.fonts {
		if index, err := one.sfnt.GlyphIndex(&f.buf, r); err == nil && index != 0 {
			return i, index
		}
	}
	return 0, 0
}

// readable escapes the characters that no font has, as Go and JSON do.
func (f *face) readable(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch _, index := f.find(r); {
		case index != 0:
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// advance is the width of a text in 64ths of a pixel.
func (f *face) advance(text string) (x fixed.Int26_6) {
	for _, r := range text {
		x += f.glyph(r, 0).advance
	}
	return x
}

// draw draws a text whose baseline starts at x, y. It returns where the text ends.
func (f *face) draw(dst *image.RGBA, x fixed.Int26_6, y int, ink color.RGBA, text string) (end fixed.Int26_6) {
	const quarter = 16
	src := image.NewUniform(ink)
	for _, r := range text {
		whole := x.Floor()
		g := f.glyph(r, (x-fixed.I(whole))/quarter)
		box := g.mask.Rect.Add(image.Pt(whole, y))
		draw.DrawMask(dst, box, src, image.Point{}, g.mask, g.mask.Rect.Min, draw.Over)
		x += g.advance
	}
	return x
}

// glyph draws a character, or the font's sign for missing characters.
func (f *face) glyph(r rune, quarter fixed.Int26_6) glyph {
	font, index := f.find(r)
	key := glyphKey{font, index, quarter}
	if g, ok := f.glyphs[key]; ok {
		return g
	}
	if len(f.glyphs) >= mostGlyphs {
		clear(f.glyphs)
	}
	g := f.load(f.fonts[font], index, quarter)
	f.glyphs[key] = g
	return g
}

// mostGlyphs is how many glyphs are kept at most.
const mostGlyphs = 4096

// load draws a glyph. A glyph that is broken, or far larger than letters are, is empty.
func (f *face) load(of *Font, index sfnt.GlyphIndex, quarter fixed.Int26_6) glyph {
	const largest = 4 // em
	g := glyph{mask: new(image.Alpha)}
	advance, err := of.sfnt.GlyphAdvance(&f.buf, index, f.ppem, font.HintingNone)
	if err != nil || !of.glyf.bounded(index) {
		return g
	}
	g.advance = max(0, min(advance, largest*f.ppem))
	outline, err := of.sfnt.LoadGlyph(&f.buf, index, f.ppem, nil)
	if err != nil {
		return g
	}
	b, most := outline.Bounds(), largest*f.ppem
	if b.Min.X < -most || b.Min.Y < -most || b.Max.X > most || b.Max.Y > most {
		return g
	}
	g.mask = f.fill(outline, quarter*16)
	return g
}

// fill draws an outline whose origin is shifted to the right.
func (f *face) fill(outline sfnt.Segments, right fixed.Int26_6) *image.Alpha {
	b := outline.Bounds()
	r := image.Rect((b.Min.X + right).Floor(), b.Min.Y.Floor(), (b.Max.X + right).Ceil(), b.Max.Y.Ceil())
	mask := image.NewAlpha(image.Rectangle{Max: r.Size()})
	if r.Empty() {
		return mask
	}
	f.rast.Reset(r.Dx(), r.Dy())
	f.rast.DrawOp = draw.Src
	origin := fixed.Point26_6{X: right - fixed.I(r.Min.X), Y: -fixed.I(r.Min.Y)}
	var pen fixed.Point26_6
	for _, s := range outline {
		a, b := s.Args[0].Add(origin), s.Args[1].Add(origin)
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			f.rast.MoveTo(float32(a.X)/64, float32(a.Y)/64)
			pen = a
		case sfnt.SegmentOpLineTo:
			f.rast.LineTo(float32(a.X)/64, float32(a.Y)/64)
			pen = a
		case sfnt.SegmentOpQuadTo: // TrueType outlines have no cubic curves
			f.curve(pen, a, b)
			pen = b
		}
	}
	f.rast.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	mask.Rect = r
	return mask
}

// curve draws a quadratic Bézier curve from a to c with control point b as four lines. At
// these sizes they are less than a tenth of a pixel from the curve. All sums are integers
// below 2²⁴.
func (f *face) curve(a, b, c fixed.Point26_6) {
	const lines = 4
	for i := fixed.Int26_6(1); i <= lines; i++ {
		at := func(a, b, c fixed.Int26_6) float32 {
			sum := (lines-i)*(lines-i)*a + 2*i*(lines-i)*b + i*i*c
			return float32(sum) / (64 * lines * lines)
		}
		f.rast.LineTo(at(a.X, b.X, c.X), at(a.Y, b.Y, c.Y))
	}
}

package drawing

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"io"
	"slices"
)

// GIF writes an animation, frame by frame. Each frame has the smallest rectangle that changes,
// and in it only the pixels that do. The zero value is not ready: see NewGIF.
type GIF struct {
	w       io.Writer
	palette color.Palette // the last colour stands for pixels that stay
	nearest map[color.RGBA]uint8
	size    image.Point
	before  *image.RGBA // nil before the first frame
}

// Colours counts the colours of frames for the palette of an animation.
type Colours struct {
	// Most is the largest number of colours, below 256; 0 is 255. Fewer make smaller files.
	Most int

	count  map[color.RGBA]int
	before []byte
}

// Count takes the colours of the pixels that differ from the frame before.
func (c *Colours) Count(m *image.RGBA) {
	if c.count == nil {
		c.count = map[color.RGBA]int{}
	}
	var last color.RGBA
	run := 0
	for i := 0; i < len(m.Pix); i += 4 {
		if c.before != nil && bytes.Equal(m.Pix[i:i+4], c.before[i:i+4]) {
			continue
		}
		if now := (color.RGBA{m.Pix[i], m.Pix[i+1], m.Pix[i+2], 0xff}); now != last {
			if run > 0 {
				c.count[last] += run
			}
			last, run = now, 0
		}
		run++
	}
	if run > 0 {
		c.count[last] += run
	}
	c.before = append(c.before[:0], m.Pix...)
}

// mostColours is the number of colours of a GIF, without the one of pixels that stay.
const mostColours = 255

// palette is the colours of an animation: all, if they are few, or else the most frequent half
// and means of the others.
func (c *Colours) palette() color.Palette {
	all := make([]color.RGBA, 0, len(c.count))
	for one := range c.count {
		all = append(all, one)
	}
	code := func(v color.RGBA) int { return int(v.R)<<16 | int(v.G)<<8 | int(v.B) }
	slices.SortFunc(all, func(a, b color.RGBA) int {
		if d := c.count[b] - c.count[a]; d != 0 {
			return d
		}
		return code(a) - code(b)
	})
	most, exact := c.Most, len(all)
	if most <= 0 || most > mostColours {
		most = mostColours
	}
	if exact > most {
		exact = (most + 1) / 2
	}
	palette := make(color.Palette, 0, most+1)
	for _, one := range all[:exact] {
		palette = append(palette, one)
	}
	for _, mean := range c.cut(all[exact:], most-exact) {
		palette = append(palette, mean)
	}
	return append(palette, color.RGBA{})
}

// cut cuts colours into so many groups at medians, and returns their means (Heckbert, Color image
// quantization for frame buffer display, 1982).
func (c *Colours) cut(colours []color.RGBA, most int) []color.RGBA {
	if len(colours) == 0 {
		return nil
	}
	groups := [][]color.RGBA{colours}
	for len(groups) < most {
		widest, axis, spread := -1, 0, 0
		for i, g := range groups {
			for a := range 3 {
				lo, hi := 255, 0
				for _, v := range g {
					lo, hi = min(lo, int(channel(v, a))), max(hi, int(channel(v, a)))
				}
				if hi-lo > spread {
					widest, axis, spread = i, a, hi-lo
				}
			}
		}
		if widest < 0 {
			break
		}
		g := groups[widest]
		slices.SortStableFunc(g, func(x, y color.RGBA) int { return int(channel(x, axis)) - int(channel(y, axis)) })
		at := c.median(g)
		for at < len(g)-1 && at > 0 && channel(g[at], axis) == channel(g[at-1], axis) {
			at++
		}
		groups[widest] = g[:at]
		groups = append(groups, g[at:])
	}
	means := make([]color.RGBA, len(groups))
	for i, g := range groups {
		means[i] = c.mean(g)
	}
	return means
}

func channel(v color.RGBA, axis int) uint8 { return [3]uint8{v.R, v.G, v.B}[axis] }

// median is the index at which half of the pixels come before, at least 1 and below the length.
func (c *Colours) median(g []color.RGBA) int {
	total := 0
	for _, v := range g {
		total += c.count[v]
	}
	sum := 0
	for i, v := range g[:len(g)-1] {
		if sum += c.count[v]; 2*sum >= total {
			return i + 1
		}
	}
	return len(g) - 1
}

func (c *Colours) mean(g []color.RGBA) color.RGBA {
	var sum [3]int
	n := 0
	for _, v := range g {
		weight := c.count[v]
		n += weight
		for a := range sum {
			sum[a] += weight * int(channel(v, a))
		}
	}
	of := func(a int) uint8 { return uint8((sum[a] + n/2) / n) }
	return color.RGBA{of(0), of(1), of(2), 0xff}
}

// NewGIF begins an animation of a size that repeats for ever.
func NewGIF(w io.Writer, size image.Point, c *Colours) *GIF {
	g := &GIF{w: w, palette: c.palette(), nearest: map[color.RGBA]uint8{}, size: size}
	return g
}

// index is the palette's colour that is nearest to one.
func (g *GIF) index(v color.RGBA) uint8 {
	if i, ok := g.nearest[v]; ok {
		return i
	}
	best, least := 0, 1<<30
	for i, p := range g.palette[:len(g.palette)-1] {
		d := 0
		for a := range 3 {
			e := int(channel(p.(color.RGBA), a)) - int(channel(v, a))
			d += e * e
		}
		if d < least {
			best, least = i, d
		}
	}
	g.nearest[v] = uint8(best)
	return uint8(best)
}

// Frame writes a frame that is shown for so many hundredths of a second. Frames are written one
// by one, so that no animation has to be in memory.
func (g *GIF) Frame(m *image.RGBA, hundredths int) error {
	r := m.Rect
	first := g.before == nil
	if !first {
		if r = changed(m, g.before); r.Empty() {
			r = image.Rect(0, 0, 1, 1)
		}
	}
	p := image.NewPaletted(r, g.palette)
	stays := uint8(len(g.palette) - 1)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			i := m.PixOffset(x, y)
			if !first && bytes.Equal(m.Pix[i:i+4], g.before.Pix[i:i+4]) {
				p.Pix[p.PixOffset(x, y)] = stays
			} else {
				p.Pix[p.PixOffset(x, y)] = g.index(color.RGBA{m.Pix[i], m.Pix[i+1], m.Pix[i+2], 0xff})
			}
		}
	}
	if first {
		g.before = image.NewRGBA(m.Rect)
	}
	copy(g.before.Pix, m.Pix)
	return g.write(p, hundredths, first)
}

// changed is the smallest rectangle outside of which two pictures are equal.
func changed(a, b *image.RGBA) (r image.Rectangle) {
	width := 4 * a.Rect.Dx()
	for y := range a.Rect.Dy() {
		p, q := a.Pix[y*a.Stride:][:width], b.Pix[y*b.Stride:][:width]
		if bytes.Equal(p, q) {
			continue
		}
		lo, hi := 0, width
		for p[lo] == q[lo] {
			lo++
		}
		for p[hi-1] == q[hi-1] {
			hi--
		}
		r = r.Union(image.Rect(lo/4, y, (hi+3)/4, y+1))
	}
	return r
}

// write encodes a frame as a GIF of its own, and writes what lies between the palette and the
// end.
func (g *GIF) write(p *image.Paletted, hundredths int, first bool) error {
	var one bytes.Buffer
	err := gif.EncodeAll(&one, &gif.GIF{
		Image: []*image.Paletted{p}, Delay: []int{hundredths}, Disposal: []byte{gif.DisposalNone},
		Config: image.Config{ColorModel: g.palette, Width: g.size.X, Height: g.size.Y},
	})
	if err != nil {
		return err
	}
	const screen = 13 // bytes of the header and the logical screen descriptor (GIF89a, 17 and 18)
	colours := 2
	for colours < len(g.palette) {
		colours *= 2
	}
	data := one.Bytes()
	body := screen + 3*colours
	if first {
		loop := "\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00" // for ever
		if _, err := g.w.Write(append(slices.Clone(data[:body]), loop...)); err != nil {
			return err
		}
	}
	_, err = g.w.Write(data[body : len(data)-1])
	return err
}

// Close ends the file. It does not close the writer.
func (g *GIF) Close() error {
	_, err := g.w.Write([]byte{0x3b})
	return err
}

package terminal

import (
	"bytes"
	"fmt"
	"image"
)

// blocks writes two rows of pixels as a line of upper half blocks. The upper pixel is the
// foreground and the lower one the background. If the number of rows is odd, the last lower
// half has the terminal's own background.
func blocks(b *bytes.Buffer, m *image.RGBA, trueColor bool) {
	size := m.Rect.Size()
	for y := 0; y < size.Y; y += 2 {
		above, below := "", "" // the present colours, empty for the terminal's own
		for x := range size.X {
			if c := sgr(m, x, y, trueColor); c != above {
				fmt.Fprintf(b, "\x1b[38;%sm", c)
				above = c
			}
			if y+1 < size.Y {
				if c := sgr(m, x, y+1, trueColor); c != below {
					fmt.Fprintf(b, "\x1b[48;%sm", c)
					below = c
				}
			}
			b.WriteString("▀")
		}
		b.WriteString("\x1b[0m\n")
	}
}

// sgr is the end of an SGR sequence that sets a colour (ECMA-48, 8.3.117; ITU-T T.416).
func sgr(m *image.RGBA, x, y int, trueColor bool) string {
	c := m.RGBAAt(m.Rect.Min.X+x, m.Rect.Min.Y+y)
	if trueColor {
		return fmt.Sprintf("2;%d;%d;%d", c.R, c.G, c.B)
	}
	return fmt.Sprintf("5;%d", indexed(int(c.R), int(c.G), int(c.B)))
}

// indexed is the nearest of xterm's 256 colours, without the first 16, which users define
// themselves: a cube of six levels a channel from 16 on, and 24 grays from 232 on.
func indexed(r, g, b int) int {
	level := func(v int) (index, value int) { // 0, 95, 135, 175, 215, 255
		if v < 48 {
			return 0, 0
		}
		index = max(1, (v-35)/40)
		return index, 55 + 40*index
	}
	ri, rv := level(r)
	gi, gv := level(g)
	bi, bv := level(b)
	step := min(23, max(0, (r+g+b)/3-3)/10)
	gray := 8 + 10*step
	distance := func(x, y, z int) int { return (x-r)*(x-r) + (y-g)*(y-g) + (z-b)*(z-b) }
	if distance(gray, gray, gray) < distance(rv, gv, bv) {
		return 232 + step
	}
	return 16 + 36*ri + 6*gi + bi
}

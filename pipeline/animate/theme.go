package animate

import (
	"fmt"
	"image/color"
	"math"
	"strings"
)

// Theme is the colours of an animation. No sign depends on colours alone.
type Theme struct {
	Name               string
	ground, cell, ink  color.RGBA
	dim, hair          color.RGBA
	accent             color.RGBA // the window
	padding, frame     color.RGBA // ground and outline of cells of the padding
	positive, negative color.RGBA // the largest magnitude
	channels           [3]color.RGBA
}

func rgb(v uint32) color.RGBA { return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xff} }

// Themes are all themes.
func Themes() []Theme {
	return []Theme{
		{
			Name: "light", ground: rgb(0xfbfbfa), cell: rgb(0xffffff), ink: rgb(0x1b1c1f), dim: rgb(0x5f6168), hair: rgb(0xcdced2),
			accent: rgb(0xd81b60), padding: rgb(0xf1f1ef), frame: rgb(0x9b9da4), positive: rgb(0xe67e55), negative: rgb(0x6094e6),
			channels: [3]color.RGBA{rgb(0xf4bcbc), rgb(0xb9e0c5), rgb(0xbfcef6)},
		},
		{
			Name: "dark", ground: rgb(0x15171c), cell: rgb(0x1e2128), ink: rgb(0xeceef2), dim: rgb(0xa3a8b3), hair: rgb(0x434853),
			accent: rgb(0xff6c9f), padding: rgb(0x191b21), frame: rgb(0x6b707c), positive: rgb(0xb5522c), negative: rgb(0x2f62b8),
			channels: [3]color.RGBA{rgb(0x8a3538), rgb(0x2c6b43), rgb(0x36519c)},
		},
		{
			Name: "print", ground: rgb(0xffffff), cell: rgb(0xffffff), ink: rgb(0x000000), dim: rgb(0x4d4d4d), hair: rgb(0xb3b3b3),
			accent: rgb(0x000000), padding: rgb(0xf4f4f4), frame: rgb(0x808080), positive: rgb(0xb8b8b8), negative: rgb(0xb8b8b8),
			channels: [3]color.RGBA{rgb(0xd6d6d6), rgb(0xd6d6d6), rgb(0xd6d6d6)},
		},
	}
}

// ParseTheme finds a theme.
func ParseTheme(name string) (Theme, error) {
	var names []string
	for _, t := range Themes() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Theme{}, fmt.Errorf("theme %q: it must be %s", name, strings.Join(names, ", "))
}

// mix goes from a to b, all the way at share 255.
func mix(a, b color.RGBA, share int) color.RGBA {
	of := func(x, y uint8) uint8 { return uint8((int(x)*(255-share) + int(y)*share + 127) / 255) }
	return color.RGBA{of(a.R, b.R), of(a.G, b.G), of(a.B, b.B), 0xff}
}

// shade is the ground of a cell with a value, if the largest magnitude is largest. Shares are in
// 16 steps, so that few colours are needed.
func (t *Theme) shade(v float32, largest float64, positive color.RGBA) color.RGBA {
	d := float64(v)
	if d == 0 || largest == 0 || math.IsNaN(d) {
		return t.cell
	}
	to := positive
	if d < 0 {
		to = t.negative
	}
	steps := int(math.Round(min(1, math.Abs(d)/largest) * 15))
	return mix(t.cell, to, 17*max(1, steps))
}

// on is the colour of letters on a ground.
func (t *Theme) on(ground color.RGBA) color.RGBA {
	luma := 299*int(ground.R) + 587*int(ground.G) + 114*int(ground.B) // BT.601
	dark := t.ink
	light := t.cell
	if t.Name == "dark" {
		dark, light = t.ground, t.ink
	}
	if luma > 140*1000 {
		return dark
	}
	return light
}

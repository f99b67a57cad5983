package render

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Colormap gives each of the 256 levels of an 8-bit map a colour. It is comparable and
// immutable. The zero value is auto, which is no colormap yet: For makes it one.
type Colormap struct {
	name   string
	colors string // hexadecimal, as in tables.go; none for the grays
}

// The names that say more than which table it is.
const (
	autoName      = "auto"
	grayName      = "gray"
	invertedName  = "gray-inverted"
	divergingName = "coolwarm"
)

// colormaps is all of them, in the order in which they are listed.
func colormaps() []Colormap {
	return []Colormap{
		{}, {name: grayName}, {name: invertedName},
		{"viridis", viridis}, {"magma", magma}, {"inferno", inferno}, {"plasma", plasma}, {"cividis", cividis},
		{"turbo", turbo}, {divergingName, coolwarm},
	}
}

// Colormaps is the names that ParseColormap knows.
func Colormaps() []string {
	var names []string
	for _, c := range colormaps() {
		names = append(names, c.Name())
	}
	return names
}

// ParseColormap finds a colormap by its name.
func ParseColormap(name string) (Colormap, error) {
	all := colormaps()
	i := slices.IndexFunc(all, func(c Colormap) bool { return c.Name() == name })
	if i < 0 {
		names := Colormaps()
		last := len(names) - 1
		return Colormap{}, fmt.Errorf("colormap %q: it must be %s or %s", name, strings.Join(names[:last], ", "), names[last])
	}
	return all[i], nil
}

// Name is the colormap's name, as ParseColormap reads it.
func (c Colormap) Name() string {
	if c.name == "" {
		return autoName
	}
	return c.name
}

// For is the colormap for maps that call for a diverging one, or do not: auto is coolwarm
// for the first and gray for the others, and every other one is itself.
func (c Colormap) For(diverging bool) Colormap {
	switch {
	case c.name != "":
		return c
	case diverging:
		return Colormap{divergingName, coolwarm}
	}
	return Colormap{name: grayName}
}

// Gray says that the colours are the levels themselves, so that a picture needs no palette.
func (c Colormap) Gray() bool { return c.name == "" || c.name == grayName }

// Diverging says that the colours go two ways from a pale one in the middle, levels 127
// and 128, which is for the value 0: see Range.Centred.
func (c Colormap) Diverging() bool { return c.name == divergingName }

// Palette is the colours of the levels 0 to 255: red, green and blue of sRGB. The slice is
// the caller's.
func (c Colormap) Palette() [][3]uint8 {
	colors := make([][3]uint8, 256)
	table, _ := hex.DecodeString(c.colors) // tables.go holds nothing else
	for i := range colors {
		switch {
		case c.name == invertedName:
			level := uint8(255 - i)
			colors[i] = [3]uint8{level, level, level}
		case c.colors == "":
			colors[i] = [3]uint8{uint8(i), uint8(i), uint8(i)}
		default:
			colors[i] = [3]uint8(table[3*i:])
		}
	}
	return colors
}

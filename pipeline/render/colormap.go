package render

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Colormap gives each of the 256 levels of an 8-bit map a colour. Colormaps are comparable
// and immutable. The zero value is auto, which For resolves to another colormap.
type Colormap struct {
	name   string
	colors string // RGB of each level in hexadecimal, as in tables.go; empty for the grays
}

// Names of colormaps that the code treats specially.
const (
	autoName      = "auto"
	grayName      = "gray"
	invertedName  = "gray-inverted"
	divergingName = "coolwarm"
)

// colormaps lists all colormaps in the order of help texts.
func colormaps() []Colormap {
	return []Colormap{
		{}, {name: grayName}, {name: invertedName},
		{"viridis", viridis}, {"magma", magma}, {"inferno", inferno}, {"plasma", plasma}, {"cividis", cividis},
		{"turbo", turbo}, {divergingName, coolwarm},
	}
}

// Colormaps lists the names that ParseColormap knows.
func Colormaps() []string {
	var names []string
	for _, c := range colormaps() {
		names = append(names, c.Name())
	}
	return names
}

// ParseColormap returns the colormap of a name. A name that is not in Colormaps is an error.
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

// For resolves auto to coolwarm if diverging is true, and to gray otherwise. Any other
// colormap is returned unchanged.
func (c Colormap) For(diverging bool) Colormap {
	switch {
	case c.name != "":
		return c
	case diverging:
		return Colormap{divergingName, coolwarm}
	}
	return Colormap{name: grayName}
}

// Gray says whether each colour is its level itself, so that a picture needs no palette.
func (c Colormap) Gray() bool { return c.name == "" || c.name == grayName }

// Diverging says whether the colours differ in both directions from a pale middle at levels
// 127 and 128. The middle stands for the value 0; see Range.Centred.
func (c Colormap) Diverging() bool { return c.name == divergingName }

// Palette returns the colours of levels 0 to 255 as red, green and blue in sRGB. The caller
// owns the slice.
func (c Colormap) Palette() [][3]uint8 {
	colors := make([][3]uint8, 256)
	table, _ := hex.DecodeString(c.colors) // every table is valid
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

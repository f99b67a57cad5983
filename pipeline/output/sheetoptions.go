package output

import (
	"fmt"
	"strconv"

	"filterbank/pipeline/drawing"
	"filterbank/pipeline/manifest"
)

// SheetOptions say how contact sheets are laid out.
type SheetOptions struct {
	Tile    int           // about the longer side of a tile, in pixels; 0 means DefaultTile, or less for many maps
	Pair    bool          // each map is shown before and after its activation
	Columns int           // number of columns; 0 chooses one from the figure's shape
	Font    *drawing.Font // for letters that the sheets' own font does not have; nil escapes them
}

// DefaultTile is the size of a sheet's tiles. MinTile and MaxTile bound the size. All are in
// pixels.
const (
	DefaultTile = 192
	MinTile     = 16
	MaxTile     = 4096
)

var sheetTile = Option{
	Name: "sheet-tile", Word: "PIXELS",
	Help: "about the longer side of a sheet's tiles, in pixels (auto: 192; 128 for more than 64 maps, 96 for more than 256)",
	Set: func(s *Settings, value string) error {
		if err := setInt(&s.Sheet.Tile, "sheet-tile", value); err != nil {
			return err
		}
		return checkTile(s.Sheet.Tile)
	},
	Text: func(s *Settings) string {
		if s.Sheet.Tile == 0 {
			return "auto"
		}
		return strconv.Itoa(s.Sheet.Tile)
	},
}

var sheetColumns = Option{
	Name: "sheet-columns", Word: "N",
	Help: "columns of a sheet (a number that gives the sheet the shape of a slide)",
	Set:  func(s *Settings, value string) error { return setInt(&s.Sheet.Columns, "sheet-columns", value) },
	Text: func(s *Settings) string { return strconv.Itoa(s.Sheet.Columns) },
}

var sheetPair = Option{
	Name: "sheet-pair",
	Help: "on sheets, show each map before and after its layer's activation, on one scale",
	Set: func(s *Settings, value string) (err error) {
		if s.Sheet.Pair, err = strconv.ParseBool(value); err != nil {
			return fmt.Errorf("--sheet-pair %q: it must be true or false, or have no value", value)
		}
		return nil
	},
	Text: func(s *Settings) string { return strconv.FormatBool(s.Sheet.Pair) },
}

var sheetFont = Option{
	Name: "font", Word: "FILE", Offers: []string{"ttf", "ttc"},
	Help: "TrueType font for names on sheets in scripts other than Latin, Greek and Cyrillic (none: such letters are escaped)",
	Set:  setFont,
	Text: func(s *Settings) string {
		if s.Sheet.Font == nil {
			return ""
		}
		return s.Sheet.Font.Digest()
	},
}

// setInt reads the value of a flag that is a whole number.
func setInt(to *int, flag, value string) error {
	n, err := strconv.ParseInt(value, 0, strconv.IntSize)
	if err != nil {
		return fmt.Errorf("--%s %q: it must be a whole number", flag, value)
	}
	*to = int(n)
	return nil
}

// setFont reads a font for sheets.
func setFont(s *Settings, name string) (err error) {
	s.Sheet.Font, err = ReadFont(name)
	return err
}

// ReadFont reads the file of a TrueType font for letters that the sheets' own font does not
// have.
func ReadFont(name string) (*drawing.Font, error) {
	data, err := manifest.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	font, err := drawing.ParseFont(data)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	return font, nil
}

func (s SheetOptions) tile() int {
	if s.Tile > 0 {
		return s.Tile
	}
	return DefaultTile
}

// tileFor is the size of the tiles of a layer with so many maps. If no size is given, tiles of many
// maps are smaller, so that a screen shows a good part of a sheet: 512 square maps make a sheet of
// about 3,900×2,900 pixels.
func (s SheetOptions) tileFor(maps int) int {
	switch {
	case s.Tile > 0 || maps <= 64:
		return s.tile()
	case maps <= 256:
		return DefaultTile * 2 / 3
	}
	return DefaultTile / 2
}

// checkTile refuses a size of tiles out of range.
func checkTile(pixels int) error {
	if pixels < MinTile || pixels > MaxTile {
		return fmt.Errorf("sheet-tile must be from %d to %d pixels, got %d", MinTile, MaxTile, pixels)
	}
	return nil
}

// check refuses tiles and columns out of range.
func (s SheetOptions) check() error {
	if s.Tile != 0 {
		if err := checkTile(s.Tile); err != nil {
			return err
		}
	}
	if s.Columns < 0 {
		return fmt.Errorf("sheet-columns must be at least 1, or 0 to choose a number that suits, got %d", s.Columns)
	}
	return nil
}

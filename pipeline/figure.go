package pipeline

import (
	"fmt"
	"image"
	"strconv"
	"strings"

	"filterbank/filters"
	"filterbank/pipeline/render"
	"filterbank/pipeline/sheet"
)

// SheetOptions say how contact sheets are laid out.
type SheetOptions struct {
	Tile    int // about the longer side of a tile, in pixels; 0 is DefaultTile
	Columns int // 0 chooses them by the figure's shape
}

// DefaultTile is the size of a sheet's tiles, MinTile and MaxTile what can be asked for.
const (
	DefaultTile = 192
	MinTile     = 16
	MaxTile     = 4096
)

func (s SheetOptions) tile() int {
	if s.Tile > 0 {
		return s.Tile
	}
	return DefaultTile
}

// Check says whether sheets of such tiles and columns can be made.
func (s SheetOptions) Check() error {
	if s.Tile != 0 && (s.Tile < MinTile || s.Tile > MaxTile) {
		return fmt.Errorf("sheet-tile must be from %d to %d pixels, got %d", MinTile, MaxTile, s.Tile)
	}
	if s.Columns < 0 {
		return fmt.Errorf("sheet-columns must be at least 1, or 0 for as many as suit, got %d", s.Columns)
	}
	return nil
}

// layerFigure is the contact sheet of a layer without its pictures: name is the
// picture's, and ranges are nil where only the size is asked for.
type layerFigure struct {
	sheet.Figure
	from, to         image.Point // a map's size, and that of its raster
	zoom             int
	lead, leadRaster image.Point // the same of the input
	leadZoom         int
}

func (o *Options) layerFigure(p *filters.Plan, l int, name string, ranges []render.Range) *layerFigure {
	lp, tile := &p.Layers[l], o.Sheet.tile()
	f := &layerFigure{from: image.Pt(lp.Out.W, lp.Out.H), lead: image.Pt(p.Input.W, p.Input.H)}
	f.to, f.zoom = sheet.Fit(f.from, tile)
	f.Cell = f.to.Mul(f.zoom)
	f.leadRaster, f.leadZoom = sheet.Within(f.lead, image.Pt(max(f.Cell.X, tile*2/3), max(f.Cell.Y, tile*2/3)))
	f.Title = name
	f.Lines = append(describe(p, lp), o.scaleLine())
	f.Lead = &sheet.Lead{
		Raster:  sheet.Raster{Width: f.leadRaster.X, Height: f.leadRaster.Y, Zoom: f.leadZoom},
		Caption: "input " + p.Input.String(),
	}
	colormap := o.colormap(lp.Layer)
	f.Bar = &sheet.Bar{Palette: colormap.Palette(), Lo: "lo", Hi: "hi"}
	if colormap.Diverging() {
		f.Bar.Zero = 128
	}
	f.Columns, f.Notes = o.Sheet.Columns, !o.sharedScale()
	f.Cells = make([]sheet.Cell, lp.Out.C)
	for k, name := range lp.Layer.Filters() {
		f.Cells[k].Index, f.Cells[k].Name = fmt.Sprintf("%03d", k), name
		if ranges != nil && f.Notes {
			f.Cells[k].Note = number(ranges[k].Lo) + " … " + number(ranges[k].Hi)
		}
	}
	if ranges != nil && !f.Notes {
		f.Bar.Lo, f.Bar.Hi = number(ranges[0].Lo), number(ranges[0].Hi)
	}
	return f
}

// describe is a layer's arithmetic in words.
func describe(p *filters.Plan, lp *filters.LayerPlan) []string {
	layer := lp.Layer.Name()
	if stack := p.Stack.Name(); stack != "" {
		layer = stack + "/" + layer
	}
	var lines []string
	if conv, ok := lp.Layer.(*filters.Conv); ok {
		s := conv.Spec()
		activation := s.Activation.String()
		if s.Activation == filters.LeakyReLU {
			activation += " " + number(float64(s.NegativeSlope))
		}
		lines = append(lines,
			fmt.Sprintf("layer %s: conv %d×%d×%d×%d, activation %s", layer, lp.Out.C, s.InChannels/s.Groups, s.KernelSize[0], s.KernelSize[1], activation),
			fmt.Sprintf("stride %s, padding %s, dilation %s, groups %d", pair(s.Stride), padding(lp, s.Padding.Mode), pair(s.Dilation), s.Groups))
	} else {
		lines = append(lines, "layer "+layer)
	}
	return append(lines,
		fmt.Sprintf("%v → %v", lp.In, lp.Out),
		fmt.Sprintf("receptive field %d×%d, an output every %s", lp.Field[0], lp.Field[1], pixels(lp.Jump)))
}

func pair(v [2]int) string {
	if v[0] == v[1] {
		return strconv.Itoa(v[0])
	}
	return fmt.Sprintf("%d×%d", v[0], v[1])
}

func pixels(v [2]int) string {
	if v == [2]int{1, 1} {
		return "pixel"
	}
	return pair(v) + " pixels"
}

// padding is n, h×w, or top, left, bottom and right, as a stack file orders them.
func padding(lp *filters.LayerPlan, mode filters.PaddingMode) string {
	s := fmt.Sprintf("%d,%d,%d,%d", lp.Rows.Before, lp.Cols.Before, lp.Rows.After, lp.Cols.After)
	if lp.Rows.Before == lp.Rows.After && lp.Cols.Before == lp.Cols.After {
		s = pair([2]int{lp.Rows.Before, lp.Cols.Before})
	}
	if mode != filters.Zeros && s != "0" {
		s += " " + mode.String()
	}
	return s
}

// sharedScale says whether all maps of a layer have one scale.
func (o *Options) sharedScale() bool {
	switch o.Scale.Per {
	case render.PerLayer, render.PerImage, render.PerNone:
		return true
	}
	return false
}

func (o *Options) scaleLine() string {
	switch o.Scale.Per {
	case render.PerLayer:
		return "one scale for the layer:"
	case render.PerImage:
		return "one scale for all layers:"
	case render.PerNone:
		return "a given scale:"
	case render.PerPercentile:
		p := o.Scale.Percentiles
		return fmt.Sprintf("each map from its percentile %v to %v, lo … hi:", p[0], p[1])
	case render.PerDataset:
		return "each filter has one scale for all images, lo … hi:"
	}
	return "each map has its own scale, lo … hi:"
}

// number writes a value with four digits.
func number(v float64) string {
	return strings.Replace(strconv.FormatFloat(v, 'g', 4, 64), "-", "−", 1)
}

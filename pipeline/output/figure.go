package output

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"filterbank/filters"
	"filterbank/filters/formula"
	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/render"
	"filterbank/pipeline/sheet"
)

// layerFigure is the contact sheet of a layer without its pictures.
type layerFigure struct {
	sheet.Figure
	plan     *filters.Plan
	index    int         // of the layer
	from, to image.Point // size of a map, and size of its raster
	zoom     int
	lead     lead
	summing  int64 // bytes for the sums of its terms' magnitudes and the arithmetic
}

func (v *View) layerFigure(p *filters.Plan, l int, ranges []render.Range) *layerFigure {
	lp, tile := &p.Layers[l], v.Sheet.tile()
	f := &layerFigure{plan: p, index: l, from: image.Pt(lp.Out.W, lp.Out.H)}
	f.to, f.zoom = sheet.Fit(f.from, v.Sheet.tileFor(lp.Out.C))
	f.Cell = f.to.Mul(f.zoom)
	f.lead = newLead(p, l, image.Pt(max(f.Cell.X, tile*2/3), max(f.Cell.Y, tile*2/3)))
	f.Leads = f.lead.leads()
	f.Title = v.Title
	f.Lines = append(describe(p, l), v.Scale.Caption())
	f.Pair = v.pairOf(lp.Layer)
	f.addSum()
	if f.labelled() && sums(lp) { // inputs, the windows that compute them, outputs
		f.summing += 12*int64(lp.In.C)*int64(lp.In.H)*int64(lp.In.W) + 4*int64(lp.Out.C)*int64(lp.Out.H)*int64(lp.Out.W)
	}
	colormap := v.sheetColormap(lp.Layer)
	f.Bar = &sheet.Bar{Palette: colormap.Palette(), Lo: "lo", Hi: "hi"}
	if colormap.Diverging() {
		f.Bar.Zero = 128 // centred ranges have 0 in the middle
	}
	f.Columns = v.Sheet.Columns
	f.Cells = make([]sheet.Cell, lp.Out.C)
	for k, name := range lp.Layer.Filters() {
		f.Cells[k].Index, f.Cells[k].Name = fmt.Sprintf("%03d", k), name
	}
	v.addKernels(f, lp)
	switch shared := v.Scale.Shared(); {
	case !shared:
		f.noteRanges(ranges)
	case ranges != nil:
		f.Bar.Lo, f.Bar.Hi, f.Bar.Zero = sheet.Number(ranges[0].Lo), sheet.Number(ranges[0].Hi), int(ranges[0].ZeroLevel())
	}
	if f.Pair != "" {
		f.Notes++ // how many values are below 0
	}
	return f
}

// addKernels puts a picture of its kernel under each map, if the kernels can be read there.
func (v *View) addKernels(f *layerFigure, lp *filters.LayerPlan) {
	const smallestTile = 96 // pixels
	if v.Sheet.tileFor(lp.Out.C) < smallestTile {
		return
	}
	for k, icons := range KernelIcons(lp.Layer, lp == &f.plan.Layers[0]) {
		f.Cells[k].Icons = icons
	}
}

// KernelIcons returns small pictures of a layer's kernels, for each filter, or nil. A filter
// that has one kernel, or multiples of one kernel on all channels, gets a picture with signs.
// If the layer is the first, other filters of three channels get a picture in the colours
// that they answer to, and one with signs of each channel. Kernels too large to be read have no
// icons.
func KernelIcons(layer filters.Layer, first bool) [][]sheet.Icon {
	const side, apart, largestSide = 36, 27, 49 // pixels
	const barred = 3                            // pixels of squares with bars on negative weights
	weights, ok := layer.Kernels()
	longer := max(weights.Size[0], weights.Size[1])
	if !ok || longer < 2 || longer > largestSide {
		return nil
	}
	zoom := max(1, side/longer)
	kernels := make([][]float32, len(layer.Filters()))
	alike := true
	for k := 0; k < len(kernels) && alike; k++ {
		kernels[k], alike = sheet.OneKernel(weights.Of(k), weights.Channels)
	}
	if !alike && (weights.Channels != 3 || !first) {
		return nil
	}
	icons := make([][]sheet.Icon, len(kernels))
	for k := range icons {
		one, width := weights.Of(k), weights.Size[1]
		largest := sheet.Largest(one)
		if alike {
			icons[k] = []sheet.Icon{{Raster: *sheet.SignedKernel(kernels[k], width, largest, zoom)}}
			continue
		}
		icons[k] = []sheet.Icon{{Raster: *sheet.ColourKernel(one, width, largest, zoom), Caption: "RGB"}}
		small := max(1, apart/longer)
		if barred*longer <= side {
			small = max(small, barred)
		}
		for c, name := range arithmetic.InputChannels(3) {
			plane := one[c*len(one)/3:][:len(one)/3]
			icons[k] = append(icons[k], sheet.Icon{Raster: *sheet.SignedKernel(plane, width, largest, small), Caption: name})
		}
	}
	return icons
}

// labelled says whether the maps are so small that their values are written on them.
func (f *layerFigure) labelled() bool {
	const square, most = 36, 256 // pixels, for three digits; values
	return f.zoom >= square && f.to.X*f.to.Y <= most
}

// noteRanges puts each map's range under it, on two lines if one is too short.
func (f *layerFigure) noteRanges(ranges []render.Range) {
	const wide = 144 // pixels, for two numbers and the text between them
	f.Notes = 2
	if f.Cell.X >= wide && f.Cells[0].Icons == nil {
		f.Notes = 1
	}
	for k, r := range ranges {
		lo, hi := sheet.Number(r.Lo), sheet.Number(r.Hi)
		if f.Notes == 1 {
			f.Cells[k].Notes = []string{lo + " … " + hi}
		} else {
			f.Cells[k].Notes = []string{"lo " + lo, "hi " + hi}
		}
	}
}

// describe puts a layer's arithmetic in words.
func describe(p *filters.Plan, l int) []string {
	lp := &p.Layers[l]
	layer := engine.LayerName(p.Stack.Name(), lp.Layer.Name())
	kind, geometry := settings(lp)
	lines := []string{"layer " + layer}
	if from := sources(p, l); from != "" {
		lines = append(lines, "reads "+from)
	}
	if lines = append(lines, kind); geometry != "" {
		lines = append(lines, geometry)
	}
	lines = append(lines, fmt.Sprintf("%v → %v", lp.In, lp.Out))
	return append(append(lines, sizes(formula.Of(p, l))...),
		fmt.Sprintf("receptive field %d×%d, an output every %s", lp.Field[0], lp.Field[1], pixels(lp.Jump)))
}

// sources names the layers that a layer of a graph reads. It is empty in a chain.
func sources(p *filters.Plan, l int) string {
	if !slices.ContainsFunc(p.Layers, func(lp filters.LayerPlan) bool { return lp.Layer.Inputs() != nil }) {
		return ""
	}
	var names []string
	for _, from := range p.Layers[l].Inputs {
		name := "the picture"
		if from >= 0 {
			name = p.Layers[from].Layer.Name()
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// sizes are the lines of a formula that work rows and columns out. What follows the size has a
// line of its own. The sheets' font has no brackets for rounding, so they are words.
func sizes(lines []formula.Line) (texts []string) {
	words := strings.NewReplacer("⌊", "floor(", "⌈", "ceil(", "⌋", ")", "⌉", ")")
	for _, line := range lines {
		switch line.Name {
		case "rows and columns", "rows", "columns":
			of := line.Name + " "
			if line.Name == "rows and columns" {
				of = "O = "
			}
			text, more, _ := strings.Cut(words.Replace(line.Text), ", ")
			texts = append(texts, of+text)
			if more != "" {
				texts = append(texts, more)
			}
		}
	}
	return texts
}

// settings writes a layer's attributes on two lines. Words and switches follow the kind, and
// numbers stand with the geometry. An attribute that refines another follows it.
func settings(lp *filters.LayerPlan) (kind, geometry string) {
	kind = lp.Layer.Kind()
	var numbers []string
	for _, a := range lp.Layer.Attributes() {
		switch v := a.Value.(type) {
		case filters.Padding:
			numbers = append(numbers, a.Name+" "+lp.PaddingText())
		case [2]int:
			if a.Name == "kernel_size" {
				kind += " " + windowText(lp)
			} else {
				numbers = append(numbers, a.Name+" "+filters.PairText(v))
			}
		case int:
			numbers = append(numbers, fmt.Sprintf("%s %d", a.Name, v))
		case float64:
			numbers = append(numbers, a.Name+" "+sheet.Number(v))
		case float32: // refines the word before it
			kind += " " + sheet.Number(float64(v))
		case filters.Flag:
			if v {
				kind += ", " + a.Name
			}
		case bool:
			kind += fmt.Sprintf(", %s %t", a.Name, v)
		case string:
			if a.Of == "" { // the padding's text already has its mode
				kind += ", " + a.Name + " " + v
			}
		default:
			panic(fmt.Sprintf("attribute %s of %s has the type %T, which no sheet can write", a.Name, kind, v))
		}
	}
	return kind, strings.Join(numbers, ", ")
}

// windowText is the size of a window, or the shape of a layer's weights.
func windowText(lp *filters.LayerPlan) string {
	if k, ok := lp.Layer.Kernels(); ok {
		return fmt.Sprintf("%d×%d×%d×%d", lp.Out.C, k.Channels, k.Size[0], k.Size[1])
	}
	return fmt.Sprintf("%d×%d", lp.Rows.Kernel, lp.Cols.Kernel)
}

func pixels(v [2]int) string {
	if v == [2]int{1, 1} {
		return "pixel"
	}
	return filters.PairText(v) + " pixels"
}

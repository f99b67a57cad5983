package main

import (
	"fmt"
	"image"
	"strconv"

	"filterbank/pipeline/sheet"
)

// kernelArray is an array of K×C/groups×kH×kW weights whose kernels are drawn.
type kernelArray struct {
	title  string
	detail string // after the shape: the type of the array
	shape  []int  // of four dimensions, none of them 0
	values []float32
	names  []string // of the filters; nil are numbers
}

// The figure has at most this many filters and this many channels of each.
const (
	mostPictured = 512 // kernels of 1 or 3 channels
	mostGridRows = 64  // filters of a grid
	mostGridCols = 64  // channels of a grid
)

func (a *kernelArray) name(k int) string {
	if a.names == nil {
		return strconv.Itoa(k)
	}
	return a.names[k]
}

// shown are the names of the filters that the figure has.
func (a *kernelArray) shown() (names []string) {
	most := mostPictured
	if !a.apart() {
		most = mostGridRows
	}
	for k := range min(a.shape[0], most) {
		names = append(names, a.name(k))
	}
	return names
}

// apart says whether each kernel has a picture of its own.
func (a *kernelArray) apart() bool { return a.shape[1] == 1 || a.shape[1] == 3 }

// figure draws kernels of 1 and of 3 channels each on a scale of its own, as the figure of a bank
// does. Kernels of 3 channels are drawn as colours, and then as red, green and blue apart. Others
// are a grid with a row for each filter.
func (a *kernelArray) figure() *sheet.Figure {
	names := a.shown()
	count, channels, h, w := len(names), a.shape[1], a.shape[2], a.shape[3]
	f := &sheet.Figure{
		Title: a.title,
		Lines: []string{fmt.Sprintf("%s of %s%s", counted(a.shape[0], "kernel"), shapeText(a.shape[1:]), a.detail)},
		Bar:   &sheet.Bar{Palette: sheet.KernelPalette(), Zero: 128, Lo: "−largest", Hi: "largest"},
	}
	if !a.apart() {
		a.grid(f, count)
		return f
	}
	if count < a.shape[0] {
		f.Lines = append(f.Lines, fmt.Sprintf("the first %d; %d more are left out", count, a.shape[0]-count))
	}
	if channels == 3 {
		f.Lines = append(f.Lines, "each in colours, where gray is 0, then its red, green and blue weights:")
	}
	const side, small = 96, 56 // pixels of a kernel, and of one of four
	zoom, gap := max(1, side/max(h, w)), 3
	f.Notes, f.Cell = 1, image.Pt(w, h).Mul(zoom)
	if channels == 3 {
		zoom = max(1, small/max(h, w))
		f.Cell = image.Pt(4*w*zoom+3*gap, h*zoom)
	}
	size := channels * h * w
	for k := range count {
		one := a.values[k*size:][:size]
		largest := sheet.Largest(one)
		picture := sheet.SignedKernel(one, w, largest, zoom)
		if channels == 3 {
			picture = sheet.ApartKernel(one, w, largest, zoom, gap)
		}
		f.Cells = append(f.Cells, sheet.Cell{Picture: *picture, Name: names[k], Notes: []string{"±" + digits(largest)}})
	}
	return f
}

// grid adds the grid of the first filters to a figure.
func (a *kernelArray) grid(f *sheet.Figure, rows int) {
	const wide, largest = 1536, 24 // pixels of the grid, and of a kernel in it
	columns, h, w := min(a.shape[1], mostGridCols), a.shape[2], a.shape[3]
	zoom := max(1, min(wide/columns, max(largest, 16*largest/max(rows, columns)))/max(h, w))
	f.Lines = append(f.Lines,
		"rows: "+shareOf(rows, a.shape[0], "filter"),
		"columns: "+shareOf(columns, a.shape[1], "channel"),
		"each row has a scale of its own:")
	size := a.shape[1] * h * w
	kernels := make([][]float32, rows)
	for k := range kernels {
		kernels[k] = a.values[k*size:][:size]
	}
	picture := sheet.KernelGrid(kernels, columns, h, w, zoom)
	f.Cell, f.Columns = picture.Size(), 1
	f.Cells = []sheet.Cell{{Picture: *picture, Name: "a filter in each row, a gap after eight"}}
}

// shareOf says how many of all are shown.
func shareOf(shown, all int, noun string) string {
	if shown == all {
		return fmt.Sprintf("all %s", counted(all, noun))
	}
	return fmt.Sprintf("the first %d of %s, %d left out", shown, counted(all, noun), all-shown)
}

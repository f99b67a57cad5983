package main

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"filterbank/filters/bank"
	"filterbank/filters/config"
	"filterbank/pipeline/sheet"
)

// pictured describes a picture of kernels. It is also the JSON form of the description.
type pictured struct {
	File    string   `json:"file"`
	Width   int      `json:"width"` // pixels
	Height  int      `json:"height"`
	Filters []string `json:"filters"`
}

// pictureBank writes a picture of a bank's kernels. With channels, they are spread as export
// spreads them.
func pictureBank(w io.Writer, b bank.Bank, kernels []bank.Kernel, given config.Filter, o bankOptions) error {
	f, drawn := bankFigure(b, kernels, o.params), pictured{File: o.png}
	for _, k := range kernels {
		drawn.Filters = append(drawn.Filters, k.Name)
	}
	all := len(kernels)
	if o.channels != "" {
		e, err := overChannels(given, o.channels)
		if err != nil {
			return err
		}
		spread := kernelArray{title: b.Name + ", channels " + o.channels, shape: e.Shape[:], values: e.weights, names: e.Filters}
		f, drawn.Filters, all = spread.figure(), spread.shown(), len(e.Filters)
	}
	size, err := writeFigure(f, o.png)
	if err != nil {
		return err
	}
	if drawn.Width, drawn.Height = size.X, size.Y; o.json {
		return printJSON(w, drawn)
	}
	_, err = fmt.Fprintf(w, "%s: %d×%d pixels, %s\n", o.png, size.X, size.Y, shownOf(len(drawn.Filters), all))
	return err
}

// writeFigure writes a figure to a PNG file.
func writeFigure(f *sheet.Figure, path string) (image.Point, error) {
	size, err := f.Size()
	if err != nil {
		return size, err
	}
	set, err := chosenSIMD()
	if err != nil {
		return size, err
	}
	var file bytes.Buffer
	if err := (&sheet.Drawer{SIMD: set}).Write(&file, f); err != nil {
		return size, err
	}
	if err := writeFile(path, file.Bytes()); err != nil {
		return size, fmt.Errorf("png: %w", err)
	}
	return size, nil
}

// bankFigure draws each kernel on a scale of its own, since the norms of a bank's kernels may
// differ a lot. If all scales are the same, the bar has numbers.
func bankFigure(b bank.Bank, kernels []bank.Kernel, params []string) *sheet.Figure {
	const lineLength = 54 // characters
	f := &sheet.Figure{Title: b.Name, Notes: 1, Bar: &sheet.Bar{Palette: sheet.KernelPalette(), Zero: 128}}
	f.Lines = append(wrap(b.Title, lineLength), wrap("from "+b.Source, lineLength)...)
	if len(params) > 0 {
		f.Lines = append(f.Lines, wrap(strings.Join(params, ", "), lineLength)...)
	}
	var largest []float64
	for i, k := range kernels {
		largest = append(largest, sheet.Largest(k.Weights))
		picture := bankKernel(k, largest[i])
		f.Cell = picture.Size() // all kernels have this size
		f.Cells = append(f.Cells, sheet.Cell{
			Picture: *picture, Name: k.Name, Notes: []string{fmt.Sprintf("%d×%d, ±%s", k.H, k.W, digits(largest[i]))},
		})
	}
	f.Bar.Lo, f.Bar.Hi = "−largest", "largest"
	if slices.Min(largest) == slices.Max(largest) {
		f.Bar.Lo, f.Bar.Hi = "−"+digits(largest[0]), digits(largest[0])
	}
	return f
}

// bankKernel draws a kernel. A small one has its weights in numbers.
func bankKernel(k bank.Kernel, largest float64) *sheet.Raster {
	const side, small, square = 144, 5, 46 // pixels, taps, pixels
	longer := max(k.H, k.W)
	if longer > small {
		return sheet.SignedKernel(k.Weights, k.W, largest, max(1, (side+longer/2)/longer))
	}
	picture := sheet.SignedKernel(k.Weights, k.W, largest, square)
	for _, w := range k.Weights {
		picture.Labels = append(picture.Labels, strings.ReplaceAll(digits(float64(w)), "-", "−"))
	}
	return picture
}

// digits writes a number with four digits.
func digits(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// wrap breaks a text into lines of at most so many characters. Longer words stay whole.
func wrap(text string, most int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last >= 0 && utf8.RuneCountInString(lines[last])+1+utf8.RuneCountInString(word) <= most {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

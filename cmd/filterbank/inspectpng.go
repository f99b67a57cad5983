package main

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"strconv"

	"filterbank/filters/volume"
	"filterbank/filters/weights"
	"filterbank/pipeline/sheet"
	"filterbank/pipeline/source"
)

// pictureWeights writes a picture of the kernels of an array.
func pictureWeights(w io.Writer, f *weights.File, name string, o inspectOptions) error {
	a, err := firstKernels(f, name)
	if err != nil {
		return err
	}
	const most = 1 << 24 // weights; more kernels than fit a figure
	values, err := a.Values(most)
	if err != nil {
		return err
	}
	set, err := chosenSIMD()
	if err != nil {
		return err
	}
	figure := weightsFigure(a, values)
	size, err := figure.Size()
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := (&sheet.Drawer{SIMD: set}).Write(&file, figure); err != nil {
		return err
	}
	if err := writeFile(o.png, file.Bytes()); err != nil {
		return fmt.Errorf("png: %w", err)
	}
	if !o.json {
		_, err := fmt.Fprintf(w, "%s: %d×%d pixels, %s of %s\n", source.Display(o.png), size.X, size.Y, counted(a.Shape[0], "kernel"), source.Display(titleOf(a)))
		return err
	}
	p := pictured{File: o.png, Width: size.X, Height: size.Y, Filters: []string{}}
	for _, c := range figure.Cells {
		p.Filters = append(p.Filters, c.Name)
	}
	return printJSON(w, p)
}

// firstKernels is the array of a name, or else the first one with kernels of 3 channels, or else
// of 1. Kernels of one pixel come last.
func firstKernels(f *weights.File, name string) (weights.Array, error) {
	if name != "" {
		a, err := f.Find(name, 4)
		if err == nil && !drawable(a.Shape) {
			err = fmt.Errorf("%s of %s is %s: --png draws arrays of O×C×H×W with 1 or 3 channels",
				source.Display(a.Name), source.Display(f.Path), shapeText(a.Shape))
		}
		return a, err
	}
	best, at := 0, -1
	for i, m := range f.Arrays {
		if !drawable(m.Shape) {
			continue
		}
		rank := m.Shape[1] // 1 or 3
		if m.Shape[2]*m.Shape[3] > 1 {
			rank += 3
		}
		if rank > best {
			best, at = rank, i
		}
	}
	if at < 0 {
		return weights.Array{}, fmt.Errorf("%s: %w", source.Display(f.Path), errNoKernels)
	}
	return f.Array(at), nil
}

// drawable says whether an array has kernels of 1 or 3 channels.
func drawable(shape []int) bool {
	n, ok := volume.Product(shape...)
	return ok && n > 0 && len(shape) == 4 && (shape[1] == 1 || shape[1] == 3)
}

func titleOf(a weights.Array) string {
	if a.Name == "" {
		return a.Path()
	}
	return a.Name
}

// weightsFigure draws each kernel on a scale of its own, as the figure of a bank does.
func weightsFigure(a weights.Array, values []float32) *sheet.Figure {
	const side = 96 // pixels
	count, channels, h, w := a.Shape[0], a.Shape[1], a.Shape[2], a.Shape[3]
	zoom := max(1, side/max(h, w))
	f := &sheet.Figure{
		Title: titleOf(a), Notes: 1, Cell: image.Pt(w*zoom, h*zoom),
		Lines: []string{fmt.Sprintf("%d kernels of %s, %s", count, shapeText(a.Shape[1:]), a.Type)},
	}
	if channels == 1 {
		f.Bar = &sheet.Bar{Palette: sheet.KernelPalette(), Zero: 128, Lo: "−largest", Hi: "largest"}
	} else {
		f.Lines = append(f.Lines, "red, green and blue: gray is 0, full colour the largest weight")
	}
	size := channels * h * w
	for k := range count {
		one := values[k*size:][:size]
		largest := sheet.Largest(one)
		draw := sheet.SignedKernel
		if channels == 3 {
			draw = sheet.ColourKernel
		}
		f.Cells = append(f.Cells, sheet.Cell{
			Picture: *draw(one, w, largest, zoom), Name: strconv.Itoa(k), Notes: []string{"±" + digits(largest)},
		})
	}
	return f
}

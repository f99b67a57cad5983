package main

import (
	"fmt"
	"io"

	"filterbank/filters/volume"
	"filterbank/filters/weights"
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
	k := kernelArray{title: titleOf(a), detail: ", " + a.Type, shape: a.Shape, values: values}
	size, err := writeFigure(k.figure(), o.png)
	if err != nil {
		return err
	}
	if !o.json {
		_, err := fmt.Fprintf(w, "%s: %d×%d pixels, %s of %s\n", source.Display(o.png), size.X, size.Y, shownOf(len(k.shown()), a.Shape[0]), source.Display(k.title))
		return err
	}
	return printJSON(w, pictured{File: o.png, Width: size.X, Height: size.Y, Filters: k.shown()})
}

// shownOf counts the kernels of a picture.
func shownOf(shown, all int) string {
	if shown == all {
		return counted(all, "kernel")
	}
	return fmt.Sprintf("%d of %s", shown, counted(all, "kernel"))
}

// firstKernels is the array of a name, or else the first one with kernels of 3 channels, or else
// of 1, or else of others. Kernels of one pixel come last.
func firstKernels(f *weights.File, name string) (weights.Array, error) {
	if name != "" {
		a, err := f.Find(name, 4)
		if err == nil && !drawable(a.Shape) {
			err = fmt.Errorf("%s of %s is %s: --png draws arrays of O×C×H×W",
				source.Display(a.Name), source.Display(f.Path), shapeText(a.Shape))
		}
		return a, err
	}
	best, at := 0, -1
	for i, m := range f.Arrays {
		if !drawable(m.Shape) {
			continue
		}
		rank := 1
		switch m.Shape[1] {
		case 1:
			rank = 2
		case 3:
			rank = 3
		}
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

// drawable says whether an array has kernels.
func drawable(shape []int) bool {
	n, ok := volume.Product(shape...)
	return ok && n > 0 && len(shape) == 4
}

func titleOf(a weights.Array) string {
	if a.Name == "" {
		return a.Path()
	}
	return a.Name
}

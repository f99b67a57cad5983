package main

import (
	"strings"
	"testing"
)

// TestKernelFigure writes what a figure of kernels leaves out, and bounds its size.
func TestKernelFigure(t *testing.T) {
	for _, c := range []struct {
		shape []int
		cells int
		shown int
		lines string
	}{
		{[]int{2, 3, 7, 7}, 2, 2, "2 kernels of 3×7×7, float32; each in colours, where gray is 0, then its red, green and blue weights:"},
		{[]int{600, 1, 3, 3}, 512, 512, "600 kernels of 1×3×3, float32; the first 512; 88 more are left out"},
		{[]int{16, 24, 1, 1}, 1, 16, "16 kernels of 24×1×1, float32; rows: all 16 filters; columns: all 24 channels; each row has a scale of its own:"},
		{[]int{1, 2, 101, 101}, 1, 1, "1 kernel of 2×101×101, float32; rows: all 1 filter; columns: all 2 channels; each row has a scale of its own:"},
		{[]int{512, 256, 3, 3}, 1, 64, "512 kernels of 256×3×3, float32; rows: the first 64 of 512 filters, 448 left out; columns: the first 64 of 256 channels, 192 left out; each row has a scale of its own:"},
		{[]int{70, 65, 11, 11}, 1, 64, "70 kernels of 65×11×11, float32; rows: the first 64 of 70 filters, 6 left out; columns: the first 64 of 65 channels, 1 left out; each row has a scale of its own:"},
	} {
		n := 1
		for _, d := range c.shape {
			n *= d
		}
		a := kernelArray{title: "w", detail: ", float32", shape: c.shape, values: make([]float32, n)}
		f := a.figure()
		if got := strings.Join(f.Lines, "; "); got != c.lines {
			t.Errorf("%v: %q\nwant %q", c.shape, got, c.lines)
		}
		if len(f.Cells) != c.cells || len(a.shown()) != c.shown {
			t.Errorf("%v: %d pictures of %d filters, want %d of %d", c.shape, len(f.Cells), len(a.shown()), c.cells, c.shown)
		}
		if size, err := f.Size(); err != nil || size.X > 6000 || size.Y > 6000 {
			t.Errorf("%v: %v, %v", c.shape, size, err)
		}
		for _, cell := range f.Cells {
			if size := cell.Picture.Size(); size.X > f.Cell.X || size.Y > f.Cell.Y {
				t.Errorf("%v: a picture of %v in a cell of %v", c.shape, size, f.Cell)
			}
		}
	}
}

package sheet

import (
	"image"
	"testing"
)

// at is the colour of a raster's pixel, its zoom not counted.
func at(r *Raster, x, y int) [3]uint8 { return r.colour(y*r.Width + x) }

// TestKernelGrid finds each kernel's weights at its place in the grid, and paper between them.
func TestKernelGrid(t *testing.T) {
	const rows, columns, h, w, zoom = 9, 10, 2, 3, 4
	filters := make([][]float32, rows)
	for k := range filters {
		filters[k] = make([]float32, (columns+1)*h*w) // the last channel is left out
		for i := range filters[k] {
			filters[k][i] = float32(k + i%7 - 3)
		}
		filters[k][columns*h*w] = 1e6
	}
	grid := KernelGrid(filters, columns, h, w, zoom)
	want := image.Pt(columns*w*zoom+8*kernelGap+eighthGap, rows*h*zoom+7*kernelGap+eighthGap)
	if got := grid.Size(); got != want || got != KernelGridSize(rows, columns, h, w, zoom) {
		t.Fatalf("the grid has %v, want %v", got, want)
	}
	starts := func(n, side int) (starts []int) {
		x := 0
		for i := range n {
			starts = append(starts, x)
			if x += side + kernelGap; i == eighth-1 {
				x += eighthGap - kernelGap
			}
		}
		return starts
	}
	seen := 0
	for k, top := range starts(rows, h*zoom) {
		for c, left := range starts(columns, w*zoom) {
			one := filters[k][c*h*w:][:h*w]
			kernel := SignedKernel(one, w, Largest(filters[k][:columns*h*w]), zoom)
			for i := range one {
				x, y := i%w, i/w
				for _, corner := range []image.Point{{0, 0}, {zoom - 1, zoom - 1}} {
					if got := at(grid, left+x*zoom+corner.X, top+y*zoom+corner.Y); got != kernel.colour(i) {
						t.Fatalf("filter %d, channel %d, weight %d has colour %v, want %v", k, c, i, got, kernel.colour(i))
					}
					seen++
				}
			}
			if c > 0 && at(grid, left-1, top) != [3]uint8{paper.R, paper.G, paper.B} {
				t.Fatalf("left of filter %d, channel %d is no gap", k, c)
			}
		}
	}
	if seen != rows*columns*h*w*2 {
		t.Errorf("%d weights compared", seen)
	}
}

// TestApartKernel has the colours of a kernel, then its channels on the scale of all.
func TestApartKernel(t *testing.T) {
	weights := []float32{1, -4, 2, 0, -1, 3} // red, green and blue of 1×2
	const zoom, gap = 8, 3
	r := ApartKernel(weights, 2, 4, zoom, gap)
	if want := image.Pt(4*2*zoom+3*gap, zoom); r.Size() != want {
		t.Fatalf("%v, want %v", r.Size(), want)
	}
	colours := ColourKernel(weights, 2, 4, zoom)
	for x := range 2 {
		if got := at(r, x*zoom, 0); got != colours.colour(x) {
			t.Errorf("colour %d is %v, want %v", x, got, colours.colour(x))
		}
		for c := range 3 {
			want := SignedKernel(weights[2*c:][:2], 2, 4, zoom).colour(x)
			left := (c+1)*(2*zoom+gap) + x*zoom
			if got := at(r, left, 0); got != want {
				t.Errorf("channel %d, weight %d is %v, want %v", c, x, got, want)
			}
			if barred := at(r, left+zoom/2, zoom/2-1) != want; barred != (weights[2*c+x] < 0) {
				t.Errorf("channel %d, weight %v: a bar is %t", c, weights[2*c+x], barred)
			}
		}
	}
}

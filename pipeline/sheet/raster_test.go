package sheet

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// reduced computes a Reduction by its definition: the mean over each pixel's area, in units of
// 1/to of a pixel along both axes.
func reduced(pix []byte, from, to image.Point, samples int) []byte {
	overlap := func(pixel, size, cell, cells int) int { // of a pixel with a cell
		return max(0, min((pixel+1)*cells, (cell+1)*size)-max(pixel*cells, cell*size))
	}
	out := make([]byte, to.X*to.Y*samples)
	for i := range out {
		c, x, y := i%samples, i/samples%to.X, i/samples/to.X
		sum := 0
		for v := range from.Y {
			for u := range from.X {
				sum += overlap(u, from.X, x, to.X) * overlap(v, from.Y, y, to.Y) * int(pix[(v*from.X+u)*samples+c])
			}
		}
		out[i] = byte((2*sum + from.X*from.Y) / (2 * from.X * from.Y))
	}
	return out
}

func TestReduction(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][4]int{
		{1, 1, 1, 1}, {5, 5, 5, 5}, {5, 5, 1, 1}, {6, 4, 3, 2}, {7, 5, 3, 2}, {7, 5, 7, 2}, {7, 5, 3, 5}, {7, 5, 6, 4},
		{64, 3, 63, 2}, {3, 64, 2, 63}, {100, 37, 16, 6}, {37, 100, 1, 100}, {50, 40, 50, 1},
	} {
		from, to := image.Pt(size[0], size[1]), image.Pt(size[2], size[3])
		for _, samples := range []int{1, 3} {
			t.Run(fmt.Sprintf("%v to %v of %d", from, to, samples), func(t *testing.T) {
				pix := make([]byte, from.X*from.Y*samples)
				for i := range pix {
					pix[i] = byte(rng.Uint32())
				}
				r := NewReduction(from, to, samples)
				for y := range from.Y {
					r.Row(pix[y*from.X*samples:][:from.X*samples])
				}
				got := r.Raster(1, nil)
				if want := reduced(pix, from, to, samples); !bytes.Equal(got.Pix, want) {
					t.Errorf("got %v, want %v", got.Pix, want)
				}
			})
		}
	}
}

// TestReductionKeepsWhite also checks that the sums of a large picture do not overflow.
func TestReductionKeepsWhite(t *testing.T) {
	from, to := image.Pt(40000, 3), image.Pt(7, 1)
	r := NewReduction(from, to, 1)
	row := bytes.Repeat([]byte{255}, from.X)
	for range from.Y {
		r.Row(row)
	}
	if got := r.Raster(1, nil).Pix; !bytes.Equal(got, bytes.Repeat([]byte{255}, 7)) {
		t.Errorf("white becomes %v", got)
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		w, h, tile   int
		width, zoomX int // as shown
		height       int
	}{
		{640, 427, 192, 192, 1, 128},
		{427, 640, 192, 128, 1, 192},
		{224, 224, 192, 224, 1, 224}, // larger by less than a third, so it keeps its size
		{256, 256, 192, 256, 1, 256},
		{257, 257, 192, 192, 1, 192},
		{192, 100, 192, 192, 1, 100},
		{100, 100, 192, 200, 2, 200},
		{130, 130, 192, 130, 1, 130},
		{55, 55, 192, 165, 3, 165},
		{5, 5, 192, 190, 38, 190},
		{1, 1, 192, 192, 192, 192},
		{10000, 1, 192, 192, 1, 1},
		{1, 10000, 192, 1, 1, 192},
		{math.MaxInt32, math.MaxInt32 - 1, 4096, 4096, 1, 4096},
	} {
		size, zoom := Fit(image.Pt(c.w, c.h), c.tile)
		if got, want := size.Mul(zoom), image.Pt(c.width, c.height); got != want || zoom != c.zoomX {
			t.Errorf("%d×%d in %d: %v with squares of %d, want %v with %d", c.w, c.h, c.tile, got, zoom, want, c.zoomX)
		}
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		picture, box, want image.Point
		zoom               int
	}{
		{image.Pt(640, 427), image.Pt(165, 165), image.Pt(165, 110), 1},
		{image.Pt(227, 227), image.Pt(165, 200), image.Pt(165, 165), 1},
		{image.Pt(5, 5), image.Pt(192, 190), image.Pt(5, 5), 38},
		{image.Pt(100, 3), image.Pt(128, 128), image.Pt(100, 3), 1},
		{image.Pt(2, 900), image.Pt(128, 128), image.Pt(1, 128), 1},
	} {
		if size, zoom := Within(c.picture, c.box); size != c.want || zoom != c.zoom {
			t.Errorf("%v in %v: %v with squares of %d, want %v with %d", c.picture, c.box, size, zoom, c.want, c.zoom)
		}
	}
}

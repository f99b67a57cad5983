package render

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func TestAxisAt(t *testing.T) {
	for _, c := range []struct {
		name      string
		axis      Axis
		pixel     int
		i, weight int
	}{
		{"1×1", Axis{0, 1, 1, 9}, 4, 4, 0},
		{"3×3, same", Axis{-1, 1, 3, 9}, 4, 4, 0},
		{"3×3, valid, before the first centre", Axis{0, 1, 3, 7}, 0, 0, 0},
		{"3×3, valid, the first centre", Axis{0, 1, 3, 7}, 1, 0, 0},
		{"3×3, valid, behind the last centre", Axis{0, 1, 3, 7}, 8, 6, 0},
		{"stride 4, on a centre", Axis{-1, 4, 3, 5}, 8, 2, 0},
		{"stride 4, a quarter on", Axis{-1, 4, 3, 5}, 9, 2, 64},
		{"stride 4, three quarters on", Axis{-1, 4, 3, 5}, 11, 2, 192},
		{"2×2 at stride 2, centres between pixels", Axis{0, 2, 2, 5}, 1, 0, 64},
		{"2×2 at stride 2, nearer the next", Axis{0, 2, 2, 5}, 2, 0, 192},
		{"a wide stride", Axis{0, 1 << 20, 1, 3}, 1<<20 - 1, 0, 256},
		{"one output", Axis{0, 1, 50, 1}, 49, 0, 0},
	} {
		if i, w := c.axis.At(c.pixel); i != c.i || w != c.weight {
			t.Errorf("%s: pixel %d is at %d and %d/256, want %d and %d/256", c.name, c.pixel, i, w, c.i, c.weight)
		}
	}
}

// TestOverlayIsBilinear compares overlays with the definition in float64. A level may be off by
// one, which moves a colour of turbo or coolwarm by at most 6.
func TestOverlayIsBilinear(t *testing.T) {
	turbo, _ := ParseColormap("turbo")
	coolwarm, _ := ParseColormap("coolwarm")
	levels := [2][]byte{{0, 255, 30, 128, 7}, {90, 0, 200, 128, 255}}
	axis := Axis{Start: -2, Jump: 3, Field: 5, Outputs: 5}
	const width = 14
	gray := make([]byte, width)
	for x := range gray {
		gray[x] = byte(18 * x)
	}
	for _, c := range []struct {
		of   Colormap
		r    Range
		zero float64
	}{
		{turbo, Range{0, 3}, 0}, {turbo, Range{2, 3}, 0}, {turbo, Range{-1, 3}, 64}, {turbo, Range{-2, -1}, 255}, {coolwarm, Range{-3, 3}, 128},
	} {
		palette := c.of.Palette()
		got := make([]byte, 3*width)
		for weight := 0; weight <= 256; weight += 64 {
			NewOverlay(c.of, c.r, NewCrossings(axis, width)).Row(got, gray, levels[0], levels[1], weight)
			for x := range width {
				at := max(0, min(4, float64(x)/3))
				left, part := int(at), at-math.Floor(at)
				mean := func(row []byte) float64 {
					return float64(row[left])*(1-part) + float64(row[min(4, left+1)])*part
				}
				down := float64(weight) / 256
				level := mean(levels[0])*(1-down) + mean(levels[1])*down
				alpha := 225.0 / 255 * math.Pow(math.Abs(math.Round(level)-c.zero)/max(c.zero, 255-c.zero), 0.75)
				for k := range 3 {
					want := float64(palette[int(math.Round(level))][k])*alpha + float64(gray[x])*(1-alpha)
					if d := float64(got[3*x+k]) - want; math.Abs(d) > 6 {
						t.Errorf("%s, %v: pixel %d, %d/256 down, channel %d is %d, want %.1f", c.of.Name(), c.r, x, weight, k, got[3*x+k], want)
					}
				}
			}
		}
	}
}

// TestOverlayRoundsLevels checks every 256th of the way between levels 0 and 255, along a row and
// down: the level is the nearest one.
func TestOverlayRoundsLevels(t *testing.T) {
	gray, err := ParseColormap("gray")
	if err != nil {
		t.Fatal(err)
	}
	const steps = 257
	o := NewOverlay(gray, Range{0, 1}, NewCrossings(Axis{Jump: 256, Field: 1, Outputs: 2}, steps))
	dark, picture := []byte{0, 0}, make([]byte, steps)
	along, down, want := make([]byte, 3*steps), make([]byte, 3*steps), make([]byte, 3*steps)
	o.Row(along, picture, []byte{0, 255}, dark, 0)
	for i := range steps {
		level := byte(math.Round(255 * float64(i) / 256))
		o.Row(want, picture, []byte{level, level}, dark, 0)
		o.Row(down, picture, dark, []byte{255, 255}, i)
		if along[3*i] != want[0] || down[0] != want[0] {
			t.Errorf("%d/256 of the way to 255: got %d along and %d down, want %d, as level %d is", i, along[3*i], down[0], want[0], level)
		}
	}
}

// TestOverlayShowsThePicture checks that a map of zeros leaves the picture unchanged, in gray.
func TestOverlayShowsThePicture(t *testing.T) {
	gray := make([]byte, 256)
	var want []byte
	for x := range gray {
		gray[x] = byte(x)
		want = append(want, byte(x), byte(x), byte(x))
	}
	axis := Axis{Jump: 1, Field: 1, Outputs: 256}
	for name, r := range map[string]Range{"turbo": {0, 1}, "inferno": {0, 0}, "coolwarm": {-2, 2}, "coolwarm of 0 alone": {0, 0}} {
		c, err := ParseColormap(strings.Fields(name)[0])
		if err != nil {
			t.Fatal(err)
		}
		level := byte(0)
		if c.Diverging() {
			level = 128
		}
		row := bytes.Repeat([]byte{level}, 256)
		got := make([]byte, 3*256)
		NewOverlay(c, r, NewCrossings(axis, 256)).Row(got, gray, row, row, 0)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: a map of 0 changes the picture", name)
		}
	}
}

func TestLuma(t *testing.T) {
	got := make([]byte, 5)
	Luma(got, []byte{0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255})
	if want := []byte{0, 255, 76, 150, 29}; !bytes.Equal(got, want) {
		t.Errorf("black, white, red, green and blue are %v, want %v", got, want)
	}
}

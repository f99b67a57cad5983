package decode

import (
	"fmt"
	"image"
	"math"
	"strings"
	"sync"
	"testing"

	"filterbank/filters/volume"
)

func shape(h, w int) volume.Shape { return volume.Shape{C: 3, H: h, W: w} }

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		w, h   int
		resize *Resize
		crop   *Crop
		scaled image.Point
		window image.Rectangle
	}{
		{640, 480, nil, nil, image.Pt(640, 480), image.Rect(0, 0, 640, 480)},
		{640, 480, &Resize{Width: 256, Height: 256}, nil, image.Pt(256, 192), image.Rect(0, 0, 256, 192)},
		{480, 640, &Resize{Width: 256, Height: 256}, nil, image.Pt(192, 256), image.Rect(0, 0, 192, 256)},
		{10, 5, &Resize{Width: 30, Height: 40}, nil, image.Pt(30, 15), image.Rect(0, 0, 30, 15)},        // fit enlarges too
		{1000, 1, &Resize{Width: 10, Height: 10}, nil, image.Pt(10, 1), image.Rect(0, 0, 10, 1)},        // never below 1
		{3, 2, &Resize{Width: 5, Height: 9}, nil, image.Pt(5, 3), image.Rect(0, 0, 5, 3)},               // 10/3 is rounded
		{2, 3, &Resize{Width: 9, Height: 5}, nil, image.Pt(3, 5), image.Rect(0, 0, 3, 5)},               //
		{4, 3, &Resize{Width: 6, Height: 9}, nil, image.Pt(6, 5), image.Rect(0, 0, 6, 5)},               // 4.5 goes up
		{640, 480, &Resize{Width: 256, Height: 0}, nil, image.Pt(256, 192), image.Rect(0, 0, 256, 192)}, // aspect
		{640, 480, &Resize{Height: 240, Mode: Fill}, nil, image.Pt(320, 240), image.Rect(0, 0, 320, 240)},
		{640, 480, &Resize{Width: 320, Mode: Stretch}, nil, image.Pt(320, 240), image.Rect(0, 0, 320, 240)},
		{640, 480, &Resize{Width: 7, Height: 999, Mode: Stretch}, nil, image.Pt(7, 999), image.Rect(0, 0, 7, 999)},
		{640, 480, &Resize{Width: 256, Height: 256, Mode: Fill}, nil, image.Pt(341, 256), image.Rect(42, 0, 298, 256)},
		{480, 640, &Resize{Width: 256, Height: 256, Mode: Fill}, nil, image.Pt(256, 341), image.Rect(0, 42, 256, 298)},
		{640, 480, &Resize{Width: 64, Height: 48, Mode: Fill}, nil, image.Pt(64, 48), image.Rect(0, 0, 64, 48)},
		{1, 100000, &Resize{Width: 256, Height: 256, Mode: Fill}, nil, image.Pt(256, 25600000), image.Rect(0, 12799872, 256, 12800128)},
		{640, 480, &Resize{Width: 256, Height: 256, Mode: Fill}, &Crop{Width: 224, Height: 224}, image.Pt(341, 256), image.Rect(58, 16, 282, 240)},
		{9, 6, nil, &Crop{Width: 4, Height: 3}, image.Pt(9, 6), image.Rect(2, 1, 6, 4)},
		{9, 6, nil, &Crop{Width: 4, Height: 3, Anchor: TopLeft}, image.Pt(9, 6), image.Rect(0, 0, 4, 3)},
		{9, 6, nil, &Crop{Width: 4, Height: 3, Anchor: Top}, image.Pt(9, 6), image.Rect(2, 0, 6, 3)},
		{9, 6, nil, &Crop{Width: 4, Height: 3, Anchor: TopRight}, image.Pt(9, 6), image.Rect(5, 0, 9, 3)},
		{9, 6, nil, &Crop{Width: 4, Height: 3, Anchor: Left}, image.Pt(9, 6), image.Rect(0, 1, 4, 4)},
		{9, 6, nil, &Crop{Width: 4, Height: 3, Anchor: Right}, image.Pt(9, 6), image.Rect(5, 1, 9, 4)},
		{9, 6, nil, &Crop{Width: 4, Height: 3, Anchor: BottomLeft}, image.Pt(9, 6), image.Rect(0, 3, 4, 6)},
		{9, 6, nil, &Crop{Width: 4, Height: 3, Anchor: Bottom}, image.Pt(9, 6), image.Rect(2, 3, 6, 6)},
		{9, 6, nil, &Crop{Width: 9, Height: 6, Anchor: BottomRight}, image.Pt(9, 6), image.Rect(0, 0, 9, 6)},
	} {
		d := newDecoder(t, Options{Resize: c.resize, Crop: c.crop})
		got, err := d.opts.layout(c.w, c.h)
		if err != nil || got.scaled != c.scaled || got.window != c.window {
			t.Errorf("%d×%d with %+v, %+v: scaled to %v, window %v, %v; want %v, %v",
				c.w, c.h, c.resize, c.crop, got.scaled, got.window, err, c.scaled, c.window)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		opts Options
		want string
	}{
		{Options{Limits: Limits{-1}}, "pixel limit must be positive, got -1"},
		{Options{Mean: [3]float32{0, nan, 0}}, "mean of channel 1"},
		{Options{Std: [3]float32{1, 1, inf}}, "std of channel 2"},
		{Options{Std: [3]float32{-1, 1, 1}}, "std of channel 0 must be positive"},
		{Options{Resize: &Resize{}}, "resize: width or height must be at least 1"},
		{Options{Resize: &Resize{Width: -1, Height: 5}}, "got -1×5"},
		{Options{Resize: &Resize{Width: 5, Mode: "zoom"}}, `mode must be one of fit, fill, stretch, got "zoom"`},
		{Options{Resize: &Resize{Width: 5, Filter: "cubic"}}, `filter must be one of lanczos, linear, nearest, got "cubic"`},
		{Options{Resize: &Resize{Width: 1 << 20, Height: 1 << 20, Mode: Stretch}}, "--limit-pixels"},
		{Options{Crop: &Crop{Width: 5}}, "crop: width and height must be at least 1, got 5×0"},
		{Options{Crop: &Crop{Width: 5, Height: 5, Anchor: "middle"}}, `anchor must be one of center, top,`},
	} {
		if _, err := New(c.opts); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error is %v, want %q", c.opts, err, c.want)
		}
	}
}

// kinds is a picture of each type that image/png and image/jpeg return, 37×29 pixels.
func kinds(t testing.TB) map[string][]byte {
	files := map[string][]byte{}
	for name, s := range pngKinds() {
		s.w, s.h = 37, 29
		files[name] = s.encode()
	}
	for _, name := range []string{"444", "422", "420", "440", "411", "410", "gray", "rgb", "cmyk", "ycck-420"} {
		files[name] = readFile(t, name+".jpg")
	}
	return files
}

// A crop, rows one at a time, rows backwards and rows from several goroutines are all
// the same bits as the whole picture at once.
func TestRowsAndCropAreParts(t *testing.T) {
	for name, data := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			_, whole := decodeBytes(t, data, Options{})
			p, _ := decodeBytes(t, data, Options{Crop: &Crop{Width: 8, Height: 12, Anchor: BottomRight}})
			var wg sync.WaitGroup
			for y := p.Prepared.H - 1; y >= 0; y-- {
				wg.Go(func() {
					row, err := volume.New(shape(1, 8))
					if err != nil {
						t.Error(err)
						return
					}
					rows := row.Rows(0, 1)
					rows.Y = y
					if err := p.ReadRows(rows); err != nil {
						t.Error(err)
					}
					for c := range 3 {
						want := whole.Rows(17+y, 18+y).Row(c, 0)[29:]
						for x, v := range row.Rows(0, 1).Row(c, 0) {
							if v != want[x] {
								t.Errorf("channel %d of pixel (%d, %d) of the crop is %v, want %v", c, x, y, v, want[x])
							}
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestReadRowsRefuses(t *testing.T) {
	p, v := decodeFile(t, "420.jpg", Options{})
	for _, c := range []struct {
		change func(*volume.Rows)
		want   string
	}{
		{func(r *volume.Rows) { r.C = 1 }, "1 channel of 37 columns"},
		{func(r *volume.Rows) { r.W = 36 }, "3 channels of 36 columns"},
		{func(r *volume.Rows) { r.Y = -1 }, "rows -1 to 27"},
		{func(r *volume.Rows) { r.Y = 1 }, "rows 1 to 29"},
	} {
		rows := v.Rows(0, v.H)
		c.change(&rows)
		if err := p.ReadRows(rows); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error is %v, want %q", err, c.want)
		}
	}
}

// Weights are rounded, yet a flat picture has to stay what it is, to the last bit.
func TestResizeKeepsFlatPictures(t *testing.T) {
	for _, filter := range []Filter{Lanczos, Linear, Nearest} {
		for _, depth := range []int{8, 16} {
			for _, size := range [][2]int{{1, 1}, {3, 50}, {64, 2}, {40, 41}} {
				full := uint16(1<<depth - 1)
				for _, level := range []uint16{0, 1, full / 3, full - 1, full} {
					s := pngSpec{w: 40, h: 40, depth: depth, sample: func(_, _, _ int) uint16 { return level }}
					_, v := decodeBytes(t, s.encode(), Options{Resize: &Resize{Width: size[0], Height: size[1], Mode: Stretch, Filter: filter}})
					for i, got := range v.Data {
						if want := float32(level) / float32(full); got != want {
							t.Fatalf("%s to %v of %d bits: value %d is %v, want %v", filter, size, depth, i, got, want)
						}
					}
				}
			}
		}
	}
}

// The reference sums float64; columns and rows are each rounded by half a level, and
// Lanczos' weights, whose absolute values sum to at most 1.7, carry the first on.
func TestResize16MatchesFloat64(t *testing.T) {
	const w, h = 23, 19
	grain := noise(14) // a quarter of the range, in its middle: overshoot is cut off between columns and rows
	s := pngSpec{w: w, h: h, colour: 2, depth: 16, sample: func(x, y, c int) uint16 { return 24576 + grain(x, y, c) }}
	for _, size := range [][2]int{{7, 40}, {60, 5}} {
		for filter, kernel := range map[Filter]func(float64) float64{Linear: hat, Lanczos: windowedSinc} {
			p, v := decodeBytes(t, s.encode(), Options{Resize: &Resize{Width: size[0], Height: size[1], Mode: Stretch, Filter: filter}})
			if p.Depth != 16 {
				t.Errorf("depth is %d", p.Depth)
			}
			for c := range 3 {
				for y := range v.H {
					for x := range v.W {
						sum, total := 0.0, 0.0
						for sy := range h {
							for sx := range w {
								k := kernel(place(x, v.W, w, sx)) * kernel(place(y, v.H, h, sy))
								sum += k * float64(s.sample(sx, sy, c))
								total += k
							}
						}
						want := sum / total
						got := float64(v.Data[(c*v.H+y)*v.W+x]) * 65535
						if math.Abs(got-want) > 0.5+1.7*0.5 {
							t.Errorf("%s: channel %d of pixel (%d, %d) of %v is %v, want %v", filter, c, x, y, v.Shape, got, want)
						}
					}
				}
			}
		}
	}
}

// place is the distance of output i of dst from input k of src, in filter units.
func place(i, dst, src, k int) float64 {
	scale := float64(src) / float64(dst)
	return (float64(k) + 0.5 - (float64(i)+0.5)*scale) / max(scale, 1)
}

func hat(x float64) float64 { return max(0, 1-math.Abs(x)) }

func windowedSinc(x float64) float64 {
	switch {
	case x == 0:
		return 1
	case math.Abs(x) >= 3:
		return 0
	}
	return 3 * math.Sin(math.Pi*x) * math.Sin(math.Pi*x/3) / (math.Pi * math.Pi * x * x)
}

// Fill and crop compute a window of the scaled picture, which has to be the same bits
// as the window of the whole.
func TestWindowsOfResized(t *testing.T) {
	for _, mode := range []Mode{Fit, Fill, Stretch} {
		resize := &Resize{Width: 50, Height: 20, Mode: mode}
		_, whole := decodeFile(t, "420.jpg", Options{Resize: resize})
		p, cut := decodeFile(t, "420.jpg", Options{Resize: resize, Crop: &Crop{Width: 9, Height: 7}})
		x0, y0 := (whole.W-9)/2, (whole.H-7)/2
		for c := range 3 {
			for y := range 7 {
				got, want := cut.Rows(y, y+1).Row(c, 0), whole.Rows(y0+y, y0+y+1).Row(c, 0)[x0:x0+9]
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s: row %d of channel %d is %v, want %v", mode, y, c, got, want)
				}
			}
		}
		if p.Prepared != shape(7, 9) || p.Width != 37 {
			t.Errorf("%s: info is %+v", mode, p.Info)
		}
	}
	_, filled := decodeFile(t, "420.jpg", Options{Resize: &Resize{Width: 50, Height: 20, Mode: Fill}})
	_, covering := decodeFile(t, "420.jpg", Options{Resize: &Resize{Width: 50, Height: 39, Mode: Stretch}})
	for c := range 3 {
		got, want := filled.Rows(0, 1).Row(c, 0), covering.Rows(9, 10).Row(c, 0)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("channel %d of fill begins %v, want row 9 of the covering picture, %v", c, got, want)
		}
	}
}

// A transparent picture is laid over the background before it is resized.
func TestResizeFlattensAlpha(t *testing.T) {
	for _, depth := range []int{8, 16} {
		full := uint16(1<<depth - 1)
		s := pngSpec{w: 8, h: 8, colour: 6, depth: depth, sample: func(_, _, c int) uint16 {
			return [4]uint16{full, full / 5 * 2, 0, full / 5}[c]
		}}
		_, v := decodeBytes(t, s.encode(), Options{Background: [3]uint8{0, 255, 51}, Resize: &Resize{Width: 4}})
		for c, want := range []float64{1. / 5, 0.4/5 + 4./5, 0.2 * 4 / 5} {
			for _, got := range v.Data[16*c : 16*c+16] {
				if math.Abs(float64(got)-want) > 0.5/float64(full)+1e-7 { // half a level, and float32
					t.Errorf("%d bits: channel %d is %v, want %v", depth, c, got, want)
				}
			}
		}
	}
}

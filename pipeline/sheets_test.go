package pipeline

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filterbank/filters"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/output"
	"filterbank/pipeline/render"
	"filterbank/pipeline/sheet"
	"filterbank/pipeline/source"
)

// sheetJob is a picture of noise with some order in it, of the given size, and a stack
// whose second layer has a stride, an odd padding and negative outputs.
func sheetJob(t *testing.T, size image.Point) ([]source.Entry, options) {
	t.Helper()
	m := image.NewRGBA(image.Rectangle{Max: size})
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range m.Pix {
		m.Pix[i] = byte(i/4*3) + byte(rng.IntN(90))
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "noise.png")
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	var layers []filters.Layer
	for _, spec := range []filters.ConvSpec{
		{Name: "edges", InChannels: 3, KernelSize: [2]int{3, 3}, Padding: filters.Padding{Kind: filters.Same}, Weights: normal(2 * 3 * 9)},
		{Name: "coarse", InChannels: 2, KernelSize: [2]int{4, 2}, Stride: [2]int{3, 2}, Padding: filters.Padding{Top: 2, Right: 1},
			Activation: filters.None, Weights: normal(5 * 2 * 8)},
	} {
		conv, err := filters.NewConv(spec)
		if err != nil {
			t.Fatal(err)
		}
		layers = append(layers, conv)
	}
	stack, err := filters.NewStack("", 3, layers...)
	if err != nil {
		t.Fatal(err)
	}
	selected, err := engine.Select([]*filters.Stack{stack}, "all")
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := decode.New(decode.Options{Mean: [3]float32{0.485, 0.456, 0.406}, Std: [3]float32{0.229, 0.224, 0.225}})
	if err != nil {
		t.Fatal(err)
	}
	entries := []source.Entry{{Job: source.Job{Path: file, Rel: "noise"}}}
	return entries, options{Job: Job{Stacks: selected, Decoder: decoder}, RunOptions: RunOptions{Out: filepath.Join(dir, "out")}}
}

// normal is weights of a normal distribution.
func normal(n int) []float32 {
	w := make([]float32, n)
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range w {
		w[i] = float32(rng.NormFloat64())
	}
	return w
}

func read(t *testing.T, opts options, name string) image.Image {
	t.Helper()
	f, err := os.Open(filepath.Join(opts.Out, "noise", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// levels reads the levels of a map's file, gray or of a palette.
func levels(t *testing.T, m image.Image) []byte {
	t.Helper()
	switch m := m.(type) {
	case *image.Gray:
		return m.Pix
	case *image.Paletted:
		return m.Pix
	}
	t.Fatalf("a map is %T", m)
	return nil
}

// find looks for a picture's upper left corner in another one, where an outline may be over a small
// part of it.
func find(in, part image.Image) (image.Point, bool) {
	const outline = 12 * 12 // pixels
	over := func(c color.RGBA) bool {
		return c == color.RGBA{0xd8, 0x1b, 0x60, 0xff} || c == color.RGBA{0xfb, 0xfb, 0xfa, 0xff}
	}
	where, of := colours(in), colours(part)
	size, width := part.Bounds().Size(), in.Bounds().Dx()
	whole := in.Bounds().Max.Sub(size)
	for y := range whole.Y + 1 {
	place:
		for x := range whole.X + 1 {
			covered := 0
			for v := range size.Y {
				row := where[(y+v)*width+x:][:size.X]
				for u, is := range row {
					switch {
					case is == of[v*size.X+u]:
					case over(is) && covered < outline:
						covered++
					default:
						continue place
					}
				}
			}
			return image.Pt(x, y), true
		}
	}
	return image.Point{}, false
}

// colours are a picture's pixels without their opacity, row by row.
func colours(m image.Image) []color.RGBA {
	var all []color.RGBA
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			r, g, b, _ := m.At(x, y).RGBA()
			all = append(all, color.RGBA{byte(r >> 8), byte(g >> 8), byte(b >> 8), 255})
		}
	}
	return all
}

// TestSheetHoldsTheMaps finds every map, as its own file has it, on the sheet, in rows of
// the columns asked for, and the picture above them.
func TestSheetHoldsTheMaps(t *testing.T) {
	for _, jobs := range []int{1, 4} {
		entries, opts := sheetJob(t, image.Pt(80, 60))
		opts.Workers, opts.Output.Formats, opts.Output.Sheet = jobs, formats(t, "png", "sheet"), output.SheetOptions{Tile: 64, Columns: 2}
		if _, err := runAll(context.Background(), entries, opts); err != nil {
			t.Fatal(err)
		}
		records, _ := readManifest(t, opts)
		var last image.Point
		for _, f := range records[0].Files {
			if f.Layer != "edges" || f.Format != "png" {
				continue
			}
			name := strings.TrimPrefix(string(f.Path), "noise/")
			at, ok := find(read(t, opts, "edges.sheet.png"), read(t, opts, name))
			if !ok || *f.Index > 0 && (at.X <= last.X || at.Y != last.Y) {
				t.Errorf("%d jobs: map %d is at %v, %v, the one before at %v", jobs, *f.Index, at, ok, last)
			}
			last = at
		}
		m, err := os.Open(entries[0].Path)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		picture, err := png.Decode(m)
		if err != nil {
			t.Fatal(err)
		}
		if at, ok := find(read(t, opts, "edges.sheet.png"), picture); !ok || at.Y >= last.Y {
			t.Errorf("%d jobs: the picture is at %v, %v", jobs, at, ok)
		}
		if _, ok := find(read(t, opts, "coarse.sheet.png"), picture); ok {
			t.Error("the picture is whole beside maps that are smaller")
		}
	}
}

// TestSheetReducesMaps compares tiles with the maps' files, reduced.
func TestSheetReducesMaps(t *testing.T) {
	entries, opts := sheetJob(t, image.Pt(300, 211))
	opts.Output.Formats, opts.Output.Sheet = formats(t, "png", "sheet"), output.SheetOptions{Tile: 40}
	if _, err := runAll(context.Background(), entries, opts); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"coarse/000-f0.png", "coarse/004-f4.png"} {
		whole := read(t, opts, name)
		from := whole.Bounds().Size()
		to, zoom := sheet.Fit(from, 40)
		r := sheet.NewReduction(from, to, 1)
		for y := range from.Y {
			r.Row(levels(t, whole)[y*from.X:][:from.X])
		}
		tile := image.NewPaletted(image.Rectangle{Max: to}, whole.(*image.Paletted).Palette)
		tile.Pix = r.Raster(zoom, nil).Pix
		if _, ok := find(read(t, opts, "coarse.sheet.png"), tile); !ok || zoom != 1 || to.X != 40 {
			t.Errorf("%s reduced to %v is not on the sheet", name, to)
		}
	}
}

// TestOverlaysFollowTheGeometry blends whole maps, from their files, over the picture, and
// expects the same of the run, which does it band by band.
func TestOverlaysFollowTheGeometry(t *testing.T) {
	for _, size := range []image.Point{{37, 29}, {300, 700}, {5, 4}} {
		entries, opts := sheetJob(t, size)
		opts.Workers, opts.Output.Formats = 3, formats(t, "png", "overlay")
		if _, err := runAll(context.Background(), entries, opts); err != nil {
			t.Fatal(err)
		}
		input, err := os.ReadFile(entries[0].Path)
		if err != nil {
			t.Fatal(err)
		}
		pic, err := opts.Decoder.Decode(context.Background(), input)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := opts.Stacks[0].Stack.Plan(pic.Size())
		if err != nil {
			t.Fatal(err)
		}
		records, _ := readManifest(t, opts)
		seen := 0
		for _, f := range records[0].Files {
			if f.Format != "overlay" {
				continue
			}
			seen++
			lp := &plan.Layers[0]
			colormap, _ := render.ParseColormap("turbo")
			if f.Layer == "coarse" {
				lp = &plan.Layers[1]
				colormap, _ = render.ParseColormap("coolwarm")
			}
			name := strings.TrimPrefix(string(f.Path), "noise/")
			rows := levels(t, read(t, opts, strings.Replace(name, ".overlay", "", 1)))
			across := render.NewCrossings(render.Axis{Start: lp.FieldStart[1], Jump: lp.Jump[1], Field: lp.Field[1], Outputs: lp.Out.W}, size.X)
			down := render.Axis{Start: lp.FieldStart[0], Jump: lp.Jump[0], Field: lp.Field[0], Outputs: lp.Out.H}
			o := render.NewOverlay(colormap, render.Range{Lo: f.Scale[0], Hi: f.Scale[1]}, across)
			got := read(t, opts, name).(*image.RGBA)
			rgb, gray, want := make([]byte, 3*size.X), make([]byte, size.X), make([]byte, 3*size.X)
			for y := range size.Y {
				if err := pic.ReadRGB(rgb, y); err != nil {
					t.Fatal(err)
				}
				render.Luma(gray, rgb)
				i, weight := down.At(y)
				next := min(i+1, lp.Out.H-1)
				o.Row(want, gray, rows[i*lp.Out.W:][:lp.Out.W], rows[next*lp.Out.W:][:lp.Out.W], weight)
				for x := range size.X {
					if px := got.Pix[got.PixOffset(x, y):]; !bytes.Equal(px[:3], want[3*x:3*x+3]) {
						t.Fatalf("%v, %s: pixel %d, %d is %v, want %v", size, name, x, y, px[:3], want[3*x:3*x+3])
					}
				}
			}
		}
		if seen != 7 {
			t.Errorf("%v: %d overlays", size, seen)
		}
	}
}

// TestReadRGB holds that the picture on sheets is the one that was decoded, whatever mean
// and std make of its values.
func TestReadRGB(t *testing.T) {
	entries, opts := sheetJob(t, image.Pt(50, 20))
	data, err := os.ReadFile(entries[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	pic, err := opts.Decoder.Decode(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	row := make([]byte, 150)
	for y := range 20 {
		if err := pic.ReadRGB(row, y); err != nil {
			t.Fatal(err)
		}
		for x := range 50 {
			if c := whole.(*image.RGBA).RGBAAt(x, y); row[3*x] != c.R || row[3*x+1] != c.G || row[3*x+2] != c.B {
				t.Fatalf("pixel %d, %d is %v, want %v", x, y, row[3*x:3*x+3], c)
			}
		}
	}
	if err := pic.ReadRGB(row, 20); err == nil {
		t.Error("a row below the picture: no error")
	}
}

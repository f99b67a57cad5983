package output

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"filterbank/filters"
	"filterbank/filters/config"
	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/render"
)

// filled computes a layer of a stack on an input and returns the layer's sheet with its pictures,
// and the maps.
func filled(t *testing.T, stack *filters.Stack, layer int, file []byte, settings Settings) (*sheetWriter, *volume.Volume) {
	t.Helper()
	decoder, err := decode.New(decode.Options{Channels: stack.InChannels()})
	if err != nil {
		t.Fatal(err)
	}
	pic, err := decoder.Decode(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := stack.Plan(pic.Size())
	if err != nil {
		t.Fatal(err)
	}
	selected := engine.Selected{Stack: stack, Layers: make([]bool, len(plan.Layers))}
	selected.Layers[layer] = true
	view := &View{Settings: settings, Stacks: []engine.Selected{selected}, Plans: []*filters.Plan{plan}, Picture: pic}
	e := engine.New(nil, &engine.Shared{Kernel: kernel.New(simd.Generic)})
	ws := new(Workspace)
	ws.Reset(e)
	lp := &plan.Layers[layer]
	s, err := newSheetWriter(&target{View: view, ws: ws, plan: plan, lp: lp, index: layer, ranges: make([]render.Range, lp.Out.C)})
	if err != nil {
		t.Fatal(err)
	}
	maps, _ := volume.New(lp.Out)
	r := filters.Runner{Kernel: e.Kernel}
	err = r.Run(context.Background(), plan, selected.Layers, pic, func(_ int, rows volume.Rows) error {
		maps.Rows(rows.Y, rows.Y+rows.N).CopyFrom(rows)
		return s.write(1, rows)
	})
	if err == nil {
		err = s.(*sheetWriter).gather()
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.(*sheetWriter), maps
}

// stackOf builds the stack of a stack file.
func stackOf(t *testing.T, text string) *filters.Stack {
	t.Helper()
	file, err := config.Parse("stack.yaml", []byte("version: 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	model, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	return model.Stacks[0]
}

func matrix(v *volume.Volume) []byte {
	return append(tensor.NPYHeader(v.C, v.H, v.W), tensor.AppendFloats(nil, v.Data)...)
}

// TestExamples checks how sheets work the sizes of the textbook's examples out, and what they
// hatch.
func TestExamples(t *testing.T) {
	for _, c := range []struct {
		file, stack string
		in          volume.Shape
		size, left  string
		lost        int
	}{
		{"textbook.yaml", "", volume.Shape{C: 3, H: 5, W: 5}, "O = (5 − 3 + 2·1)/2 + 1 = 4/2 + 1 = 3", "", 0},
		{"strides.yaml", "stride1", volume.Shape{C: 1, H: 7, W: 7}, "O = (7 − 3 + 2·0)/1 + 1 = 4/1 + 1 = 5", "", 0},
		{"strides.yaml", "stride2", volume.Shape{C: 1, H: 7, W: 7}, "O = (7 − 3 + 2·0)/2 + 1 = 4/2 + 1 = 3", "", 0},
		{"strides.yaml", "stride3", volume.Shape{C: 1, H: 7, W: 7}, "O = (7 − 3 + 2·0)/3 + 1 = 4/3 + 1 = floor(1.33) + 1 = 2", "1 left over: 1 row and column uncovered; strides 1, 2, 4 fit", 1},
		{"volumes.yaml", "padding0", volume.Shape{C: 3, H: 32, W: 32}, "O = (32 − 5 + 2·0)/1 + 1 = 27/1 + 1 = 28", "", 0},
		{"volumes.yaml", "padding2", volume.Shape{C: 3, H: 32, W: 32}, "O = (32 − 5 + 2·2)/1 + 1 = 31/1 + 1 = 32", "", 0},
	} {
		file, err := config.Load("../../samples/" + c.file)
		if err != nil {
			t.Fatal(err)
		}
		model, err := file.Build()
		if err != nil {
			t.Fatal(err)
		}
		for _, stack := range model.Stacks {
			if stack.Name() != c.stack {
				continue
			}
			plan, err := stack.Plan(c.in)
			if err != nil {
				t.Fatal(err)
			}
			f := (&View{}).layerFigure(plan, 0, nil)
			lines := strings.Join(f.Lines, "\n")
			if !strings.Contains(lines, "\n"+c.size+"\n"+c.left) {
				t.Errorf("%s %s: the sheet says\n%s\nwant\n%s\n%s", c.file, c.stack, lines, c.size, c.left)
			}
			lead := &f.Leads[0]
			side := lead.Zoom
			if want := image.Pt(c.lost, c.lost).Mul(side); lead.Padding.Uncovered != want {
				t.Errorf("%s %s: %v is hatched, want %v", c.file, c.stack, lead.Padding.Uncovered, want)
			}
			if p, want := plan.Layers[0].Rows.Before*side, lead.Padding; p != want.Top || p != want.Right || p != want.Bottom || p != want.Left {
				t.Errorf("%s %s: the padding is %+v, want %d", c.file, c.stack, want, p)
			}
		}
	}
}

// TestTextbookSheet checks everything that is written on the textbook's sheet.
func TestTextbookSheet(t *testing.T) {
	file, err := config.Load("../../samples/textbook.yaml")
	if err != nil {
		t.Fatal(err)
	}
	model, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../../samples/textbook.png")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := filled(t, model.Stacks[0], 0, data, Settings{})
	f := s.figure
	if got, want := arithmetic.Plain(f.Sum.Lines, true), `R  1 + 1·1 + 1·0 + 0·(−1) + 1·1 + 0·1 + 0·0 + 0·0 + 0·(−1) + 1·1 = 4
G  4 + 0·0 + 1·1 + 0·0 + 1·(−1) + 1·1 + 0·0 + 1·0 + 0·0 + 0·(−1) = 5
B  5 + 0·(−1) + 0·0 + 1·1 + 0·0 + 1·(−1) + 1·1 + 0·1 + 1·0 + 1·0 = 6
W0[1,1] = 1 + 3 + 1 + 1 = 6`; got != want {
		t.Errorf("the arithmetic is\n%s\nwant\n%s", got, want)
	}
	if want := "largest value: W0[1,1] = 6, outlined on the map; its window is outlined on the input"; f.Sum.Title != want {
		t.Errorf("over it stands %q, want %q", f.Sum.Title, want)
	}
	boards := []string{
		"01010 11100 01000 00010 00000", "01111 10100 01101 01000 10101", "10111 00011 10111 10111 00000",
	}
	for c, name := range []string{"input 3×5×5, R", "G", "B"} {
		l := &f.Leads[c]
		if got, want := strings.Join(l.Labels, ""), strings.ReplaceAll(boards[c], " ", ""); got != want || l.Caption != name {
			t.Errorf("channel %d: %q with the numbers %s, want %q with %s", c, l.Caption, got, name, want)
		}
		if want := image.Rect(64, 64, 160, 160); l.Mark != want {
			t.Errorf("channel %d: the window is at %v, want %v", c, l.Mark, want)
		}
		for i, label := range l.Padding.Labels {
			if y, x := i/7, i%7; (y == 0 || y == 6 || x == 0 || x == 6) && label != "0" {
				t.Errorf("channel %d: the padding at %d, %d is %q", c, y, x, label)
			}
		}
	}
	if want := image.Rect(64, 64, 128, 128); f.Cells[0].Mark != want || !f.Cells[1].Mark.Empty() {
		t.Errorf("on the maps %v and %v are outlined, want %v alone", f.Cells[0].Mark, f.Cells[1].Mark, want)
	}
	if got := strings.Join(f.Cells[0].Picture.Labels, " "); got != "0 1 2 −1 6 1 2 2 2" {
		t.Errorf("W0 is %s", got)
	}
}

func TestPeakIsFinite(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	var p peak
	for y, row := range [][]float32{{-inf, inf}, {nan, -inf}, {inf, -3, -2}, {-2, -inf}, {inf, inf}} {
		p.take(kernel.Best(), row, y)
	}
	if want := (peak{true, -2, 2, 2}); p != want {
		t.Errorf("%v, want %v", p, want)
	}
	p = peak{}
	if p.take(kernel.Best(), []float32{-inf, nan, inf}, 0); p.found {
		t.Errorf("a row without finite values has %v", p)
	}
}

// TestLargestValues compares what sheets say of the largest value with the maps, for layers of all
// kinds that read the picture or others.
func TestLargestValues(t *testing.T) {
	const layers = `layers:
  - conv: {name: first, filters: [sobel, laplacian, box, identity], channels: each, padding: 1, padding_mode: circular, activation: leaky_relu}
  - max_pool: {name: pooled, kernel_size: 2, ceil_mode: true}
  - conv: {name: second, filters: [{gaussian: {size: 3}}, sobel-x], channels: sum, padding: 2, padding_mode: reflect, activation: none}
  - upsample: {name: larger, scale_factor: 2, mode: bilinear}
  - local_response_norm: {name: even, size: 2, alpha: 1, beta: 0.5, k: 1}
  - avg_pool: {name: mean, kernel_size: [3, 2], padding: [1, 0]}
  - conv: {name: side, inputs: [even], filters: [identity, box], channels: sum, padding: same, activation: relu}
  - add: {name: joined, inputs: [even, side]}
  - concat: {name: both, inputs: [even, joined]}
`
	random := rand.New(rand.NewPCG(31, 32))
	in, _ := volume.New(volume.Shape{C: 3, H: 40, W: 33})
	for i := range in.Data {
		in.Data[i] = float32(random.NormFloat64())
	}
	in.Data[7] = float32(math.Inf(1))
	stack := stackOf(t, layers)
	for l, layer := range stack.Layers() {
		s, maps := filled(t, stack, l, matrix(in), Settings{})
		most, at := float32(math.Inf(-1)), -1
		for i, v := range maps.Data {
			if v > most && !math.IsInf(float64(v), 0) {
				most, at = v, i
			}
		}
		k, y, x := at/(maps.H*maps.W), at/maps.W%maps.H, at%maps.W
		name := arithmetic.Name(layer.Filters()[k], y, x)
		if want := fmt.Sprintf("largest value: %s = %s, ", name, arithmetic.Number(float64(most))); !strings.HasPrefix(s.figure.Sum.Title, want) {
			t.Errorf("%s: %q, want %q", layer.Name(), s.figure.Sum.Title, want)
		}
		if got := arithmetic.Plain(s.figure.Sum.Lines, true); !strings.Contains(got, name+" = ") || !strings.Contains(got, " "+arithmetic.Number(float64(most))) {
			t.Errorf("%s: the arithmetic of %v is\n%s", layer.Name(), most, got)
		}
		if got := s.figure.Sum; len(got.Lines) > got.Most {
			t.Errorf("%s: %d lines, at most %d were announced", layer.Name(), len(got.Lines), got.Most)
		}
		for i, mark := range s.figure.Cells {
			if mark.Mark.Empty() == (i == k) {
				t.Errorf("%s: map %d is outlined at %v, and the largest value is on map %d", layer.Name(), i, mark.Mark, k)
			}
		}
	}
}

// TestBoards compares the boards of 500 settings with copies that are padded by hand: the numbers,
// the window that is outlined, and the strips that no window reaches.
func TestBoards(t *testing.T) {
	random := rand.New(rand.NewPCG(33, 34))
	modes := []filters.PaddingMode{filters.Zeros, filters.Reflect, filters.Replicate, filters.Circular}
	for seen := 0; seen < 500; {
		in, _ := volume.New(volume.Shape{C: 1 + random.IntN(3), H: 1 + random.IntN(16), W: 1 + random.IntN(16)})
		for i := range in.Data {
			in.Data[i] = float32(random.IntN(90))
		}
		size := [2]int{1 + random.IntN(5), 1 + random.IntN(5)}
		spec := filters.ConvSpec{
			Name: "c", InChannels: in.C, KernelSize: size, Weights: make([]float32, in.C*size[0]*size[1]),
			Stride: [2]int{1 + random.IntN(4), 1 + random.IntN(4)}, Dilation: [2]int{1 + random.IntN(2), 1 + random.IntN(3)},
			Padding: filters.Padding{Top: random.IntN(4), Left: random.IntN(4), Bottom: random.IntN(4), Right: random.IntN(4), Mode: modes[random.IntN(4)]},
		}
		conv, err := filters.NewConv(spec)
		if err != nil {
			t.Fatal(err)
		}
		stack, err := filters.NewStack("", in.C, conv)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := stack.Plan(in.Shape)
		if err != nil { // the kernel or the padding is larger than the input
			continue
		}
		seen++
		lp := &plan.Layers[0]
		lead := newLead(plan, 0, image.Pt(100, 100))
		l := lead.leads()[0]
		values := in.Data[:in.H*in.W]
		l.Padding.Labels = lead.padding(values)
		p := spec.Padding
		var want []string
		covered := image.Rectangle{}
		for y := -p.Top; y < in.H+p.Bottom; y++ {
			for x := -p.Left; x < in.W+p.Right; x++ {
				want = append(want, fmt.Sprint(paddedBy(p.Mode, values, in.H, in.W, y, x)))
			}
		}
		if got := strings.Join(l.Padding.Labels, " "); got != strings.Join(want, " ") {
			t.Fatalf("%+v of %v: the numbers are %s, want %v", spec, in.Shape, got, want)
		}
		for y := range lp.Out.H {
			for x := range lp.Out.W {
				span := func(axis int) int { return spec.Dilation[axis]*(size[axis]-1) + 1 }
				corner := image.Pt(x*spec.Stride[1], y*spec.Stride[0]).Mul(l.Zoom)
				window := image.Rectangle{Min: corner, Max: corner.Add(image.Pt(span(1), span(0)).Mul(l.Zoom))}
				if got := lead.mark(&l, y, x); got != window {
					t.Fatalf("%+v of %v: output %d, %d has the window %v, want %v", spec, in.Shape, y, x, got, window)
				}
				covered = covered.Union(window)
			}
		}
		whole := l.Size().Add(image.Pt(l.Padding.Left+l.Padding.Right, l.Padding.Top+l.Padding.Bottom))
		if got := whole.Sub(covered.Max); got != l.Padding.Uncovered || whole != image.Pt(in.W+p.Left+p.Right, in.H+p.Top+p.Bottom).Mul(l.Zoom) {
			t.Fatalf("%+v of %v: %v of %v is hatched, want %v", spec, in.Shape, l.Padding.Uncovered, whole, got)
		}
	}
}

// paddedBy is a value of a padded map, with repeated steps towards the map in place of formulas.
func paddedBy(mode filters.PaddingMode, values []float32, h, w, y, x int) float32 {
	along := func(i, n int) int {
		for i < 0 || i >= n {
			switch {
			case mode == filters.Zeros:
				return -1
			case mode == filters.Reflect && i < 0:
				i = -i
			case mode == filters.Reflect:
				i = n - 1 - (i - (n - 1))
			case mode == filters.Circular && i < 0:
				i += n
			case mode == filters.Circular:
				i -= n
			case i < 0:
				i++
			default:
				i--
			}
		}
		return i
	}
	y, x = along(y, h), along(x, w)
	if y < 0 || x < 0 {
		return 0
	}
	return values[y*w+x]
}

// TestPairs compares both pictures of pairs with the maps, and checks the range of a map that is 0
// everywhere after its activation.
func TestPairs(t *testing.T) {
	in := &volume.Volume{Shape: volume.Shape{C: 3, H: 3, W: 4}, Data: []float32{
		1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	}}
	pairs := Settings{Sheet: SheetOptions{Pair: true}}
	stack := stackOf(t, `layers:
  - conv: {name: c, kernels: [[[[-1]], [[0]], [[0]]], [[[1, -1]], [[0, 0]], [[0, 0]]]], activation: none}
`)
	if s, _ := filled(t, stack, 0, matrix(in), pairs); s.figure.Pair != "" || s.figure.Cells[0].Before.Pix != nil {
		t.Errorf("a layer without activation has pairs: %q", s.figure.Pair)
	}
	for _, c := range []struct{ layers, after, before, pair, note string }{
		{"  - conv: {name: c, kernels: [[[[1, -1]], [[0, 0]], [[0, 0]]]]}\n", "0 0 0 0 0 0 0 1 0", "−1 −1 −1 −1 −1 −1 −1 1 −1", "after ReLU", "before: 8 of 9 below 0"},
		{"  - conv: {name: c, kernels: [[[[1, -1]], [[0, 0]], [[0, 0]]]], activation: abs}\n", "1 1 1 1 1 1 1 1 1", "−1 −1 −1 −1 −1 −1 −1 1 −1", "after abs", "before: 8 of 9 below 0"},
		{"  - conv: {name: c, kernels: [[[[-1, 0]], [[0, 0]], [[0, 0]]]]}\n", "0 0 0 0 0 0 0 0 0", "−1 −2 −3 −5 −6 −7 0 −1 0", "after ReLU", "before: 7 of 9 below 0"},
		{"  - conv: {name: c, kernels: [[[[1, -1]], [[0, 0]], [[0, 0]]]], activation: none}\n  - activation: {name: d, function: relu}\n", "0 0 0 0 0 0 0 1 0", "−1 −1 −1 −1 −1 −1 −1 1 −1", "after ReLU", "before: 8 of 9 below 0"},
	} {
		stack := stackOf(t, "layers:\n"+c.layers)
		s, _ := filled(t, stack, len(stack.Layers())-1, matrix(in), pairs)
		cell := &s.figure.Cells[0]
		if got := strings.Join(cell.Picture.Labels, " "); got != c.after || s.figure.Pair != c.pair {
			t.Errorf("%s: %s is %s, want %s with %s", c.layers, s.figure.Pair, got, c.pair, c.after)
		}
		if got := strings.Join(cell.Before.Labels, " "); got != c.before {
			t.Errorf("%s: before it is %s, want %s", c.layers, got, c.before)
		}
		if got := cell.Notes[len(cell.Notes)-1]; got != c.note || len(cell.Notes) != s.figure.Notes {
			t.Errorf("%s: the notes are %q of %d, want %q last", c.layers, cell.Notes, s.figure.Notes, c.note)
		}
		if strings.HasPrefix(c.after, "0 0 0 0 0 0 0 0") && (cell.Before.Pix[5] != 0 || cell.Before.Pix[0] <= 64 || cell.Before.Pix[6] != 128) {
			t.Errorf("%s: the levels before are %v, want them from −7 to 7", c.layers, cell.Before.Pix)
		}
	}
}

// TestRoundingOfSamples checks that no value from 1e-4 on counts as rounding on the samples, and that
// some smaller ones do.
func TestRoundingOfSamples(t *testing.T) {
	called := 0
	for _, name := range []string{"edges", "gabor", "starter", "textures"} {
		file, err := config.Load("../../samples/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		model, err := file.Build()
		if err != nil {
			t.Fatal(err)
		}
		decoder, err := decode.New(decode.Options{Resize: &decode.Resize{Width: 96, Height: 96, Mode: decode.Fit}})
		if err != nil {
			t.Fatal(err)
		}
		for _, picture := range []string{"checkerboard", "gratings", "logo", "shapes", "text", "zone-plate"} {
			data, err := os.ReadFile("../../samples/" + picture + ".png")
			if err != nil {
				t.Fatal(err)
			}
			pic, err := decoder.Decode(context.Background(), data)
			if err != nil {
				t.Fatal(err)
			}
			in, _ := volume.New(pic.Size())
			if err := pic.ReadRows(in.Rows(0, in.H)); err != nil {
				t.Fatal(err)
			}
			conv := model.Stacks[0].Layers()[0].(*filters.Conv)
			magnitudes, _ := conv.Magnitudes()
			layers := []filters.Layer{conv, magnitudes}
			if plain, ok := conv.Unactivated(); ok {
				layers[0] = plain
			}
			var out [2]*volume.Volume
			for i, layer := range layers {
				stack, err := filters.NewStack("", 3, layer)
				if err != nil {
					t.Fatal(err)
				}
				if out[i], err = stack.Apply(in); err != nil { // in has no values below 0, so it is its own magnitudes
					t.Fatal(err)
				}
			}
			for i, v := range out[0].Data {
				if m := math.Abs(float64(v)); v != 0 && m <= roundingShare*float64(out[1].Data[i]) {
					if called++; m >= 1e-4 {
						t.Fatalf("%s on %s: value %d, %v, counts as rounding of %v", name, picture, i, v, out[1].Data[i])
					}
				}
			}
		}
	}
	if called < 100 {
		t.Errorf("only %d values count as rounding", called)
	}
}

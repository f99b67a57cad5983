package output

import (
	"slices"
	"strings"
	"testing"

	"filterbank/filters"
	"filterbank/filters/config"
	"filterbank/filters/volume"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
)

// described plans a stack file for 3×30×40.
func described(t *testing.T, layers string) (*filters.Plan, *View) {
	t.Helper()
	file, err := config.Parse("stack.yaml", []byte("version: 1\nlayers:\n"+layers))
	if err != nil {
		t.Fatal(err)
	}
	model, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	selected, err := engine.Select(model.Stacks, "all")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := model.Stacks[0].Plan(volume.Shape{C: 3, H: 30, W: 40})
	if err != nil {
		t.Fatal(err)
	}
	return plan, &View{Stacks: selected, Title: "a/picture"}
}

const allKinds = `
  - conv: {name: edges, filters: [sobel], padding: [1, 2], padding_mode: reflect, activation: leaky_relu, negative_slope: 0.1}
  - max_pool: {name: most, kernel_size: [3, 2], stride: 2, ceil_mode: true}
  - local_response_norm: {name: even, size: 3, alpha: 1e-4, beta: 0.75, k: 2}
  - conv: {name: grouped, kernels: [[[1, 2]], [[1, -1]]], groups: 2, dilation: [1, 3], padding: [0, 1, 0, 0]}
  - avg_pool: {name: mean, kernel_size: 3, stride: 2, padding: 1, ceil_mode: true, count_include_pad: false}
  - avg_pool: {name: whole, kernel_size: 2}
`

func TestCaptions(t *testing.T) {
	plan, v := described(t, allKinds)
	for l, want := range [][]string{
		{"layer edges", "conv 2×3×3×3, activation leaky_relu 0.1", "stride 1, padding 1×2 reflect, dilation 1, groups 1",
			"3×30×40 → 2×30×42", "rows (30 − 3 + 2·1)/1 + 1 = 29/1 + 1 = 30", "columns (40 − 3 + 2·2)/1 + 1 = 41/1 + 1 = 42",
			"receptive field 3×3, an output every pixel", "each map has its own scale, lo … hi:"},
		{"layer most", "max_pool 3×2, ceil_mode", "stride 2, padding 0,0,1,0, dilation 1",
			"2×30×42 → 2×15×21", "rows (30 − 3 + 2·0)/2 + 1 = 27/2 + 1 = ceil(13.5) + 1 = 15", "the last window reaches 1 past the input", "columns (42 − 2 + 2·0)/2 + 1 = 40/2 + 1 = 21",
			"receptive field 5×4, an output every 2 pixels", "each map has its own scale, lo … hi:"},
		{"layer even", "local_response_norm", "size 3, alpha 0.0001, beta 0.75, k 2",
			"2×15×21 → 2×15×21", "receptive field 5×4, an output every 2 pixels", "each map has its own scale, lo … hi:"},
		{"layer grouped", "conv 2×1×1×2, activation relu", "stride 1, padding 0,1,0,0, dilation 1×3, groups 2",
			"2×15×21 → 2×15×19", "rows (15 − 1 + 2·0)/1 + 1 = 14/1 + 1 = 15", "columns (21 − 4 + 1 + 0)/1 + 1 = 18/1 + 1 = 19",
			"receptive field 5×10, an output every 2 pixels", "each map has its own scale, lo … hi:"},
		{"layer mean", "avg_pool 3×3, ceil_mode, count_include_pad false", "stride 2, padding 1",
			"2×15×19 → 2×8×10", "rows (15 − 3 + 2·1)/2 + 1 = 14/2 + 1 = 8", "columns (19 − 3 + 2·1)/2 + 1 = 18/2 + 1 = 10",
			"receptive field 9×14, an output every 4 pixels", "each map has its own scale, lo … hi:"},
		{"layer whole", "avg_pool 2×2, count_include_pad true", "stride 2, padding 0",
			"2×8×10 → 2×4×5", "rows (8 − 2 + 2·0)/2 + 1 = 6/2 + 1 = 4", "columns (10 − 2 + 2·0)/2 + 1 = 8/2 + 1 = 5",
			"receptive field 13×18, an output every 8 pixels", "each map has its own scale, lo … hi:"},
	} {
		f := v.layerFigure(plan, l, nil)
		if !slices.Equal(f.Lines, want) {
			t.Errorf("layer %d:\n%s\nwant\n%s", l, strings.Join(f.Lines, "\n"), strings.Join(want, "\n"))
		}
		if f.Title != "a/picture" || f.Leads[0].Caption != "input 3×30×40" {
			t.Errorf("title %q, input %q", f.Title, f.Leads[0].Caption)
		}
	}
}

func TestRangesOnSheets(t *testing.T) {
	plan, v := described(t, allKinds)
	ranges := []render.Range{{Lo: -0.00001234, Hi: 3}, {Lo: 0, Hi: 12345.6}}
	f := v.layerFigure(plan, 0, ranges)
	if want := []string{"lo −1.23e−05", "hi 3"}; !slices.Equal(f.Cells[0].Notes, want) || f.Bar.Lo != "lo" || f.Bar.Zero != 128 {
		t.Errorf("beside a kernel: %q, bar from %s with 0 at %d", f.Cells[0].Notes, f.Bar.Lo, f.Bar.Zero)
	}
	f = v.layerFigure(plan, 1, ranges)
	if want := []string{"0 … 1.23e+04"}; !slices.Equal(f.Cells[1].Notes, want) {
		t.Errorf("without a kernel: %q, want %q", f.Cells[1].Notes, want)
	}
	v.Scale = scale.Scale{Per: scale.Fixed, Fixed: render.Range{Lo: -1, Hi: 3}}
	f = v.layerFigure(plan, 0, []render.Range{{Lo: -1, Hi: 3}, {Lo: -1, Hi: 3}})
	if f.Notes != 0 || f.Cells[0].Notes != nil || f.Bar.Lo != "−1" || f.Bar.Hi != "3" || f.Bar.Zero != 64 {
		t.Errorf("one scale: notes %q, bar %+v", f.Cells[0].Notes, f.Bar)
	}
}

func TestKernelsOnSheets(t *testing.T) {
	for _, c := range []struct {
		name, layers string
		icons        string // captions
	}{
		{"a bank over luma", "  - conv: {filters: [sobel], channels: luma}\n", "|"},
		{"opponents", "  - conv: {filters: [sobel], channels: [1, -1, 0]}\n", "|RGB|R|G|B"},
		{"a point", "  - conv: {filters: [identity]}\n", ""},
		{"groups of one channel", "  - conv: {filters: [box], channels: each}\n", "|"},
		{"pooling", "  - avg_pool: {kernel_size: 3}\n", ""},
	} {
		plan, v := described(t, c.layers)
		f := v.layerFigure(plan, 0, nil)
		captions := ""
		for i, icon := range f.Cells[0].Icons {
			captions += "|" + icon.Caption
			if mixed := i == 0 && c.name == "opponents"; icon.Signed == mixed || (icon.Palette == nil) != mixed {
				t.Errorf("%s: icon %d is signed: %v", c.name, i, icon.Signed)
			}
		}
		if captions != c.icons {
			t.Errorf("%s: the icons are %s, want %s", c.name, captions, c.icons)
		}
		v.Sheet.Tile = 64
		if f := v.layerFigure(plan, 0, nil); f.Cells[0].Icons != nil {
			t.Errorf("%s: a kernel on a small tile", c.name)
		}
	}
}

// TestRoundingLabels checks that what rounding leaves of 0 is called that, on the layer that
// reads the picture and on a later one, and that small values that are exact are not.
func TestRoundingLabels(t *testing.T) {
	values := []float32{0, 1e-9, -2.98e-8, 1e-7, 0.5}
	sums := &volume.Volume{Shape: volume.Shape{C: 2, H: 1, W: 5}, Data: []float32{9, 9, 9, 9, 9, 1, 1e-9, 1, 0.1, 0.5}}
	for k, want := range []string{
		"0|≈ 0\n(rounding)|≈ 0\n(rounding)|≈ 0\n(rounding)|0.5",
		"0|1e−09|≈ 0\n(rounding)|1e−07|0.5",
	} {
		if got := strings.Join(labels(values, k, sums), "|"); got != want {
			t.Errorf("map %d: got %q, want %q", k, got, want)
		}
	}
	if got := labels(values, 0, nil)[1]; got != "1e−09" {
		t.Errorf("without sums: got %q", got)
	}
}

// TestCaptionsOfGraphs has the layers that each layer of a graph reads.
func TestCaptionsOfGraphs(t *testing.T) {
	plan, v := described(t, `
  - activation: {name: a, function: abs}
  - activation: {name: b, inputs: [input], function: square}
  - add: {name: both, inputs: [a, b, a]}
  - concat: {name: joined, inputs: [both, input]}
`)
	for l, want := range []string{"the picture", "the picture", "a, b", "both, the picture"} {
		lines := v.layerFigure(plan, l, nil).Lines
		if got := lines[1]; got != "reads "+want {
			t.Errorf("layer %d: %q, want reads %s", l, got, want)
		}
		if slices.Contains(lines, "") {
			t.Errorf("layer %d has an empty line: %q", l, lines)
		}
	}
}

// TestTiles: layers of many maps have small tiles, unless a size is given.
func TestTiles(t *testing.T) {
	for _, c := range []struct{ given, maps, want int }{
		{0, 1, 192}, {0, 64, 192}, {0, 65, 128}, {0, 256, 128}, {0, 257, 96}, {0, 2048, 96}, {192, 2048, 192}, {30, 1, 30},
	} {
		if got := (SheetOptions{Tile: c.given}).tileFor(c.maps); got != c.want {
			t.Errorf("%d maps, %d given: tiles of %d, want %d", c.maps, c.given, got, c.want)
		}
	}
	s := Settings{Formats: []*Format{&contactSheet}}
	if err := s.SetOption(&sheetTile, "192"); err != nil || s.Sheet.tileFor(100) != 192 {
		t.Errorf("--sheet-tile 192: tiles of %d for 100 maps, %v", s.Sheet.tileFor(100), err)
	}
}

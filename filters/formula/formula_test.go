package formula_test

import (
	"strings"
	"testing"

	"filterbank/filters/config"
	"filterbank/filters/formula"
	"filterbank/filters/volume"
)

// TestOf compares the formulas of layers with their texts.
func TestOf(t *testing.T) {
	for _, c := range []struct {
		name, layers string
		in           volume.Shape
		want         string // of the last layer
	}{
		{"textbook", `
  - conv: {name: outputs, filters: [box, {gaussian: {size: 3}}], channels: sum, stride: 2, padding: 1}`, volume.Shape{C: 3, H: 5, W: 5}, `
outputs  O = (W − K + 2P)/S + 1
  rows and columns  (5 − 3 + 2·1)/2 + 1 = 4/2 + 1 = 3
  volume   3×5×5, padded 3×7×7, 2 filters of 3×3×3 → 2×3×3
  weights  2·(3·3·3) + 2 biases = 56     multiply-adds 2·3·3·27 = 486
`},
		{"7×7 at stride 1", conv("stride: 1"), seven, `
c  O = (W − K + 2P)/S + 1
  rows and columns  (7 − 3 + 2·0)/1 + 1 = 4/1 + 1 = 5
  volume   3×7×7, 1 filter of 3×3×3 → 1×5×5
  weights  1·(3·3·3) + 1 bias = 28     multiply-adds 1·5·5·27 = 675
`},
		{"7×7 at stride 3", conv("stride: 3"), seven, `
c  O = (W − K + 2P)/S + 1
  rows and columns  (7 − 3 + 2·0)/3 + 1 = 4/3 + 1 = ⌊1.33⌋ + 1 = 2, 1 left over: 1 row and column uncovered; strides 1, 2, 4 fit
  volume   3×7×7, 1 filter of 3×3×3 → 1×2×2
  weights  1·(3·3·3) + 1 bias = 28     multiply-adds 1·2·2·27 = 108
`},
		{"unequal padding and strides", conv("padding: [1, 0, 2, 0], stride: [3, 4]"), seven, `
c  O = (W − K + P + P')/S + 1
  rows     (7 − 3 + 1 + 2)/3 + 1 = 7/3 + 1 = ⌊2.33⌋ + 1 = 3, 1 left over: 1 row uncovered; strides 1, 7 fit
  columns  (7 − 3 + 2·0)/4 + 1 = 4/4 + 1 = 2
  volume   3×7×7, padded 3×10×7, 1 filter of 3×3×3 → 1×3×2
  weights  1·(3·3·3) + 1 bias = 28     multiply-adds 1·3·2·27 = 162
`},
		{"dilation", conv("dilation: [2, 1]"), seven, `
c  O = (W − K' + 2P)/S + 1
  dilation  K' = 2·(3 − 1) + 1 = 5
  rows     (7 − 5 + 2·0)/1 + 1 = 2/1 + 1 = 3
  columns  (7 − 3 + 2·0)/1 + 1 = 4/1 + 1 = 5
  volume   3×7×7, 1 filter of 3×3×3 → 1×3×5
  weights  1·(3·3·3) + 1 bias = 28     multiply-adds 1·3·5·27 = 405
`},
		{"same", conv("padding: same"), seven, `
c  O = (W − K + 2P)/S + 1
  padding  same: P + P' = 3 − 1 = 2 = 1 + 1
  rows and columns  (7 − 3 + 2·1)/1 + 1 = 6/1 + 1 = 7
  volume   3×7×7, padded 3×9×9, 1 filter of 3×3×3 → 1×7×7
  weights  1·(3·3·3) + 1 bias = 28     multiply-adds 1·7·7·27 = 1323
`},
		{"same_lower", conv("padding: same_lower, stride: 2"), volume.Shape{C: 3, H: 8, W: 7}, `
c  O = (W − K + P + P')/S + 1
  padding  same_lower: P + P' = (⌈8/2⌉ − 1)·2 + 3 − 8 = 1 = 1 + 0
  rows     (8 − 3 + 1 + 0)/2 + 1 = 6/2 + 1 = 4
  padding  same_lower: P + P' = (⌈7/2⌉ − 1)·2 + 3 − 7 = 2 = 1 + 1
  columns  (7 − 3 + 2·1)/2 + 1 = 6/2 + 1 = 4
  volume   3×8×7, padded 3×9×9, 1 filter of 3×3×3 → 1×4×4
  weights  1·(3·3·3) + 1 bias = 28     multiply-adds 1·4·4·27 = 432
`},
		{"same_upper without padding", conv("padding: same_upper, stride: 4"), seven, `
c  O = (W − K + 2P)/S + 1
  padding  same_upper: P + P' = (⌈7/4⌉ − 1)·4 + 3 − 7 = 0 = 0 + 0
  rows and columns  (7 − 3 + 2·0)/4 + 1 = 4/4 + 1 = 2
  volume   3×7×7, 1 filter of 3×3×3 → 1×2×2
  weights  1·(3·3·3) + 1 bias = 28     multiply-adds 1·2·2·27 = 108
`},
		{"same_upper with a rest", conv("padding: same_upper, stride: 6"), volume.Shape{C: 3, H: 11, W: 11}, `
c  O = (W − K + 2P)/S + 1
  padding  same_upper: P + P' = max(0, (⌈11/6⌉ − 1)·6 + 3 − 11) = 0 = 0 + 0
  rows and columns  (11 − 3 + 2·0)/6 + 1 = 8/6 + 1 = ⌊1.33⌋ + 1 = 2, 2 left over: 2 rows and columns uncovered
  volume   3×11×11, 1 filter of 3×3×3 → 1×2×2
  weights  1·(3·3·3) + 1 bias = 28     multiply-adds 1·2·2·27 = 108
`},
		{"groups", `
  - conv: {name: c, filters: [sobel, laplacian], channels: each}`, seven, `
c  O = (W − K + 2P)/S + 1
  rows and columns  (7 − 3 + 2·0)/1 + 1 = 4/1 + 1 = 5
  volume   3×7×7, 12 filters of 1×3×3 in 3 groups → 12×5×5
  weights  12·(1·3·3) + 12 biases = 120     multiply-adds 12·5·5·9 = 2700
`},
		{"pool", `
  - max_pool: {name: p, kernel_size: 2}`, seven, `
p  O = (W − K + 2P)/S + 1
  rows and columns  (7 − 2 + 2·0)/2 + 1 = 5/2 + 1 = ⌊2.5⌋ + 1 = 3, 1 left over: 1 row and column uncovered; strides 1, 5 fit
  volume   3×7×7, windows of 2×2 → 3×3×3
`},
		{"ceil_mode", `
  - avg_pool: {name: p, kernel_size: 3, stride: 2, padding: [1, 0], ceil_mode: true}`, volume.Shape{C: 3, H: 6, W: 6}, `
p  O = ⌈(W − K + 2P)/S⌉ + 1
  rows     (6 − 3 + 2·1)/2 + 1 = 5/2 + 1 = ⌈2.5⌉ + 1 = 4, the last window reaches 1 past the padding
  columns  (6 − 3 + 2·0)/2 + 1 = 3/2 + 1 = ⌈1.5⌉ + 1 = 3, the last window reaches 1 past the input
  volume   3×6×6, padded 3×8×6, windows of 3×3 → 3×4×3
`},
		{"ceil_mode without the last window", `
  - max_pool: {name: p, kernel_size: 2, stride: 3, padding: 1, ceil_mode: true}`, volume.Shape{C: 3, H: 5, W: 5}, `
p  O = ⌈(W − K + 2P)/S⌉ + 1
  rows and columns  (5 − 2 + 2·1)/3 + 1 = 5/3 + 1 = ⌈1.67⌉ + 1 = 3 − 1 = 2, since the last window would begin behind the input, 2 left over: 2 rows and columns uncovered; strides 1, 5 fit
  volume   3×5×5, padded 3×7×7, windows of 2×2 → 3×2×2
`},
		{"add", `
  - conv: {name: a, filters: [box], channels: each}
  - activation: {name: r, function: relu}
  - add: {name: s, inputs: [a, r]}`, seven, `
s  O = W
  volume   3×5×5 + 3×5×5 → 3×5×5
`},
		{"concat", `
  - conv: {name: a, filters: [box], channels: each}
  - conv: {name: b, filters: [sobel], inputs: [input]}
  - concat: {name: j, inputs: [a, b, a]}`, seven, `
j  O = W, C = C₁ + C₂ + …
  channels  3 + 2 + 3 = 8
  volume   3×5×5, 2×5×5, 3×5×5 → 8×5×5
`},
		{"upsample", `
  - max_pool: {name: p, kernel_size: 2}
  - upsample: {name: u, scale_factor: 2}`, seven, `
u  O = F·W
  rows and columns  2·3 = 6
  volume   3×3×3 → 3×6×6
`},
		{"scale", `
  - scale: {name: s, factor: 2, shift: [1, 2, 3]}`, seven, `
s  O = W
  volume   3×7×7 → 3×7×7
  weights  3 factors + 3 shifts = 6     multiply-adds 3·7·7 = 147
`},
		{"norm", `
  - local_response_norm: {name: n, size: 5}`, seven, `
n  O = W
  volume   3×7×7 → 3×7×7
`},
		{"nearly whole", conv("stride: 200"), volume.Shape{C: 3, H: 202, W: 203}, `
c  O = (W − K + 2P)/S + 1
  rows     (202 − 3 + 2·0)/200 + 1 = 199/200 + 1 = ⌊0.99⌋ + 1 = 1, 199 left over: 199 rows uncovered; stride 1 fits
  columns  (203 − 3 + 2·0)/200 + 1 = 200/200 + 1 = 2
  volume   3×202×203, 1 filter of 3×3×3 → 1×1×2
  weights  1·(3·3·3) + 1 bias = 28     multiply-adds 1·1·2·27 = 54
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, err := config.Parse("stack.yaml", []byte("version: 1\nlayers:"+c.layers+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			model, err := file.Build()
			if err != nil {
				t.Fatal(err)
			}
			plan, err := model.Stacks[0].Plan(c.in)
			if err != nil {
				t.Fatal(err)
			}
			last := len(plan.Layers) - 1
			if got, want := formula.Text(plan.Layers[last].Layer.Name(), formula.Of(plan, last), 80), strings.TrimPrefix(c.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

var seven = volume.Shape{C: 3, H: 7, W: 7}

func conv(settings string) string {
	return "\n  - conv: {name: c, filters: [box], channels: sum, " + settings + "}"
}

// TestWidth sets a long line of weights over two lines.
func TestWidth(t *testing.T) {
	lines := []formula.Line{{Name: "outputs", Text: "O"}, {Name: "weights", Text: strings.Repeat("9", 30)}, {Name: "multiply-adds", Text: strings.Repeat("8", 26)}}
	if got := formula.Text("l", lines, 89); strings.Count(got, "\n") != 2 {
		t.Errorf("got\n%s", got)
	}
	if got := formula.Text("l", lines, 80); strings.Count(got, "\n") != 3 {
		t.Errorf("got\n%s", got)
	}
}

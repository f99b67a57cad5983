package main

import (
	"fmt"
	"strings"
	"testing"

	"filterbank/filters/config"
	"filterbank/filters/volume"
)

// TestPlanFits prints the plan of long names, large maps and every part of a window in 80
// columns, and with all columns.
func TestPlanFits(t *testing.T) {
	long := strings.Repeat("name-", 12)
	file, err := config.Parse("stack.yaml", fmt.Appendf(nil, `version: 1
layers:
  - conv: {name: %s, filters: [{gaussian: {size: 101}}], stride: 2, padding: [3, 4, 5, 6], padding_mode: replicate, channels: sum}
  - local_response_norm: {name: norm, size: 5}
  - conv: {name: edges, filters: [sobel], channels: sum, dilation: 3}
`, long))
	if err != nil {
		t.Fatal(err)
	}
	model, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := model.Stacks[0].Plan(volume.Shape{C: 3, H: 20000, W: 30001})
	if err != nil {
		t.Fatal(err)
	}
	var narrow, wide strings.Builder
	layerTable(&narrow, plan, false)
	table, _, _ := strings.Cut(narrow.String(), "layer "+long)
	want := `layer                     output        window                         field
name-name-name-…me-name-  1×9954×14956  101×101 s2 p3,4,5,6 replicate  101
norm                      1×9954×14956  5 channels                     101
edges                     2×9948×14950  3×3 d3                         113
`
	if table != want {
		t.Errorf("got\n%s\nwant\n%s", table, want)
	}
	if n := lineWidth(table); n > planWidth {
		t.Errorf("the table has %d columns, want at most %d", n, planWidth)
	}
	layerTable(&wide, plan, true)
	if !strings.Contains(wide.String(), long+"  conv") || !strings.Contains(wide.String(), "multiply-adds") {
		t.Errorf("all columns:\n%s", wide.String())
	}
}

// TestPlanLines draws the lines of graphs: lines that cross, lines with several readers, and more
// lines than a reader can follow, which the names of the inputs replace.
func TestPlanLines(t *testing.T) {
	crossed := `version: 1
layers:
  - activation: {name: a, function: relu}
  - activation: {name: b, function: relu}
  - activation: {name: c, inputs: [a], function: relu}
  - add: {name: d, inputs: [b, a]}
  - add: {name: e, inputs: [d, c]}
  - activation: {name: f, function: relu}
`
	many := "version: 1\nlayers:\n"
	for i := range 9 {
		many += fmt.Sprintf("  - activation: {name: a%d, function: relu}\n", i)
	}
	many += "  - add: {name: sum, inputs: [a0, a1, a2, a3, a4, a5, a6, a7, a8]}\n"
	for _, c := range []struct{ file, want string }{
		{crossed, `layer    kind        output  window  field  params  MACs
╭──── a  activation  1×8×8   1×1     1      0       0
│╭─── b  activation  1×8×8   1×1     1      0       0
├│┬── c  activation  1×8×8   1×1     1      0       0
╰┴│┬─ d  add         1×8×8   1×1     1      0       0
  ╰┴─ e  add         1×8×8   1×1     1      0       0
      f  activation  1×8×8   1×1     1      0       0
`},
		{many, `layer  kind        reads                               output  window  field
a0     activation  -                                   1×8×8   1×1     1
a1     activation  -                                   1×8×8   1×1     1
a2     activation  -                                   1×8×8   1×1     1
a3     activation  -                                   1×8×8   1×1     1
a4     activation  -                                   1×8×8   1×1     1
a5     activation  -                                   1×8×8   1×1     1
a6     activation  -                                   1×8×8   1×1     1
a7     activation  -                                   1×8×8   1×1     1
a8     activation  -                                   1×8×8   1×1     1
sum    add         a0, a1, a2, a3, a4, a5, a6, a7, a8  1×8×8   1×1     1
`},
	} {
		file, err := config.Parse("stack.yaml", []byte(c.file), "input.channels=1")
		if err != nil {
			t.Fatal(err)
		}
		model, err := file.Build()
		if err != nil {
			t.Fatal(err)
		}
		plan, err := model.Stacks[0].Plan(volume.Shape{C: 1, H: 8, W: 8})
		if err != nil {
			t.Fatal(err)
		}
		var table strings.Builder
		layerTable(&table, plan, false)
		if table.String() != c.want {
			t.Errorf("got\n%s\nwant\n%s", table.String(), c.want)
		}
	}
}

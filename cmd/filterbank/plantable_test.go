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

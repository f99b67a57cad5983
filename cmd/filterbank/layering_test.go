package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers lists the module's packages from the top down, as in the architecture of the README. A
// package imports only packages of lower lines.
var layers = [][]string{
	{"cmd/filterbank"},
	{"pipeline/report", "pipeline/calibrate", "pipeline/preview", "pipeline/verify", "pipeline/diff", "pipeline/digest", "pipeline/animate"},
	{"pipeline"},
	{"pipeline/parts"},
	{"pipeline/features"},
	{"pipeline/output", "pipeline/stats"},
	{"pipeline/manifest"},
	{"pipeline/sheet"},
	{"pipeline/scale", "pipeline/drawing", "pipeline/moments"},
	{"pipeline/arithmetic", "pipeline/engine", "pipeline/render", "pipeline/source", "pipeline/decode", "pipeline/store"},
	{"pipeline/bucket", "pipeline/bytename", "pipeline/inorder", "pipeline/mapng", "pipeline/mapng/testmaps", "pipeline/decode/png", "pipeline/decode/jpeg"},
	{"pipeline/decode/inflate", "pipeline/decode/png/pngcases"},
	{"filters/onnx/arch"},
	{"filters/onnx/stackfile"},
	{"filters/config"},
	{"filters/bank", "filters/weights", "filters/formula", "filters/onnx/export"},
	{"filters"},
	{"filters/tensor/torch", "filters/onnx"},
	{"filters/tensor", "filters/kernel"},
	{"filters/volume"},
	{"samples", "cmd/filterbank/terminal", "cmd/filterbank/cluster", "filters/simd", "filters/pages", "pipeline/decode/noun"},
}

func TestImportsPointDownward(t *testing.T) {
	rank := map[string]int{}
	for i, line := range layers {
		for _, p := range line {
			rank["filterbank/"+p] = i
		}
	}
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "filterbank/...")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []string
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		packages = append(packages, fields[0])
		from, ok := rank[fields[0]]
		if !ok {
			t.Errorf("%s has no place among the layers", fields[0])
		}
		for _, imported := range fields[1:] {
			if to, ok := rank[imported]; ok && to <= from {
				t.Errorf("%s imports %s, which is not below it", fields[0], imported)
			}
		}
	}
	for p := range rank {
		if !slices.Contains(packages, p) {
			t.Errorf("%s is among the layers but not in the module", p)
		}
	}
}

package output

import (
	"bytes"
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
	"filterbank/filters/simd"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/render"
	"filterbank/pipeline/sheet"
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
	e := engine.New(nil, simd.Generic)
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

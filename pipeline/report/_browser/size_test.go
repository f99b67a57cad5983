package browser

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filterbank/filters"
	"filterbank/filters/formula"
	"filterbank/filters/volume"
)

// sized is a layer as the page has it, with what Go writes about its size.
type sized struct {
	Layer  map[string]any `json:"layer"`
	Plan   map[string]any `json:"plan"`
	Shapes [][3]int       `json:"shapes"`

	want []formula.Line
}

// TestSizes compares the texts of sizes that the page writes with the texts of filters/formula,
// for 5,000 random layers.
func TestSizes(t *testing.T) {
	random := rand.New(rand.NewPCG(19, 20))
	var all []sized
	kinds := map[string]int{}
	for len(all) < 5000 {
		in := volume.Shape{C: 1 + random.IntN(6), H: 1 + random.IntN(40), W: 1 + random.IntN(40)}
		stack, err := filters.NewStack("", in.C, randomLayers(random, in)...)
		if err != nil {
			continue
		}
		plan, err := stack.Plan(in)
		if err != nil {
			continue
		}
		last := len(plan.Layers) - 1
		all = append(all, sizedOf(plan, last))
		kinds[plan.Layers[last].Layer.Kind()]++
	}
	for _, kind := range []string{"conv", "max_pool", "avg_pool", "add", "concat", "upsample", "scale", "activation", "local_response_norm"} {
		if kinds[kind] < 50 {
			t.Errorf("only %d layers are %s", kinds[kind], kind)
		}
	}
	cases, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var scripts strings.Builder
	for _, name := range []string{"lanes.js", "dom.js", "written.js", "size.js"} {
		text, err := os.ReadFile(filepath.Join("..", "page", name))
		if err != nil {
			t.Fatal(err)
		}
		scripts.Write(text)
	}
	got := value[[][][]any](newTab(t), fmt.Sprintf("(() => { %s\nreturn %s.map((c) => sizeLines(c.layer, c.plan, c.shapes)); })()", scripts.String(), cases))
	wrong := 0
	for i, c := range all {
		var lines []formula.Line
		for _, line := range got[i] {
			over := len(line) > 2 && line[2] == true
			lines = append(lines, formula.Line{Name: line[0].(string), Text: line[1].(string), Over: over})
		}
		if !slices.Equal(lines, c.want) && wrong < 5 {
			wrong++
			t.Errorf("%v %v:\nthe page writes\n%sGo writes\n%s", c.Layer, c.Plan, formula.Text("", lines, 80), formula.Text("", c.want, 80))
		}
	}
}

func sizedOf(plan *filters.Plan, l int) sized {
	lp := &plan.Layers[l]
	dims := func(s volume.Shape) [3]int { return [3]int{s.C, s.H, s.W} }
	layer := map[string]any{
		"kind": lp.Layer.Kind(), "inputs": lp.Inputs, "groups": 1,
		"kernel": [2]int{lp.Rows.Kernel, lp.Cols.Kernel}, "stride": [2]int{lp.Rows.Stride, lp.Cols.Stride}, "dilation": [2]int{lp.Rows.Dilation, lp.Cols.Dilation},
	}
	if groups, ok := filters.AttributeOf[int](lp.Layer, "groups"); ok {
		layer["groups"] = groups
	}
	if p, ok := filters.AttributeOf[filters.Padding](lp.Layer, "padding"); ok && p.Kind != filters.Explicit {
		layer["auto"] = p.Kind.String()
	} else if ok && lp.Layer.Kind() != "conv" {
		layer["after"] = [2]int{p.Bottom, p.Right}
	}
	if ceil, ok := filters.AttributeOf[filters.Flag](lp.Layer, "ceil_mode"); ok && bool(ceil) {
		layer["ceilMode"] = true
	}
	if up, ok := filters.AttributeOf[[2]int](lp.Layer, "scale_factor"); ok {
		layer["up"] = up
	}
	if size, ok := filters.AttributeOf[int](lp.Layer, "size"); ok {
		layer["norm"] = map[string]int{"size": size}
	}
	s := sized{Layer: layer, want: formula.Of(plan, l)}
	s.Plan = map[string]any{"in": dims(lp.In), "out": dims(lp.Out), "pad": [4]int{lp.Rows.Before, lp.Cols.Before, lp.Rows.After, lp.Cols.After}}
	for _, from := range lp.Inputs {
		in := plan.Input
		if from >= 0 {
			in = plan.Layers[from].Out
		}
		s.Shapes = append(s.Shapes, dims(in))
	}
	return s
}

// randomLayers are layers of which the last one is of any kind.
func randomLayers(random *rand.Rand, in volume.Shape) []filters.Layer {
	n := func(least, most int) int { return least + random.IntN(most-least+1) }
	var layers []filters.Layer
	add := func(l filters.Layer, err error) {
		if err == nil {
			layers = append(layers, l)
		}
	}
	pair := func(least, most int) [2]int {
		a := n(least, most)
		if random.IntN(2) == 0 {
			return [2]int{a, a}
		}
		return [2]int{a, n(least, most)}
	}
	switch random.IntN(12) {
	case 0, 1, 2, 3:
		groups := 1
		if random.IntN(4) == 0 {
			groups = in.C
		}
		spec := filters.ConvSpec{Name: "l", InChannels: in.C, KernelSize: pair(1, 7), Stride: pair(1, 9), Dilation: pair(1, 3), Groups: groups}
		spec.Weights = make([]float32, groups*n(1, 3)*in.C/groups*spec.KernelSize[0]*spec.KernelSize[1])
		switch kind := filters.PaddingKind(random.IntN(4)); kind {
		case filters.Explicit:
			p := pair(0, 4)
			spec.Padding = filters.Padding{Top: p[0], Left: p[1], Bottom: p[0], Right: p[1]}
			if random.IntN(2) == 0 {
				spec.Padding.Bottom = n(0, 4)
			}
		case filters.Same:
			spec.Padding.Kind, spec.Stride = kind, [2]int{1, 1}
		default:
			spec.Padding.Kind = kind
		}
		add(filters.NewConv(spec))
	case 4, 5, 6:
		spec := filters.PoolSpec{Name: "l", Kind: filters.PoolKind(random.IntN(2)), KernelSize: pair(1, 6), Stride: pair(1, 6), CeilMode: random.IntN(2) == 0}
		for side := range spec.Padding {
			spec.Padding[side] = n(0, spec.KernelSize[side%2]/2)
		}
		if random.IntN(2) == 0 {
			spec.Padding[2], spec.Padding[3] = spec.Padding[0], spec.Padding[1]
		}
		add(filters.NewPool(spec))
	case 7:
		spec := filters.UpsampleSpec{Name: "l", Factor: pair(1, 3), Mode: filters.UpsampleMode(random.IntN(2))}
		add(filters.NewPool(filters.PoolSpec{Name: "p", KernelSize: spec.Factor}))
		add(filters.NewUpsample(spec))
	case 8:
		add(filters.NewScale(filters.ScaleSpec{Name: "l", Factor: make([]float32, in.C), Shift: make([]float32, in.C)}))
	case 9:
		add(filters.NewActivation(filters.ActivationSpec{Name: "l"}))
	case 10:
		add(filters.NewNorm(filters.NormSpec{Name: "l", Size: 3, Beta: 1, K: 1}))
	case 11:
		names := []string{"input"}
		for i := range n(1, 3) {
			name := fmt.Sprint("a", i)
			add(filters.NewConv(filters.ConvSpec{Name: name, Inputs: []string{"input"}, InChannels: in.C, KernelSize: [2]int{1, 1}, Weights: make([]float32, in.C*in.C)}))
			names = append(names, name)
		}
		add(filters.NewJoin(filters.JoinSpec{Name: "l", Inputs: names, Kind: filters.JoinKind(random.IntN(2))}))
	}
	return layers
}

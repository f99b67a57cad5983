package browser

import (
	"encoding/json"
	"fmt"
	"image"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"testing"

	"filterbank/filters"
	"filterbank/filters/volume"
)

// settings are those of a layer, under the names that the page gives them.
type settings struct {
	Kernel   [2]int `json:"kernel"`
	Stride   [2]int `json:"stride"`
	Pad      [4]int `json:"pad"`
	Dilation [2]int `json:"dilation"`
	Mode     string `json:"mode"`
	Groups   int    `json:"groups"`
}

// geometry is a layer's, as the page works it out.
type geometry struct {
	Problem string `json:"problem"`
	Out     [3]int `json:"out"`
	Field   [2]int `json:"field"`
	Jump    [2]int `json:"jump"`
	Start   [2]int `json:"start"`
	Left    [2]int `json:"left"`

	Window box   `json:"window"` // of the last output, in the layer's input
	Frame  []box `json:"frame"`  // around the padding, if there is any
	Strips []box `json:"strips"` // that no output covers
}

// box is a rectangle that the page draws.
type box struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// drawn adds what the page draws of a layer's geometry on an input.
func (g *geometry) drawn(in volume.Shape, s settings) {
	span := func(a int) int { return s.Dilation[a]*(s.Kernel[a]-1) + 1 }
	g.Window = box{(g.Out[2]-1)*s.Stride[1] - s.Pad[1], (g.Out[1]-1)*s.Stride[0] - s.Pad[0], span(1), span(0)}
	all := box{-s.Pad[1], -s.Pad[0], s.Pad[1] + in.W + s.Pad[3], s.Pad[0] + in.H + s.Pad[2]}
	g.Frame, g.Strips = []box{}, []box{}
	if s.Pad != [4]int{} {
		g.Frame = append(g.Frame, all)
	}
	right, bottom := all.X+all.Width-g.Left[1], all.Y+all.Height-g.Left[0]
	if g.Left[1] > 0 {
		g.Strips = append(g.Strips, box{right, all.Y, g.Left[1], all.Height})
	}
	if g.Left[0] > 0 {
		g.Strips = append(g.Strips, box{all.X, bottom, right - all.X, g.Left[0]})
	}
}

// TestGeometry compares the geometry of 500 random settings of a second layer with the plan's, and
// with it the window, the padding and the strips that the tab What if draws.
func TestGeometry(t *testing.T) {
	r := &run{dir: t.TempDir()}
	random := rand.New(rand.NewPCG(15, 16))
	size := volume.Shape{C: 3, H: 23, W: 31}
	r.picture(t, "a.png", image.NewRGBA(image.Rect(0, 0, size.W, size.H)), random)
	r.write(t, "s.yaml", []byte("version: 1\nlayers:\n  - conv: {name: one, filters: [sobel], padding: [2, 1, 0, 3], stride: [1, 2]}\n  - conv: {name: two, filters: [box], channels: mean, padding: 1}\n"))
	r.do(t, 0, "run", "a.png", "-q", "-o", "maps", "-c", "s.yaml", "--layers", "all", "--report")
	n := func(least, most int) int { return least + random.IntN(most-least+1) }
	modes := []filters.PaddingMode{filters.Zeros, filters.Reflect, filters.Replicate, filters.Circular}
	all := make([]settings, 500)
	want := make([]geometry, len(all))
	one := conv(t, filters.ConvSpec{Name: "one", InChannels: 3, KernelSize: [2]int{3, 3}, Weights: make([]float32, 2*27), Stride: [2]int{1, 2}, Padding: filters.Padding{Top: 2, Left: 1, Bottom: 0, Right: 3}})
	for i := range all {
		mode := modes[random.IntN(4)]
		s := settings{
			[2]int{n(1, 9), n(1, 9)}, [2]int{n(1, 6), n(1, 6)}, [4]int{n(0, 9), n(0, 9), n(0, 9), n(0, 9)}, [2]int{n(1, 3), n(1, 3)}, mode.String(), 1,
		}
		all[i] = s
		two := conv(t, filters.ConvSpec{
			Name:       "two",
			InChannels: 2, KernelSize: s.Kernel, Weights: make([]float32, 2*s.Kernel[0]*s.Kernel[1]), Stride: s.Stride, Dilation: s.Dilation,
			Padding: filters.Padding{Top: s.Pad[0], Left: s.Pad[1], Bottom: s.Pad[2], Right: s.Pad[3], Mode: mode},
		})
		stack, err := filters.NewStack("", 3, one, two)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := stack.Plan(size)
		if err != nil {
			want[i].Problem = err.Error()
			continue
		}
		lp := plan.Layers[1]
		want[i] = geometry{
			Out: [3]int{lp.Out.C, lp.Out.H, lp.Out.W}, Field: lp.Field, Jump: lp.Jump, Start: lp.FieldStart, Left: [2]int{lp.UncoveredRows, lp.UncoveredCols},
		}
		want[i].drawn(lp.In, s)
	}
	list, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	tab := newTab(t)
	tab.open(filepath.Join(r.dir, "maps", "report.html"), "#/p/0/0/1/0/0/0/whatif")
	got := value[[]geometry](tab, fmt.Sprintf(`%s.map((s) => {
		const tab = document.querySelector("main > article").view.tabs.now, { plan, problem, left } = tab.planOf(s);
		if (problem) return { problem };
		tab.result = { plan, layer: { ...tab.layer, ...s, auto: undefined } };
		const figure = tab.inputFigure();
		tab.markInput({ y: plan.out[1] - 1, x: plan.out[2] - 1 });
		const boxes = (of) => [...figure.querySelectorAll(of)].map((e) => Object.fromEntries(["x", "y", "width", "height"].map((k) => [k, Number(e.getAttribute(k))])));
		return { ...plan, problem: "", left, window: boxes(".line")[0], frame: boxes(".padding-frame"), strips: boxes(".strip-of") };
	})`, list))
	refused := 0
	for i := range all {
		if want[i].Problem != "" {
			refused++
			if got[i].Problem != want[i].Problem {
				t.Errorf("%+v: the page says %q, the plan %q", all[i], got[i].Problem, want[i].Problem)
			}
			continue
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%+v: the page has %+v, the plan %+v", all[i], got[i], want[i])
		}
	}
	if refused < 10 || refused > 400 {
		t.Errorf("%d settings of %d were refused", refused, len(all))
	}
}

func conv(t *testing.T, spec filters.ConvSpec) filters.Layer {
	t.Helper()
	layer, err := filters.NewConv(spec)
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

// TestExamples checks the sizes that courses work out: 7×7 with 3×3 at strides 1, 2 and 3, and
// 32×32 with 5×5 without padding and with padding 2 (CS231n, Convolutional Neural Networks).
func TestExamples(t *testing.T) {
	r := &run{dir: t.TempDir()}
	random := rand.New(rand.NewPCG(17, 18))
	r.picture(t, "in/a.png", image.NewRGBA(image.Rect(0, 0, 7, 7)), random)
	r.picture(t, "in/b.png", image.NewRGBA(image.Rect(0, 0, 32, 32)), random)
	r.write(t, "s.yaml", []byte("version: 1\nlayers:\n  - conv: {name: one, filters: [sobel], padding: 0}\n"))
	r.do(t, 0, "run", "in", "-q", "-o", "maps", "-c", "s.yaml", "--report")
	tab := newTab(t)
	for _, c := range []struct {
		picture  int
		settings string
		want     string
	}{
		{0, "stride: [1, 1]", "(7 − 3 + 2·0)/1 + 1 = 4/1 + 1 = 5"},
		{0, "stride: [2, 2]", "(7 − 3 + 2·0)/2 + 1 = 4/2 + 1 = 3"},
		{0, "stride: [3, 3]", "(7 − 3 + 2·0)/3 + 1 = 4/3 + 1 = ⌊1.33⌋ + 1 = 2, 1 left over: 1 row and column uncovered; strides 1, 2, 4 fit"},
		{1, "kernel: [5, 5]", "(32 − 5 + 2·0)/1 + 1 = 27/1 + 1 = 28"},
		{1, "kernel: [5, 5], pad: [2, 2, 2, 2]", "(32 − 5 + 2·2)/1 + 1 = 31/1 + 1 = 32"},
	} {
		tab.open(filepath.Join(r.dir, "maps", "report.html"), fmt.Sprintf("#/p/%d/0/0/0/0/0/whatif", c.picture))
		is(tab, `(() => { const tab = document.querySelector("main > article").view.tabs.now, to = { `+c.settings+` };
			if (to.kernel) tab.controls.resize(to.kernel, 1);
			delete to.kernel;
			tab.set(to);
			return [...document.querySelectorAll(".what .worked dl > div")].filter((d) => /rows/.test(d.firstChild.textContent)).map((d) => d.lastChild.textContent).join("; "); })()`, c.want)
	}
}

// TestRounding checks that no value from 1e-4 on is called rounding, on a sample with filters
// whose sums cancel.
func TestRounding(t *testing.T) {
	samples, err := filepath.Abs("../../../samples")
	if err != nil {
		t.Fatal(err)
	}
	r := &run{dir: t.TempDir()}
	r.do(t, 0, "run", filepath.Join(samples, "scene.jpg"), filepath.Join(samples, "shapes.png"), "-q", "-o", "maps", "--bank", "sobel,laplacian,log", "--layers", "all", "--report")
	tab := newTab(t)
	for p := range 2 {
		tab.open(filepath.Join(r.dir, "maps", "report.html"), fmt.Sprintf("#/p/%d", p))
		is(tab, `(() => { const { probe } = document.querySelector("main > article").view; let called = 0;
			for (const [st, s] of probe.stacks.entries()) { const [k, h, w] = s.plans[0].out;
				for (let i = 0; i < 900; i++) { const y = (i * 7919) % h, x = (i * 104729) % w, { before } = s.explain(0, i % k, y, x);
					if (!probe.text({ st, l: 0, k: i % k, y, x }).includes("rounding")) continue;
					called++;
					if (Math.abs(before) >= 1e-4) return st + " " + y + "," + x + ": " + before; } }
			return called > 20; })() + ""`, "true")
	}
}

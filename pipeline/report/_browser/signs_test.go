package browser

import (
	"encoding/json"
	"image"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// signMarks has functions for canvases. marks(canvas) says, for a square's corner and size, whether
// the square is marked, so that its pixels differ. wrong gives the size of a canvas's squares, the
// number of marks, and the number of wrong or missing marks. kernels does so for three channels of
// 7×7 weights.
const signMarks = `const view = document.querySelector("main > article")?.view, marks = (canvas) => {
	const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height), pixels = new Uint32Array(data.buffer);
	return (x, y, size) => {
		for (let i = 0; i < size * size; i++) if (pixels[(y + Math.floor(i / size)) * canvas.width + x + i % size] !== pixels[y * canvas.width + x]) return true;
		return false;
	};
};
const count = (all, size, top) => [size, all.filter(([, m]) => m).length, all.filter(([v, m]) => m !== v < -top / (size < 8 ? 6 : 256)).length];
const largest = (values) => values.reduce((top, v) => Math.max(top, Math.abs(v)), 0);
const wrong = (canvas, values, width, top = largest(values)) => {
	const size = canvas.width / width, mark = marks(canvas);
	return count([...values].map((v, i) => [v, mark(i % width * size, Math.floor(i / width) * size, size)]), size, top);
};
const kernels = (canvases, weights) => [...canvases].map((c, i) => wrong(c, weights.slice(i * 49, i * 49 + 49), 7, largest(weights)));`

// TestSigns checks that negative squares without numbers are marked, and no others: kernels large
// and small, the grid of kernels, and maps whose squares are large enough.
func TestSigns(t *testing.T) {
	r := &run{dir: t.TempDir()}
	r.maps = filepath.Join(r.dir, "maps")
	random := rand.New(rand.NewPCG(31, 32))
	r.picture(t, "a.png", image.NewRGBA(image.Rect(0, 0, 40, 30)), random)
	r.write(t, "one.npy", randomArray(random, 5, 3, 7, 7))
	r.write(t, "two.npy", randomArray(random, 2, 5, 5, 5))
	r.write(t, "s.yaml", []byte("version: 1\ninput: {mean: 0.5}\nlayers:\n"+
		"  - conv: {name: one, weights: one.npy, padding: 3, activation: none}\n"+
		"  - conv: {name: two, weights: two.npy, padding: 2, activation: none}\n"))
	r.do(t, 0, "run", "a.png", "-q", "-c", "s.yaml", "-o", "maps", "--layers", "all", "--report")
	page := filepath.Join(r.maps, "report.html")
	tab := newTab(t)
	// check finds canvases with a size of squares, with marks, and with no mark wrong or missing.
	check := func(what string, size float64, canvases string) {
		t.Helper()
		got := value[[][3]float64](tab, `(() => { `+signMarks+` return `+canvases+`; })()`)
		marked := 0.0
		for i, c := range got {
			if marked += c[1]; c[0] != size || c[2] != 0 {
				t.Errorf("%s, canvas %d: squares of %v pixels, %v marks, %v of them wrong or missing", what, i, c[0], c[1], c[2])
			}
		}
		if marked == 0 {
			t.Errorf("%s: %d canvases without a mark", what, len(got))
		}
	}
	tab.open(page, "#/p/0/0/0/0/7/9")
	tab.until(`document.querySelectorAll(".about .cells").length === 3`)
	tab.frame()
	weights, _ := json.Marshal(value[[]float32](tab, `[...document.querySelector("main > article").view.probe.stacks[0].arrays[0].weights.slice(0, 147)]`))
	check("channels", 7, `kernels(document.querySelectorAll(".about .cells"), `+string(weights)+`)`)
	// A map from the run has the values' signs once it is enlarged.
	is(tab, `(() => { const { view } = document.querySelector("main > article"), [zoom] = view.stage.zooms, of = view.probe.stacks[0].tile(0, 0, 1, [...Array(30).keys()], [...Array(40).keys()]);
		zoom.to(1.5); return !zoom.digits.hidden && zoom.texts([0, 30], [0, 40], zoom.frame.clientWidth * zoom.z / 40).every(({ lines }, i) => lines.join() === (of[i] < 0 ? "−" : "")); })()`, true)
	tab.open(page, "#/p/0/0/0/1/7/9/compare")
	tab.until(`document.querySelectorAll(".compare-maps .values").length === 5`)
	tab.frame()
	check("maps", 15, `view.tabs.now.drawn.slice(0, 3).map((m, i) => wrong(m.shown, m.values, 40, i < 2 ? largest(view.tabs.now.maps.flatMap((m) => [...m.values])) : undefined))`)
	tab.open(page, "#/p/0/0/1/1/7/9/kernels")
	check("grid", 19, `(() => { const t = view.tabs.now, mark = marks(t.canvas), { w, margin, top } = t.cell, size = (w - 2) / 5, all = [];
		for (let c = 0; c < 5; c++) t.own(0, c).forEach((v, i) => all.push([v, mark(margin + c * w + 1 + i % 5 * size, top + 1 + Math.floor(i / 5) * size, size)]));
		return [count(all, size, t.top)]; })()`)
	// The theme's ink draws them.
	const grid = `document.querySelector(".kernels").toDataURL()`
	before := value[string](tab, grid)
	tab.do(click("#theme"), click("#theme"))
	if value[string](tab, grid) == before {
		t.Error("the grid has the same colours in the dark")
	}
	// The diagram's squares are too small for bars.
	tab.open(page, "#/")
	tab.until(`document.querySelectorAll(".strip .cells").length > 3`)
	tab.frame()
	check("diagram", 2, `kernels([...document.querySelectorAll(".strip .cells")].slice(0, 3), `+string(weights)+`)`)
}

// frame waits until the page is drawn.
func (t *tab) frame() {
	t.Helper()
	is(t, `new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(true), 20)))`, true)
}

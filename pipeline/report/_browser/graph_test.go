package browser

import (
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// graph makes a run of layers that read several others, or whose windows are no windows.
func graph(t testing.TB, size int) string {
	t.Helper()
	r := &run{dir: t.TempDir()}
	r.picture(t, "a.png", image.NewRGBA(image.Rect(0, 0, size, size)), rand.New(rand.NewPCG(21, 22)))
	r.write(t, "s.yaml", []byte(`version: 1
layers:
  - conv: {name: one, filters: [sobel-x, sobel-y], padding: 1, activation: none}
  - conv: {name: two, filters: [box, identity], padding: 1, activation: none}
  - add: {name: sum, inputs: [two, one, two, one]}
  - activation: {name: pre, function: prelu, negative_slope: [0.5, 2]}
  - scale: {name: scaled, factor: [2, 3], shift: [1, 0]}
  - concat: {name: both, inputs: [one, scaled]}
  - max_pool: {name: half, kernel_size: 2}
  - upsample: {name: large, scale_factor: 2, mode: bilinear}
  - conv: {name: side, filters: [sobel, laplacian], inputs: [input], padding: [2, 0], activation: prelu, negative_slope: [0.5, -2, 3, 0.1]}
`))
	r.do(t, 0, "run", "a.png", "-q", "-o", "maps", "-c", "s.yaml", "--layers", "all", "--report")
	return filepath.Join(r.dir, "maps", "report.html")
}

const view = `document.querySelector("main > article").view`

// TestGraphSteps opens the tab Step at every layer of a graph. The cells under the window have
// the terms' values, in pictures with cells and in larger ones.
func TestGraphSteps(t *testing.T) {
	page := graph(t, 12)
	tab := newTab(t)
	for l := range 9 {
		for _, place := range []string{"1/5/6", "0/0/11"} {
			tab.open(page, fmt.Sprintf("#/p/0/0/%d/%s/step", l, place))
			tab.until(`document.querySelector(".pair-list") !== null && [...` + view + `.tabs.now.boards.values()].every((b) => b.cells)`)
			is(tab, `(() => { const { view } = document.querySelector("main > article"), { now } = view.tabs, { terms } = now.result;
				for (const [c, board] of now.boards) {
					const own = terms.filter((t) => t.c === c && t.inside), tapped = board.tapped.filter((cell) => !cell.matches(".pad"));
					if (tapped.length !== own.length) return "channel " + c + ": " + tapped.length + " cells for " + own.length + " terms";
					for (const [i, t] of own.entries()) if (Math.fround(tapped[i].title.split(" ")[0]) !== t.v) return "channel " + c + ": " + tapped[i].title + ", not " + t.v;
					const w = board.win.getBoundingClientRect(), sees = tapped.every((cell) => { const b = cell.getBoundingClientRect(); return b.left > w.left - 2 && b.right < w.right + 2 && b.top > w.top - 2 && b.bottom < w.bottom + 2; });
					if (!sees) return "channel " + c + ": the window is elsewhere";
				}
				return now.boards.size > 0 && now.sums.every((s) => s.sum === s.sum); })() + ""`, "true")
			// The maps after the activation are the probe's.
			is(tab, `(() => { const { view } = document.querySelector("main > article"), { at, probe } = view, cells = [...document.querySelectorAll(".pair:nth-child(" + (at.k + 1) + ") .grid:last-child, .pair:nth-child(" + (at.k + 1) + ") .board:last-child .grid")].at(-1);
				return !cells || Math.fround(cells.tBodies[0].rows[at.y].cells[at.x + 1].title.replace("−", "-")) === probe.value(at, Infinity) || cells.tBodies[0].rows[at.y].cells[at.x + 1].title + ", not " + probe.value(at, Infinity); })() + ""`, "true")
		}
	}
	tab.open(page, "#/p/0/0/2/0/5/6/step")
	is(tab, text(".channels h3"), "Input: two, one")
	is(tab, `document.querySelector(".channels header").textContent.includes("NaN")`, false)
	tab.open(page, "#/p/0/0/7/0/5/6")
	is(tab, view+`.probe.text({ st: 0, l: 7, k: 0, y: 5, x: 6 }).split(" = ")[1].split("·").length`, 7) // six weights
}

// TestGraphLeads follows the terms of a concatenation through a scale, an activation and a sum to the
// layers that made them.
func TestGraphLeads(t *testing.T) {
	page := graph(t, 12)
	tab := newTab(t)
	tab.open(page, "#/p/0/0/5/3/5/6")
	for _, step := range []struct {
		term int
		want string // layer, filter, row and column
	}{{0, "4 1 5 6"}, {0, "3 1 5 6"}, {0, "2 1 5 6"}, {1, "0 1 5 6"}} {
		tab.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[aria-label=terms] details").open = true`))
		tab.until(`document.querySelector("[aria-label=terms] button.to") !== null`)
		tab.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelectorAll("[aria-label=terms] button.to")[%d].click()`, step.term)))
		is(tab, `(() => { const { l, k, y, x } = `+view+`.at; return [l, k, y, x].join(" "); })()`, step.want)
	}
}

// TestGraphPictures does so where the input is a picture.
func TestGraphPictures(t *testing.T) {
	page := graph(t, 80)
	tab := newTab(t)
	for l, frames := range map[int]int{1: 1, 2: 3, 5: 1, 7: 1, 8: 1} {
		tab.open(page, fmt.Sprintf("#/p/0/0/%d/1/41/42/step", l))
		is(tab, `document.querySelectorAll(".window-on").length`, frames)
		is(tab, `(() => { const { terms } = `+view+`.tabs.now.result, box = document.querySelector(".window-on .line"), [x, y, width, height] = ["x", "y", "width", "height"].map((k) => Number(box.getAttribute(k)));
			return terms.every((t) => !t.inside || (t.x >= x && t.y >= y && t.x < x + width && t.y < y + height)) && width <= 3; })()`, true)
	}
	// An output that waits for its button has no rows of the layer before.
	tab.open(page, "#/p/0/0/1/1/41/42/step")
	is(tab, `(() => { const { now } = `+view+`.tabs; now.offer(`+view+`.at); return now.result === undefined && now.sums === undefined && now.layer === undefined; })()`, true)
	// A layer that reads the picture has its own padding, wherever it stands.
	tab.open(page, "#/p/0/0/8/1/41/42")
	is(tab, `JSON.stringify(`+view+`.stage.extents.map(({ before, after }) => [before, after]))`, "[[2,2],[0,0]]")
}

// TestGraphLayers opens the view and the tab Kernels of every layer.
func TestGraphLayers(t *testing.T) {
	page := graph(t, 12)
	tab := newTab(t)
	tab.open(page, "")
	is(tab, `[...document.querySelectorAll(".diagram .layer")].map((e) => [...e.querySelectorAll("p")].map((p) => p.textContent).find((t) => t.startsWith("reads ")) ?? "").join("; ")`,
		"; ; reads two, one; ; ; reads one, scaled; ; ; reads the picture")
	is(tab, `document.querySelectorAll(".diagram .layer")[2].textContent.includes("stride")`, false)
	for l := range 9 {
		tab.open(page, fmt.Sprintf("#/l/0/%d", l))
		is(tab, `document.querySelectorAll(".filter").length > 0`, true)
		tab.open(page, fmt.Sprintf("#/p/0/0/%d/1/5/6/kernels", l))
	}
	tab.open(page, "#/p/0/0/4/1/5/6/kernels")
	is(tab, text(".kernels-tab h3"), "2×1 kernels of 1×1")
	is(tab, `[...document.querySelectorAll(".kernel-shown tbody td")].map((c) => c.title).join()`, "3")
	tab.open(page, "#/p/0/0/3/1/5/6/kernels")
	is(tab, text(".kernels-tab .note")+`.includes("has no kernels")`, true)
}

// TestGraphLines checks in a row and in a column that a line leads from every volume that a layer
// reads past others to the box of that layer, and that lines which overlap have lanes of their own.
// A chain has no lines.
func TestGraphLines(t *testing.T) {
	page := graph(t, 12)
	tab := newTab(t)
	for _, width := range []int64{1280, 390} {
		tab.do(chromedp.EmulateViewport(width, 844))
		tab.open(page, "")
		tab.until(`document.querySelector(".skips path")?.hasAttribute("d")`)
		is(tab, `(() => { const items = [...document.querySelectorAll(".diagram > li")], edge = document.querySelector(".diagram").getBoundingClientRect(), column = innerWidth < 500, found = [];
			const near = (p, b) => p.x > b.left - 3 && p.x < b.right + 3 && p.y > b.top - 3 && p.y < b.bottom + 3;
			const index = (p, selector) => items.findIndex((li) => [...li.querySelectorAll(selector)].some((e) => near(p, e.getBoundingClientRect()))) - 1;
			const path = document.querySelector(".skips path");
			for (const d of path.getAttribute("d").match(/M[^M]*M[^M]*/g)) { // a line and its arrow
				const numbers = d.match(/-?[\d.]+/g).map(Number), points = Array.from({ length: numbers.length / 2 }, (_, i) => new DOMPoint(numbers[2 * i], numbers[2 * i + 1]).matrixTransform(path.getScreenCTM()));
				const lane = Math.round(column ? points[2].x : points[2].y), far = Math.max(...items.map((li) => column ? li.getBoundingClientRect().right : li.getBoundingClientRect().bottom));
				if (lane < far || lane > (column ? edge.right : edge.bottom)) return "a lane at " + lane + " is not beside the boxes";
				found.push({ from: index(points[0], ".volume"), to: index(points[7], ".layer"), lane });
			}
			for (const a of found) for (const b of found) if (a.from < b.from && b.from < a.to && a.lane === b.lane) return "two lines overlap at " + a.lane;
			return found.map(({ from, to }) => from + " " + to).join(", "); })()`, "0 2, 0 5, -1 8")
		is(tab, `document.querySelector(".skips").getAttribute("aria-hidden")`, "true")
		is(tab, `[...document.querySelectorAll(".diagram .branch h4")].map((e) => e.textContent).join()`, "side")
		is(tab, `document.documentElement.scrollWidth <= innerWidth`, true)
	}
	// Nine sums of distant layers need nine lanes, one more than the page draws.
	script, err := os.ReadFile("../page/stack.js")
	if err != nil {
		t.Fatal(err)
	}
	is(tab, fmt.Sprintf(`(() => { %s
		return [0, 8, 9].map((n) => skipLanes(Array.from({ length: 2 * n + 1 }, (_, l) => ({ inputs: l > n ? [l - 1, l - n - 1] : [l - 1] }))).length).join(); })()`, script), "0,8,9")
	tab.open(textbook(t), "")
	is(tab, `document.querySelectorAll(".diagram .layer").length > 0 && document.querySelector(".skips, .branch") === null`, true)
}

// TestGraphCosts compares the estimate of the multiply-adds that whole maps of a graph take, over
// all branches, with their number.
func TestGraphCosts(t *testing.T) {
	tab := newTab(t)
	tab.open(graph(t, 12), "#/p/0")
	is(tab, `(() => { const { probe: { stacks: [a], data } } = `+view+`, all = (n) => [...Array(n).keys()];
		return a.layers.map((_, l) => { const [k, h, w] = a.plans[l].out; a.memo.clear(); let done = 0;
			for (const steps = a.steps(l, 0, k, all(h), all(w)); ;) { const step = steps.next(); if (step.done) break; done += step.value; }
			return done - data.size.reduce((n, v) => n * v) - a.cost(l, 0, k, h, w); }).join(); })()`, "0,0,0,0,0,0,0,0,0")
	// A part of a concat reads its own branch and no other.
	is(tab, `(() => { const [a] = `+view+`.probe.stacks; return a.cost(5, 0, 2, 12, 12) - a.cost(0, 0, 2, 12, 12); })()`, 2*12*12)
	is(tab, `(() => { const [a] = `+view+`.probe.stacks, n = 2 * 12 * 12; return a.held(2, 0, 2, 12, 12) === n + 2 * 4 * n; })()`, true)
}

// TestWorkerErrors has jobs fail. The error stands where the figure would be.
func TestWorkerErrors(t *testing.T) {
	page := graph(t, 12)
	tab := newTab(t)
	for _, name := range []string{"step", "whatif"} {
		tab.open(page, "#/p/0/0/1/0/5/6/"+name)
		tab.until(`document.querySelector(".pair-list, .what-maps .board") !== null`)
		tab.do(chromedp.Evaluate[chromedp.Void](`(() => { const { view } = document.querySelector("main > article"), { now } = view.tabs, post = Worker.prototype.postMessage;
			Worker.prototype.postMessage = function (m) { post.call(this, m.job ? { ...m, l: 99 } : m); };
			now.pairs ? now.pairs.build(view.at, true) : now.compute(true); })()`))
		tab.until(`[...document.querySelectorAll("[role=alert]")].some((e) => !e.hidden && e.textContent.length > 5)`)
		is(tab, `document.body.innerText.includes("Computing…")`, false)
	}
}

// TestGraphOfOneChannel joins a gray picture with a map. The first layer reads the picture twice.
func TestGraphOfOneChannel(t *testing.T) {
	r := &run{dir: t.TempDir()}
	r.write(t, "a.npy", randomArray(rand.New(rand.NewPCG(23, 24)), 1, 12, 12))
	r.write(t, "s.yaml", []byte(`version: 1
input: {channels: 1}
layers:
  - concat: {name: twice, inputs: [input, input]}
  - conv: {name: one, filters: [sobel], channels: each, padding: 1}
  - concat: {name: both, inputs: [input, one]}
`))
	r.do(t, 0, "run", "a.npy", "-q", "-o", "maps", "-c", "s.yaml", "--layers", "all", "--report")
	tab := newTab(t)
	tab.open(filepath.Join(r.dir, "maps", "report.html"), "#/p/0/0/2/2/5/6/step")
	is(tab, `(() => { const [a] = `+view+`.probe.stacks; return [0, 1, 2, 3, 4].every((k) => { const { l, k: own } = a.sourceOf(2, k, k); return l === (k < 1 ? -1 : 1) && own === (k < 1 ? 0 : k - 1) && (l < 0 || a.value(2, k, 5, 6) === a.value(1, own, 5, 6)); }); })()`, true)
}

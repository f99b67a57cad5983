package browser

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPage walks through a report like its reader.
func TestPage(t *testing.T) {
	r := newRun(t, "--report")
	page := filepath.Join(r.maps, "report.html")
	t.Run("overview", func(t *testing.T) { overview(newTab(t), page) })
	t.Run("keyboard", func(t *testing.T) { keyboard(newTab(t), page) })
	t.Run("pointer", func(t *testing.T) { pointer(newTab(t), page) })
	t.Run("map", func(t *testing.T) { mapFacts(newTab(t), page) })
	t.Run("field", func(t *testing.T) { field(newTab(t), page) })
	t.Run("walk", func(t *testing.T) { walk(newTab(t), page) })
	t.Run("terms", func(t *testing.T) { terms(newTab(t), page) })
	t.Run("look", func(t *testing.T) { look(newTab(t), page) })
	t.Run("step", func(t *testing.T) { step(newTab(t), textbook(t)) })
	t.Run("steps", func(t *testing.T) { steps(newTab(t), page) })
	t.Run("kernels", func(t *testing.T) { kernels(newTab(t), page) })
	t.Run("theme", func(t *testing.T) { theme(newTab(t), page) })
	t.Run("narrow", func(t *testing.T) { narrow(newTab(t), page) })
	t.Run("gone", func(t *testing.T) {
		if err := os.Remove(filepath.Join(r.dir, "photos", "eight.png")); err != nil {
			t.Fatal(err)
		}
		r.do(t, 0, "report", "maps", "-q")
		gone(newTab(t), page)
	})
}

// is checks the value of an expression.
func is[T comparable](t *tab, expression string, want T) {
	t.Helper()
	if got := value[T](t, expression); got != want {
		t.Errorf("%s is %v, want %v", expression, got, want)
	}
}

// text is the text of an element on the page.
func text(selector string) string { return `document.querySelector("` + selector + `").textContent` }

// focus and click act like Tab and the mouse. chromedp's own functions would wait for an animation
// to end.
func focus(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](`document.querySelector("` + selector + `").focus()`)
}

func click(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](`document.querySelector("` + selector + `").click()`)
}

const (
	images = `[...document.querySelectorAll("main img")]`
	where  = `location.hash`
)

func overview(t *tab, page string) {
	t.open(page, "")
	is(t, `document.querySelectorAll(".diagram").length`, 6)
	is(t, `document.querySelectorAll(".diagram .layer").length`, 40)
	is(t, `document.querySelectorAll(".gallery li").length`, 5)
	is(t, `document.querySelectorAll(".warning").length > 0`, true) // uncovered rows
	is(t, text(".gallery .failed .code"), "not-a-picture")
	// A name that would end an element or an attribute is text, and adds nothing.
	is(t, `[...document.querySelectorAll(".name")].filter((n) => n.title.includes("<img src=x onerror=alert(1)> <!--")).length`, 2)
	is(t, `document.querySelectorAll('img[src="x"]').length`, 0)
	is(t, `Promise.all(`+images+`.map((i) => (i.loading = "eager", i.decode()))).then(() => true)`, true)

	t.do(chromedp.KeyEvent("/"))
	is(t, `document.activeElement.id`, "search")
	t.do(chromedp.KeyEvent("SIX"))
	is(t, `document.querySelectorAll(".gallery li").length`, 1)
	is(t, text(".gallery .name"), "photos/sixteen.png")
	is(t, `(() => { const [folder, base] = document.querySelector(".gallery .name").children; folder.textContent = "far/".repeat(99);
		return base.textContent === "sixteen.png" && base.scrollWidth <= base.clientWidth; })()`, true) // folders are cut first
	is(t, text("[role=status]"), "1 of 5 pictures")
	t.do(click("#failed"))
	is(t, `document.querySelectorAll(".gallery li").length`, 0)

	t.open(page, "#/p/0")
	is(t, text("h1")+`.includes("<img src=x onerror=alert(1)> <!-- ' ")`, true)
	is(t, `Promise.all(`+images+`.map((i) => (i.loading = "eager", i.decode()))).then((all) => all.length > 50)`, true)
	t.open(page, "#/p/4")
	is(t, `document.querySelector(".failure").textContent.startsWith("not-a-picture decode ")`, true)
	for _, nowhere := range []string{"#/p/99", "#/q", "#/%"} {
		t.open(page, nowhere)
		is(t, text("h1"), "Not here")
	}
	for _, layer := range []string{"#/l/0/0", "#/l/1/2", "#/l/1/3"} {
		t.open(page, layer)
		is(t, `document.querySelectorAll(".filter").length > 0`, true)
	}
}

func keyboard(t *tab, page string) {
	t.open(page, "")
	t.do(focus(".gallery a[tabindex='0']"))
	is(t, `document.querySelectorAll(".gallery a[tabindex='0']").length`, 1)
	t.do(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	is(t, `document.activeElement.getAttribute("href")`, "#/p/2")
	t.do(chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(kb.End), chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.Enter))
	t.until(`document.querySelector(".picture") !== null`)
	is(t, where, "#/p/2")
	is(t, `document.activeElement.tagName`, "H1")

	t.do(focus(".maps li[tabindex='0']"), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.Enter))
	t.until(where + `.startsWith("#/p/2/0/0/1/")`)
	is(t, `document.querySelectorAll('.maps [aria-selected="true"]').length`, 1)

	t.do(focus(".probed"), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowLeft))
	row := value[int](t, `document.querySelector("main > article").view.at.y`)
	t.do(chromedp.KeyEvent(kb.ArrowDown))
	t.until(where + `.split("/")[6] === "` + itoa(row+1) + `"`)
	is(t, `document.activeElement.classList.contains("probed")`, true)
	is(t, `document.querySelector(".readout[aria-live]").textContent.includes("row `+"\"+location.hash.split(\"/\")[6]+\""+`")`, true)
	place := value[string](t, where+`.replace("#/p/2", "")`)
	t.do(chromedp.KeyEvent("]"))
	t.until(text("h1") + ` === "photos/sixteen.png"`)
	is(t, where, "#/p/3"+place) // the same map, at the same place
	t.do(chromedp.KeyEvent("["))
	t.until(text("h1") + ` === "photos/eight.png"`)
}

func pointer(t *tab, page string) {
	t.open(page, "#/p/2/0/0/0/5/5")
	at := value[[]float64](t, `(() => { const b = document.querySelector(".probed").getBoundingClientRect(); return [b.left + b.width * 0.5, b.top + b.height * 0.25]; })()`)
	t.do(chromedp.MouseEvent("mouseMoved", at[0], at[1]))
	is(t, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => true)`, true)
	size := value[[]int](t, `document.querySelector("main > article").view.data.plans[0][0].out`)
	moved := value[string](t, text(".where"))
	if want := " row " + itoa(size[1]/4) + ", column " + itoa(size[2]/2); !strings.HasSuffix(moved, want) {
		t.Errorf("the readout says %q, want …%q", moved, want)
	}
	is(t, where, "#/p/2/0/0/0/5/5") // until it is clicked
	t.do(chromedp.MouseClickXY(at[0], at[1]))
	t.until(where + ` === "#/p/2/0/0/0/` + itoa(size[1]/4) + "/" + itoa(size[2]/2) + `"`)
	// The field on the input is that of the plan.
	is(t, `(() => { const { start, jump, field } = document.querySelector("main > article").view.data.plans[0][0], r = document.querySelectorAll(".overlay .line")[1];
		return Number(r.getAttribute("y")) - start[0] - jump[0] * `+itoa(size[1]/4)+` + Number(r.getAttribute("height")) - field[0]; })()`, 0)
}

// field compares the receptive fields with the places that the arithmetic reads, layer by layer
// down to the picture, for outputs far from padding.
func field(t *tab, page string) {
	t.open(page, "#/p/2")
	is(t, `(() => {
		const { probe } = document.querySelector("main > article").view, stack = probe.stacks[1];
		let held = 0;
		for (let l = 0; l < stack.layers.length; l++) {
			const [, height, width] = stack.plans[l].out;
			for (const [y, x] of [[height >> 1, width >> 1], [(height >> 1) - 1, (width >> 1) + 1]]) {
				let box = [y, y, x, x];
				for (let m = l; m >= 0; m--) {
					const corners = [[box[0], box[2]], [box[1], box[3]]].map(([y, x]) => {
						const patch = stack.patch(m, 0, 1, [y], [x]), all = [...patch.offsets(0, 0)].map(patch.place);
						return [Math.min(...all.map((p) => p[0])), Math.max(...all.map((p) => p[0])), Math.min(...all.map((p) => p[1])), Math.max(...all.map((p) => p[1]))];
					});
					box = [corners[0][0], corners[1][1], corners[0][2], corners[1][3]];
				}
				const f = probe.field({ st: 1, l, y, x });
				if (f.y !== box[0] || f.y + f.height - 1 !== box[1] || f.x !== box[2] || f.x + f.width - 1 !== box[3])
					return "layer " + l + ": " + JSON.stringify(f) + " but " + box;
				held++;
			}
		}
		return String(held);
	})()`, "12")
}

// mapFacts checks the statistics of a map.
func mapFacts(t *tab, page string) {
	t.open(page, "#/p/2/0/2/1/3/4")
	// A bar's height is the square root of its count, the highest one's 72.
	is(t, `(() => { const n = document.querySelector("main > article").view.data.maps[0][2][1].bins.filter((n) => n > 0), top = Math.max(...n);
		const tall = [...document.querySelectorAll(".histogram rect")].map((r) => Number(r.getAttribute("height")));
		return n.length > 10 && n.length === tall.length && n.every((n, i) => Math.abs(tall[i] - Math.max(1, 72 * Math.sqrt(n / top))) < 1e-9); })()`, true)
	// Maps of any shape keep it.
	is(t, `(() => { const list = document.querySelector(".maps"); list.style.setProperty("--w", 10); list.style.setProperty("--h", 90);
		const b = list.querySelector(".thumb-of").getBoundingClientRect(); return Math.abs(b.height / b.width - 9) < 0.1; })()`, true)
	const facts = `[...document.querySelectorAll(".about .facts dt")].map((e) => e.textContent).join()`
	is(t, facts, "smallest,largest,mean,zeros,scale,shown here")
	// A gray map is stretched by the filter that its picture and its tile name.
	is(t, `(() => { const m = document.querySelector("main > article").view.data.maps[0][2][1], filter = document.querySelector(".frame.probed img").style.filter;
		const f = document.getElementById(filter.match(/#([^"]+)/)[1]).querySelector("feFuncG"), at = (v) => Number(f.getAttribute("slope")) * (v - m.of[0]) / (m.of[1] - m.of[0]) + Number(f.getAttribute("intercept"));
		return [...document.querySelectorAll(".thumb-of img")].some((i) => i.style.filter === filter) && Math.abs(at(m.shown[0])) < 1e-9 && Math.abs(at(m.shown[1]) - 1) < 1e-9; })()`, true)
	t.do(chromedp.Evaluate[chromedp.Void](`(() => { const { data, stage } = document.querySelector("main > article").view, m = data.maps[0][2][1];
		m.notFinite = m.values; stage.build(); })()`))
	is(t, facts, "zeros,not finite,scale,shown here") // a map without finite values has no smallest value
	is(t, `(() => { const share = eval("(" + [...document.scripts].find((s) => s.text.includes("function share")).text.match(/function share[^]*?}(?=\nconst)/)[0] + ")");
		return [[0, 10], [1, 1e4], [96, 1000], [5, 10], [996, 1000], [9999, 10000], [7, 7]].map(([a, b]) => share(a, b).replace("\u00a0%", "")).join(); })()`,
		"0,<0.1,9.6,50,99.6,>99.9,100")
}

// walk goes from picture to picture faster than they are shown. None may be kept.
func walk(t *tab, page string) {
	t.open(page, "")
	t.do(chromedp.Evaluate[chromedp.Void](`(() => {
		const { createObjectURL: create, revokeObjectURL: revoke } = URL;
		globalThis.made = 0; globalThis.held = new Set();
		URL.createObjectURL = (b) => { const u = create.call(URL, b); made++; held.add(u); return u; };
		URL.revokeObjectURL = (u) => { held.delete(u); revoke.call(URL, u); };
	})()`))
	for range 3 {
		t.do(chromedp.Evaluate[chromedp.Void](`for (const p of [0, 1, 2, 3]) location.hash = "#/p/" + p`))
		t.until(text("h1") + ` === "photos/sixteen.png"`)
		t.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#/"`))
		t.until(`document.querySelector(".overview") !== null`)
	}
	is(t, `made > 3`, true)
	is(t, `held.size`, 0)
}

// terms follows a value to the layer before.
func terms(t *tab, page string) {
	t.open(page, "#/p/2/0/1/3/4/4")
	t.do(click(".terms summary"))
	is(t, `document.querySelectorAll(".terms tbody tr").length`, 72)
	// The last sum, after the activation, is the value.
	is(t, `(() => { const v = document.querySelector("main > article").view, r = v.probe.stacks[0].explain(1, 3, 4, 4); return r.terms.at(-1).sum === r.before && r.value === v.probe.value(v.at, Infinity); })()`, true)
	t.do(chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector(".terms select"); s.value = "largest"; s.dispatchEvent(new Event("change")); })()`))
	is(t, `(() => { const n = [...document.querySelectorAll(".terms tbody tr")].map((r) => Math.abs(r.cells[5].textContent)); return n.length === 72 && n.every((v, i) => i === 0 || v <= n[i - 1] * 1.001); })()`, true)
	// The button for more terms passes its focus on when it disappears.
	t.do(click(".terms .more"))
	is(t, `document.activeElement.matches(".terms .scroll")`, true)
	input := value[string](t, `document.querySelector(".terms .to").closest("tr").cells[3].textContent.replace("-", "−")`)
	t.do(click(".terms .to"))
	t.until(where + `.startsWith("#/p/2/0/0/")`)
	is(t, text(".readout .value"), input)
	for _, place := range []string{"#/p/2/1/2/1/0/0", "#/p/2/1/3/4/1/1", "#/p/2/1/4/0/2/2", "#/p/2/1/5/0/0/0"} { // pools and norms
		t.open(page, place)
		is(t, `[...document.querySelectorAll(".result b")].at(-1).title === `+text(".readout .value"), true)
	}
}

func theme(t *tab, page string) {
	const background = `getComputedStyle(document.body).backgroundColor`
	light := func(want string) {
		t.Helper()
		if _, err := chromedp.Call(t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: want}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	light("light")
	t.open(page, "")
	day := value[string](t, background)
	light("dark")
	night := value[string](t, background)
	if day == night {
		t.Errorf("light and dark are both %s", day)
	}
	t.do(click("#theme"))
	is(t, background, day) // the button wins
	is(t, `document.querySelector("#theme").getAttribute("aria-label")`, "Theme: light")
	light("light")
	t.do(click("#theme"))
	is(t, background, night)
}

// narrow checks that nothing is wider than a telephone.
func narrow(t *tab, page string) {
	t.do(chromedp.EmulateViewport(390, 844))
	for _, place := range []string{"", "#/l/0/1", "#/p/0", "#/p/4", "#/p/2/0/1/3/4/4", "#/p/2/1/3/4/1/1", "#/p/2/0/1/3/4/4/step", "#/p/2/1/3/4/1/1/step", "#/p/2/0/1/3/4/4/whatif", "#/p/2/0/1/3/4/4/kernels"} {
		t.open(page, place)
		is(t, `document.documentElement.scrollWidth <= innerWidth`, true)
	}
	// A chosen map that is far below comes into view.
	t.open(page, "#/p/2")
	t.do(chromedp.Evaluate[chromedp.Void](`(() => { const all = document.querySelectorAll(".maps li"); all[all.length - 1].scrollIntoView(); all[all.length - 1].click(); })()`))
	is(t, `(() => { const b = document.activeElement.getBoundingClientRect(); return document.activeElement.matches(".probed") && b.top >= 0 && b.top < innerHeight / 2; })()`, true)
}

// gone checks a picture whose file is no longer there: the level of its map, and the values that
// the level stands for.
func gone(t *tab, page string) {
	t.open(page, "#/p/2/0/2/1/3/4")
	is(t, `document.querySelector("[role=note]").textContent.includes("the picture's file is no longer there")`, true)
	t.until(`document.querySelector(".readout .value") !== null`)
	is(t, `/level \d+ of 255/.test(`+text(".readout")+`)`, true)
	is(t, `[...document.querySelectorAll(".about .facts dt")].map((e) => e.textContent).join()`, "lowest level,highest level,mean level,scale,shown here")
}

func itoa(n int) string { return strconv.Itoa(n) }

// step checks the tab Step on the textbook's example: what stands in the cells, the window over
// them, the player and its keys.
func step(t *tab, page string) {
	t.open(page, "#/p/0/0/0/0/1/1/step")
	const here = `location.hash.split("/").slice(6, 8).join()`
	cells := func(table string) string {
		return `[...document.querySelectorAll("` + table + `")].map((e) => [...e.tBodies[0].rows].map((r) => [...r.cells].slice(1).map((c) => c.textContent).join(" ")).join(" / ")).join(" | ")`
	}
	is(t, cells(".row-of:first-child .grid"), "0 0 0 0 0 0 0 / 0 0 1 0 1 0 0 / 0 1 1 1 0 0 0 / 0 0 1 0 0 0 0 / 0 0 0 0 1 0 0 / 0 0 0 0 0 0 0 / 0 0 0 0 0 0 0 | 1 0 −1 / 1 1 0 / 0 −1 1 | 1 0 0 / 1 0 0 / 0 0 1")
	t.until(`document.querySelector(".pair .grid") !== null`)
	is(t, cells(".pair .grid"), "0 1 2 / −1 6 1 / 2 2 2 | 2 3 0 / 2 −3 −1 / −1 −1 −1")
	is(t, `document.querySelectorAll(".row-of:first-child .input .pad").length`, 24)
	is(t, `[...document.querySelectorAll(".lines p:not(.muted)")].map((p) => p.textContent).at(-1)`, "W0[1,1] = 1 + 3 + 1 + 1 = 6")
	is(t, `[...document.querySelectorAll(".worked dd")].map((e) => e.textContent).join("; ")`, "O = (W − K + 2P)/S + 1; (5 − 3 + 2·1)/2 + 1 = 4/2 + 1 = 3; 3×5×5, padded 3×7×7, 2 filters of 3×3×3 → 2×3×3; 2·(3·3·3) + 2 biases = 56; 2·3·3·27 = 486")
	// The window lies on the cells that the output reads, the ghost on those of the next.
	over := func(box string) string {
		return `(() => { const w = document.querySelector(".row-of ` + box + `").getBoundingClientRect(), at = [];
			[...document.querySelector(".row-of .input").tBodies[0].rows].forEach((r, y) => [...r.cells].slice(1).forEach((c, x) => { const b = c.getBoundingClientRect();
				if (b.left > w.left - 2 && b.right < w.right + 2 && b.top > w.top - 2 && b.bottom < w.bottom + 2) at.push([y, x]); }));
			return at.length + ": " + at[0] + " to " + at.at(-1); })()`
	}
	is(t, over(".win"), "9: 2,2 to 4,4")
	is(t, over(".ghost"), "9: 2,4 to 4,6")
	t.until(`document.querySelector(".lesson [role=status]").textContent === "row 1, column 1: 1 + 3 + 1 + 1 = 6"`)
	t.do(chromedp.KeyEvent("."))
	t.until(here + ` === "1,2"`)
	is(t, over(".win"), "9: 2,4 to 4,6")
	t.do(chromedp.KeyEvent(","), chromedp.KeyEvent(","), chromedp.KeyEvent(kb.ArrowUp))
	t.until(here + ` === "0,0"`)
	t.do(chromedp.KeyEvent("0"))
	is(t, `[...document.querySelectorAll(".lines p .z")].every((e) => e.getClientRects().length === 0)`, true)
	t.do(chromedp.KeyEvent("0"))
	// Term by term, and by the player.
	t.do(chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector(".playbar select"); s.value = "term"; s.dispatchEvent(new Event("change")); })()`))
	t.do(chromedp.KeyEvent("."), chromedp.KeyEvent("."))
	is(t, `document.querySelectorAll(".lines .cur").length + " " + document.querySelector(".lines .cur").dataset.term`, "1 2")
	t.do(chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector(".playbar select"); s.value = "place"; s.dispatchEvent(new Event("change")); const v = document.querySelector(".speed"); v.value = 3.33; v.dispatchEvent(new Event("input")); })()`))
	t.do(chromedp.KeyEvent(" "))
	t.until(here + ` === "2,2"`)
	t.do(chromedp.KeyEvent(kb.Escape))
	is(t, text(".playbar button:nth-of-type(3)"), "▶")
	t.do(chromedp.KeyEvent("1"))
	t.until(`document.querySelector(".bench") !== null && !location.hash.includes("step")`)
	t.do(chromedp.KeyEvent("2"))
	t.until(where + `.endsWith("/step")`)
	t.do(click(".pair:last-child td:nth-child(2)"))
	t.until(where + ` === "#/p/0/0/0/1/0/0/step"`)
	is(t, `document.querySelectorAll("*").length < 6000`, true)
}

// steps opens the tab Step at every layer, and compares the patches with the terms.
func steps(t *tab, page string) {
	for st, layers := range []int{4, 6} {
		for l := range layers {
			t.open(page, "#/p/2/"+itoa(st)+"/"+itoa(l)+"/1/1/0/step")
			t.until(`(() => { const { now } = document.querySelector("main > article").view.tabs; return document.querySelector(".pair-list") !== null && [...now.boards.values()].every((b) => b.cells); })()`)
			is(t, `(() => { const { view } = document.querySelector("main > article"), { terms } = view.probe.stacks[view.at.st].explain(view.at.l, view.at.k, view.at.y, view.at.x);
				if (view.probe.layer(view.at).norm) return document.querySelectorAll(".square").length === terms.length;
				const { boards } = view.tabs.now, same = (title, v) => Object.is(Math.fround(title.split(/[ :]/)[0]), v);
				if (view.tabs.now.boarded) return [...boards].every(([c, b]) => { const own = terms.filter((t) => t.c === c); return b.tapped.length > 0 && b.tapped.every((cell) => cell.matches(".pad") || own.some((t) => same(cell.title, t.v))); });
				const shown = [...document.querySelectorAll(".row-of .grid")].filter((g) => g.getAttribute("aria-label").startsWith("input")).flatMap((g) => [...g.querySelectorAll("tbody td")].map((c) => c.title));
				return shown.every((title) => terms.some((t) => same(title, t.v))) || shown.filter((title) => !terms.some((t) => same(title, t.v))).join(); })() + ""`, "true")
			// The map's values are those of the probe.
			is(t, `(() => { const { view } = document.querySelector("main > article"), { pairs } = view.tabs.now, { st, l } = view.at, [, height, width] = view.probe.plan(view.at).out;
				const layer = view.probe.layer(view.at), apply = { relu6: (v) => Math.min(6, Math.max(0, v)), leaky_relu: (v) => v > 0 ? v : Math.fround(Math.fround(0.2) * v), abs: Math.abs, square: (v) => Math.fround(v * v) }[layer.activation] ?? ((v) => v);
				for (let y = 0; y < height; y += 3) for (let x = 0; x < width; x += 5) if (apply(pairs.before[(1 - pairs.first) * height * width + y * width + x]) !== view.probe.value({ st, l, k: 1, y, x }, Infinity)) return y + "," + x;
				return "same"; })()`, "same")
		}
	}
}

// look checks the frames of the tab Look: padding, strips, numbers, zoom and the pair of maps.
func look(t *tab, page string) {
	t.open(page, "#/p/2/0/0/0/5/5")
	// Padding [2, 1, 3, 4] and stride [1, 2]: the frame lies around the picture to scale.
	is(t, `(() => { const { data } = document.querySelector("main > article").view, [, height, width] = data.size, f = document.querySelectorAll(".figures .frame")[1];
		const box = (e) => e.getBoundingClientRect(), [o, i] = [box(f), box(f.querySelector("img"))], near = (a, b) => Math.abs(a - b) < 1.5;
		return near((i.left - o.left) / o.width * (width + 5), 1) && near((i.top - o.top) / o.height * (height + 5), 2) && near(i.width / o.width, width / (width + 5)); })()`, true)
	is(t, `[...document.querySelectorAll(".figures .padding-frame")].map((r) => ["x", "y", "width", "height"].map((k) => r.getAttribute(k)).join()).join(" ")`, "1,2,28,42 -1,-2,65,49")
	// Outputs of the third layer, stride 3, leave rows and columns over.
	t.open(page, "#/p/2/0/2/1/3/4")
	is(t, `(() => { const { view } = document.querySelector("main > article"), { start, jump, field, out } = view.data.plans[0][2], [, height, width] = view.data.size;
		const strips = [...document.querySelectorAll(".strip-of")].map((r) => [Number(r.getAttribute("x")), Number(r.getAttribute("y"))]);
		const ends = [0, 1].map((a) => start[a] + (out[1 + a] - 1) * jump[a] + field[a]);
		return strips.length === (ends[0] < height) + (ends[1] < width) && (ends[1] >= width || strips[0][0] === ends[1]); })()`, true)
	// Cells get numbers from 22 pixels on, and those are the values.
	is(t, `(() => { const { stage } = document.querySelector("main > article").view, [zoom] = stage.zooms; zoom.about(1000, stage.at);
		const cell = zoom.frame.clientWidth * zoom.z / zoom.box.width, texts = zoom.texts([3, 4], [4, 5], cell);
		return cell >= 22 && !zoom.digits.hidden && texts[0].lines[0].length > 0; })()`, true)
	t.do(chromedp.KeyEvent("-"), chromedp.KeyEvent("-"))
	is(t, `document.querySelector("main > article").view.stage.zooms[0].z < document.querySelector("main > article").view.stage.zooms[0].most`, true)
	t.do(chromedp.KeyEvent("f"))
	is(t, `(() => { const b = document.querySelector("figure.large").getBoundingClientRect(); return b.width === innerWidth && b.height === innerHeight && document.activeElement.matches(".frame"); })()`, true)
	t.do(chromedp.KeyEvent(kb.Escape))
	is(t, `document.querySelector("figure.large") === null`, true)
	// Another map keeps the place.
	t.open(page, "#/p/2/1/0/0/7/9")
	t.do(chromedp.Evaluate[chromedp.Void](`(() => { const i = document.querySelectorAll(".maps")[4].children[2].querySelector(".thumb-of"), b = i.getBoundingClientRect(); i.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1, clientX: b.left + 1, clientY: b.top + 1 })); })()`))
	t.until(where + ` === "#/p/2/1/0/2/7/9"`)
	// Before the activation.
	t.open(page, "#/p/2/1/1/1/7/9")
	t.do(click(".pair-of button"))
	t.until(`document.querySelector(".frame .values") !== null && / below 0/.test(document.querySelector(".pair-of").textContent)`)
	is(t, `(() => { const { view } = document.querySelector("main > article"), { probe } = view, [, height, width] = probe.plan(view.at).out, a = probe.stacks[1];
		let below = 0; for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) below += a.explain(1, 1, y, x).before < 0;
		return document.querySelector(".pair-of span").textContent.startsWith(below.toLocaleString("en") + " of "); })()`, true)
}

// kernels checks the tab Kernels: colours on the canvas, the choice, and the numbers.
func kernels(t *tab, page string) {
	t.open(page, "#/p/2/0/1/3/4/4/kernels")
	const tab = `document.querySelector("main > article").view.tabs.now`
	is(t, text(".kernels-tab h3"), "8×8 kernels of 3×3")
	// A click chooses a filter and a channel, whose numbers are the weights.
	t.do(chromedp.Evaluate[chromedp.Void](`(() => { const { canvas, cell } = ` + tab + `, b = canvas.getBoundingClientRect(), i = 5; canvas.dispatchEvent(new MouseEvent("click", { bubbles: true,
		clientX: b.left + Math.floor(i / cell.each) * cell.band + cell.margin + 2.5 * cell.w, clientY: b.top + cell.top + (i % cell.each + 0.5) * cell.h })); })()`))
	t.until(where + ` === "#/p/2/0/1/5/4/4/kernels"`)
	is(t, `(() => { const w = `+tab+`.weights.weights; return [...document.querySelectorAll(".kernel-shown tbody td")].every((c, i) => Math.fround(c.title) === w[(5 * 8 + 2) * 9 + i]); })()`, true)
	t.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowRight))
	t.until(where + ` === "#/p/2/0/1/6/4/4/kernels"`)
	is(t, tab+`.channel`, 3)
	// Sorted by energy, the first filter has the most.
	t.do(click(".kernels-tab .choices button:nth-child(2)"))
	is(t, `(() => { const t = `+tab+`, e = t.order.map((k) => t.energy(k)); return e.every((v, i) => i === 0 || v <= e[i - 1]); })()`, true)
	// The largest weight has the colour of its sign in full.
	is(t, `(() => { const t = `+tab+`, { weights } = t.weights, at = weights.findIndex((w) => Math.abs(w) === t.top), k = Math.floor(at / 72), c = Math.floor(at % 72 / 9), i = t.order.indexOf(k), { w, h, margin, top, band, each } = t.cell, cell = (w - 3) / 3;
		const x = Math.floor(i / each) * band + margin + c * w + 1 + (at % 3 + 0.1) * cell, y = top + (i % each) * h + 1 + (Math.floor(at % 9 / 3) + 0.1) * cell;
		const [r, g, b] = t.canvas.getContext("2d").getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data; return [r, g, b].join() === (weights[at] > 0 ? "217,72,15" : "28,100,214"); })()`, true)
	t.open(page, "#/p/2/1/2/1/3/4/kernels") // a pool has none
	is(t, text(".kernels-tab .note")+`.includes("has no kernels")`, true)
}

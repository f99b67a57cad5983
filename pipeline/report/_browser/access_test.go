package browser

import (
	"fmt"
	"image"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestAccess checks names, target sizes, widths and contrast of every tab.
func TestAccess(t *testing.T) {
	page := textbook(t)
	tab := newTab(t)
	for _, name := range []string{"", "/step", "/whatif", "/compare", "/kernels"} {
		address := "#/p/0/0/0/0/1/1" + name
		for _, width := range []int64{1280, 390, 320} { // 320 is 1280 at 400%
			tab.do(chromedp.EmulateViewport(width, 844))
			tab.open(page, address)
			tab.until(tabShown)
			is(tab, `document.documentElement.scrollWidth <= innerWidth`, true)
			is(tab, `[...document.querySelectorAll(".picture button, .picture input, .picture select, .picture a, .picture [tabindex='0'], .picture canvas[role], .picture table")].filter((e) => e.checkVisibility())
				.filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length || e.getAttribute("aria-labelledby"))).map((e) => e.outerHTML.slice(0, 90)).join(" ")`, "")
			is(tab, `[...document.querySelectorAll(".tab table.grid")].every((g) => g.querySelector("th[scope=col]") && g.querySelector("th[scope=row]"))`, true)
			if width == 390 {
				is(tab, small, "")
			}
		}
		tab.do(chromedp.EmulateViewport(1280, 844))
		for _, scheme := range []string{"light", "dark"} {
			if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
			}); err != nil {
				t.Fatal(err)
			}
			tab.open(page, address)
			is(tab, contrast, "")
			is(tab, `[...document.querySelectorAll("*")].every((e) => parseFloat(getComputedStyle(e).transitionDuration) === 0)`, true)
		}
	}
}

// TestNarrowTargets checks targets and widths of the overview and of a layer.
func TestNarrowTargets(t *testing.T) {
	r := smallRun(t)
	tab := newTab(t)
	tab.do(chromedp.EmulateViewport(390, 844))
	for _, address := range []string{"", "#/l/0/0", "#/p/0/3/2/0/3/3", "#/p/0/3/2/0/3/3/step"} {
		tab.open(filepath.Join(r.maps, "report.html"), address)
		is(tab, small, "")
		is(tab, `document.documentElement.scrollWidth <= innerWidth`, true)
	}
}

// TestForcedColours opens every tab as a reader with a palette of their own sees it. Choices have
// outlines, and what colours say in cells stays.
func TestForcedColours(t *testing.T) {
	page := textbook(t)
	tab := newTab(t)
	if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}, {Name: "prefers-color-scheme", Value: "dark"}},
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "/step", "/whatif", "/compare", "/kernels"} {
		tab.open(page, "#/p/0/0/0/0/1/1"+name)
		tab.until(tabShown)
		is(tab, `[...document.querySelectorAll("[aria-selected=true], [aria-pressed=true]")].filter((e) => parseFloat(getComputedStyle(e).outlineWidth) < 2).length`, 0)
		is(tab, contrast, "")
	}
	tab.open(page, "#/p/0/0/0/0/1/1/step")
	tab.until(tabShown)
	is(tab, `[".grid td", ".win", ".ghost"].map((s) => getComputedStyle(document.querySelector(s)).forcedColorAdjust).join()`, "none,none,none")
	is(tab, `getComputedStyle(document.querySelector(".grid .pad")).borderRightStyle`, "dashed")
	// Strips that no output covers stay hatched.
	is(tab, `(() => { const e = document.querySelector(".grid td"); e.className = "over"; return getComputedStyle(e).backgroundImage.startsWith("repeating-linear-gradient"); })()`, true)
}

// tabShown is true when the chosen tab shows its maps.
const tabShown = `(() => { const { tabs } = document.querySelector("main > article").view; return tabs.name === "look" || tabs.name === "kernels" || tabs.panel.querySelector(".pair-list, .compare-maps .board, .what-maps .board") !== null; })()`

// small lists the targets that are lower than 44 pixels. Links within text are not asked.
const small = `[...document.querySelectorAll("a, button, select, summary, input:not([type=checkbox]), label.check")].map((e) => [e, e.getBoundingClientRect()])
	.filter(([e, b]) => b.height && e.checkVisibility() && !e.matches(".maps *, td *") && (b.height < 43.5 || b.width < 43.5)).map(([e, b]) => e.outerHTML.slice(0, 80) + " " + b.width + "×" + b.height).join("; ")`

// contrast lists texts with less than 4.5:1 against their background (WCAG 2.2, 1.4.3), apart from
// cells whose background is the value's colour.
const contrast = `(() => {
	const parse = (c) => { const m = document.createElement("canvas").getContext("2d"); m.fillStyle = c; m.fillRect(0, 0, 1, 1); return [...m.getImageData(0, 0, 1, 1).data]; };
	const bright = ([r, g, b]) => { const f = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
	const bad = [];
	for (const e of document.querySelectorAll(".picture *")) {
		if (e.closest("td, svg, .headless th, .off, [hidden], .sr, option, :disabled") || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length) continue;
		let at = e, back;
		while (at && !(back = parse(getComputedStyle(at).backgroundColor))[3]) at = at.parentElement;
		const [a, b] = [bright(parse(getComputedStyle(e).color)), bright(back ?? [255, 255, 255])], ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) bad.push(e.textContent.slice(0, 30) + " " + ratio.toFixed(2));
	}
	return bad.join("; ");
})()`

// TestWithoutWorker shows maps in a browser that starts no worker. They have the same bits.
func TestWithoutWorker(t *testing.T) {
	r := &run{dir: t.TempDir()}
	random := rand.New(rand.NewPCG(13, 14))
	r.picture(t, "a.png", image.NewRGBA(image.Rect(0, 0, 50, 40)), random)
	r.do(t, 0, "run", "a.png", "-q", "-o", "maps", "--bank", "sobel,laws", "--layers", "all", "--report")
	page := filepath.Join(r.dir, "maps", "report.html")
	bits := func(tab *tab) string {
		t.Helper()
		tab.open(page, "#/p/0/1/0/3/5/6/step")
		tab.until(`document.querySelector("main > article").view.tabs.now.pairs.before !== undefined`)
		return value[string](tab, `[...new Uint32Array(document.querySelector("main > article").view.tabs.now.pairs.before.buffer)].join()`)
	}
	with, without := newTab(t), newTab(t)
	if _, err := chromedp.Call(without, cdp.AddScriptToEvaluateOnNewDocument, cdp.AddScriptToEvaluateOnNewDocumentParams{Source: `globalThis.Worker = class { constructor() { throw new Error("no workers"); } };`}); err != nil {
		t.Fatal(err)
	}
	if a, b := bits(with), bits(without); a != b || len(a) < 4*50*40 {
		t.Errorf("%d characters of bits with a worker, %d without, and they differ", len(a), len(b))
	}
	// The newest request wins: of many settings in a row, the last is shown.
	with.open(page, "#/p/0/0/0/0/5/6/whatif")
	with.do(chromedp.Evaluate[chromedp.Void](`(() => { const tab = document.querySelector("main > article").view.tabs.now; for (let i = 1; i <= 16; i++) tab.set({ stride: [i, i] }); })()`))
	with.until(fmt.Sprintf(`(() => { const { result } = document.querySelector("main > article").view.tabs.now; return result !== undefined && result.plan.out.join() === "2,%d,%d"; })()`, (40-3+2)/16+1, (50-3+2)/16+1))
}

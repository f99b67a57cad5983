package browser

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"filterbank/filters/tensor"
)

// TestCompare compares maps of two runs, which prepare the picture in different ways, with the
// files of both, bit by bit.
func TestCompare(t *testing.T) {
	r := &run{dir: t.TempDir()}
	random := rand.New(rand.NewPCG(9, 10))
	r.picture(t, "in/a.png", image.NewRGBA(image.Rect(0, 0, 40, 30)), random)
	r.write(t, "one.yaml", []byte("version: 1\nlayers:\n  - conv: {name: edges, filters: [sobel], padding: 1, activation: none}\n"))
	r.write(t, "two.yaml", []byte("version: 1\ninput: {mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4]}\nlayers:\n  - conv: {name: edges, filters: [scharr], padding: 1, activation: none}\n  - max_pool: {name: pool, kernel_size: 2, stride: 2}\n"))
	r.do(t, 0, "run", "in", "-q", "-o", "two", "-c", "two.yaml", "--layers", "all", "--format", "npy")
	r.picture(t, "in/b.png", image.NewRGBA(image.Rect(0, 0, 12, 11)), random)
	r.do(t, 0, "run", "in", "-q", "-o", "one", "-c", "one.yaml", "--format", "npy")
	r.do(t, 0, "report", "one", "-q", "--with", "two", "-o", "page.html")
	page := filepath.Join(r.dir, "page.html")
	tab := newTab(t)
	const compare = `document.querySelector("main > article").view.tabs.now`
	wait := func() { tab.until(`document.querySelector(".over-other") !== null`) }
	bits := func(map_ int) []uint32 {
		return value[[]uint32](tab, fmt.Sprintf(`[...new Uint32Array(%s.maps[%d].values.buffer)]`, compare, map_))
	}
	equal := func(file string, k int, got []uint32) {
		t.Helper()
		want, err := tensor.Load(filepath.Join(r.dir, file))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range want.Data[k*len(got) : (k+1)*len(got)] {
			if math.Float32bits(v) != got[i] {
				t.Fatalf("%s: value %d of map %d is %v, and the page has %v", file, i, k, v, math.Float32frombits(got[i]))
			}
		}
	}
	tab.open(page, "#/p/0/0/0/1/7/9/compare")
	wait()
	is(tab, compare+`.other.st + " " + `+compare+`.other.k`, "1 1") // the same map of the other run
	equal("one/a/edges.npy", 1, bits(0))
	equal("two/a/edges.npy", 1, bits(1))
	// Both values at the place, their difference, and the difference map.
	is(tab, `(() => { const { maps } = `+compare+`, [a, b] = maps.map((m) => m.values[7 * 40 + 9]), text = document.querySelector(".compare-values").textContent;
		return text.includes("row 7, column 9") && [...document.querySelectorAll(".compare-values b")].slice(0, 2).every((e, i) => Math.fround(e.title) === [a, b][i]); })()`, true)
	is(tab, `document.querySelectorAll(".compare-maps figure").length`, 4)
	is(tab, `[...document.querySelectorAll(".compare-maps b")].map((b) => b.textContent).join()`, "edges 1 sobel-y,two: edges 1 scharr-y,Difference,Wipe")
	// A map of another size has no difference, and the place is its field's centre.
	tab.do(chromedp.Evaluate[chromedp.Void](compare + `.set({ st: 1, l: 1, k: 0 })`))
	tab.until(`document.querySelectorAll(".compare-maps figure").length === 3`)
	equal("two/a/pool.npy", 0, bits(1))
	// A click on the pool's map leads to the place in the run's own.
	tab.do(chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelectorAll(".compare-maps .drawn")[1], b = s.getBoundingClientRect(); s.dispatchEvent(new MouseEvent("click", { bubbles: true, clientX: b.left + b.width * 0.51, clientY: b.top + b.height * 0.51 })); })()`))
	tab.until(where + `.startsWith("#/p/0/0/0/1/15/2") && ` + where + `.endsWith("/compare")`)
	// The wipe uncovers the first map.
	is(tab, `(() => { const i = document.querySelector(".compare-maps input"); i.value = 25; i.dispatchEvent(new Event("input")); return document.querySelector(".over-other").style.clipPath.replaceAll("0px", "0"); })()`, "inset(0 75% 0 0)")
	// A picture that the other run does not have.
	tab.open(page, "#/p/1/0/0/1/2/3/compare")
	wait()
	is(tab, text(".compare .note"), "two: the other run does not have this picture.")
	is(tab, compare+`.other.st`, 0)
}

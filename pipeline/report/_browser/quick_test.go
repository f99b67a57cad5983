package browser

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// BenchmarkQuick measures what a reader waits for, in milliseconds of the page's own clock: the
// overview of 500 pictures with 64 maps each, one of the pictures, and the tabs of a picture of
// 3840×2160 pixels, whose decoding is apart. It counts elements and the heap after that.
//
//	go test -run '^$' -bench Quick -benchtime 1x .
func BenchmarkQuick(b *testing.B) {
	r := &run{dir: b.TempDir()}
	random := rand.New(rand.NewPCG(11, 12))
	for i := range 500 {
		r.picture(b, fmt.Sprintf("many/%03d.png", i), image.NewRGBA(image.Rect(0, 0, 64, 48)), random)
	}
	large := image.NewRGBA(image.Rect(0, 0, 3840, 2160))
	for y := range 2160 {
		for x := range 3840 {
			large.SetRGBA(x, y, color.RGBA{uint8(x / 15), uint8(y / 9), uint8(x * y >> 12), 255})
		}
	}
	r.encode(b, "large/a.png", large)
	r.do(b, 0, "run", "many", "-q", "-o", "many-maps", "--bank", "dct", "--report")
	r.do(b, 0, "run", "large", "-q", "-o", "large-maps", "--bank", "sobel,gaussian", "--layers", "all", "--report")
	many, one := filepath.Join(r.dir, "many-maps", "report.html"), filepath.Join(r.dir, "large-maps", "report.html")
	for b.Loop() {
		tab := newTab(b)
		tab.open(many, "")
		b.ReportMetric(tab.since("performance.timeOrigin"), "overview-ms")
		b.ReportMetric(value[float64](tab, `document.querySelectorAll("*").length`), "overview-nodes")
		tab.open(many, "#/p/250")
		b.ReportMetric(tab.since("performance.timeOrigin"), "picture-ms")
		b.ReportMetric(value[float64](tab, `document.querySelectorAll("*").length`), "picture-nodes")
		tab.open(one, "#/p/0/0/0/0/1000/2000")
		b.ReportMetric(tab.since("performance.timeOrigin"), "large-picture-ms")
		for _, name := range []string{"step", "whatif", "compare", "kernels", "look"} {
			b.ReportMetric(value[float64](tab, `(() => { const t = performance.now(); document.querySelector("main > article").view.tabs.choose("`+name+`"); document.body.offsetHeight; return performance.now() - t; })()`), name+"-ms")
		}
		tab.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("main > article").view.tabs.choose("whatif")`))
		tab.until(`document.querySelector(".offer button, .what-maps .board") !== null`)
		b.ReportMetric(tab.heap(), "heap-MB")
	}
}

// since is the time from a moment to the next frame, in milliseconds.
func (t *tab) since(moment string) float64 {
	t.Helper()
	return value[float64](t, `new Promise((done) => requestAnimationFrame(() => done(performance.timeOrigin + performance.now() - `+moment+`)))`)
}

// heap is the size of the page's JavaScript heap with its arrays.
func (t *tab) heap() float64 {
	t.Helper()
	if _, err := chromedp.Call(t, performance.Enable, performance.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	metrics, err := chromedp.Call(t, performance.GetMetrics, struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range metrics.Metrics {
		if m.Name == "JSHeapUsedSize" {
			return m.Value/1e6 + value[float64](t, `(() => { const { probe } = document.querySelector("main > article").view; return probe.sources[0].samples.samples.length / 1e6 + probe.stacks.reduce((n, s) => n + 4 * s.floats, 0) / 1e6; })()`)
		}
	}
	return 0
}

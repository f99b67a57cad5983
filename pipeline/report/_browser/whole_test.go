package browser

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"filterbank/filters/tensor"
)

// TestWhole compares all maps of all layers with the run's files, bit by bit: every output from the
// worker, and an output of every row and column of every layer as the tab Step works it out.
func TestWhole(t *testing.T) {
	r := smallRun(t)
	tab := newTab(t)
	tab.open(filepath.Join(r.maps, "report.html"), "#/p/0/0/0/0/0/0/step")
	tab.do(chromedp.Evaluate[chromedp.Void](worker))
	rec := readManifest(t, r)[0]
	st, first := 0, 0
	for i, l := range rec.Layers {
		if l.Stack != rec.Layers[first].Stack {
			st, first = st+1, i
		}
		file := filepath.Join(r.maps, string(rec.Output), l.Stack, l.Layer+".npy")
		want, err := tensor.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		plane := l.Out.H * l.Out.W
		tab.equalBits(file, fmt.Sprintf(`whole({ st: %d, l: %d, k0: 0, k1: %d, rows: [0, %d], columns: [0, %d] })`, st, i-first, l.Out.C, l.Out.H, l.Out.W), want.Data)
		var stepped []float32
		for at := range plane {
			stepped = append(stepped, want.Data[at%l.Out.C*plane+at])
		}
		tab.equalBits(file, fmt.Sprintf(`Float32Array.from({ length: %d }, (_, i) => view.probe.stacks[%d].explain(%d, i %% %d, Math.floor(i / %d), i %% %d).value)`, plane, st, i-first, l.Out.C, l.Out.W, l.Out.W), stepped)
		if t.Failed() {
			return
		}
	}
}

// worker defines whole(job), which has a worker with the page's own program do a job.
const worker = `(() => {
	const made = new Worker(URL.createObjectURL(new Blob([document.getElementById("engine").textContent + "\nserve();"]))), { sources } = document.querySelector("main > article").view.probe;
	made.postMessage({ open: 1, sources: sources.map(({ samples, stacks }) => ({ samples, stacks: stacks.map(({ layers, plans, arrays }) => ({ layers, plans, arrays })) })) });
	globalThis.whole = (job) => new Promise((resolve, reject) => {
		made.onmessage = ({ data: { values, error } }) => (values ? resolve(values) : error && reject(new Error(error)));
		made.postMessage({ picture: 1, lane: "whole", job: 1, ...job });
	});
})()`

// equalBits compares a Float32Array of the page, or a promise of one, with values.
func (t *tab) equalBits(what, expression string, want []float32) {
	t.Helper()
	text := value[string](t, `(async () => { const { view } = document.querySelector("main > article"), bytes = new Uint8Array((await `+expression+`).buffer);
		let text = ""; for (const b of bytes) text += String.fromCharCode(b); return btoa(text); })()`)
	got, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(got) != 4*len(want) {
		t.Fatalf("%s: %v, %d bytes for %d values", what, err, len(got), len(want))
	}
	for i, v := range want {
		if b := binary.LittleEndian.Uint32(got[4*i:]); b != math.Float32bits(v) {
			t.Fatalf("%s: value %d is %v, and the page has %v", what, i, v, math.Float32frombits(b))
		}
	}
}

package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"filterbank/filters/tensor"
	"filterbank/pipeline/manifest"
)

// tab is a window of the browser. Everything that the page logs or throws fails the test.
type tab struct {
	testing.TB
	context.Context
}

func newTab(t testing.TB) *tab {
	t.Helper()
	ctx, cancel := context.WithTimeout(browser, 8*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext()) // with a storage of its own
	t.Cleanup(cancel)
	var mu sync.Mutex
	var said []string
	say := func(format string, args ...any) {
		mu.Lock()
		said = append(said, fmt.Sprintf(format, args...))
		mu.Unlock()
	}
	err := chromedp.Listen(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			say("exception: %s %v", ev.ExceptionDetails.Text, ev.ExceptionDetails.Exception)
		case *runtime.EventConsoleAPICalled:
			say("console: %s %v", ev.Type, ev.Args)
		case *log.EventEntryAdded:
			say("log: %s %s %s", ev.Entry.Level, ev.Entry.Text, ev.Entry.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, struct{}{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if len(said) > 0 {
			t.Errorf("the page has something to say:\n%s", strings.Join(said, "\n"))
		}
	})
	tab := &tab{t, ctx}
	tab.do(chromedp.EmulateViewport(1280, 900))
	return tab
}

func (t *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(t, steps...); err != nil {
		t.Fatal(err)
	}
}

// open goes to an address of a page and waits until it is shown.
func (t *tab) open(page, hash string) {
	t.Helper()
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(page)}
	t.do(chromedp.Navigate("about:blank"), chromedp.Navigate(address.String()+hash))
	t.shown()
}

func (t *tab) shown() {
	t.Helper()
	t.until(`document.querySelector("main > article h1") !== null`)
}

// until waits until an expression is true.
func (t *tab) until(expression string) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !value[bool](t, expression); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not come true; the page shows %q", expression, value[string](t, `location.hash + " " + document.body.innerText.slice(0, 300)`))
		}
	}
}

// value evaluates an expression, which may be a promise.
func value[T any](t *tab, expression string) T {
	t.Helper()
	v, err := chromedp.Run(t, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func readManifest(t testing.TB, r *run) []*manifest.Record {
	t.Helper()
	m, err := manifest.Open(r.maps)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var records []*manifest.Record
	for _, place := range m.Places() {
		rec, err := m.Record(place)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, rec)
	}
	return records
}

// TestProbe checks that the number that the probe computes has the bits of the .npy file, for all
// kinds of layers and pictures, at random outputs and at all corners. The page in one file must
// show the same numbers.
func TestProbe(t *testing.T) {
	r := newRun(t)
	r.do(t, 0, "report", "maps", "-q")
	r.do(t, 0, "report", "maps", "-q", "-o", "one.html", "--embed")
	records := readManifest(t, r)
	random := rand.New(rand.NewPCG(3, 4))
	compared := 0
	for _, page := range []string{filepath.Join(r.maps, "report.html"), filepath.Join(r.dir, "one.html")} {
		tab := newTab(t)
		for p, rec := range records {
			if rec.Status != manifest.OK {
				continue
			}
			tab.open(page, fmt.Sprintf("#/p/%d", p))
			st, first := 0, 0
			for i, l := range rec.Layers {
				if l.Stack != rec.Layers[first].Stack {
					st, first = st+1, i
				}
				file := filepath.Join(r.maps, string(rec.Output), l.Stack, l.Layer+".npy")
				compared += tab.compare(file, l, st, i-first, random)
			}
			tab.again(p)
		}
	}
	if compared < 2000 {
		t.Errorf("only %d outputs were compared", compared)
	}
}

// again goes from a picture to another map of it, and checks that all its pictures are shown.
func (t *tab) again(picture int) {
	t.Helper()
	t.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location.hash = "#/p/%d/1/1/2"`, picture)))
	t.until(`document.querySelector('.maps [aria-selected="true"]').dataset.k === "2"`)
	is(t, `Promise.all(`+images+`.map((i) => (i.loading = "eager", i.decode()))).then((all) => all.length > 50)`, true)
}

// compare compares outputs of a layer with its file.
func (t *tab) compare(file string, l manifest.Layer, st, at int, random *rand.Rand) int {
	t.Helper()
	want, err := tensor.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	var places [][3]int
	for _, y := range []int{0, l.Out.H - 1} {
		for _, x := range []int{0, l.Out.W - 1} {
			places = append(places, [3]int{random.IntN(l.Out.C), y, x})
		}
	}
	for range 40 {
		places = append(places, [3]int{random.IntN(l.Out.C), random.IntN(l.Out.H), random.IntN(l.Out.W)})
	}
	list, _ := json.Marshal(places)
	got := value[[]uint32](t, fmt.Sprintf(`(() => {
		const { probe } = document.querySelector("main > article").view, f = new Float32Array(1), u = new Uint32Array(f.buffer);
		return %s.map(([k, y, x]) => { f[0] = probe.value({ st: %d, l: %d, k, y, x }, Infinity); return u[0]; });
	})()`, list, st, at))
	for i, p := range places {
		if w := want.Data[(p[0]*l.Out.H+p[1])*l.Out.W+p[2]]; got[i] != math.Float32bits(w) {
			t.Fatalf("%s at %v: the probe has %v, the file %v", file, p, math.Float32frombits(got[i]), w)
		}
	}
	return len(places)
}

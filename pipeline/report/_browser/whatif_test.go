package browser

import (
	"encoding/json"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"filterbank/filters/tensor"
)

// experiment is what the tab What if shows of a change.
type experiment struct {
	Problem string   `json:"problem"`
	Out     []int    `json:"out"`
	Bits    []uint32 `json:"bits"`
	Command string   `json:"command"`
	File    string   `json:"file"`

	k        int
	settings string
}

// tryOut makes changes to a layer in the page. settings is JavaScript that changes tab.change.
func (t *tab) tryOut(settings string) experiment {
	t.Helper()
	return value[experiment](t, `(async () => {
		const tab = document.querySelector("main > article").view.tabs.now;
		tab.reset();
		`+settings+`
		if (!tab.valid) return { problem: tab.note.textContent };
		while (tab.result?.change !== tab.change || tab.commandOf !== tab.change) await new Promise((next) => setTimeout(next, 5));
		return { out: tab.valid.out, bits: [...new Uint32Array(tab.changedMap.values.buffer)], command: tab.command, file: tab.file ?? "" };
	})()`)
}

// randomChange is a random change as JavaScript.
func randomChange(random *rand.Rand, groups []int) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	n := func(least, most int) int { return least + random.IntN(most-least+1) }
	s := fmt.Sprintf("tab.set({ stride: [%d, %d], dilation: [%d, %d], mode: %q });",
		n(1, 4), n(1, 4), n(1, 2), n(1, 2), pick("zeros", "reflect", "replicate", "circular"))
	if random.IntN(4) > 0 {
		s += fmt.Sprintf("(() => { const { input } = tab.controls.sliders.get('activation'); input.value = %q; input.dispatchEvent(new Event('change')); })();",
			pick("none", "relu", "leaky_relu", "relu6", "abs", "square", "sigmoid", "tanh", "silu", "gelu", "gelu_tanh", "elu", "hardsigmoid", "hardswish", "prelu"))
	}
	if random.IntN(4) > 0 {
		p, q := n(0, 3), n(0, 3)
		s += fmt.Sprintf("tab.set({ pad: [%d, %d, %d, %d] });", p, q, p, q)
	}
	if random.IntN(2) == 0 {
		s += fmt.Sprintf("tab.controls.resize([%d, %d], %d);", n(1, 5), n(1, 5), groups[random.IntN(len(groups))])
	}
	if random.IntN(2) == 0 {
		s += fmt.Sprintf("tab.controls.seed.value = %d; tab.controls.randomize(); tab.controls.setBias(%g);", n(0, 1000), random.NormFloat64())
	}
	return s
}

// whatIfLayers are layers of stacks.yaml that the tab What if changes, with numbers of groups that
// they can have.
var whatIfLayers = []struct {
	st, l, filters int
	groups         []int
}{
	{0, 0, 8, []int{1}}, {0, 1, 8, []int{1, 2, 4, 8}}, {0, 3, 8, []int{1, 2, 4, 8}}, {1, 0, 6, []int{1, 3}}, {1, 1, 6, []int{1, 2, 3, 6}},
	{2, 1, 3, []int{1, 3}}, {2, 3, 3, []int{1, 3}}, {2, 6, 3, []int{1, 3}}, {3, 1, 6, []int{1, 2, 3, 6}}, {3, 7, 1, []int{1}}, {4, 0, 2, []int{1}}, {4, 1, 2, []int{1}},
	{5, 0, 2, []int{1}}, {5, 1, 2, []int{1, 2}}, {5, 2, 1, []int{1}}, // two of them are halves of a separable layer
}

// TestWhatIf compares the tab What if with runs, bit by bit: every layer unchanged, and 200 random
// changes. 40 of these are run by the commands that the page shows, and the others as the stacks of
// one file.
func TestWhatIf(t *testing.T) {
	r := smallRun(t)
	random := rand.New(rand.NewPCG(7, 8))
	tab := newTab(t)
	tab.open(filepath.Join(r.maps, "report.html"), "#/p/0/0/0/0/0/0/whatif")
	tab.until(`document.querySelector("main > article").view.tabs.now.controls.banks !== undefined`)
	commands, count := 40, 215
	if os.Getenv("FILTERBANK_LONG") != "" {
		commands, count = 400, 800
	}
	var together []experiment
	said, ran := 0, 0
	for i := range count {
		at := whatIfLayers[i%len(whatIfLayers)]
		k := random.IntN(at.filters)
		tab.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector("main > article").view.select({ st: %d, l: %d, k: %d, y: 0, x: 0 })`, at.st, at.l, k)))
		settings := randomChange(random, at.groups)
		if i < len(whatIfLayers) {
			settings = "" // as run
		}
		if i >= commands {
			settings += "tab.set({ own: false });" // a stack file, whatever has changed
		}
		e := tab.tryOut(settings)
		e.k, e.settings = k, settings
		switch {
		case e.Problem != "":
			said++
			continue
		case i < commands:
			r.same(t, e)
		default:
			together = append(together, e)
		}
		ran++
	}
	r.sameTogether(t, together)
	if ran < count/2 {
		t.Errorf("only %d changes of %d could be run", ran, count)
	}
	t.Logf("%d changes were run, %d refused", ran, said)
}

// smallRun is a run of stacks.yaml on one small picture, with its report.
func smallRun(t *testing.T) *run {
	t.Helper()
	r := &run{dir: t.TempDir()}
	r.maps = filepath.Join(r.dir, "maps")
	random := rand.New(rand.NewPCG(7, 8))
	stack, err := os.ReadFile("stacks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r.write(t, "stacks/stacks.yaml", stack)
	r.write(t, "stacks/w3.npy", randomArray(random, 8, 3, 3, 4))
	r.write(t, "stacks/w8.npy", randomArray(random, 8, 8, 3, 3))
	r.write(t, "stacks/w2of6.npy", randomArray(random, 6, 2, 3, 3))
	r.picture(t, "a.png", image.NewRGBA(image.Rect(0, 0, 23, 19)), random)
	r.do(t, 0, "run", "a.png", "-q", "-o", "maps", "-c", "stacks/stacks.yaml", "--layers", "all", "--format", "png", "--format", "npy", "--report")
	return r
}

// sameTogether runs the stack files of experiments as one file, and compares the last layers'
// maps.
func (r *run) sameTogether(t *testing.T, all []experiment) {
	t.Helper()
	stacks := map[string]any{}
	var whole map[string]any
	for i, e := range all {
		var file struct {
			Stacks map[string]any `json:"stacks"`
		}
		for _, to := range []any{&whole, &file} {
			if err := json.Unmarshal([]byte(e.File), to); err != nil {
				t.Fatalf("%v: %s", err, e.File)
			}
		}
		for _, stack := range file.Stacks {
			stacks[fmt.Sprintf("s%03d", i)] = stack
		}
	}
	whole["stacks"] = stacks
	data, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	r.write(t, "stacks/together.yaml", data)
	r.do(t, 0, "run", "a.png", "-q", "-o", "together", "-c", "stacks/together.yaml", "--format", "npy")
	for i, e := range all {
		r.equal(t, filepath.Join("together", "a", fmt.Sprintf("s%03d", i)), e)
	}
}

// same runs the command of an experiment and compares the maps of its filter.
func (r *run) same(t *testing.T, e experiment) {
	t.Helper()
	if e.File != "" {
		r.write(t, "stacks/what-if.yaml", []byte(e.File))
	}
	if err := os.RemoveAll(filepath.Join(r.dir, "what-if")); err != nil {
		t.Fatal(err)
	}
	r.shell(t, e.Command)
	r.equal(t, filepath.Join("what-if", "a", "*"), e)
}

// equal compares the only file in a folder with an experiment.
func (r *run) equal(t *testing.T, folder string, e experiment) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(r.dir, folder, "*.npy"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s made %v", e.Command, files)
	}
	got, err := tensor.Load(files[0])
	if err != nil {
		t.Fatal(err)
	}
	size := e.Out[1] * e.Out[2]
	if len(e.Bits) != size || len(got.Data) != e.Out[0]*size {
		t.Fatalf("%s\nmakes %d values in all, and the page %d of %v", e.Command, len(got.Data), len(e.Bits), e.Out)
	}
	for i, v := range got.Data[e.k*size : (e.k+1)*size] {
		if math.Float32bits(v) != e.Bits[i] {
			t.Fatalf("%s\n%s\nvalue %d is %v, and the page has %v", e.settings, e.Command, i, v, math.Float32frombits(e.Bits[i]))
		}
	}
}

// shell runs a command as a reader would, with filterbank in the path.
func (r *run) shell(t *testing.T, command string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

// TestNonsense compares the page's problems with the program's.
func TestNonsense(t *testing.T) {
	page := textbook(t)
	tab := newTab(t)
	tab.open(page, "#/p/0/0/0/0/1/1/whatif")
	tab.until(`document.querySelector(".what-maps .board") !== null`)
	samples, err := filepath.Abs("../../../samples")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ settings, set string }{
		{"tab.set({ groups: 2 });", "groups=2"},
		{"tab.set({ pad: [0, 0, 0, 0], dilation: [3, 3] });", "padding=0 dilation=3"},
		{"tab.set({ pad: [1, 0, 1, 0], dilation: [2, 3] });", "padding=[1,0] dilation=[2,3]"},
		{"tab.set({ pad: [5, 5, 5, 5], mode: 'reflect', stride: [1, 1] });", "padding=5 padding_mode=reflect stride=1"},
		{"tab.set({ pad: [0, 6, 0, 6], mode: 'circular', stride: [1, 1] });", "padding=[0,6] padding_mode=circular stride=1"},
		{"tab.set({ pad: [0, 0, 0, 0], dilation: [3, 1] });", "padding=0 dilation=[3,1]"},
	} {
		got := tab.tryOut(c.settings).Problem
		args := []string{"plan", filepath.Join(samples, "textbook.png"), "-c", filepath.Join(samples, "textbook.yaml")}
		for _, set := range strings.Fields(c.set) {
			args = append(args, "--set", "layers.0.conv."+set)
		}
		out, _ := exec.Command(program, args...).CombinedOutput()
		if want := strings.TrimPrefix(got, "layer outputs: "); want == "" || !strings.Contains(string(out), want) {
			t.Errorf("%s: the page says %q, the program %q", c.set, got, out)
		}
		is(tab, `document.querySelectorAll(".what-maps .board").length > 0`, true) // the maps stay
	}
	// From nonsense back to the run's layer by a cell of the table.
	tab.do(click(".fits tbody tr:nth-child(2) td:nth-child(3) button"))
	is(tab, `document.querySelector(".what > .failure").hidden`, true)
}

// TestWeights types weights, takes them from a bank and draws them from a seed.
func TestWeights(t *testing.T) {
	tab := newTab(t)
	tab.open(textbook(t), "#/p/0/0/0/0/1/1/whatif")
	tab.until(`document.querySelectorAll(".controls optgroup").length > 5`)
	weights := func() []float64 {
		return value[[]float64](tab, `[...document.querySelector("main > article").view.tabs.now.change.weights.slice(0, 27)]`)
	}
	tab.do(chromedp.Evaluate[chromedp.Void](`(() => { const i = document.querySelector(".weights-of input[data-t='4']"); i.focus(); i.value = "−2.5"; i.dispatchEvent(new Event("input")); })()`))
	if w := weights(); w[4] != -2.5 || w[13] != -2.5 || w[22] != -2.5 || w[0] != 1 {
		t.Errorf("typed: %v", w)
	}
	is(tab, `document.activeElement.dataset.t`, "4") // typing goes on
	tab.do(chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector("[aria-label='weights from']"); s.value = "sobel 0"; s.dispatchEvent(new Event("change")); })()`))
	if w, _ := json.Marshal(weights()[:9]); string(w) != "[-0.3333333432674408,0,0.3333333432674408,-0.6666666865348816,0,0.6666666865348816,-0.3333333432674408,0,0.3333333432674408]" {
		t.Errorf("sobel over three channels: %s", w)
	}
	// A larger kernel keeps the weights in its middle.
	tab.do(chromedp.Evaluate[chromedp.Void](`(() => { const { controls } = document.querySelector("main > article").view.tabs.now; controls.resize([5, 5], 1); })()`))
	is(tab, `document.querySelector("main > article").view.tabs.now.change.weights[6]`, -0.3333333432674408)
	is(tab, `document.querySelector("main > article").view.tabs.now.change.weights[0]`, 0)
	is(tab, `(() => { const draw = () => { document.querySelector(".seed button").click(); return [...document.querySelector("main > article").view.tabs.now.change.weights.slice(0, 75)].join(); }; return draw() === draw(); })()`, true)
}

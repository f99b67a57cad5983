package browser

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/filters/tensor"
	"filterbank/pipeline/manifest"
)

// textbook makes a run of the textbook's example and returns its page.
func textbook(t testing.TB) string {
	t.Helper()
	r := &run{dir: t.TempDir()}
	r.maps = filepath.Join(r.dir, "maps")
	samples, err := filepath.Abs("../../../samples")
	if err != nil {
		t.Fatal(err)
	}
	r.do(t, 0, "run", filepath.Join(samples, "textbook.png"), "-c", filepath.Join(samples, "textbook.yaml"), "-o", "maps", "-q", "--report")
	return filepath.Join(r.maps, "report.html")
}

// TestTextbookText checks the text of the textbook's output in full.
func TestTextbookText(t *testing.T) {
	tab := newTab(t)
	tab.open(textbook(t), "#/p/0/0/0/0/1/1")
	const written = `R  1 + 1·1 + 1·0 + 0·(−1) + 1·1 + 0·1 + 0·0 + 0·0 + 0·(−1) + 1·1 = 4
G  4 + 0·0 + 1·1 + 0·0 + 1·(−1) + 1·1 + 0·0 + 1·0 + 0·0 + 0·(−1) = 5
B  5 + 0·(−1) + 0·0 + 1·1 + 0·0 + 1·(−1) + 1·1 + 0·1 + 1·0 + 1·0 = 6
W0[1,1] = 1 + 3 + 1 + 1 = 6`
	const probe = `document.querySelector("main > article").view.probe`
	is(tab, probe+`.text({ st: 0, l: 0, k: 0, y: 1, x: 1 })`, written)
	is(tab, probe+`.text({ st: 0, l: 0, k: 0, y: 1, x: 1 }, true, false)`, `R  1 + 1·1 + 1·1 + 1·1 = 4
G  4 + 1·1 + 1·(−1) + 1·1 = 5
B  5 + 1·1 + 1·(−1) + 1·1 = 6
W0[1,1] = 1 + 3 + 1 + 1 = 6`)
	is(tab, probe+`.text({ st: 0, l: 0, k: 1, y: 1, x: 1 }).split("\n").at(-1)`, `W1[1,1] = 0 + (−1) + (−1) + (−1) = −3`)
}

// TestText reads the arithmetic's text as a reader does, adds it up with the kernels' own
// fused multiply-add, and compares the sums and the value with the .npy files, bit by bit. The
// text with six digits must be the exact text with its numbers rounded.
func TestText(t *testing.T) {
	r := newRun(t)
	r.do(t, 0, "report", "maps", "-q")
	tab := newTab(t)
	random := rand.New(rand.NewPCG(5, 6))
	read := 0
	for p, rec := range readManifest(t, r) {
		if rec.Status != manifest.OK {
			continue
		}
		tab.open(filepath.Join(r.maps, "report.html"), fmt.Sprintf("#/p/%d", p))
		st, first := 0, 0
		for i, l := range rec.Layers {
			if l.Stack != rec.Layers[first].Stack {
				st, first = st+1, i
			}
			want, err := tensor.Load(filepath.Join(r.maps, string(rec.Output), l.Stack, l.Layer+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			for range 12 {
				k, y, x := random.IntN(l.Out.C), random.IntN(l.Out.H), random.IntN(l.Out.W)
				at := fmt.Sprintf("{ st: %d, l: %d, k: %d, y: %d, x: %d }", st, i-first, k, y, x)
				texts := value[[]string](tab, fmt.Sprintf(`(() => { const { probe } = document.querySelector("main > article").view; return [probe.text(%s, true), probe.text(%[1]s)]; })()`, at))
				checkText(t, texts[0], want.Data[(k*l.Out.H+y)*l.Out.W+x])
				checkDigits(t, texts[0], texts[1])
				read++
			}
		}
	}
	if read < 400 {
		t.Errorf("only %d texts were read", read)
	}
}

// A number as the page writes it.
const number = `−?[0-9.]+(?:e[+-][0-9]+)?`

var (
	anyNumber = regexp.MustCompile(number)
	product   = regexp.MustCompile(` \+ (\(?` + number + `\)?)·(\(?` + number + `\)?)`)
)

func parse(t *testing.T, text string) float32 {
	t.Helper()
	v, err := strconv.ParseFloat(strings.Replace(strings.Trim(text, "()"), "−", "-", 1), 32)
	if err != nil {
		t.Fatal(err)
	}
	return float32(v)
}

// checkText adds up the lines of a text and compares the last number with a value.
func checkText(t *testing.T, text string, want float32) {
	t.Helper()
	lines := strings.Split(text, "\n")
	last := lines[len(lines)-1]
	numbers := anyNumber.FindAllString(last, -1)
	if !strings.Contains(last, "rounding") && !strings.HasSuffix(last, "stays") {
		if got := parse(t, numbers[len(numbers)-1]); math.Float32bits(got) != math.Float32bits(want) {
			t.Errorf("%s\nthe file has %v", text, want)
		}
	}
	var sum float32
	for i, line := range lines[:len(lines)-1] {
		if strings.HasPrefix(line, "squares") {
			continue
		}
		numbers := anyNumber.FindAllString(strings.SplitN(line, "  ", 2)[1], -1)
		if first := parse(t, numbers[0]); i > 0 && math.Float32bits(first) != math.Float32bits(sum) {
			t.Errorf("%s\nline %d begins with %v, not with %v", text, i, first, sum)
		} else {
			sum = first
		}
		for _, p := range product.FindAllStringSubmatch(line, -1) {
			sum = kernel.FMA(parse(t, p[2]), parse(t, p[1]), sum)
		}
		if to := parse(t, numbers[len(numbers)-1]); math.Float32bits(to) != math.Float32bits(sum) {
			t.Errorf("%s\nline %d adds up to %v", text, i, sum)
		}
	}
}

// checkDigits rounds the numbers of the exact text to six digits and compares the texts. The
// numbers of rounding and of norms are of float64 and are left out.
func checkDigits(t *testing.T, exactly, six string) {
	t.Helper()
	if strings.Contains(exactly, "rounding") || strings.Contains(exactly, "squares") {
		return
	}
	lines := strings.Split(exactly, "\n")
	for i, line := range lines {
		at := strings.Index(line, "] = ") // names may have digits
		if at < 0 {
			at = strings.Index(line, "  ")
		}
		lines[i] = line[:at] + anyNumber.ReplaceAllStringFunc(line[at:], func(n string) string { return sixDigits(t, n) })
	}
	exactly = strings.Join(lines, "\n")
	if exactly != six {
		t.Errorf("rounded to six digits:\n%s\nthe page has:\n%s", exactly, six)
	}
}

// sixDigits rounds the text of a number.
func sixDigits(t *testing.T, number string) string {
	t.Helper()
	v := float64(parse(t, number))
	away := math.Nextafter(v, math.Copysign(math.Inf(1), v)) // no longer half, where Go rounds to even
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(away, 'g', 6, 64), 64)
	if err != nil {
		t.Fatal(err)
	}
	if v == 0 {
		return number // of either sign
	}
	text, err := json.Marshal(rounded) // the notation of JavaScript
	if err != nil {
		t.Fatal(err)
	}
	if v < 0 {
		return "−" + string(text[1:])
	}
	return string(text)
}

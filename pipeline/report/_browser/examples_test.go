package browser

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSampleExamples checks that the page and plan work the sizes of the textbook's examples out in the
// same words: the seed's convolution, 7×7 at three strides, and 3×32×32 with two paddings. The
// sheets have a test of their own (pipeline/output, TestExamples).
func TestSampleExamples(t *testing.T) {
	samples, err := filepath.Abs("../../../samples")
	if err != nil {
		t.Fatal(err)
	}
	tab := newTab(t)
	for _, c := range []struct {
		input, stack string
		sizes        []string // of each stack
	}{
		{"textbook.png", "textbook.yaml", []string{"(5 − 3 + 2·1)/2 + 1 = 4/2 + 1 = 3"}},
		{"seven.csv", "strides.yaml", []string{
			"(7 − 3 + 2·0)/1 + 1 = 4/1 + 1 = 5", "(7 − 3 + 2·0)/2 + 1 = 4/2 + 1 = 3",
			"(7 − 3 + 2·0)/3 + 1 = 4/3 + 1 = ⌊1.33⌋ + 1 = 2, 1 left over: 1 row and column uncovered; strides 1, 2, 4 fit",
		}},
		{"volume.npy", "volumes.yaml", []string{"(32 − 5 + 2·0)/1 + 1 = 27/1 + 1 = 28", "(32 − 5 + 2·2)/1 + 1 = 31/1 + 1 = 32"}},
	} {
		r := &run{dir: t.TempDir()}
		input, stack := filepath.Join(samples, c.input), filepath.Join(samples, c.stack)
		plan, err := exec.Command(program, "plan", input, "-c", stack, "--explain").CombinedOutput()
		if err != nil {
			t.Fatalf("plan %s: %v\n%s", c.input, err, plan)
		}
		r.do(t, 0, "run", input, "-c", stack, "-o", "maps", "-q", "--report")
		for st, size := range c.sizes {
			if want := "  rows and columns  " + size + "\n"; strings.Count(string(plan), want) != 1 {
				t.Errorf("plan of %s does not have %q once:\n%s", c.stack, want, plan)
			}
			tab.open(filepath.Join(r.dir, "maps", "report.html"), fmt.Sprintf("#/p/0/%d/0/0/1/1/step", st))
			is(tab, fmt.Sprintf(`document.querySelector("main").innerText.replace(/\s+/g, " ").includes(%q)`, size), true)
		}
	}
}

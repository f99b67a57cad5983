package browser

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"filterbank/filters/tensor"
)

// TestMatrices checks that the page's outputs of matrices of one, two and three channels, with
// numbers outside of 0 and 1, −0 and NaN, have the bits of the .npy files, and that its tabs show
// them.
func TestMatrices(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 22))
	tab := newTab(t)
	for c := 1; c <= 3; c++ {
		r := &run{dir: t.TempDir()}
		r.maps = filepath.Join(r.dir, "maps")
		values := make([]float32, c*9*11)
		for i := range values {
			values[i] = float32(random.NormFloat64() * 30)
		}
		values[0], values[1], values[40] = float32(math.Copysign(0, -1)), float32(math.NaN()), 0
		r.write(t, "m.npy", append(tensor.NPYHeader(c, 9, 11), tensor.AppendFloats(nil, values)...))
		r.write(t, "s.yaml", []byte("version: 1\ninput: {mean: 0.25, std: 3}\nlayers:\n"+
			"  - conv: {name: one, filters: [sobel, box], channels: each, padding: 1, padding_mode: reflect, activation: none}\n"+
			"  - conv: {name: two, filters: [laplacian], channels: sum, stride: 2}\n"))
		r.do(t, 0, "run", "m.npy", "-q", "-c", "s.yaml", "-o", "maps", "--layers", "all", "--format", "npy,png,sheet", "--report")
		page := filepath.Join(r.maps, "report.html")
		tab.open(page, "#/p/0")
		for _, rec := range readManifest(t, r) {
			for i, l := range rec.Layers {
				if n := tab.compare(filepath.Join(r.maps, "m", l.Layer+".npy"), l, 0, i, random); n < 40 {
					t.Errorf("only %d outputs were compared", n)
				}
			}
		}
		for _, name := range []string{"step", "whatif", "compare", "kernels"} {
			tab.open(page, fmt.Sprintf("#/p/0/0/0/0/3/4/%s", name))
		}
		first := map[int]string{1: "c0", 2: "c0", 3: "R"}[c]
		is(tab, `document.querySelector("main > article").view.probe.names({ st: 0, l: 0 })[0]`, first)
	}
}

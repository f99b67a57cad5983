package browser

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"filterbank/filters"
	"filterbank/filters/volume"
	"filterbank/pipeline/arithmetic"
)

// writtenCase is an output of a random layer. Values and weights stand in the pool from a place
// on, and begin again at its end.
type writtenCase struct {
	Layer  writtenLayer   `json:"layer"`
	Plan   map[string]any `json:"plan"`
	Input  int            `json:"input"`
	Shape  [3]int         `json:"shape"`
	Arrays map[string]int `json:"arrays"` // places of weights, bias and slopes
	Counts map[string]int `json:"counts"`
	At     [3]int         `json:"at"`
	Names  []string       `json:"names"`
	Values []float32      `json:"values,omitempty"` // of the input, if it is not in the pool

	exact, six string
}

// writtenLayer is a layer as the page has it.
type writtenLayer struct {
	Kind           string         `json:"kind"`
	Filters        []string       `json:"filters"`
	Kernel         [2]int         `json:"kernel"`
	Stride         [2]int         `json:"stride"`
	Dilation       [2]int         `json:"dilation"`
	Groups         int            `json:"groups"`
	Inputs         []int          `json:"inputs"`
	Up             *[2]int        `json:"up,omitempty"`
	Mode           string         `json:"mode"`
	Activation     string         `json:"activation,omitempty"`
	Slope          float32        `json:"slope"`
	ExcludePadding bool           `json:"excludePadding"`
	After          *[2]int        `json:"after,omitempty"`
	Norm           map[string]any `json:"norm,omitempty"`
}

// writtenScript makes the texts of cases with the page's own scripts.
const writtenScript = `(() => { %s
	const pool = new Float32Array(%s), take = (at, n) => Float32Array.from({ length: n }, (_, i) => pool[(at + i) %% pool.length]);
	return %s.map(({ layer, plan, input, shape: [, h, w], arrays: places, counts, at: [k, y, x], names, values }) => {
		const arrays = Object.fromEntries(Object.entries(places).map(([name, at]) => [name, take(at, counts[name])]));
		const read = (i) => (values ? values[i] : pool[(input + i) %% pool.length]);
		const all = new Arithmetic({ read: (c, y, x) => read((c * h + y) * w + x) }, [layer], [plan], [arrays]);
		const about = { layer, result: all.explain(0, k, y, x), names, name: outputName(layer.filters[k], { y, x }) };
		return [plain(written(about, true)), plain(written(about, false)), plain(written(about, false), false)];
	});
})()`

// TestWritten compares the texts of both writers, the product's and the page's, for 5,000 outputs
// of random layers of all kinds.
func TestWritten(t *testing.T) {
	g := generator{T: t, random: rand.New(rand.NewPCG(21, 22))}
	g.pool = append(g.pool, cancelling...)
	for len(g.pool) < 4096 {
		g.pool = append(g.pool, g.value())
	}
	var scripts strings.Builder
	for _, name := range []string{"dom", "arithmetic", "tiles", "written"} {
		text, err := os.ReadFile("../page/" + name + ".js")
		if err != nil {
			t.Fatal(err)
		}
		scripts.Write(text)
	}
	tab := newTab(t)
	tab.do(chromedp.Navigate("about:blank"))
	pool, err := json.Marshal(g.pool)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	wrong := 0
	for range 10 {
		cases := make([]writtenCase, 500)
		for i := range cases {
			cases[i] = g.next()
			kinds[cases[i].Layer.Kind]++
		}
		list, err := json.Marshal(cases)
		if err != nil {
			t.Fatal(err)
		}
		got := value[[][3]string](tab, fmt.Sprintf(writtenScript, scripts.String(), pool, list))
		for i, c := range cases {
			if want := [2]string{c.exact, c.six}; [2]string(got[i][:2]) != want {
				if wrong++; wrong < 5 {
					layer, _ := json.Marshal(c.Layer)
					t.Errorf("%s at %v: the page has\n%s\n%s\nthe product has\n%s\n%s", layer, c.At, got[i][0], got[i][1], want[0], want[1])
				}
			}
		}
	}
	if len(kinds) != 9 {
		t.Errorf("only these kinds of layers came up: %v", kinds)
	}
	if g.wide == 0 || g.many == 0 || g.rounding == 0 || g.inexact == 0 {
		t.Errorf("of %d texts had %d many taps, %d many channels, %d rounding, %d inexact sums", 5000, g.wide, g.many, g.rounding, g.inexact)
	}
}

type generator struct {
	*testing.T
	random                        *rand.Rand
	pool                          []float32
	wide, many, rounding, inexact int
}

func (g *generator) n(least, most int) int { return least + g.random.IntN(most-least+1) }

// value is a number that is hard to write or to add up.
func (g *generator) value() float32 {
	switch g.random.IntN(8) {
	case 0:
		return 0
	case 1:
		return float32(math.Copysign(0, -1))
	case 2:
		return float32(g.n(-3, 3))
	case 3:
		return float32(g.n(-2048, 2048)) / 1024 // exact halves of the last digit
	case 4:
		return float32(g.n(0, 255)) / 255
	case 5:
		return float32(g.random.NormFloat64() * math.Exp2(float64(g.n(-60, 40))))
	}
	return float32(g.random.NormFloat64())
}

func (g *generator) take(at, n int) []float32 {
	all := make([]float32, n)
	for i := range all {
		all[i] = g.pool[(at+i)%len(g.pool)]
	}
	return all
}

// cancelling are two weights and a bias that give 0 of equal values, up to rounding.
var cancelling = []float32{0.1, -0.1, 0}

// layer makes a random layer for so many channels.
func (g *generator) layer(c *writtenCase, channels int) (filters.Layer, error) {
	array := func(name string, n int) []float32 {
		c.Arrays[name], c.Counts[name] = g.random.IntN(len(g.pool)), n
		return g.take(c.Arrays[name], n)
	}
	slopes := func(a filters.Activation, n int) []float32 {
		if a != filters.PReLU {
			return nil
		}
		return array("slopes", n)
	}
	activations := filters.Activations()
	act := activations[g.random.IntN(len(activations))]
	if c.Values != nil {
		c.Arrays, c.Counts = map[string]int{"weights": 0, "bias": 2}, map[string]int{"weights": 2, "bias": 1}
		return filters.NewConv(filters.ConvSpec{Name: "c", InChannels: 1, KernelSize: [2]int{1, 2}, Weights: cancelling[:2], Bias: cancelling[2:], Activation: act, Slopes: slopes(act, 1)})
	}
	switch g.random.IntN(12) {
	case 0:
		return filters.NewActivation(filters.ActivationSpec{Name: "a", Function: act, NegativeSlope: 0.1, Slopes: slopes(act, channels)})
	case 1:
		return filters.NewScale(filters.ScaleSpec{Name: "s", Factor: array("weights", channels), Shift: array("bias", channels)})
	case 2:
		return filters.NewJoin(filters.JoinSpec{Name: "j", Kind: filters.JoinKind(g.n(0, 1)), Inputs: slices.Repeat([]string{filters.InputName}, g.n(2, 3))})
	case 3:
		return filters.NewUpsample(filters.UpsampleSpec{Name: "u", Factor: [2]int{g.n(1, 3), 2}, Mode: filters.UpsampleMode(g.n(0, 1))})
	case 4:
		return filters.NewNorm(filters.NormSpec{Name: "n", Size: g.n(1, 6), Alpha: g.random.Float64(), Beta: 3 * g.random.Float64(), K: g.random.Float64() + 0.5})
	case 5, 6:
		kernel := [2]int{g.n(1, 8), g.n(1, 8)}
		kind := filters.PoolKind(g.n(0, 1))
		return filters.NewPool(filters.PoolSpec{
			Name: "p", Kind: kind, ExcludePadding: kind == filters.AvgPool && g.n(0, 1) == 0, KernelSize: kernel, Stride: [2]int{g.n(1, 3), g.n(1, 3)}, CeilMode: g.n(0, 1) == 0,
			Padding: [4]int{g.n(0, kernel[0]/2), g.n(0, kernel[1]/2), g.n(0, kernel[0]/2), g.n(0, kernel[1]/2)},
		})
	}
	groups := 1
	if channels%2 == 0 {
		groups = g.n(1, 2)
	}
	spec := filters.ConvSpec{
		Name: "c", InChannels: channels, KernelSize: [2]int{g.n(1, 8), g.n(1, 8)}, Stride: [2]int{g.n(1, 3), g.n(1, 3)}, Dilation: [2]int{g.n(1, 2), g.n(1, 2)},
		Groups: groups, Activation: act, NegativeSlope: -0.25,
		Padding: filters.Padding{Top: g.n(0, 4), Left: g.n(0, 4), Bottom: g.n(0, 4), Right: g.n(0, 4), Mode: filters.PaddingMode(g.n(0, 3))},
	}
	out := groups * g.n(1, 2)
	spec.Weights = array("weights", out*channels/groups*spec.KernelSize[0]*spec.KernelSize[1])
	spec.Bias = array("bias", out)
	spec.Slopes = slopes(act, out)
	return filters.NewConv(spec)
}

// next makes a case with the product's texts.
func (g *generator) next() writtenCase {
	g.Helper()
	c := writtenCase{Arrays: map[string]int{}, Counts: map[string]int{}, Input: g.random.IntN(len(g.pool))}
	channels := []int{1, 2, 3, 3, 3, 5, 20}[g.random.IntN(7)]
	if g.random.IntN(40) == 0 {
		channels, c.Values = 1, slices.Repeat([]float32{float32(g.n(1, 254)) / 255}, 18*18)
	}
	layer, err := g.layer(&c, channels)
	if err != nil {
		g.Fatal(err)
	}
	if len(layer.Inputs()) > 1 {
		channels = 3 // of pictures, which the page reads several times
	}
	in, _ := volume.New(volume.Shape{C: channels, H: g.n(15, 18), W: g.n(15, 18)})
	if in.Data = g.take(c.Input, len(in.Data)); c.Values != nil {
		in.Data = c.Values[:len(in.Data)]
	}
	all := []filters.Layer{layer}
	if layer.Kind() == "upsample" { // a picture itself is not enlarged
		apart, err := filters.NewPool(filters.PoolSpec{Name: "apart", KernelSize: [2]int{1, 1}, Stride: [2]int{6, 6}})
		if err != nil {
			g.Fatal(err)
		}
		all = []filters.Layer{apart, layer}
	}
	stack, err := filters.NewStack("", channels, all...)
	if err != nil {
		g.Fatal(err)
	}
	plan, err := stack.Plan(in.Shape)
	if err != nil {
		g.Fatal(err)
	}
	out, err := stack.Apply(in)
	if err != nil {
		g.Fatal(err)
	}
	if len(all) > 1 {
		first, err := filters.NewStack("", channels, all[0])
		if err != nil {
			g.Fatal(err)
		}
		if in, err = first.Apply(in); err != nil {
			g.Fatal(err)
		}
		c.Values = in.Data
	}
	lp := &plan.Layers[len(all)-1]
	c.describe(lp, stack)
	k, y, x := g.random.IntN(out.C), g.random.IntN(out.H), g.random.IntN(out.W)
	c.At, c.Shape = [3]int{k, y, x}, [3]int{in.C, in.H, in.W}
	var ins []volume.Rows
	for range lp.Inputs {
		ins = append(ins, in.Rows(0, in.H))
	}
	o := arithmetic.Explain(lp, ins, k, y, x, out.Data[(k*out.H+y)*out.W+x])
	c.exact, c.six = arithmetic.Plain(o.Write(c.Names, true), true), arithmetic.Plain(o.Write(c.Names, false), true)
	g.count(c.six, o)
	return c
}

// count counts texts that are rare.
func (g *generator) count(text string, o *arithmetic.Output) {
	for at, sign := range map[*int]string{&g.wide: " more =", &g.rounding: "rounding of", &g.inexact: " ≈ "} {
		if strings.Contains(text, sign) {
			*at++
		}
	}
	if len(o.Terms) > 0 && o.Plan.Layer.Kind() == "conv" && len(o.Terms)/o.Plane() > 16 {
		g.many++
	}
}

// describe fills in what the page knows of a layer.
func (c *writtenCase) describe(lp *filters.LayerPlan, stack *filters.Stack) {
	layer := lp.Layer
	c.Names = arithmetic.Channels(stack, len(stack.Layers())-1)
	if lp.In.C != 3 && len(lp.Inputs) == 1 {
		c.Names = nil
		for i := range lp.In.C {
			c.Names = append(c.Names, fmt.Sprintf("channel %d", i))
		}
	}
	c.Plan = map[string]any{
		"in": [3]int{lp.In.C, lp.In.H, lp.In.W}, "out": [3]int{lp.Out.C, lp.Out.H, lp.Out.W},
		"pad": [4]int{lp.Rows.Before, lp.Cols.Before, lp.Rows.After, lp.Cols.After},
	}
	c.Layer = writtenLayer{
		Kind: layer.Kind(), Filters: layer.Filters(), Kernel: [2]int{lp.Rows.Kernel, lp.Cols.Kernel}, Stride: [2]int{lp.Rows.Stride, lp.Cols.Stride},
		Dilation: [2]int{lp.Rows.Dilation, lp.Cols.Dilation}, Groups: 1, Inputs: make([]int, len(lp.Inputs)),
	}
	for i := range c.Layer.Inputs {
		c.Layer.Inputs[i] = -1
	}
	for _, a := range layer.Attributes() {
		switch v := a.Value.(type) {
		case string:
			switch a.Name {
			case "activation", "function":
				c.Layer.Activation = v
			case "padding_mode":
				c.Layer.Mode = v
			case "mode":
				if v == filters.Bilinear.String() {
					c.Layer.Kernel = [2]int{2, 2}
				}
			}
		case float32:
			c.Layer.Slope = v
		case float64:
			c.norm(a.Name, v)
		case int:
			if c.Layer.Groups = v; a.Name == "size" {
				c.norm(a.Name, v)
				c.Layer.Groups = 1
			}
		case bool:
			c.Layer.ExcludePadding = !v
		case [2]int:
			if a.Name == "scale_factor" {
				c.Layer.Up = &v
			}
		case filters.Padding:
			if layer.Kind() == "avg_pool" {
				c.Layer.After = &[2]int{v.Bottom, v.Right}
			}
		}
	}
}

func (c *writtenCase) norm(name string, v any) {
	if c.Layer.Norm == nil {
		c.Layer.Norm = map[string]any{}
	}
	c.Layer.Norm[name] = v
}

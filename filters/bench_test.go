package filters

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
)

// benchCase is a layer, or several, on a picture: an entry of _bench/cases.json, which the
// peers read too.
type benchCase struct {
	Group, Name string
	In, Out     [3]int // C×H×W
	Layers      []benchLayer
}

// benchLayer has the field names of PyTorch's papers: k filters of r×r with stride s,
// padding p, dilation d and g groups.
type benchLayer struct {
	Op               string // conv, max, average, lrn, add or concat
	K, R, S, P, D, G int
	ReLU             bool
	From             []int // the layers that are read, relative to this one: −1 is the layer before
}

func benchCases(t testing.TB) []benchCase {
	data, err := os.ReadFile("_bench/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []benchCase
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// plan makes the stack. draw makes weights for a number of terms in a sum.
func (c benchCase) plan(t testing.TB, draw func(n, terms int) []float32) *Plan {
	b, err := NewBuilder("", c.In[0])
	for i := 0; err == nil && i < len(c.Layers); i++ {
		err = c.Layers[i].add(b, i, draw)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.Stack()
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan(volume.Shape{C: c.In[0], H: c.In[1], W: c.In[2]})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (l benchLayer) add(b *Builder, i int, draw func(n, terms int) []float32) error {
	name := func(i int) string {
		if i < 0 {
			return InputName
		}
		return fmt.Sprintf("l%d", i)
	}
	inputs := []string{name(i - 1)}
	if l.From != nil {
		inputs = nil
		for _, from := range l.From {
			inputs = append(inputs, name(i+from))
		}
	}
	layer, err := l.layer(b, name(i), inputs, draw)
	if err != nil {
		return err
	}
	if err := b.Add(layer); err != nil || l.Op != "add" || !l.ReLU {
		return err
	}
	relu, err := NewActivation(ActivationSpec{Name: name(i), Function: ReLU})
	if err != nil {
		return err
	}
	return b.Add(relu)
}

func (l benchLayer) layer(b *Builder, name string, inputs []string, draw func(n, terms int) []float32) (Layer, error) {
	switch l.Op {
	case "conv":
		from, err := b.Sources(inputs)
		if err != nil {
			return nil, err
		}
		channels := len(b.Channels(from[0]))
		terms := channels / max(1, l.G) * l.R * l.R
		activation := None
		if l.ReLU {
			activation = ReLU
		}
		return NewConv(ConvSpec{
			Name: name, Inputs: inputs, InChannels: channels, KernelSize: [2]int{l.R, l.R}, Groups: l.G,
			Stride: [2]int{l.S, l.S}, Dilation: [2]int{l.D, l.D},
			Padding: Padding{Top: l.P, Left: l.P, Bottom: l.P, Right: l.P},
			Weights: draw(l.K*terms, terms), Activation: activation,
		})
	case "max", "average":
		kind := MaxPool
		if l.Op == "average" {
			kind = AvgPool
		}
		return NewPool(PoolSpec{
			Name: name, Inputs: inputs, Kind: kind, KernelSize: [2]int{l.R, l.R}, Stride: orOne([2]int{l.S, l.S}),
			Padding: [4]int{l.P, l.P, l.P, l.P},
		})
	case "lrn":
		return NewNorm(NormSpec{Name: name, Inputs: inputs, Size: l.R, Alpha: 1e-4, Beta: 0.75, K: 2})
	case "add":
		if l.ReLU {
			name += "sum" // ReLU has the name
		}
		return NewJoin(JoinSpec{Name: name, Inputs: inputs, Kind: Add})
	case "concat":
		return NewJoin(JoinSpec{Name: name, Inputs: inputs, Kind: Concat})
	}
	return nil, fmt.Errorf("op must be conv, max, average, lrn, add or concat, got %q", l.Op)
}

// TestBenchCases holds the cases to the shapes that peers compute.
func TestBenchCases(t *testing.T) {
	for _, c := range benchCases(t) {
		p := c.plan(t, func(n, _ int) []float32 { return make([]float32, n) })
		out := p.Layers[len(p.Layers)-1].Out
		if got := [3]int{out.C, out.H, out.W}; got != c.Out {
			t.Errorf("%s has outputs of %v, the case says %v", c.Name, got, c.Out)
		}
	}
}

// draw draws weights and a picture.
func (c benchCase) draw(b *testing.B) (*Plan, *volume.Volume) {
	r := rand.New(rand.NewPCG(1, 1))
	normal := func(dst []float32, deviation float64) []float32 {
		for i := range dst {
			dst[i] = float32(r.NormFloat64() * deviation)
		}
		return dst
	}
	p := c.plan(b, func(n, terms int) []float32 { return normal(make([]float32, n), math.Sqrt(2/float64(terms))) })
	v, err := volume.New(p.Input)
	if err != nil {
		b.Fatal(err)
	}
	normal(v.Data, 1)
	return p, v
}

// eachCase runs the cases as group/name.
func eachCase(b *testing.B, run func(b *testing.B, c benchCase)) {
	groups := map[string][]benchCase{}
	var order []string
	for _, c := range benchCases(b) {
		if groups[c.Group] == nil {
			order = append(order, c.Group)
		}
		groups[c.Group] = append(groups[c.Group], c)
	}
	for _, group := range order {
		b.Run(group, func(b *testing.B) {
			for _, c := range groups[group] {
				b.Run(c.Name, func(b *testing.B) { run(b, c) })
			}
		})
	}
}

// forced is the kernel of FILTERBANK_KERNEL, as for the command.
func forced(b *testing.B) *kernel.Kernel {
	set, err := simd.Select(os.Getenv("FILTERBANK_KERNEL"))
	if err != nil {
		b.Fatal(err)
	}
	return kernel.New(set)
}

// BenchmarkLayers runs each case from a volume in memory to the last layer's maps, band by
// band. The consumer reads every value, as a picture's scale does. The times and GFLOP/s are
// the fastest run's. FILTERBANK_KERNEL chooses the kernel.
func BenchmarkLayers(b *testing.B) {
	k := forced(b)
	eachCase(b, func(b *testing.B, c benchCase) {
		p, v := c.draw(b)
		benchmark(b, &Runner{Kernel: k}, p, v)
	})
}

func benchmark(b *testing.B, r *Runner, p *Plan, v *volume.Volume) {
	selected := make([]bool, len(p.Layers))
	selected[len(selected)-1] = true
	var e extremes
	measure(b, p, func() error {
		return r.Run(context.Background(), p, selected, v, func(_ int, rows volume.Rows) error {
			e.add(r.Kernel, rows)
			return nil
		})
	})
	e.check(b)
}

// BenchmarkTeam runs pictures with as many workers as -cpu says, with rows in any order
// (scan) and in order (run).
func BenchmarkTeam(b *testing.B) {
	workers := runtime.GOMAXPROCS(0)
	t := Team{Kernel: forced(b), Workers: workers}
	eachCase(b, func(b *testing.B, c benchCase) {
		p, v := c.draw(b)
		selected := make([]bool, len(p.Layers))
		selected[len(selected)-1] = true
		b.Run("scan", func(b *testing.B) {
			e := make([]extremes, workers)
			measure(b, p, func() error {
				return t.Scan(context.Background(), p, selected, v, func(worker, _ int, rows volume.Rows) error {
					e[worker].add(t.Kernel, rows)
					return nil
				})
			})
		})
		b.Run("run", func(b *testing.B) {
			var e extremes
			measure(b, p, func() error {
				return t.Run(context.Background(), p, selected, v, func(_ int, rows volume.Rows) error {
					e.add(t.Kernel, rows)
					return nil
				})
			})
			e.check(b)
		})
	})
}

// measure reports the time of the fastest run.
func measure(b *testing.B, p *Plan, run func() error) {
	flop := 0.0
	for _, l := range p.Layers {
		flop += 2 * l.MACs
	}
	if err := run(); err != nil { // packs the weights, and takes memory
		b.Fatal(err)
	}
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		start := time.Now()
		if err := run(); err != nil {
			b.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	b.ReportMetric(best.Seconds()*1e3, "best-ms")
	if flop > 0 {
		b.ReportMetric(flop/best.Seconds()/1e9, "GFLOP/s")
	}
}

// extremes is the benchmarks' consumer.
type extremes struct {
	lo, hi float32
	_      [14]float32 // workers' own cache lines
}

func (e *extremes) add(k *kernel.Kernel, rows volume.Rows) {
	if rows.W == rows.RowStride { // the rows of a channel are one slice
		rows.W *= rows.N
		rows.N = 1
	}
	for c := range rows.C {
		for i := range rows.N {
			lo, hi := k.Extremes(rows.Row(c, i))
			e.lo, e.hi = min(e.lo, lo), max(e.hi, hi)
		}
	}
}

func (e *extremes) check(b *testing.B) {
	if e.lo >= e.hi {
		b.Fatalf("the maps lie between %v and %v", e.lo, e.hi)
	}
}

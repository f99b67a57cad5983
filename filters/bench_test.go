package filters

import (
	"context"
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

// convCase is a layer, or several, on a picture.
type convCase struct {
	name   string
	in     volume.Shape
	layers []ConvSpec
}

// convCases are layers of ResNet, AlexNet and VGG, filters on pictures of ordinary size,
// a depthwise layer and a stack. A name has C×H×W, the filters, stride and padding.
func convCases() []convCase {
	layer := func(c, k, size, stride, padding, groups int) ConvSpec {
		return ConvSpec{
			InChannels: c, KernelSize: [2]int{size, size}, Groups: groups, Stride: [2]int{stride, stride},
			Padding: Padding{Top: padding, Left: padding, Bottom: padding, Right: padding},
			Weights: make([]float32, k*c/groups*size*size), Bias: make([]float32, k),
		}
	}
	var cases []convCase
	for _, c := range [][7]int{
		{3, 768, 1024, 2, 3, 1, 1}, {3, 768, 1024, 8, 3, 1, 1}, {3, 768, 1024, 48, 7, 1, 3},
		{3, 768, 1024, 64, 3, 1, 1}, {3, 224, 224, 64, 7, 2, 3}, {3, 227, 227, 96, 11, 4, 0},
		{64, 224, 224, 64, 3, 1, 1}, {128, 112, 112, 128, 3, 1, 1}, {3, 2160, 3840, 2, 3, 1, 1},
	} {
		cases = append(cases, convCase{
			fmt.Sprintf("%dx%dx%d-%dof%dx%ds%dp%d", c[0], c[1], c[2], c[3], c[4], c[4], c[5], c[6]),
			volume.Shape{C: c[0], H: c[1], W: c[2]},
			[]ConvSpec{layer(c[0], c[3], c[4], c[5], c[6], 1)},
		})
	}
	return append(cases,
		convCase{"64x112x112-depthwise3x3s1p1", volume.Shape{C: 64, H: 112, W: 112}, []ConvSpec{layer(64, 64, 3, 1, 1, 64)}},
		convCase{"3x768x1024-stack32-64-64of3x3s1p1", volume.Shape{C: 3, H: 768, W: 1024}, []ConvSpec{
			layer(3, 32, 3, 1, 1, 1), layer(32, 64, 3, 1, 1, 1), layer(64, 64, 3, 1, 1, 1),
		}},
	)
}

// plan draws weights and a picture.
func (c convCase) plan(b *testing.B) (*Plan, *volume.Volume) {
	r := rand.New(rand.NewPCG(1, 1))
	var layers []Layer
	for _, spec := range c.layers {
		for i := range spec.Weights {
			spec.Weights[i] = float32(r.NormFloat64() / 8)
		}
		conv, err := NewConv(spec)
		if err != nil {
			b.Fatal(err)
		}
		layers = append(layers, conv)
	}
	s, err := NewStack("", c.in.C, layers...)
	if err != nil {
		b.Fatal(err)
	}
	p, err := s.Plan(c.in)
	if err != nil {
		b.Fatal(err)
	}
	v, err := volume.New(c.in)
	if err != nil {
		b.Fatal(err)
	}
	for i := range v.Data {
		v.Data[i] = float32(r.NormFloat64())
	}
	return p, v
}

// BenchmarkConv runs each case from a volume in memory to the last layer's maps, band by
// band, with ReLU. The consumer reads every value, as a picture's scale does. GFLOP/s are
// the speed of the fastest run. FILTERBANK_KERNEL chooses the kernel, as for the command.
func BenchmarkConv(b *testing.B) {
	set, err := simd.Select(os.Getenv("FILTERBANK_KERNEL"))
	if err != nil {
		b.Fatal(err)
	}
	k := kernel.New(set)
	for _, c := range convCases() {
		b.Run(c.name, func(b *testing.B) {
			p, v := c.plan(b)
			benchmark(b, &Runner{Kernel: k}, p, v)
		})
	}
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

// BenchmarkTeam runs pictures with as many workers as -cpu says, with rows in order and
// in any order.
func BenchmarkTeam(b *testing.B) {
	workers := runtime.GOMAXPROCS(0)
	k := kernel.Best()
	for _, c := range convCases() {
		if c.in.H < 768 && c.in.C < 64 {
			continue
		}
		p, v := c.plan(b)
		selected := make([]bool, len(p.Layers))
		selected[len(selected)-1] = true
		t := Team{Kernel: k, Workers: workers}
		b.Run("scan/"+c.name, func(b *testing.B) {
			e := make([]extremes, workers)
			measure(b, p, func() error {
				return t.Scan(context.Background(), p, selected, v, func(worker, _ int, rows volume.Rows) error {
					e[worker].add(k, rows)
					return nil
				})
			})
		})
		b.Run("run/"+c.name, func(b *testing.B) {
			var e extremes
			measure(b, p, func() error {
				return t.Run(context.Background(), p, selected, v, func(_ int, rows volume.Rows) error {
					e.add(k, rows)
					return nil
				})
			})
			e.check(b)
		})
	}
}

// measure reports the speed of the fastest run.
func measure(b *testing.B, p *Plan, run func() error) {
	flop := 0.0
	for _, l := range p.Layers {
		flop += 2 * l.MACs
	}
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		start := time.Now()
		if err := run(); err != nil {
			b.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	b.ReportMetric(flop/best.Seconds()/1e9, "GFLOP/s")
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

package filters

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
)

// randomStack draws a stack that fits its input, and the input. Every other one is a graph
// in which layers read any layers before them.
func randomStack(r *rand.Rand) (*Plan, *volume.Volume) {
	for {
		in := volume.Shape{C: 1 + r.IntN(4), H: 1 + r.IntN(40), W: 1 + r.IntN(24)}
		graph, count := r.IntN(2) == 0, 1+r.IntN(4)
		if graph {
			count += r.IntN(6)
		}
		var layers []Layer
		var p *Plan
		for tries := 0; len(layers) < count && tries < 40; tries++ {
			l, err := randomNext(r, p, in, fmt.Sprint("l", len(layers)), graph)
			if err != nil {
				panic(err)
			}
			s, err := NewStack("", in.C, append(slices.Clone(layers), l)...)
			if err != nil {
				continue
			}
			if next, err := s.Plan(in); err == nil && next.Layers[len(layers)].Out.H*next.Layers[len(layers)].Out.W < 5000 {
				p, layers = next, append(layers, l)
			}
		}
		if p != nil {
			v, err := volume.New(in)
			if err != nil {
				panic(err)
			}
			fillRandom(r, v.Data)
			if r.IntN(4) == 0 {
				fillSpecial(r, v.Data)
			}
			return p, v
		}
	}
}

// randomNext draws the next layer of a plan, or the first one if p is nil.
func randomNext(r *rand.Rand, p *Plan, in volume.Shape, name string, graph bool) (Layer, error) {
	before := 0
	if p != nil {
		before = len(p.Layers)
	}
	nameOf := func(l int) string {
		if l < 0 {
			return InputName
		}
		return p.Layers[l].Layer.Name()
	}
	from := before - 1
	var inputs []string
	if graph && r.IntN(3) == 0 {
		from = r.IntN(before+1) - 1
		inputs = []string{nameOf(from)}
	}
	shape := func(l int) volume.Shape {
		if l < 0 {
			return in
		}
		return p.Layers[l].Out
	}
	if graph && r.IntN(3) == 0 { // join layers of the same size
		like := shape(from)
		names := []string{nameOf(from)}
		kind := JoinKind(r.IntN(2))
		for l := -1; l < before; l++ {
			s := shape(l)
			if s.H == like.H && s.W == like.W && (kind == Concat || s.C == like.C) && r.IntN(2) == 0 {
				names = append(names, nameOf(l))
			}
		}
		if len(names) > 1 {
			return NewJoin(JoinSpec{Name: name, Inputs: names[:min(len(names), 3)], Kind: kind})
		}
	}
	if graph && r.IntN(6) == 0 {
		return NewUpsample(UpsampleSpec{Name: name, Inputs: inputs, Factor: [2]int{1 + r.IntN(4), 2 + r.IntN(2)}, Mode: UpsampleMode(r.IntN(2))})
	}
	l, err := randomLayer(r, shape(from).C, name)
	if err != nil || inputs == nil {
		return l, err
	}
	switch l := l.(type) {
	case *Conv:
		l.spec.Inputs = inputs
	case *Pool:
		l.spec.Inputs = inputs
	case *Norm:
		l.spec.Inputs = inputs
	case *Activate:
		l.spec.Inputs = inputs
	case *Scale:
		l.spec.Inputs = inputs
	}
	return l, nil
}

func randomLayer(r *rand.Rand, channels int, name string) (Layer, error) {
	switch r.IntN(10) {
	case 8:
		p := randomActivation(r, channels)
		return NewActivation(ActivationSpec{Name: name, Function: p.activation, NegativeSlope: p.slope, Alpha: p.alpha, Slopes: p.slopes})
	case 9:
		s := ScaleSpec{Name: name, Factor: make([]float32, channels), Shift: make([]float32, channels)}
		fillRandom(r, s.Factor)
		fillRandom(r, s.Shift)
		return NewScale(s)
	case 0, 1, 2:
		return NewPool(randomPool(r, name))
	case 3:
		return NewNorm(NormSpec{
			Name: name, Size: 1 + r.IntN(6), Alpha: r.Float64(), K: float64(r.IntN(3)),
			Beta: []float64{0, 0.5, 0.75, 1, 3.25}[r.IntN(5)],
		})
	}
	return NewConv(randomConv(r, channels, name))
}

func randomActivation(r *rand.Rand, filters int) pointwise {
	p := pointwise{activation: Activations()[r.IntN(len(Activations()))], slope: 0.01}
	switch p.activation {
	case ELU:
		p.alpha = 0.5
	case PReLU:
		p.slopes = make([]float32, filters)
		fillRandom(r, p.slopes)
	}
	return p
}

func randomPool(r *rand.Rand, name string) PoolSpec {
	s := PoolSpec{Name: name, Kind: PoolKind(r.IntN(2)), CeilMode: r.IntN(2) == 0}
	widest, farthest := 5, 4
	if r.IntN(8) == 0 {
		widest, farthest = 12, 20
	}
	for axis := range 2 {
		s.KernelSize[axis] = 1 + r.IntN(widest)
		s.Stride[axis] = 1 + r.IntN(farthest)
		s.Padding[axis] = r.IntN(s.KernelSize[axis]/2 + 1)
		s.Padding[2+axis] = s.Padding[axis]
		if r.IntN(3) == 0 {
			s.Padding[2+axis] = r.IntN(s.KernelSize[axis]/2 + 1)
		}
		s.Dilation[axis] = 1
		if s.Kind == MaxPool {
			s.Dilation[axis] = 1 + r.IntN(3)
		}
	}
	if r.IntN(3) == 0 {
		s.Stride = [2]int{}
	}
	s.ExcludePadding = s.Kind == AvgPool && r.IntN(2) == 0
	return s
}

func randomConv(r *rand.Rand, channels int, name string) ConvSpec {
	s := ConvSpec{
		Name: name, InChannels: channels, Groups: 1,
		KernelSize: [2]int{1 + r.IntN(5), 1 + r.IntN(5)},
		Stride:     [2]int{1 + r.IntN(3), 1 + r.IntN(3)},
		Dilation:   [2]int{1 + r.IntN(3), 1 + r.IntN(3)},
		Padding: Padding{
			Top: r.IntN(6), Left: r.IntN(6), Bottom: r.IntN(6), Right: r.IntN(6),
			Mode: PaddingMode(r.IntN(4)),
		},
	}
	switch r.IntN(4) {
	case 0:
		s.Groups = channels
	case 1:
		s.Stride = [2]int{1, 1}
		s.Padding.Kind = Same
	case 2:
		s.Padding.Kind = SameUpper + PaddingKind(r.IntN(2))
	}
	filters := s.Groups * (1 + r.IntN(3))
	p := randomActivation(r, filters)
	s.Activation, s.NegativeSlope, s.Alpha, s.Slopes = p.activation, p.slope, p.alpha, p.slopes
	s.Weights = make([]float32, filters*channels/s.Groups*s.KernelSize[0]*s.KernelSize[1])
	s.Bias = make([]float32, filters)
	fillRandom(r, s.Weights)
	fillRandom(r, s.Bias)
	return s
}

// fillSpecial mixes in values that sums and activations may treat wrongly.
func fillSpecial(r *rand.Rand, data []float32) {
	special := []float32{
		float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)),
		math.SmallestNonzeroFloat32, -0x1p-140, math.MaxFloat32, -math.MaxFloat32,
	}
	for range 1 + len(data)/50 {
		data[r.IntN(len(data))] = special[r.IntN(len(special))]
	}
}

func fillRandom(r *rand.Rand, data []float32) {
	for i := range data {
		data[i] = float32(r.NormFloat64())
		if r.IntN(20) == 0 {
			data[i] = float32(math.Copysign(0, float64(data[i])))
		}
	}
}

// collect gathers the emitted rows and fails if they are out of order.
type collect struct {
	t    *testing.T
	outs []*volume.Volume
	next []int
}

func newCollect(t *testing.T, p *Plan) *collect {
	c := &collect{t: t, next: make([]int, len(p.Layers))}
	for _, lp := range p.Layers {
		v, err := volume.New(lp.Out)
		if err != nil {
			t.Fatal(err)
		}
		c.outs = append(c.outs, v)
	}
	return c
}

func (c *collect) emit(layer int, rows volume.Rows) error {
	if rows.Y != c.next[layer] {
		c.t.Fatalf("layer %d: got rows from %d, want %d next", layer, rows.Y, c.next[layer])
	}
	c.next[layer] += rows.N
	c.outs[layer].Rows(rows.Y, rows.Y+rows.N).CopyFrom(rows)
	return nil
}

func checkAgainstReference(t *testing.T, run func(emit Emit) error, p *Plan, in *volume.Volume, selected []bool) {
	t.Helper()
	got := newCollect(t, p)
	if err := run(got.emit); err != nil {
		t.Fatal(err)
	}
	for l := range selected {
		if selected[l] && got.next[l] != p.Layers[l].Out.H {
			t.Fatalf("layer %d: %d of %d rows came", l, got.next[l], p.Layers[l].Out.H)
		}
	}
	checkBits(t, p, got.outs, reference(p, in), selected)
}

// checkWaiting fails if more rows wait in a store than the runner's bound.
func checkWaiting(t *testing.T, r *Runner) {
	t.Helper()
	for l := range r.stores {
		if s := &r.stores[l]; s.used && s.slots > s.most {
			t.Fatalf("layer %d: %d rows wait, the bound is %d", l, s.slots, s.most)
		}
	}
}

func checkBits(t *testing.T, p *Plan, outs, wants []*volume.Volume, selected []bool) {
	t.Helper()
	for l, want := range wants {
		if !selected[l] {
			continue
		}
		for i, w := range want.Data {
			if g := outs[l].Data[i]; math.Float32bits(g) != math.Float32bits(w) {
				t.Fatalf("layer %d, value %d of %v: got %x, want %x (%+v)", l, i, want.Shape, g, w, describe(p.Layers[l].Layer))
			}
		}
	}
}

func describe(l Layer) any {
	switch l := l.(type) {
	case *Conv:
		return l.Spec()
	case *Pool:
		return l.Spec()
	case *Norm:
		return l.Spec()
	case *Activate:
		return l.Spec()
	case *Scale:
		return l.Spec()
	case *Join:
		return l.Spec()
	case *Upsample:
		return l.Spec()
	}
	return nil
}

func randomSelection(r *rand.Rand, p *Plan) []bool {
	selected := make([]bool, len(p.Layers))
	for l := range selected {
		selected[l] = r.IntN(2) == 0
	}
	selected[r.IntN(len(selected))] = true
	return selected
}

// TestRunnerEqualsReference compares bands, windows and padding with the reference, bit
// for bit, with every kernel and with runners over pictures of every size: with bands of
// one row, of a few, and the whole picture in one band.
func TestRunnerEqualsReference(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var runners []*Runner
	for _, set := range simd.Sets() {
		k := kernel.New(set)
		for _, budget := range []int{1, 8 << 10, 0} {
			runners = append(runners, &Runner{Kernel: k, budget: budget})
		}
	}
	for i := range 3000 {
		p, in := randomStack(random)
		selected := randomSelection(random, p)
		r := runners[i%len(runners)]
		checkAgainstReference(t, func(emit Emit) error {
			return r.Run(context.Background(), p, selected, in, emit)
		}, p, in, selected)
		checkWaiting(t, r)
	}
}

// TestRunnerAllocatesNothing runs pictures of two sizes in turn, so that the runner must
// keep its buffers and the weights packed in two ways.
func TestRunnerAllocatesNothing(t *testing.T) {
	spec := square(20, 3, 2, 1)
	s, err := NewStack("", 3, mustConv(t, spec), mustConv(t, ConvSpec{
		InChannels: 20, KernelSize: [2]int{3, 3}, Weights: make([]float32, 20*20*9), Padding: Padding{Kind: Same, Mode: Circular},
	}),
		mustPool(t, PoolSpec{KernelSize: [2]int{3, 3}, Stride: [2]int{2, 2}, Padding: [4]int{1, 1, 1, 1}}),
		mustPool(t, PoolSpec{Kind: AvgPool, KernelSize: [2]int{2, 2}, CeilMode: true}),
		mustNorm(t, NormSpec{Size: 5, Alpha: 1e-4, Beta: 0.75, K: 1}),
	)
	if err != nil {
		t.Fatal(err)
	}
	var r Runner
	selected := []bool{true, true, true, true, true}
	emit := func(int, volume.Rows) error { return nil }
	run := func(h, w int) func() {
		p, err := s.Plan(volume.Shape{C: 3, H: h, W: w})
		if err != nil {
			t.Fatal(err)
		}
		in, err := volume.New(p.Input)
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := r.Run(context.Background(), p, selected, in, emit); err != nil {
				t.Fatal(err)
			}
		}
	}
	large, small := run(300, 200), run(90, 27)
	n := testing.AllocsPerRun(5, func() { large(); small(); large() })
	if n != 0 {
		t.Errorf("%v allocations in steady state, want none", n)
	}
}

// TestRunnerForgetsRowsAhead runs a picture in memory whose last rows no output covers, and then
// a picture that is read row by row: nothing of the first one is fetched ahead in the second.
func TestRunnerForgetsRowsAhead(t *testing.T) {
	s, err := NewStack("", 3, mustConv(t, square(8, 9, 8, 0)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan(volume.Shape{C: 3, H: 40, W: 64})
	if err != nil {
		t.Fatal(err)
	}
	in, err := volume.New(p.Input)
	if err != nil {
		t.Fatal(err)
	}
	var r Runner
	for _, src := range []RowReader{in, brokenReader{in, nil}} {
		if err := r.Run(context.Background(), p, []bool{true}, src, func(int, volume.Rows) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRunnerRefusesEndlessRows asks for more values than offsets in a window can count.
// None is allocated.
func TestRunnerRefusesEndlessRows(t *testing.T) {
	const channels = 1 << 12
	spec := ConvSpec{Name: "deep", InChannels: channels, KernelSize: [2]int{1, 1}, Weights: make([]float32, channels)}
	s, err := NewStack("", channels, mustConv(t, spec))
	if err != nil {
		t.Fatal(err)
	}
	in := endless{volume.Shape{C: channels, H: 1, W: 1 << 19}}
	p, err := s.Plan(in.Shape)
	if err != nil {
		t.Fatal(err)
	}
	err = new(Runner).Run(context.Background(), p, []bool{true}, in, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "run: layer deep: the rows that one row of outputs needs are") {
		t.Errorf("got %v", err)
	}
}

type endless struct{ volume.Shape }

func (e endless) Size() volume.Shape         { return e.Shape }
func (e endless) ReadRows(volume.Rows) error { panic("rows are read") }

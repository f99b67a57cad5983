package verify

import (
	"context"
	"fmt"
	"hash"
	"math"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
)

const (
	teamSize     = 3
	randomStacks = 800
	seed         = 1 << 32 // of the random stacks; any other number would do
	// stackWork bounds the multiply-adds of a random stack, so that plain Go runs all random
	// stacks in less than a second.
	stackWork = 5e5
)

// runFunc has the signature of filters.Runner.Run.
type runFunc func(ctx context.Context, plan *filters.Plan, taps []bool, src filters.RowReader, emit filters.Emit) error

// contender is a way to run stacks that must give plain Go's bits.
type contender struct {
	Check
	run runFunc
}

// contenders are all kernels of the processor except plain Go, and the fastest kernel with
// several goroutines on one volume.
func contenders(plain *kernel.Kernel) []*contender {
	var all []*contender
	for _, set := range simd.Sets() {
		if set == simd.Generic {
			continue
		}
		k := kernel.New(set)
		runner := filters.Runner{Kernel: k}
		c := &contender{Check{What: "kernel " + set.String() + " as plain Go"}, runner.Run}
		checkExtremes(&c.Check, k.Extremes, plain.Extremes)
		all = append(all, c)
	}
	team := filters.Team{Workers: teamSize}
	return append(all, &contender{Check{What: fmt.Sprintf("%d goroutines as plain Go", teamSize)}, team.Run})
}

// checkExtremes compares the extremes that two kernels find in rows of many lengths.
func checkExtremes(check *Check, got, want func(row []float32) (lo, hi float32)) {
	values := sequence(seed)
	for n := range 200 {
		row := values.sprinkled(n+1, 10, len(special))
		gotLo, gotHi := got(row)
		wantLo, wantHi := want(row)
		err := sameBits([]float32{gotLo, gotHi}, []float32{wantLo, wantHi})
		if err != nil {
			err = fmt.Errorf("smallest and largest of %d values: %w", n+1, err)
		}
		check.count(err)
	}
}

// checkKernels runs the cases from PyTorch and a number of random stacks with every
// contender. Some volumes have NaN, infinities, zeros of both signs and subnormal values.
func checkKernels(ctx context.Context, cases []convCase, random int, plain runFunc, all []*contender, bits hash.Hash) error {
	values := sequence(seed)
	for i := range len(cases) + random {
		var c convCase
		if i < len(cases) {
			c = cases[i]
		} else {
			c = randomCase(&values)
		}
		want, err := c.outputs(ctx, plain)
		if err != nil {
			return fmt.Errorf("stack %d in plain Go: %w", i, err)
		}
		for _, out := range want {
			writeFloats(bits, out.Data)
		}
		for _, other := range all {
			got, err := c.outputs(ctx, other.run)
			if err == nil {
				err = sameOutputs(got, want)
			}
			if err != nil {
				err = fmt.Errorf("stack %d on %v: %w", i, c.in.Shape, err)
			}
			other.count(err)
		}
	}
	return ctx.Err()
}

// outputs returns the outputs of all layers.
func (c *convCase) outputs(ctx context.Context, run runFunc) ([]*volume.Volume, error) {
	taps := make([]bool, len(c.plan.Layers))
	outs := make([]*volume.Volume, len(c.plan.Layers))
	for l := range outs {
		out, err := volume.New(c.plan.Layers[l].Out)
		if err != nil {
			return nil, err
		}
		outs[l], taps[l] = out, true
	}
	err := run(ctx, c.plan, taps, c.in, func(layer int, rows volume.Rows) error {
		outs[layer].Rows(rows.Y, rows.Y+rows.N).CopyFrom(rows)
		return nil
	})
	return outs, err
}

func sameOutputs(got, want []*volume.Volume) error {
	for l := range want {
		if err := sameBits(got[l].Data, want[l].Data); err != nil {
			return fmt.Errorf("layer %d of %d: %w", l, len(want), err)
		}
	}
	return nil
}

func sameBits(got, want []float32) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d values, want %d", len(got), len(want))
	}
	for i, w := range want {
		if g, w := math.Float32bits(got[i]), math.Float32bits(w); g != w {
			return fmt.Errorf("value %d is %#08x (%v), want %#08x (%v)", i, g, got[i], w, want[i])
		}
	}
	return nil
}

// draw draws n values. Special values among them are of the first kinds in special.
type draw func(s *sequence, n, kinds int) []float32

var draws = []draw{
	func(s *sequence, n, _ int) []float32 { return s.units(n) }, // ordinary numbers
	func(s *sequence, n, _ int) []float32 { return s.sparse(n) },
	func(s *sequence, n, _ int) []float32 { return s.faint(n) },
	func(s *sequence, n, kinds int) []float32 { return s.sprinkled(n, 4, kinds) },
	func(s *sequence, n, kinds int) []float32 { return s.sprinkled(n, 100, kinds) },
}

// randomCase draws a stack and a volume that fit each other. It has no output from PyTorch.
func randomCase(s *sequence) convCase {
	for {
		in := volume.Shape{C: 1 + s.below(4), H: 1 + s.below(20), W: 1 + s.below(150)}
		d := draws[s.below(len(draws))]
		plan, err := randomPlan(s, in, d)
		if err != nil {
			continue // a kernel may be larger than its padded input
		}
		work := 0.0
		for _, l := range plan.Layers {
			work += l.MACs
		}
		if work <= stackWork {
			return convCase{plan: plan, in: &volume.Volume{Shape: in, Data: d(s, in.C*in.H*in.W, len(special))}}
		}
	}
}

func randomPlan(s *sequence, in volume.Shape, d draw) (*filters.Plan, error) {
	var layers []filters.Layer
	channels := in.C
	for i := range 1 + s.below(3) {
		l, err := randomLayer(s, channels, d, fmt.Sprintf("l%d", i))
		if err != nil {
			return nil, err
		}
		layers = append(layers, l)
		if _, ok := l.Kernels(); ok {
			channels = len(l.Filters())
		}
	}
	stack, err := filters.NewStack("", in.C, layers...)
	if err != nil {
		return nil, err
	}
	return stack.Plan(in)
}

// randomLayer draws a layer: a convolution more often than not, else a pool or a norm.
func randomLayer(s *sequence, channels int, d draw, name string) (filters.Layer, error) {
	switch s.below(10) {
	case 0, 1, 2:
		return filters.NewPool(randomPool(s, name))
	case 3:
		return filters.NewNorm(filters.NormSpec{Name: name, Size: 1 + s.below(6), Alpha: 0.5, Beta: 0.75, K: float64(s.below(3))})
	}
	return filters.NewConv(randomConv(s, channels, d, name))
}

func randomPool(s *sequence, name string) filters.PoolSpec {
	spec := filters.PoolSpec{
		Name: name, Kind: filters.PoolKind(s.below(2)), CeilMode: s.below(2) == 0,
		KernelSize: [2]int{1 + s.below(5), 1 + s.below(5)},
		Stride:     [2]int{1 + s.below(4), 1 + s.below(4)},
	}
	for axis, k := range spec.KernelSize {
		spec.Padding[axis] = s.below(k/2 + 1)
		spec.Padding[2+axis] = spec.Padding[axis]
	}
	if spec.Kind == filters.AvgPool {
		spec.ExcludePadding = s.below(2) == 0
	} else {
		spec.Dilation = [2]int{1 + s.below(3), 1 + s.below(3)}
	}
	return spec
}

func randomConv(s *sequence, channels int, d draw, name string) filters.ConvSpec {
	spec := filters.ConvSpec{
		Name: name, InChannels: channels, Groups: 1,
		KernelSize: [2]int{1 + s.below(5), 1 + s.below(5)},
		Stride:     [2]int{1 + s.below(3), 1 + s.below(3)},
		Dilation:   [2]int{1 + s.below(3), 1 + s.below(3)},
		Padding: filters.Padding{
			Top: s.below(5), Left: s.below(5), Bottom: s.below(5), Right: s.below(5),
			Mode: filters.PaddingMode(s.below(4)),
		},
		Activation: filters.Activation(s.below(6)), NegativeSlope: -0.01,
	}
	switch s.below(4) {
	case 0:
		spec.Groups = channels
	case 1:
		spec.Stride, spec.Padding.Kind = [2]int{1, 1}, filters.Same
	case 2:
		spec.Padding.Kind = filters.SameUpper + filters.PaddingKind(s.below(2))
	}
	k := spec.Groups * (1 + s.below(40)/spec.Groups)
	spec.Weights = d(s, k*channels/spec.Groups*spec.KernelSize[0]*spec.KernelSize[1], finiteSpecial)
	spec.Bias = d(s, k, finiteSpecial)
	return spec
}

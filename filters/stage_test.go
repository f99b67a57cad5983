package filters

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
)

// benchPlan is a case of the benchmarks without weights, and the selection of its last layer.
func benchPlan(t *testing.T, name string) (*Plan, []bool) {
	for _, c := range benchCases(t) {
		if c.Name == name {
			p := c.plan(t, func(n, _ int) []float32 { return make([]float32, n) })
			selected := make([]bool, len(p.Layers))
			selected[len(selected)-1] = true
			return p, selected
		}
	}
	t.Fatalf("no case %s", name)
	return nil, nil
}

// musterFor readies a team of a kernel that every processor has, with a second-level cache of
// 2 MiB, for a picture in memory.
func musterFor(t *testing.T, workers int, p *Plan, selected []bool) *Team {
	in, err := volume.New(p.Input)
	if err != nil {
		t.Fatal(err)
	}
	team := &Team{Kernel: kernel.New(simd.Generic), Workers: workers, members: make([]member, workers)}
	team.members[0].cache = 2 << 20
	team.muster(p, selected, in)
	return team
}

// TestTeamComputesDeepNetworksInStages: networks with large first maps are computed in stages,
// whose memory is in the estimate, and single layers and networks whose first layers are selected
// are not.
func TestTeamComputesDeepNetworksInStages(t *testing.T) {
	for _, workers := range []int{2, 3, 8} {
		for _, name := range []string{"squeezenet1.1-to-last-conv", "vgg16-to-conv3_3"} {
			p, selected := benchPlan(t, name)
			team := musterFor(t, workers, p, selected)
			s, layers, held := &team.staging, 0, 0
			for i, st := range s.stages {
				layers += len(st.selected)
				var r Runner
				r.Kernel, r.cache = team.Kernel, 2<<20
				r.fit(st.plan, st.selected)
				r.divide(st.rows)
				held += 4 * r.workingSet()
				if last := &p.Layers[layers-1]; st.out.Shape != last.Out || i > 0 && st.plan.Input != s.stages[i-1].out.Shape {
					t.Fatalf("%s: stage %d has an input of %v and an output of %v", name, i, st.plan.Input, st.out.Shape)
				}
			}
			if layers == 0 || layers+len(s.plan.Layers) != len(p.Layers) {
				t.Fatalf("%s, %d workers: %d layers in stages and %d in the last, want %d in several stages", name, workers, layers, len(s.plan.Layers), len(p.Layers))
			}
			held += 4 * (len(s.maps[0]) + len(s.maps[1])) / workers
			if held > stageBytes {
				t.Errorf("%s, %d workers: stages hold %d bytes for each member, at most %d are told", name, workers, held, stageBytes)
			}
			selected[0] = true
			if n := len(musterFor(t, workers, p, selected).staging.stages); n > 0 {
				t.Errorf("%s: %d stages, but the first layer is selected", name, n)
			}
		}
		p, selected := benchPlan(t, "256x13x13-384of3x3s1p1")
		if n := len(musterFor(t, workers, p, selected).staging.stages); n > 0 {
			t.Errorf("%d stages of a single layer", n)
		}
	}
}

// TestCuttable: in a residual network, a stage ends with a layer that no layer behind it bypasses.
func TestCuttable(t *testing.T) {
	p, selected := benchPlan(t, "resnet18-body")
	r := Runner{selected: selected}
	r.fit(p, selected)
	var got []int
	for l, ok := range r.cuttable()[:11] {
		if ok {
			got = append(got, l)
		}
	}
	want := []int{0, 1, 4, 5, 8, 9} // conv, pool, and sums with their activations
	if !slices.Equal(got, want) {
		t.Errorf("stages may end with layers %v, want %v", got, want)
	}
}

// TestStagesStop: an error and a panic in a stage end the work of all members.
func TestStagesStop(t *testing.T) {
	s, err := NewStack("", 3, mustConv(t, square(4, 3, 1, 1)), mustConv(t, ConvSpec{Name: "b", InChannels: 4, KernelSize: [2]int{3, 3}, Weights: make([]float32, 9*4*4)}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan(volume.Shape{C: 3, H: 1000, W: 10})
	if err != nil {
		t.Fatal(err)
	}
	in, err := volume.New(p.Input)
	if err != nil {
		t.Fatal(err)
	}
	selected := []bool{false, true}
	team := newTeam(3, 1)
	team.way = staged
	nothing := func(int, volume.Rows) error { return nil }
	broken := errors.New("broken")
	if err := team.Run(context.Background(), p, selected, brokenReader{in, broken}, nothing); !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of the reader", err)
	}
	if len(team.staging.stages) != 1 {
		t.Fatalf("%d stages before the last", len(team.staging.stages))
	}
	if _, err := team.Extremes(context.Background(), p, selected, brokenReader{in, broken}); !errors.Is(err, broken) {
		t.Errorf("Extremes: got %v, want the error of the reader", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := team.Run(ctx, p, selected, in, nothing); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if err := team.Run(context.Background(), p, selected, in, nothing); err != nil {
		t.Errorf("after errors: %v", err)
	}
	defer func() {
		if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "a bug\n") {
			t.Errorf("recovered %q, want the reader's panic", text)
		}
	}()
	team.Run(context.Background(), p, selected, panickingReader{in}, nothing)
}

type panickingReader struct{ *volume.Volume }

func (r panickingReader) ReadRows(rows volume.Rows) error {
	if rows.Y > 200 {
		panic("a bug")
	}
	return r.Volume.ReadRows(rows)
}

// planned is the plan of a small picture, and the picture, which is black.
func planned(t *testing.T, s *Stack) (*Plan, *volume.Volume) {
	t.Helper()
	p, err := s.Plan(volume.Shape{C: 3, H: 40, W: 24})
	if err != nil {
		t.Fatal(err)
	}
	in, err := volume.New(p.Input)
	if err != nil {
		t.Fatal(err)
	}
	return p, in
}

// TestStagesShareMaps: every second stage has the same memory for its maps, also where maps grow from
// stage to stage.
func TestStagesShareMaps(t *testing.T) {
	s, err := NewStack("", 3, deep(t, "a", 3, 4), deep(t, "b", 4, 8), deep(t, "c", 8, 16), deep(t, "d", 16, 32), deep(t, "e", 32, 4))
	if err != nil {
		t.Fatal(err)
	}
	p, in := planned(t, s)
	team := newTeam(2, 0)
	team.way = staged
	team.muster(p, []bool{false, false, false, false, true}, in)
	staging := &team.staging
	if n := len(staging.stages); n != 4 {
		t.Fatalf("%d stages before the last, want 4", n)
	}
	for i, st := range staging.stages {
		n, err := st.out.Len()
		if err != nil || len(st.out.Data) != n || &st.out.Data[0] != &staging.maps[i%2][0] {
			t.Errorf("stage %d has %d values of its own for %d, %v", i, len(st.out.Data), n, err)
		}
	}
}

// TestStagesKeepEnlargedMaps: no stage ends with maps that the next layer enlarges.
func TestStagesKeepEnlargedMaps(t *testing.T) {
	up, err := NewUpsample(UpsampleSpec{Name: "up", Factor: [2]int{2, 2}, Mode: Bilinear})
	if err != nil {
		t.Fatal(err)
	}
	half := mustPool(t, PoolSpec{Name: "half", KernelSize: [2]int{2, 2}})
	s, err := NewStack("", 3, mustConv(t, square(4, 3, 1, 1)), half, up, deep(t, "b", 4, 4))
	if err != nil {
		t.Fatal(err)
	}
	p, in := planned(t, s)
	fillRandom(rand.New(rand.NewPCG(3, 3)), in.Data)
	team := newTeam(3, 0)
	team.way = staged
	selected := []bool{false, false, false, true}
	checkAgainstReference(t, func(emit Emit) error { return team.Run(context.Background(), p, selected, in, emit) }, p, in, selected)
	if n := len(team.staging.stages); n != 2 {
		t.Errorf("%d stages before the last, want the first layer, and the pool with the layer behind it", n)
	}
}

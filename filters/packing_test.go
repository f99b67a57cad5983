package filters

import (
	"context"
	"sync"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// TestRunnersShareWeights runs a picture in four runners and a team at the same time. A layer's
// weights are packed once for all of them.
func TestRunnersShareWeights(t *testing.T) {
	conv, err := NewConv(ConvSpec{Name: "c", InChannels: 3, KernelSize: [2]int{3, 3}, Weights: make([]float32, 8*27)})
	if err != nil {
		t.Fatal(err)
	}
	stack, err := NewStack("", 3, conv)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := stack.Plan(volume.Shape{C: 3, H: 64, W: 64})
	if err != nil {
		t.Fatal(err)
	}
	v, err := volume.New(plan.Input)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	var runners [4]Runner
	for i := range runners {
		group.Go(func() {
			if err := runners[i].Run(context.Background(), plan, []bool{true}, v, func(int, volume.Rows) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	group.Go(func() {
		team := Team{Workers: 3}
		if err := team.Run(context.Background(), plan, []bool{true}, v, func(int, volume.Rows) error { return nil }); err != nil {
			t.Error(err)
		}
	})
	group.Wait()
	if n := len(conv.packed.packed); n != 1 {
		t.Fatalf("the weights are packed %d times", n)
	}
	for i := range runners {
		w := runners[i].ops[0].(*window)
		if w.packed.packed[w.layout] != loops(conv.packed.packed[packedFor{kernel.Best(), w.layout}]) {
			t.Errorf("runner %d has weights of its own", i)
		}
	}
}

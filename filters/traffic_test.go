package filters

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
)

// deep is a convolution of 3×3 that keeps the size.
func deep(t *testing.T, name string, in, out int) Layer {
	return mustConv(t, ConvSpec{Name: name, InChannels: in, KernelSize: [2]int{3, 3}, Padding: Padding{Kind: Same}, Weights: make([]float32, 9*in*out)})
}

// bandsOf are the bands for a stack on a picture, of a kernel that every processor has and of a
// second-level cache of 2 MiB.
func bandsOf(t *testing.T, in volume.Shape, rows int, layers ...Layer) (*Runner, []int) {
	s, err := NewStack("", in.C, layers...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan(in)
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{Kernel: kernel.New(simd.Generic), cache: 2 << 20}
	r.fit(p, slices.Repeat([]bool{true}, len(layers)))
	r.divide(rows)
	return r, r.bands
}

// TestBandsReadWeightsSeldom: a layer whose weights are larger than the cache gets bands that are
// as tall as its window allows, and the layers behind it ask for as many rows. Layers of few
// weights get bands that stay in the cache.
func TestBandsReadWeightsSeldom(t *testing.T) {
	if _, bands := bandsOf(t, volume.Shape{C: 256, H: 13, W: 13}, 13, deep(t, "a", 256, 384)); bands[0] != 13 {
		t.Errorf("256×13×13 → 384: bands of %d rows, want all in one", bands[0])
	}
	r, bands := bandsOf(t, volume.Shape{C: 64, H: 224, W: 224}, 224, deep(t, "a", 64, 64))
	if tr := r.traffic(0); tr.own(bands[0]) > bandBytes || tr.own(2*bands[0]+1) < bandBytes {
		t.Errorf("64×224×224 → 64: bands of %d rows touch %d bytes, want nearly %d", bands[0], tr.own(bands[0]), bandBytes)
	}
	pool := mustPool(t, PoolSpec{KernelSize: [2]int{2, 2}, Stride: [2]int{2, 2}})
	_, bands = bandsOf(t, volume.Shape{C: 256, H: 28, W: 28}, 14, deep(t, "a", 256, 512), pool, deep(t, "b", 512, 16))
	if bands[0] < 7 || 2*bands[1] < bands[0]-3 {
		t.Errorf("bands of %v rows: the pool must ask for what the layer before it needs", bands)
	}
	_, bands = bandsOf(t, volume.Shape{C: 3, H: 600, W: 400}, 5, deep(t, "a", 3, 8), deep(t, "b", 8, 8))
	if bands[1] > 5 || bands[0] > 7 {
		t.Errorf("bands of %v rows for parts of 5", bands)
	}
}

// TestBandsStayWithinTheirBytes: many wide layers share tallBytes, unless single rows need more.
func TestBandsStayWithinTheirBytes(t *testing.T) {
	for _, width := range []int{40, 400} {
		layers := []Layer{deep(t, "first", 3, 128)}
		for i := range 12 {
			layers = append(layers, deep(t, fmt.Sprint("l", i), 128, 128))
		}
		r, bands := bandsOf(t, volume.Shape{C: 3, H: 300, W: width}, 300, layers...)
		if n := 4 * r.workingSet(); n > tallBytes*5/4 && slices.Max(bands) > 1 {
			t.Errorf("%d columns: bands of %v touch %d bytes, at most %d were wanted", width, bands, n, tallBytes)
		}
	}
}

// TestWorkingSetCountsRunsOfEarlierLayers: a plan's estimate is enough for runs that end with any
// of its layers.
func TestWorkingSetCountsRunsOfEarlierLayers(t *testing.T) {
	pool := mustPool(t, PoolSpec{Name: "pool", KernelSize: [2]int{3, 3}, Stride: [2]int{2, 2}, Padding: [4]int{1, 1, 1, 1}})
	s, err := NewStack("", 3, deep(t, "a", 3, 64), deep(t, "b", 64, 256), pool, deep(t, "c", 256, 128), deep(t, "d", 128, 8))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan(volume.Shape{C: 3, H: 30, W: 40})
	if err != nil {
		t.Fatal(err)
	}
	in, err := volume.New(p.Input)
	if err != nil {
		t.Fatal(err)
	}
	for last := range p.Layers {
		selected := make([]bool, len(p.Layers))
		selected[last] = true
		var r Runner
		if err := r.Run(context.Background(), p, selected, in, func(int, volume.Rows) error { return nil }); err != nil {
			t.Fatal(err)
		}
		held := cap(r.out)
		for l, op := range r.ops {
			held += op.floats(r.bands[l])
			if w, ok := op.(*window); ok {
				held += cap(w.offset)
			}
		}
		if got := p.WorkingSet(); got < 4*held {
			t.Errorf("up to layer %d: a working set of %d bytes, but the runner holds %d", last, got, 4*held)
		}
	}
}

// TestWorkingSetCountsTallerBands: a run of fewer layers may have taller bands than all layers.
func TestWorkingSetCountsTallerBands(t *testing.T) {
	for _, filters := range [][]int{{512, 64, 16, 512}, {512, 8, 128, 64, 128, 16, 128, 512}} {
		var layers []Layer
		in := 3
		for i, n := range filters {
			layers = append(layers, deep(t, fmt.Sprint("l", i), in, n))
			in = n
		}
		s, err := NewStack("", 3, layers...)
		if err != nil {
			t.Fatal(err)
		}
		for _, side := range []int{112, 900} {
			p, err := s.Plan(volume.Shape{C: 3, H: side, W: side})
			if err != nil {
				t.Fatal(err)
			}
			for last := range layers {
				selected := make([]bool, last+1)
				selected[last] = true
				var r Runner
				r.fit(p, selected)
				r.divide(side)
				if got, want := p.WorkingSet(), 4*r.workingSet(); got < want {
					t.Errorf("%v filters, %d² pixels: a working set of %d bytes, but %d up to layer %d", filters, side, got, want, last)
				}
			}
		}
	}
}

// TestDivisions: heights divide rows evenly, and none is missing.
func TestDivisions(t *testing.T) {
	for n := 1; n < 70; n++ {
		want := []int{}
		for bands := 1; bands <= n; bands++ {
			want = append(want, (n+bands-1)/bands)
		}
		if got := slices.Collect(divisions(n)); !slices.Equal(got, slices.Compact(want)) {
			t.Fatalf("%d rows: got %v, want %v", n, got, slices.Compact(want))
		}
	}
}

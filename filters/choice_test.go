package filters

import (
	"strings"
	"testing"

	"filterbank/filters/volume"
)

// TestWith compares plans with another stride and padding with the plans of layers that are
// made with them.
func TestWith(t *testing.T) {
	in := volume.Shape{C: 3, H: 9, W: 12}
	planOf := func(l Layer) (LayerPlan, error) {
		t.Helper()
		s, err := NewStack("", 3, l)
		if err != nil {
			return LayerPlan{}, err
		}
		p, err := s.Plan(in)
		if err != nil {
			return LayerPlan{}, err
		}
		return p.Layers[0], nil
	}
	reflected := square(2, 3, 1, 1)
	reflected.Padding.Mode, reflected.Dilation, reflected.StrictSize = Reflect, [2]int{2, 1}, true
	reflected.Name = "conv"
	pool := PoolSpec{Name: "pool", KernelSize: [2]int{4, 3}, Stride: [2]int{1, 1}, CeilMode: true, StrictSize: true}
	refused := 0
	for stride := 1; stride <= 6; stride++ {
		for padding := range 12 {
			spec := reflected
			spec.Stride, spec.StrictSize = [2]int{stride, stride}, false
			spec.Padding = Padding{Top: padding, Left: padding, Bottom: padding, Right: padding, Mode: Reflect}
			pooled := pool
			pooled.Stride, pooled.StrictSize, pooled.Padding = [2]int{stride, stride}, false, [4]int{padding, padding, padding, padding}
			other, poolErr := NewPool(pooled)
			for _, c := range []struct {
				from Layer
				to   func() (LayerPlan, error)
			}{
				{mustConv(t, reflected), func() (LayerPlan, error) { return planOf(mustConv(t, spec)) }},
				{mustPool(t, pool), func() (LayerPlan, error) {
					if poolErr != nil {
						return LayerPlan{}, poolErr
					}
					return planOf(other)
				}},
			} {
				lp, err := planOf(c.from)
				if err != nil {
					t.Fatal(err)
				}
				got, gotErr := lp.With(stride, padding)
				want, wantErr := c.to()
				if (gotErr == nil) != (wantErr == nil) {
					t.Fatalf("%s with stride %d and padding %d: %v, want %v", c.from.Name(), stride, padding, gotErr, wantErr)
				}
				if gotErr != nil {
					refused++
					if !strings.HasSuffix(gotErr.Error(), strings.TrimPrefix(wantErr.Error(), "layer conv: ")) {
						t.Errorf("got %v, want %v", gotErr, wantErr)
					}
					continue
				}
				if got.Out != want.Out || got.Rows != want.Rows || got.Cols != want.Cols || got.UncoveredRows != want.UncoveredRows || got.UncoveredCols != want.UncoveredCols {
					t.Errorf("%s with stride %d and padding %d: %+v, want %+v", c.from.Name(), stride, padding, got, want)
				}
			}
		}
	}
	if refused < 20 {
		t.Errorf("only %d plans were refused", refused)
	}
	lp, _ := planOf(mustConv(t, reflected))
	if _, err := lp.With(0, 1); err == nil || err.Error() != "layer conv: stride must be at least 1, got 0" && !strings.Contains(err.Error(), "stride must be from 1") {
		t.Errorf("stride 0: %v", err)
	}
	norm, _ := planOf(mustNorm(t, NormSpec{Name: "norm", Size: 5, Beta: 1, K: 1}))
	if _, err := norm.With(1, 0); err == nil || err.Error() != "layer norm: local_response_norm has neither stride nor padding" {
		t.Errorf("a norm: %v", err)
	}
}

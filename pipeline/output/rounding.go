package output

import (
	"context"
	"math"

	"filterbank/filters"
	"filterbank/filters/volume"
)

// summing is a layer whose outputs are sums of terms.
type summing interface {
	// Magnitudes returns the layer that sums the magnitudes of the terms.
	Magnitudes() (filters.Layer, bool)
}

const (
	// roundingShare is the largest share of the sum of its terms' magnitudes that an output
	// has if its exact value may well be 0: four times the precision of float32.
	roundingShare = 0x1p-22
	// mostInput is the number of a layer's inputs up to which its sums are looked into.
	mostInput = 1 << 20
)

// sums reports whether rounding is looked for among a layer's outputs.
func sums(lp *filters.LayerPlan) bool {
	_, ok := lp.Layer.(summing)
	n, err := lp.In.Len()
	return ok && err == nil && n <= mostInput
}

// magnitudes computes the sum of the magnitudes of each output's terms, K×H×W; nil if the
// layer's outputs are no sums. Its inputs are computed again.
func (t *target) magnitudes() (*volume.Volume, error) {
	if !sums(t.lp) {
		return nil, nil
	}
	layer, ok := t.lp.Layer.(summing).Magnitudes()
	if !ok {
		return nil, nil
	}
	in, err := volume.New(t.lp.In)
	if err == nil {
		err = t.readInput(in)
	}
	if err != nil {
		return nil, err
	}
	for i, v := range in.Data {
		in.Data[i] = float32(math.Abs(float64(v)))
	}
	stack, err := filters.NewStack("", in.C, layer)
	if err != nil {
		return nil, err
	}
	return stack.Apply(in)
}

// readInput computes the inputs of the layer.
func (t *target) readInput(in *volume.Volume) error {
	from := t.lp.Inputs[0] // layers that sum have one input
	if from < 0 {
		return t.Picture.ReadRows(in.Rows(0, in.H))
	}
	taps := make([]bool, len(t.plan.Layers))
	taps[from] = true
	r := filters.Runner{Kernel: t.ws.Engine.Kernel}
	return r.Run(context.Background(), t.plan, taps, t.Picture, func(_ int, rows volume.Rows) error {
		in.Rows(rows.Y, rows.Y+rows.N).CopyFrom(rows)
		return nil
	})
}

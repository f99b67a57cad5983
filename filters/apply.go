package filters

import (
	"context"

	"filterbank/filters/volume"
)

// Apply runs the whole stack on a volume in memory and returns the last layer's output.
// Its errors are Plan's.
func (s *Stack) Apply(v *volume.Volume) (*volume.Volume, error) {
	plan, err := s.Plan(v.Size())
	if err != nil {
		return nil, err
	}
	last := len(plan.Layers) - 1
	out, err := volume.New(plan.Layers[last].Out)
	if err != nil {
		return nil, err
	}
	selected := make([]bool, len(plan.Layers))
	selected[last] = true
	var r Runner
	err = r.Run(context.Background(), plan, selected, v, func(_ int, rows volume.Rows) error {
		out.Rows(rows.Y, rows.Y+rows.N).CopyFrom(rows)
		return nil
	})
	return out, err
}

package animate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"filterbank/filters"
	"filterbank/filters/config"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
	"filterbank/pipeline/arithmetic"
)

// Subject is a layer of a stack on one picture: its inputs and outputs.
type Subject struct {
	Plan    *filters.LayerPlan
	Filters []int // whose maps are shown, in turn

	names  []string // of the channels that the layer reads
	inputs []*volume.Volume
	rows   []volume.Rows  // of inputs, all
	maps   *volume.Volume // outputs of Filters
	before *volume.Volume // the same before the activation; nil if it is not shown
	colour bool           // the layer reads the picture
}

// mostValues bounds the values of a layer's inputs and outputs in memory, four bytes each.
const mostValues = 1 << 27

// Load computes a layer of a plan on a picture. chosen are indices of filters, nil for all.
func Load(ctx context.Context, plan *filters.Plan, layer int, chosen []int, pair bool, src filters.RowReader, k *kernel.Kernel) (*Subject, error) {
	lp := &plan.Layers[layer]
	s := &Subject{Plan: lp, Filters: chosen, names: arithmetic.ChannelsOf(plan, layer)}
	if s.Filters == nil {
		for i := range lp.Out.C {
			s.Filters = append(s.Filters, i)
		}
	}
	s.colour = len(lp.Inputs) == 1 && lp.Inputs[0] < 0 && lp.In.C == 3
	if err := s.allocate(plan); err != nil {
		return nil, err
	}
	if err := s.run(ctx, plan, layer, src, k); err != nil {
		return nil, err
	}
	if pair {
		return s, s.unactivated()
	}
	return s, nil
}

// allocate makes room for inputs and outputs.
func (s *Subject) allocate(plan *filters.Plan) error {
	total := 0.0
	room := func(shape volume.Shape) *volume.Volume {
		if total += float64(shape.C) * float64(shape.H) * float64(shape.W); total > mostValues {
			return nil
		}
		v, _ := volume.New(shape)
		return v
	}
	for _, from := range s.Plan.Inputs {
		shape := plan.Input
		if from >= 0 {
			shape = plan.Layers[from].Out
		}
		s.inputs = append(s.inputs, room(shape))
	}
	s.maps = room(volume.Shape{C: len(s.Filters), H: s.Plan.Out.H, W: s.Plan.Out.W})
	if total > mostValues {
		return fmt.Errorf("layer %s reads and makes %.3g million values, and an animation holds at most %d million; choose one filter with --filter, or make the picture smaller with --set input.resize",
			s.Plan.Layer.Name(), total/1e6, mostValues/1_000_000)
	}
	return nil
}

// run computes the layer, and the layers that it reads.
func (s *Subject) run(ctx context.Context, plan *filters.Plan, layer int, src filters.RowReader, k *kernel.Kernel) error {
	selected := make([]bool, len(plan.Layers))
	selected[layer] = true
	for i, from := range s.Plan.Inputs {
		s.rows = append(s.rows, s.inputs[i].Rows(0, s.inputs[i].H))
		if from >= 0 {
			selected[from] = true
		} else if err := src.ReadRows(s.inputs[i].Rows(0, plan.Input.H)); err != nil {
			return err
		}
	}
	r := filters.Runner{Kernel: k}
	return r.Run(ctx, plan, selected, src, func(l int, rows volume.Rows) error {
		for i, from := range s.Plan.Inputs {
			if from == l {
				s.inputs[i].Rows(rows.Y, rows.Y+rows.N).CopyFrom(rows)
			}
		}
		if l != layer {
			return nil
		}
		to := s.maps.Rows(rows.Y, rows.Y+rows.N)
		for i, filter := range s.Filters {
			for y := range rows.N {
				copy(to.Row(i, y), rows.Row(filter, y))
			}
		}
		return nil
	})
}

// unactivated computes the outputs before the activation.
func (s *Subject) unactivated() error {
	none := fmt.Errorf("layer %s has no activation, so there is no before and after; leave --before-after out", s.Plan.Layer.Name())
	switch l := s.Plan.Layer.(type) {
	case *filters.Conv:
		spec := l.Spec()
		if spec.Activation == filters.None {
			return none
		}
	case *filters.Activate:
	default:
		return none
	}
	s.before, _ = volume.New(s.maps.Shape)
	for i := range s.before.Data {
		y, x := i/s.maps.W%s.maps.H, i%s.maps.W
		s.before.Data[i] = s.explain(i/(s.maps.H*s.maps.W), y, x).Before
	}
	return nil
}

// explain is the sum of an output of the i-th shown filter.
func (s *Subject) explain(i, y, x int) *arithmetic.Output {
	return arithmetic.Explain(s.Plan, s.rows, s.Filters[i], y, x, s.maps.Data[(i*s.maps.H+y)*s.maps.W+x])
}

// channel is channel c of the layer's inputs. The channels of a sum are its inputs, filter's
// channel of each.
func (s *Subject) channel(filter, c int) []float32 {
	if s.Plan.Layer.Kind() == "add" {
		return plane(s.inputs[c], filter)
	}
	for _, v := range s.inputs {
		if c < v.C {
			return plane(v, c)
		}
		c -= v.C
	}
	return nil
}

func plane(v *volume.Volume, c int) []float32 { return v.Data[c*v.H*v.W:][:v.H*v.W] }

// ChooseFilter finds a filter by its name or index.
func ChooseFilter(layer filters.Layer, name string) (int, error) {
	names := layer.Filters()
	if i := slices.Index(names, name); i >= 0 {
		return i, nil
	}
	if i, err := strconv.Atoi(name); err == nil {
		if i >= 0 && i < len(names) {
			return i, nil
		}
		return 0, fmt.Errorf("filter %d: layer %s has filters 0 to %d", i, layer.Name(), len(names)-1)
	}
	if near, ok := config.Nearest(name, names); ok {
		return 0, fmt.Errorf("layer %s has no filter %q: did you mean %s?", layer.Name(), name, near)
	}
	return 0, fmt.Errorf("layer %s has no filter %q: it has %s", layer.Name(), name, some(names))
}

// some lists the first names.
func some(names []string) string {
	const most = 8
	text := ""
	for i, n := range names[:min(most, len(names))] {
		if i > 0 {
			text += ", "
		}
		text += n
	}
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return text
}

// largest is the largest finite magnitude.
func largest(values []float32) float64 {
	var most float64
	for _, v := range values {
		if m := math.Abs(float64(v)); m > most && !math.IsInf(m, 0) {
			most = m
		}
	}
	return most
}

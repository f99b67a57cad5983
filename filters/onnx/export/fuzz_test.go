package export_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"filterbank/filters"
	"filterbank/filters/onnx"
	"filterbank/filters/onnx/export"
	"filterbank/filters/volume"
)

// draws makes decisions of bytes: 0 after the last one.
type draws []byte

func (d *draws) below(n int) int {
	if len(*d) == 0 {
		return 0
	}
	b := (*d)[0]
	*d = (*d)[1:]
	return int(b) % n
}

func (d *draws) pair(from, n int) [2]int { return [2]int{from + d.below(n), from + d.below(n)} }

func (d *draws) values(n int) []float32 {
	all := make([]float32, n)
	for i := range all {
		all[i] = float32(d.below(9)-4) / 2
	}
	return all
}

// source is the channels of a layer that is read, and its name.
func (d *draws) source(b *filters.Builder, layers int) (channels int, inputs []string) {
	at := layers - 1
	if d.below(3) == 0 {
		at = d.below(layers+1) - 1
		if inputs = []string{filters.InputName}; at >= 0 {
			inputs = []string{strconv.Itoa(at)}
		}
	}
	return len(b.Channels(at)), inputs
}

// layer is a layer of any kind, or nil if the bytes describe none that can be.
func (d *draws) layer(b *filters.Builder, at int) (filters.Layer, error) {
	name := strconv.Itoa(at)
	c, inputs := d.source(b, at)
	switch d.below(8) {
	default:
		return d.conv(name, c, inputs)
	case 1:
		return filters.NewPool(filters.PoolSpec{
			Name: name, Inputs: inputs, Kind: filters.PoolKind(d.below(2)), KernelSize: d.pair(1, 4), Stride: d.pair(1, 4),
			Padding: [4]int{d.below(3), d.below(3), d.below(3), d.below(3)}, Dilation: d.pair(1, 2), CeilMode: d.below(2) == 1, ExcludePadding: d.below(2) == 1,
		})
	case 2:
		return filters.NewNorm(filters.NormSpec{Name: name, Inputs: inputs, Size: 1 + d.below(6), Alpha: 1, Beta: float64(d.below(4)) / 4, K: 1})
	case 3:
		spec := filters.ActivationSpec{Name: name, Inputs: inputs, Function: filters.Activation(d.below(15))}
		if spec.Function == filters.PReLU {
			spec.Slopes = d.values(c)
		}
		return filters.NewActivation(spec)
	case 4:
		return filters.NewScale(filters.ScaleSpec{Name: name, Inputs: inputs, Factor: d.values(c), Shift: d.values(c)})
	case 5:
		spec := filters.JoinSpec{Name: name, Kind: filters.JoinKind(d.below(2))}
		for range 2 + d.below(2) {
			from := filters.InputName
			if l := d.below(at + 1); l > 0 {
				from = strconv.Itoa(l - 1)
			}
			spec.Inputs = append(spec.Inputs, from)
		}
		return filters.NewJoin(spec)
	case 6:
		return filters.NewUpsample(filters.UpsampleSpec{Name: name, Inputs: inputs, Factor: d.pair(1, 3), Mode: filters.UpsampleMode(d.below(2))})
	}
}

func (d *draws) conv(name string, channels int, inputs []string) (filters.Layer, error) {
	spec := filters.ConvSpec{Name: name, Inputs: inputs, InChannels: channels, Groups: 1, KernelSize: d.pair(1, 3), Stride: d.pair(1, 3), Dilation: d.pair(1, 2)}
	if d.below(3) == 0 {
		spec.Groups = channels
	}
	k := spec.Groups * (1 + d.below(2))
	spec.Weights, spec.Bias = d.values(k*channels/spec.Groups*spec.KernelSize[0]*spec.KernelSize[1]), d.values(k)
	spec.Padding = filters.Padding{Kind: filters.PaddingKind(d.below(4)), Mode: filters.PaddingMode(d.below(4))}
	if spec.Padding.Kind == filters.Explicit {
		spec.Padding.Top, spec.Padding.Left, spec.Padding.Bottom, spec.Padding.Right = d.below(3), d.below(3), d.below(3), d.below(3)
	}
	spec.Activation = filters.Activation(d.below(15))
	if spec.Activation == filters.PReLU {
		spec.Slopes = d.values(k)
	}
	return filters.NewConv(spec)
}

// stack makes a stack of up to eight layers, or nil.
func (d *draws) stack() *filters.Stack {
	b, err := filters.NewBuilder("", 3)
	if err != nil {
		return nil
	}
	for at := 0; at < 8 && len(*d) > 0; at++ {
		layer, err := d.layer(b, at)
		if err != nil || b.Add(layer) != nil || len(layer.Filters()) > 64 {
			break
		}
	}
	s, err := b.Stack()
	if err != nil {
		return nil
	}
	return s
}

// Every stack has a model for all sizes, and one for each size that it has a plan for. A model
// that is read has the graph that was written: each value is computed once and before it is
// read, all layers are outputs, and in the model for one size they have the plan's shapes.
func FuzzModel(f *testing.F) {
	f.Add([]byte("\x01\x00\x01\x02\x01\x01\x00\x00\x02\x03\x04\x05\x06\x07\x08\x09"), uint8(20), uint8(30))
	for kind := range byte(8) {
		f.Add([]byte(strings.Repeat(string([]byte{1, kind, 1, 1, 2, 2, 1, 1, kind}), 12)), uint8(30), uint8(31))
	}
	f.Fuzz(func(t *testing.T, data []byte, h, w uint8) {
		d := draws(data)
		s := d.stack()
		if s == nil {
			return
		}
		o := export.Options{Mean: [3]float32{1}, Std: [3]float32{1, 1, 2}}
		all := []export.Chosen{{Stack: s, Outputs: slices.Repeat([]bool{true}, len(s.Layers()))}}
		m, err := export.Model(all, o)
		if err != nil {
			t.Fatalf("any size: %v", err)
		}
		checkGraph(t, reread(t, m), s, nil)
		o.Size = [2]int{1 + int(h), 1 + int(w)}
		plan, wrong := s.Plan(volume.Shape{C: 3, H: o.Size[0], W: o.Size[1]})
		m, err = export.Model(all, o)
		if (err == nil) != (wrong == nil) || err != nil && err.Error() != wrong.Error() {
			t.Fatalf("model: %v, plan: %v", err, wrong)
		}
		if err == nil {
			checkGraph(t, reread(t, m), s, plan)
		}
	})
}

// checkGraph checks what FuzzModel says.
func checkGraph(t *testing.T, m *onnx.Model, s *filters.Stack, plan *filters.Plan) {
	t.Helper()
	known := map[string]bool{"": true, export.InputName: true}
	once := func(name string) {
		if known[name] {
			t.Errorf("%q is there twice", name)
		}
		known[name] = true
	}
	for _, a := range m.Graph.Members() {
		once(a.Name)
		if _, err := a.Read(1 << 20); err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
	}
	nodes := map[string]bool{}
	for _, n := range m.Graph.Nodes {
		if n.Name == "" || nodes[n.Name] {
			t.Errorf("a second node %q", n.Name)
		}
		nodes[n.Name] = true
		for _, name := range n.Inputs {
			if !known[name] {
				t.Errorf("node %s reads %q, which nothing before it has", n.Name, name)
			}
		}
		once(n.Outputs[0])
	}
	if len(m.Graph.Outputs) != len(s.Layers()) {
		t.Fatalf("%d outputs of %d layers", len(m.Graph.Outputs), len(s.Layers()))
	}
	for l, v := range m.Graph.Outputs {
		if !known[v.Name] || v.Name != s.Layers()[l].Name() || v.Shape[1].Size != int64(len(s.Layers()[l].Filters())) {
			t.Errorf("output %+v", v)
		}
		if plan == nil {
			continue
		}
		if out := plan.Layers[l].Out; v.Shape[2].Size != int64(out.H) || v.Shape[3].Size != int64(out.W) {
			t.Errorf("output %+v, and the plan has %v", v, out)
		}
	}
}

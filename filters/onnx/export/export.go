// Package export makes models in the ONNX format of stacks; it never computes a map or writes
// a file.
//
// A model has one input, image: pictures of float32, N×3×H×W, red, green and blue from 0 to 1, or
// volumes with the channels that the stacks read. Its outputs are the layers that are asked for, under their names. The nodes are ONNX's own
// operators, of opset 17 unless a layer needs a later one.
package export

import (
	"encoding/json"
	"fmt"
	"slices"

	"filterbank/filters"
	"filterbank/filters/onnx"
	"filterbank/filters/volume"
)

// InputName is the name of a model's input.
const InputName = "image"

// MetadataKey is the key of the metadata that says what a model was made of: a Description
// in JSON.
const MetadataKey = "filterbank"

// Chosen is a stack with the layers that become outputs.
type Chosen struct {
	Stack   *filters.Stack
	Outputs []bool // one a layer
}

// Options say what a model has besides the layers.
type Options struct {
	// Mean and Std prepare the picture: (v − mean)/std for red, green and blue. Volumes of
	// other channels have the first of each.
	Mean, Std [3]float32
	// Size is the height and width of the pictures. Without it a model takes every size.
	Size [2]int
	// Producer is the program that makes the model, and its version.
	Producer string
	// Input is what is done to a picture, as the stack file's input in JSON. It may be empty.
	Input json.RawMessage
}

// Description tells what a model was made of.
type Description struct {
	Version int             `json:"version"` // 1
	Input   json.RawMessage `json:"input,omitempty"`
	Layers  []Layer         `json:"layers"`
}

// Layer describes a layer that a model has.
type Layer struct {
	Value   string   `json:"value"` // of the graph
	Stack   string   `json:"stack,omitempty"`
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Filters []string `json:"filters"` // names of the channels
}

// Model makes a model of stacks over one picture. Layers that no output needs are left out.
// The error names the layer that cannot be expressed and the reason. With a Size it may also
// be an error of filters.Stack.Plan.
func Model(stacks []Chosen, o Options) (*onnx.Model, error) {
	b := newBuilder(o)
	if err := b.reserve(stacks); err != nil {
		return nil, err
	}
	if err := b.read(stacks); err != nil {
		return nil, err
	}
	b.prepare(o)
	for _, c := range stacks {
		if err := b.stack(c); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(Description{1, o.Input, b.layers})
	if err != nil {
		return nil, fmt.Errorf("describe the layers: %w", err)
	}
	return &onnx.Model{
		IRVersion: irVersion(b.opset),
		Producer:  o.Producer,
		Opsets:    map[string]int64{"": b.opset},
		Metadata:  map[string]string{MetadataKey: string(text)},
		Graph:     b.graph,
	}, nil
}

// irVersion is the version of the format that came with an opset
// (https://github.com/onnx/onnx/blob/main/docs/Versioning.md).
func irVersion(opset int64) int64 {
	if opset < 19 {
		return 8
	}
	return 9
}

// valueName is the name of a layer's maps in the model.
func valueName(stack, layer string) string {
	if stack == "" {
		return layer
	}
	return stack + "/" + layer
}

// needed are the layers of a stack that its outputs are computed from.
func needed(c Chosen) []bool {
	all := slices.Clone(c.Outputs)
	for l := len(all) - 1; l >= 0; l-- {
		for _, from := range c.Stack.Inputs(l) {
			if all[l] && from >= 0 {
				all[from] = true
			}
		}
	}
	return all
}

// stack adds a stack's layers.
func (b *builder) stack(c Chosen) error {
	s := c.Stack
	plan, err := b.plan(s)
	if err != nil {
		return err
	}
	values := make([]string, len(s.Layers())) // of the graph, by layer
	for l, there := range needed(c) {
		if !there {
			continue
		}
		layer := s.Layers()[l]
		p := place{builder: b, name: valueName(s.Name(), layer.Name())}
		if plan != nil {
			p.plan = &plan.Layers[l]
		}
		for _, from := range s.Inputs(l) {
			in := b.picture
			if from >= 0 {
				in = values[from]
			}
			p.inputs = append(p.inputs, in)
		}
		values[l] = p.name
		if err := p.layer(layer); err != nil {
			return fmt.Errorf("layer %s: %w", p.name, err)
		}
		b.layers = append(b.layers, Layer{p.name, s.Name(), layer.Name(), layer.Kind(), layer.Filters()})
		if c.Outputs[l] {
			b.graph.Outputs = append(b.graph.Outputs, b.output(p, len(layer.Filters())))
		}
	}
	return nil
}

// plan is the plan of a stack if the size of pictures is known.
func (b *builder) plan(s *filters.Stack) (*filters.Plan, error) {
	if b.size == [2]int{} {
		return nil, nil
	}
	return s.Plan(volume.Shape{C: s.InChannels(), H: b.size[0], W: b.size[1]})
}

// output describes the maps of a layer.
func (b *builder) output(p place, channels int) onnx.ValueInfo {
	h, w := onnx.Dimension{Size: -1, Symbol: p.name + "_H"}, onnx.Dimension{Size: -1, Symbol: p.name + "_W"}
	if p.plan != nil {
		h, w = onnx.Dimension{Size: int64(p.plan.Out.H)}, onnx.Dimension{Size: int64(p.plan.Out.W)}
	}
	return onnx.ValueInfo{Name: p.name, Type: onnx.Float32, Shape: []onnx.Dimension{batch(), {Size: int64(channels)}, h, w}}
}

func batch() onnx.Dimension { return onnx.Dimension{Size: -1, Symbol: "N"} }

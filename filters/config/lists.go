package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"filterbank/filters/volume"
)

// MaxKernel is the largest height and width of a kernel or a window, in pixels.
const MaxKernel = 1024

const (
	maxLayers  = 1000    // of a file
	maxFilters = 65536   // of a layer
	maxWeights = 1 << 28 // of all layers of a file together: 1 GiB
	maxName    = 100     // bytes
)

// Filter asks for a built-in filter or bank, from its name or from
// {name: {parameter: number, …}}.
type Filter struct {
	place
	Name   string
	Params map[string]float64 // nil if there are none
}

func (f *Filter) unmarshal(n *node, what string) error {
	const want = "the name of a filter, or {name: {parameter: number}}"
	f.n = n
	switch {
	case n.kind == text:
		f.Name = n.text
		return nil
	case n.kind != mapping:
		return n.errorf("%s wants %s, got %s", what, want, n.got())
	case len(n.keys) != 1:
		return n.errorf("%s wants %s, got %d names", what, want, len(n.keys))
	}
	f.Name = n.keys[0].text
	params := n.items[0]
	if params.kind == null || params.kind == mapping && len(params.keys) == 0 {
		return nil
	}
	if params.kind != mapping {
		return params.errorf("%s wants a mapping of its parameters, got %s", f.Name, params.got())
	}
	f.Params = make(map[string]float64, len(params.keys))
	var found problems
	for i, key := range params.keys {
		v, err := finiteNumber(params.items[i], key.text, "a number")
		if found.add(err); found.full() {
			break
		}
		f.Params[key.text] = v
	}
	return found.err()
}

// param is the node of a parameter, or the filter's own.
func (f Filter) param(name string) *node {
	if f.n != nil && f.n.kind == mapping {
		return f.n.items[0].at(name)
	}
	return f.n
}

// MarshalJSON writes the form that a stack file has.
func (f Filter) MarshalJSON() ([]byte, error) {
	if len(f.Params) == 0 {
		return json.Marshal(f.Name)
	}
	return json.Marshal(map[string]map[string]float64{f.Name: f.Params})
}

// Kernel is a filter written out: its weights alone, or with a name and a bias.
type Kernel struct {
	place
	// The filter's name; f0, f1, … by its index if there is none.
	Name string `json:"name,omitempty"`
	// Added to the filter's sum.
	Bias *float64 `json:"bias,omitempty"`
	// kH rows of kW numbers, which spread over the channels; or C/groups such kernels, one for each.
	Weights Taps `json:"weights" jsonschema:"required"`
}

func (k *Kernel) unmarshal(n *node, what string) error {
	if n.kind == list {
		k.n = n
		return k.Weights.unmarshal(n, "weights")
	}
	if n.kind != mapping {
		return n.errorf("%s wants a list of rows, or {name, bias, weights}, got %s", what, n.got())
	}
	if err := decodeStruct(n, reflect.ValueOf(k).Elem(), what); err != nil {
		return err
	}
	if k.Weights.Data == nil {
		return n.errorf("%s needs weights: a list of rows", what)
	}
	return nil
}

// Taps are the weights of a kernel: H×W of them, or C×H×W.
type Taps struct {
	C, H, W int       // C is 0 for a 2-D kernel
	Data    []float32 // channel after channel, row after row
}

func (t *Taps) unmarshal(n *node, what string) error {
	const want = "a list of rows, or a list of such kernels, one a channel"
	if n.kind != list || len(n.items) == 0 || n.items[0].kind != list || len(n.items[0].items) == 0 {
		got := n.got()
		if n.kind == list {
			got = "a list without rows"
		}
		return n.errorf("%s wants %s, got %s", what, want, got)
	}
	channels := []*node{n}
	if n.items[0].items[0].kind == list {
		t.C, channels = len(n.items), n.items
	}
	if t.C > maxFilters {
		return n.errorf("%s has %d channels, at most %d are possible", what, t.C, maxFilters)
	}
	for i, c := range channels {
		if err := t.channel(c, i == 0); err != nil {
			return err
		}
	}
	return nil
}

// channel appends the rows of one channel; the first one sets the size.
func (t *Taps) channel(n *node, first bool) error {
	if n.kind != list || len(n.items) == 0 {
		return n.errorf("a kernel wants a list of rows, got %s", n.got())
	}
	if first {
		t.H, t.W = len(n.items), len(n.items[0].items)
		if t.H > MaxKernel || t.W > MaxKernel {
			return n.errorf("kernel of %d×%d, at most %d×%d is possible", t.H, t.W, MaxKernel, MaxKernel)
		}
	}
	if len(n.items) != t.H {
		return n.errorf("kernel has %d rows, the first one has %d", len(n.items), t.H)
	}
	for _, row := range n.items {
		if row.kind != list {
			return row.errorf("a kernel's row wants a list of numbers, got %s", row.got())
		}
		if len(row.items) != t.W {
			return row.errorf("row has %d weights, the first one has %d", len(row.items), t.W)
		}
		values, err := float32s(row, "weight")
		if err != nil {
			return err
		}
		t.Data = append(t.Data, values...)
	}
	return nil
}

// MarshalJSON writes the form that a stack file has.
func (t Taps) MarshalJSON() ([]byte, error) {
	if n, ok := volume.Product(max(t.C, 1), t.H, t.W); !ok || n == 0 || n != len(t.Data) {
		return nil, fmt.Errorf("kernel of %d×%d has %d weights", t.H, t.W, len(t.Data))
	}
	var channels [][][]float32
	for c := range slices.Chunk(t.Data, t.H*t.W) {
		channels = append(channels, slices.Collect(slices.Chunk(c, t.W)))
	}
	if t.C == 0 {
		return json.Marshal(channels[0])
	}
	return json.Marshal(channels)
}

// Stacks are named stacks in the order of the file.
type Stacks []Section

func (s *Stacks) unmarshal(n *node, what string) error {
	if n.kind != mapping || len(n.keys) == 0 {
		return n.errorf("%s wants a mapping of names to stacks, {NAME: {layers: […]}}, got %s", what, n.got())
	}
	*s = make(Stacks, len(n.keys))
	var found problems
	for i, key := range n.keys {
		section := &(*s)[i]
		section.Name = key.text
		if found.full() {
			section.bad = true
			continue
		}
		found.add(decodeStruct(n.items[i], reflect.ValueOf(section).Elem(), "stack "+key.text))
	}
	return found.err()
}

// MarshalJSON writes an object in the stacks' order.
func (s Stacks) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, section := range s {
		name, err := json.Marshal(section.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(section)
		if err != nil {
			return nil, err
		}
		b.WriteByte("{,"[min(i, 1)])
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	if len(s) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

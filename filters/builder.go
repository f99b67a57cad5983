package filters

import (
	"errors"
	"fmt"
	"slices"
)

// InputName stands for a stack's input where a layer names the layers that it reads, unless
// an earlier layer has that name.
const InputName = "input"

// Builder makes a stack layer by layer. Each layer finds the layers that it reads among the
// earlier ones.
type Builder struct {
	stack *Stack
	feeds []feed // of the layers
	input feed
}

// feed describes a layer's outputs to the layers that read them.
type feed struct {
	name     string   // the layer's
	channels []string // their names
	signed   bool     // values may be below 0
}

// NewBuilder begins a stack of so many input channels. An input of three channels has the
// names r, g and b; any other has c0, c1, ….
func NewBuilder(name string, inChannels int) (*Builder, error) {
	if inChannels < 1 {
		return nil, fmt.Errorf("input channels must be at least 1, got %d", inChannels)
	}
	return &Builder{stack: &Stack{name: name, inChannels: inChannels}, input: feed{InputName, inputNames(inChannels), false}}, nil
}

// Sources finds the layers of these names: their indices, and −1 for the input. Without names
// the only source is the last layer so far.
func (b *Builder) Sources(names []string) ([]int, error) {
	if len(names) == 0 {
		return []int{len(b.feeds) - 1}, nil
	}
	sources := make([]int, len(names))
	for i, name := range names {
		sources[i] = -1
		for l, f := range b.feeds {
			if f.name != name {
				continue
			}
			if sources[i] >= 0 {
				return nil, fmt.Errorf("reads %s, a name of layers %d and %d", name, sources[i], l)
			}
			sources[i] = l
		}
		if sources[i] < 0 && name != InputName {
			return nil, fmt.Errorf("reads %s, but no layer before it has that name", name)
		}
	}
	return sources, nil
}

// Channels are the names of the channels of a layer, or of the input for −1.
func (b *Builder) Channels(source int) []string { return b.feed(source).channels }

func (b *Builder) feed(source int) feed {
	if source < 0 {
		return b.input
	}
	return b.feeds[source]
}

// Add adds a layer. It fails if the layers that it reads do not exist, or if their channels
// do not fit.
func (b *Builder) Add(layer Layer) error {
	s := b.stack
	sources, err := b.Sources(layer.Inputs())
	if err != nil {
		return b.errorf(layer, err)
	}
	in := make([]feed, len(sources))
	for i, from := range sources {
		in[i] = b.feed(from)
	}
	placed, err := layer.follow(in)
	if err != nil {
		return b.errorf(layer, err)
	}
	s.layers, s.inputs = append(s.layers, placed), append(s.inputs, sources)
	b.feeds = append(b.feeds, feed{placed.Name(), placed.Filters(), placed.Signed()})
	return nil
}

func (b *Builder) errorf(layer Layer, err error) error {
	return fmt.Errorf("layer %d (%s) %w", len(b.feeds), layer.Name(), err)
}

// Stack is the stack so far, which needs at least one layer.
func (b *Builder) Stack() (*Stack, error) {
	if len(b.stack.layers) == 0 {
		return nil, errors.New("a stack needs at least one layer")
	}
	s := *b.stack
	s.layers, s.inputs = slices.Clip(s.layers), slices.Clip(s.inputs)
	return &s, nil
}

// NewStack checks that the layers fit each other: each reads as many channels as the layers
// that it names, or the layer before, have filters; the first one reads inChannels. The
// stack's name may be empty. The stack's pools, norms and the like are copies that know the
// names of their channels.
func NewStack(name string, inChannels int, layers ...Layer) (*Stack, error) {
	if len(layers) == 0 {
		return nil, errors.New("a stack needs at least one layer")
	}
	b, err := NewBuilder(name, inChannels)
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		if err := b.Add(l); err != nil {
			return nil, err
		}
	}
	return b.Stack()
}

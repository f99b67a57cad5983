package arch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"filterbank/filters/onnx"
	"filterbank/filters/tensor"
)

// fit is what a checkpoint has of a network.
type fit struct {
	graph   onnx.Graph
	tensors []tensor.Member // under the network's names
	missing []want
	other   []difference // tensors of another shape
	surplus []string
	none    bool // no tensor has a name of the network
}

// difference is a tensor with its shape in the network and in the checkpoint.
type difference struct {
	want
	stored []int
}

// fit compares a checkpoint with the network's tensors.
func (n network) fit(checkpoint []tensor.Member) fit {
	first := &builder{}
	n.build(first)
	container, found := container(first.wants, checkpoint)
	inside := map[string]tensor.Member{}
	b := &builder{stored: map[string][]int{}}
	for _, m := range checkpoint {
		if name, ok := strings.CutPrefix(m.Name, container); ok {
			inside[name] = m
			b.stored[name] = m.Shape
		}
	}
	n.build(b)
	f := fit{graph: b.graph, none: !found}
	f.compare(b.wants, inside)
	for _, m := range checkpoint {
		name, ok := strings.CutPrefix(m.Name, container)
		if _, left := inside[name]; ok && left && !counter(name) {
			f.surplus = append(f.surplus, name)
		}
	}
	return f
}

// compare takes the tensors of a network out of a checkpoint's. Without any tensor of the fully
// connected layers, which have no maps, the checkpoint is of a network whose head is cut off.
func (f *fit) compare(wants []want, inside map[string]tensor.Member) {
	headless := !slices.ContainsFunc(wants, func(w want) bool {
		_, ok := inside[w.name]
		return w.head && ok
	})
	for _, w := range wants {
		m, ok := inside[w.name]
		switch {
		case !ok && !(w.head && headless):
			f.missing = append(f.missing, w)
		case !ok:
		case !slices.Equal(m.Shape, w.shape):
			f.other = append(f.other, difference{w, m.Shape})
		default:
			if m.Name = w.name; w.maps {
				m.Shape = append(slices.Clip(m.Shape), 1, 1)
			}
			f.tensors = append(f.tensors, m)
		}
		delete(inside, w.name)
	}
}

// counter says whether a tensor is of a batch normalization's training and has no part in its
// maps.
func counter(name string) bool { return strings.HasSuffix(name, ".num_batches_tracked") }

// container is the beginning of names in which most of the wanted tensors lie, such as
// state_dict.module. with its last point; of several the shortest, and then the first.
func container(wants []want, checkpoint []tensor.Member) (beginning string, found bool) {
	if len(wants) == 0 {
		return "", false
	}
	known := map[string]bool{}
	for _, w := range wants {
		known[w.name] = true
	}
	counts := map[string]int{}
	var beginnings []string
	for _, m := range checkpoint {
		if begin, ok := strings.CutSuffix(m.Name, wants[0].name); ok && (begin == "" || strings.HasSuffix(begin, ".")) {
			beginnings = append(beginnings, begin)
		}
	}
	const most = 16 // networks in one file
	beginnings = beginnings[:min(most, len(beginnings))]
	for _, m := range checkpoint {
		for _, begin := range beginnings {
			if name, ok := strings.CutPrefix(m.Name, begin); ok && known[name] {
				counts[begin]++
			}
		}
	}
	if len(beginnings) == 0 {
		return "", slices.ContainsFunc(checkpoint, func(m tensor.Member) bool { return known[m.Name] })
	}
	return slices.MinFunc(beginnings, func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], len(a)-len(b))
	}), true
}

// err says what does not fit a network. It is nil if everything does.
func (f *fit) err(network string) error {
	var reasons []string
	for _, d := range f.other {
		reasons = append(reasons, fmt.Sprintf("%.100s is %s, and %s has %s", d.name, shapeText(d.stored), network, shapeText(d.shape)))
	}
	for _, w := range f.missing {
		reasons = append(reasons, fmt.Sprintf("%.100s of %s is missing", w.name, shapeText(w.shape)))
	}
	for _, name := range f.surplus {
		reasons = append(reasons, fmt.Sprintf("%.100q is surplus", name))
	}
	switch {
	case len(reasons) == 0:
		return nil
	case f.none:
		return fmt.Errorf("the tensors do not fit %s: none has a name of that network, such as %s", network, f.missing[0].name)
	}
	const most = 3
	text := strings.Join(reasons[:min(most, len(reasons))], "; ")
	if more := len(reasons) - most; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return errors.New("the tensors do not fit " + network + ": " + text)
}

func shapeText(shape []int) string {
	if len(shape) == 0 {
		return "one number"
	}
	var words []string
	for _, n := range shape {
		words = append(words, fmt.Sprint(n))
	}
	return strings.Join(words, "×")
}

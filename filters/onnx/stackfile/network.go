package stackfile

import (
	"fmt"
	"slices"

	"filterbank/filters/onnx"
)

// network is what has been taken.
func (i *importer) network(m *onnx.Model) (*Network, error) {
	if i.needed == nil {
		i.layEnds()
	}
	n := &Network{Input: i.input, AllStops: len(i.stops), metadata: m.Metadata, described: i.described, prepared: i.prepared}
	for k, reason := range i.reasons {
		n.Stops = append(n.Stops, i.stopAt(i.stops[k], reason))
	}
	for at, fate := range i.fates {
		if fate == constant || i.needed != nil && !i.needed[at] {
			continue
		}
		conv := i.graph.Nodes[at].Op == "Conv" && i.graph.Nodes[at].Domain == ""
		n.Operators++
		if conv {
			n.Convolutions++
		}
		if fate == taken {
			n.Taken++
			if conv {
				n.TakenConvolutions++
			}
		}
	}
	for _, t := range i.targets {
		if err := i.reach(n, t); err != nil {
			return nil, err
		}
		n.until = append(n.until, t.name)
	}
	if len(i.layers) == 0 {
		if len(n.Stops) > 0 {
			return nil, fmt.Errorf("%w: %s", errNothing, n.Stops[0])
		}
		return nil, fmt.Errorf("%w: no node reads its picture %.100q", errNothing, i.input.Name)
	}
	n.Layers = i.layers
	n.refer()
	return n, nil
}

// reach is an error if a node that is asked for is not taken. Padding at the end gets a layer.
func (i *importer) reach(n *Network, t target) error {
	node := &i.graph.Nodes[t.node]
	switch i.fates[t.node] {
	case taken:
		_, err := i.laid(node.Outputs[0])
		return err
	case constant:
		return fmt.Errorf("%.100q depends on no picture", t.name)
	}
	if len(n.Stops) > 0 {
		return fmt.Errorf("%.100q cannot be reached: %s", t.name, n.Stops[0])
	}
	return fmt.Errorf("%.100q cannot be reached: it does not depend on the picture %.100q alone", t.name, i.input.Name)
}

// layEnds gives padding a layer where the import ends: at outputs of the graph, at values that
// nobody reads, and before nodes that are not taken. No later layer has it there.
func (i *importer) layEnds() {
	ends := map[string]bool{}
	for _, out := range i.graph.Outputs {
		ends[out.Name] = true
	}
	for at, fate := range i.fates {
		if fate != taken && fate != constant {
			for _, in := range i.graph.Nodes[at].Inputs {
				ends[in] = true
			}
		}
	}
	for at, fate := range i.fates {
		if fate != taken {
			continue
		}
		name := outputName(&i.graph.Nodes[at])
		if !ends[name] && i.readers[name] > 0 || i.producers[name] != at {
			continue
		}
		if _, err := i.laid(name); err != nil {
			i.giveUp(at, err)
		}
	}
}

// giveUp turns padding that finds no layer into a stop. The nodes that hand it on lie behind it.
func (i *importer) giveUp(at int, err error) {
	for {
		in := i.graph.Nodes[at].Inputs[0]
		from, made := i.producers[in]
		if v, ok := i.values[in]; !ok || !made || v.pad == nil {
			break
		}
		i.fates[at] = behind
		at = from
	}
	i.fates[at] = stopped
	place, found := slices.BinarySearch(i.stops, at)
	if found {
		return
	}
	i.stops = slices.Insert(i.stops, place, at)
	if place <= len(i.reasons) {
		i.reasons = slices.Insert(i.reasons, place, err.Error())
		i.reasons = i.reasons[:min(len(i.reasons), MaxStops)]
	}
}

// stopAt describes a stop.
func (i *importer) stopAt(at int, reason string) Stop {
	n := &i.graph.Nodes[at]
	s := Stop{Node: nodeName(n), Operator: n.Op, Position: at + 1, Reason: reason}
	lost := map[string]bool{}
	for _, out := range n.Outputs {
		lost[out] = true
	}
	for next := at + 1; next < len(i.graph.Nodes); next++ {
		n := &i.graph.Nodes[next]
		for _, in := range n.Inputs {
			if in != "" && lost[in] && i.fates[next] == behind {
				s.Behind++
				for _, out := range n.Outputs {
					lost[out] = true
				}
				break
			}
		}
	}
	return s
}

// String says where and why the import stops.
func (s Stop) String() string {
	return fmt.Sprintf("it stops at node %d, %.60s %.100q: %s", s.Position, s.Operator, s.Node, s.Reason)
}

package stackfile

import (
	"encoding/json"
	"fmt"

	"filterbank/filters/config"
	"filterbank/filters/onnx/export"
)

// described is what an export of filterbank says of its stack file.
type described struct {
	channels int                 // of inputs, if they are not pictures
	input    string              // of the stack file, in JSON, without mean and std, which are nodes
	filters  map[string][]string // names by the value of the graph
}

// describe reads a model's description. Any program may have written it: an input that no stack
// file could have is left out.
func describe(metadata map[string]string) described {
	var d described
	var all export.Description
	if json.Unmarshal([]byte(metadata[export.MetadataKey]), &all) != nil || all.Version != 1 {
		return d
	}
	d.filters = map[string][]string{}
	for _, l := range all.Layers {
		d.filters[l.Value] = l.Filters
	}
	var input map[string]any
	if json.Unmarshal(all.Input, &input) != nil {
		return d
	}
	delete(input, "mean")
	delete(input, "std")
	text, err := json.Marshal(input)
	if err != nil || len(input) == 0 {
		return d
	}
	file, err := config.Parse("", fmt.Appendf(nil, `{"version": 1, "input": %s, "layers": [{"scale": {"factor": 1}}]}`, text))
	if err != nil {
		return d
	}
	d.input = string(text)
	if n := file.Input.Channels; n != 3 {
		d.channels = n
	}
	return d
}

// filterNames are the names of a convolution's filters, if its maps are a value that the
// description has, and the names are not those that a stack file gives without any.
func (d described) filterNames(l *Layer) []string {
	names := d.filters[l.Value]
	if l.weights == nil || len(names) != l.Shape.C {
		return nil
	}
	numbered := true
	for k, name := range names {
		numbered = numbered && name == fmt.Sprintf("f%d", k)
	}
	if numbered {
		return nil
	}
	text, err := json.Marshal(names)
	if err == nil {
		_, err = config.Parse("", fmt.Appendf(nil, `{"version": 1, "layers": [{"conv": {"weights": "w.npy", "filter_names": %s}}]}`, text))
	}
	if err != nil { // no stack file could have these
		return nil
	}
	return names
}

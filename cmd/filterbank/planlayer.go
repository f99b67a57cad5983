package main

import (
	"bytes"
	"encoding/json"

	"filterbank/filters"
	"filterbank/filters/formula"
	"filterbank/filters/volume"
)

// layerJSON is a layer in the JSON form of a plan: its geometry, which all layers have, then
// its other attributes, the plan's numbers, and the formula worked out.
type layerJSON struct {
	plan  *filters.Plan
	layer int
}

type (
	geometryJSON struct {
		Name       string       `json:"name"`
		Kind       string       `json:"kind"`
		Inputs     []string     `json:"inputs,omitempty"` // layers that it names
		In         volume.Shape `json:"in"`
		Out        volume.Shape `json:"out"`
		KernelSize [2]int       `json:"kernel_size"`
		Stride     [2]int       `json:"stride"`
		Padding    [4]int       `json:"padding"` // top, left, bottom, right
		Dilation   [2]int       `json:"dilation"`
	}
	figuresJSON struct {
		ReceptiveField [2]int  `json:"receptive_field"`
		FieldStart     [2]int  `json:"field_start"`
		Jump           [2]int  `json:"jump"`
		Parameters     int64   `json:"parameters"`
		MACs           float64 `json:"multiply_adds"`
		UncoveredRows  int     `json:"uncovered_rows"`
		UncoveredCols  int     `json:"uncovered_cols"`

		Formula []formula.Line `json:"formula"`
	}
)

// MarshalJSON writes one object.
func (l layerJSON) MarshalJSON() ([]byte, error) {
	lp := &l.plan.Layers[l.layer]
	parts := []any{geometryJSON{
		Name: lp.Layer.Name(), Kind: lp.Layer.Kind(), Inputs: lp.Layer.Inputs(), In: lp.In, Out: lp.Out,
		KernelSize: [2]int{lp.Rows.Kernel, lp.Cols.Kernel}, Stride: [2]int{lp.Rows.Stride, lp.Cols.Stride},
		Padding:  [4]int{lp.Rows.Before, lp.Cols.Before, lp.Rows.After, lp.Cols.After},
		Dilation: [2]int{lp.Rows.Dilation, lp.Cols.Dilation},
	}}
	for _, a := range lp.Layer.Attributes() {
		switch a.Name {
		case "kernel_size", "stride", "padding", "dilation": // part of the geometry
		default:
			parts = append(parts, map[string]any{a.Name: a.Value})
		}
	}
	return joinObjects(append(parts, figuresJSON{
		ReceptiveField: lp.Field, FieldStart: lp.FieldStart, Jump: lp.Jump,
		Parameters: lp.Parameters, MACs: lp.MACs, UncoveredRows: lp.UncoveredRows, UncoveredCols: lp.UncoveredCols,
		Formula: formula.Of(l.plan, l.layer),
	}))
}

// joinObjects joins the fields of several non-empty structs in one JSON object.
func joinObjects(parts []any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for i, part := range parts {
		start := b.Len()
		if err := encoder.Encode(part); err != nil {
			return nil, err
		}
		if i > 0 {
			b.Bytes()[start] = ','
		}
		b.Truncate(b.Len() - len("}\n"))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

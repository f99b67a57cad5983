package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"

	"filterbank/filters/volume"
)

// Sample returns the record of a picture that is done as it stands in a pack: without
// seconds, and always with the same fields, as readers of tables need it.
func (r *Record) Sample() ([]byte, error) {
	s := struct {
		sample
		Layers []sampleLayer `json:"layers"`
		Files  []sampleFile  `json:"files"`
	}{sample: sample(*r), Layers: []sampleLayer{}, Files: []sampleFile{}}
	for _, l := range r.Layers {
		s.Layers = append(s.Layers, sampleLayer(l))
	}
	for _, f := range r.Files {
		s.Files = append(s.Files, sampleFile(f))
	}
	s.Version = Version
	if s.Ignored == nil {
		s.Ignored = []string{}
	}
	if s.Warnings == nil {
		s.Warnings = []string{}
	}
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("record of %s: %w", r.Input, err)
	}
	return data.Bytes(), nil
}

// The types have the fields of Record, Layer and File, so that one converts to the other. A
// field that is only in one of them does not compile.
type sample struct {
	Input       Path              `json:"input"`
	Output      Path              `json:"output"`
	Label       string            `json:"label"`
	Version     int               `json:"version"`
	SHA256      string            `json:"sha256"`
	Keys        map[string]string `json:"keys"`
	Stack       string            `json:"stack"`
	Status      Status            `json:"status"`
	Code        string            `json:"-"`
	Error       string            `json:"-"`
	Seconds     float64           `json:"-"`
	Width       int               `json:"width"`
	Height      int               `json:"height"`
	Orientation int               `json:"orientation"`
	Decoded     *Decoded          `json:"decoded"`
	Layers      []Layer           `json:"-"`
	Files       []File            `json:"-"`
	Ignored     []string          `json:"ignored"`
	Warnings    []string          `json:"warnings"`
	Digest      string            `json:"digest"`
}

type sampleLayer struct {
	Stack         string       `json:"stack"`
	Layer         string       `json:"layer"`
	In            volume.Shape `json:"in"`
	Out           volume.Shape `json:"out"`
	UncoveredRows int          `json:"uncovered_rows"`
	UncoveredCols int          `json:"uncovered_cols"`
	Uncovered     string       `json:"-"`
}

type sampleFile struct {
	Path       Path        `json:"path"`
	Member     Path        `json:"member"`
	Format     string      `json:"format"`
	Stack      string      `json:"stack"`
	Layer      string      `json:"layer"`
	Filter     string      `json:"filter"`
	Index      *int        `json:"index"`
	Scale      *[2]float64 `json:"scale"`
	Colormap   string      `json:"colormap"`
	Overflowed int64       `json:"overflowed"`
	Bytes      int64       `json:"bytes"`
	BLAKE3     string      `json:"blake3"`
}

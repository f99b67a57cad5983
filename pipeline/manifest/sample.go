package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"filterbank/filters/volume"
)

// Sample returns the record of a picture that is done as it stands in a pack: without
// seconds, and always with the same fields of the same types, as readers of tables need it.
// They take the types from the first few samples. An empty list has no type, and 0 is a whole
// number. So a list of texts becomes one text of lines, and numbers of scales have a point.
func (r *Record) Sample() ([]byte, error) {
	s := struct {
		sample
		Ignored  string        `json:"ignored"`
		Warnings string        `json:"warnings"`
		Layers   []sampleLayer `json:"layers"`
		Files    []scaledFile  `json:"files"`
	}{sample: sample(*r), Ignored: strings.Join(r.Ignored, "\n"), Warnings: strings.Join(r.Warnings, "\n"), Layers: []sampleLayer{}, Files: []scaledFile{}}
	for _, l := range r.Layers {
		s.Layers = append(s.Layers, sampleLayer(l))
	}
	for _, f := range r.Files {
		scaled := scaledFile{sampleFile: sampleFile(f)}
		if f.Scale != nil {
			scaled.Scale = &[2]real{real(f.Scale[0]), real(f.Scale[1])}
		}
		s.Files = append(s.Files, scaled)
	}
	s.Version = Version
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
	ETag        string            `json:"-"` // the same picture has the same sample, wherever it is
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
	Ignored     []string          `json:"-"`
	Warnings    []string          `json:"-"`
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

type scaledFile struct {
	sampleFile
	Scale *[2]real `json:"scale"`
}

// real is a number that has a point or an exponent in JSON.
type real float64

// MarshalJSON writes the number as encoding/json does, with .0 after whole numbers.
func (r real) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(float64(r))
	if err == nil && !bytes.ContainsAny(data, ".e") {
		data = append(data, ".0"...)
	}
	return data, err
}

type sampleFile struct {
	Path       Path        `json:"path"`
	Member     Path        `json:"member"`
	Format     string      `json:"format"`
	Stack      string      `json:"stack"`
	Layer      string      `json:"layer"`
	Filter     string      `json:"filter"`
	Index      *int        `json:"index"`
	Scale      *[2]float64 `json:"-"`
	Colormap   string      `json:"colormap"`
	Overflowed int64       `json:"overflowed"`
	Bytes      int64       `json:"bytes"`
	BLAKE3     string      `json:"blake3"`
}

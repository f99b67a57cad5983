package output

import (
	"io"

	"filterbank/filters/tensor"
	"filterbank/pipeline/store"
)

// safetensors holds all arrays of a picture in one file, under the names that npz has. Its
// metadata name the picture and the stack.
var safetensors = Format{
	Name:    "safetensors",
	Options: []*Option{&dtype},
	Files:   safetensorsFiles,
	Check: func(v *View) error {
		_, _, err := v.safetensorsHeader(v.arrays())
		return err
	},
	Key:  func(io.Writer, *View) {}, // every key has the stack and the picture, and the file's name has its path
	Open: openSafetensors,
	Read: readArrays(tensor.Safetensors()),
}

func safetensorsFiles(v *View) []Planned {
	p := Planned{Suffix: ".safetensors", Ext: ".safetensors", stack: whole, layer: whole}
	if v.Plans != nil {
		arrays := v.arrays()
		if header, values, err := v.safetensorsHeader(arrays); err == nil { // Check reports the error
			p.Bytes = int64(len(header)) + values
			p.Held = heldApart(p.Bytes, arrays)
		}
	}
	return []Planned{p}
}

// Origin names the source of a picture's arrays, for formats with metadata.
type Origin struct {
	Output string // the picture's place in the output folder, in UTF-8
	SHA256 string // of the picture's file
	Stack  string // the hash of stacks and preparation
}

// safetensorsHeader is the beginning of the file, with the size of what follows.
func (v *View) safetensorsHeader(arrays []*array) (header []byte, values int64, err error) {
	var entries []tensor.Entry
	for _, a := range arrays {
		entries = append(entries, tensor.Entry{Name: a.name, Type: a.numbers, Shape: []int{a.shape.C, a.shape.H, a.shape.W}})
	}
	const hash = "0000000000000000000000000000000000000000000000000000000000000000"
	metadata := map[string]string{"output": v.Origin.Output, "sha256": hash, "stack": hash}
	if v.Origin.SHA256 != "" { // otherwise only the size is wanted
		metadata["sha256"], metadata["stack"] = v.Origin.SHA256, v.Origin.Stack
	}
	return tensor.SafetensorsHeader(metadata, entries)
}

func openSafetensors(v *View, ws *Workspace, b *store.Batch) (Writer, error) {
	arrays := v.arrays()
	if err := checkArrays(arrays); err != nil {
		return nil, err
	}
	header, values, err := v.safetensorsHeader(arrays)
	if err != nil {
		return nil, err
	}
	at := int64(len(header))
	for _, a := range arrays {
		a.at = at
		at += int64(a.numbers.Bytes()) * int64(a.shape.C) * int64(a.shape.H) * int64(a.shape.W)
	}
	suffix := safetensorsFiles(v)[0].Suffix
	file := b.Create(suffix)
	if err := file.Size(int64(len(header)) + values); err != nil {
		return nil, err
	}
	w := newArraysWriter(ws, file, suffix, arrays)
	_, err = file.WriteAt(header, 0)
	return &w, err
}

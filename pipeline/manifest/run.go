package manifest

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"filterbank/pipeline/store"
)

// RunName is the name of a run's own account, at the top of the output folder.
const RunName = store.RunName

// Run is run.json: what was run, and how it went.
type Run struct {
	Version     int                `json:"version"`              // of the format of this file and of the manifest
	Filterbank  string             `json:"filterbank"`           // the program's version
	Stack       json.RawMessage    `json:"stack"`                // resolved: every default filled in
	StackSHA256 string             `json:"stack_sha256"`         // of the bytes of "stack", compact
	Folder      Path               `json:"folder,omitempty"`     // where the run was started; relative paths of inputs begin here
	StackFolder Path               `json:"stack_folder"`         // where relative paths of weights begin; itself relative to Folder
	StackFile   Path               `json:"stack_file,omitempty"` // the stack file in StackFolder, if the stack is its own, without --set
	Layers      string             `json:"layers"`
	Formats     []string           `json:"formats"`
	Pack        string             `json:"pack,omitempty"`       // the form of the pack that the files are in
	PackBytes   int64              `json:"pack_bytes,omitempty"` // the size at which its shards end
	PackCount   int                `json:"pack_count,omitempty"` // the most images in its shards; 0 is no bound
	DType       string             `json:"dtype,omitempty"`      // of the numbers in arrays; empty means f32
	Features    Path               `json:"features,omitempty"`   // the file with the table of features
	Scale       string             `json:"scale"`
	EyeScale    string             `json:"eye_scale,omitempty"` // of sheets, overlays and the report: Stretched, or empty where it is Scale
	Colormap    string             `json:"colormap"`
	Shard       string             `json:"shard,omitempty"`
	Classes     map[string]int     `json:"classes,omitempty"` // numbers of the labels of all inputs, in the order of their bytes, from 0
	Images      int                `json:"images"`
	Skipped     int                `json:"skipped"` // done by an earlier run
	Failed      int                `json:"failed"`
	Left        int                `json:"left"`
	Maps        int                `json:"maps"`
	Files       int                `json:"files"`
	Bytes       int64              `json:"bytes"`
	Seconds     float64            `json:"seconds,omitempty"`
	Stages      map[string]float64 `json:"stages,omitempty"` // seconds, summed over the workers
	Interrupted bool               `json:"interrupted"`
}

// Stretched is the EyeScale of a run whose scale was not given.
const Stretched = "stretched"

// ReadRun reads the account of the run in an output folder, for example to open its
// results from a program. Anyone may have made the file: its size is bounded, and nothing
// that it names is opened. An account of version 1 is read too. The error is fs.ErrNotExist if
// there is no such file.
func ReadRun(dir string) (*Run, error) {
	name := filepath.Join(dir, RunName)
	root, err := store.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open run: %w", err)
	}
	defer root.Close()
	file, err := openRegular(root, RunName)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	defer file.Close()
	data, err := readAll(file)
	if err != nil {
		return nil, err
	}
	r, err := DecodeRun(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return r, nil
}

// DecodeRun reads the content of run.json, of this version or of version 1, where "version" is the
// program's.
func DecodeRun(data []byte) (*Run, error) {
	r := new(Run)
	file := struct {
		*Run
		Version json.RawMessage `json:"version"`
	}{Run: r}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	if json.Unmarshal(file.Version, &r.Filterbank) == nil {
		r.Version = 1
		return r, nil
	}
	if err := json.Unmarshal(file.Version, &r.Version); err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	return r, checkVersion(r.Version)
}

// checkVersion refuses versions after this one.
func checkVersion(version int) error {
	if version > Version {
		return fmt.Errorf("a newer filterbank has written it (version %d, and at most %d is read); use that one or a later one", version, Version)
	}
	return nil
}

// Encode returns the content of the file, in this version.
func (r *Run) Encode() ([]byte, error) {
	r.Version = Version
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", RunName, err)
	}
	return append(data, '\n'), nil
}

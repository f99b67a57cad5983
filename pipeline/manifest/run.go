package manifest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"filterbank/pipeline/store"
)

// RunName is the name of a run's own account, at the top of the output folder.
const RunName = store.RunName

// Run is run.json: what was run, and how it went.
type Run struct {
	Version     string             `json:"version"`
	Stack       json.RawMessage    `json:"stack"`        // resolved: every default filled in
	StackSHA256 string             `json:"stack_sha256"` // of the bytes of "stack", compact
	Folder      Path               `json:"folder"`       // where the run was started; relative paths of inputs begin here
	StackFolder Path               `json:"stack_folder"` // where relative paths of weights begin; itself relative to Folder
	Layers      string             `json:"layers"`
	Formats     []string           `json:"formats"`
	Pack        string             `json:"pack,omitempty"` // the form of the pack that the files are in
	Scale       string             `json:"scale"`
	Colormap    string             `json:"colormap"`
	Shard       string             `json:"shard,omitempty"`
	Images      int                `json:"images"`
	Skipped     int                `json:"skipped"` // done by an earlier run
	Failed      int                `json:"failed"`
	Left        int                `json:"left"`
	Maps        int                `json:"maps"`
	Files       int                `json:"files"`
	Bytes       int64              `json:"bytes"`
	Seconds     float64            `json:"seconds"`
	Stages      map[string]float64 `json:"stages"` // seconds, summed over the workers
	Interrupted bool               `json:"interrupted"`
}

// ReadRun reads the account of the run in an output folder, for example to open its
// results from a program. Anyone may have made the file: its size is bounded, and nothing
// that it names is opened. The error is fs.ErrNotExist if there is no such file.
func ReadRun(dir string) (*Run, error) {
	name := filepath.Join(dir, RunName)
	root, err := os.OpenRoot(dir)
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
	r := new(Run)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return r, nil
}

// Encode returns the content of the file.
func (r *Run) Encode() ([]byte, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", RunName, err)
	}
	return append(data, '\n'), nil
}

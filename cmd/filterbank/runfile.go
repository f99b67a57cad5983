package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"filterbank/pipeline"
	"filterbank/pipeline/sink"
)

// runFile is run.json: what was run, and how it went.
type runFile struct {
	Version     string             `json:"version"`
	Stack       json.RawMessage    `json:"stack"`        // resolved: every default filled in
	StackSHA256 string             `json:"stack_sha256"` // of the bytes of "stack", compact
	Folder      sink.Path          `json:"folder"`       // where the run was started, which inputs' relative paths begin at
	StackFolder sink.Path          `json:"stack_folder"` // which weights' relative paths begin at, itself relative to Folder
	Layers      string             `json:"layers"`
	Formats     []pipeline.Format  `json:"formats"`
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

func (f *flags) about(j *job, s pipeline.Summary, interrupted bool) ([]byte, error) {
	resolved, err := json.Marshal(j.file.Resolved())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sink.RunName, err)
	}
	folder, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sink.RunName, err)
	}
	sum := sha256.Sum256(resolved)
	r := runFile{
		Version: version, Stack: resolved, StackSHA256: hex.EncodeToString(sum[:]),
		Folder: sink.Path(folder), StackFolder: sink.Path(filepath.Dir(f.config)),
		Layers: f.layers, Formats: j.opts.Formats, Scale: f.scale, Colormap: f.colormap, Shard: f.shard,
		Images: s.Pictures, Skipped: s.Skipped, Failed: s.Failed, Left: s.Left, Maps: s.Maps, Files: s.Files, Bytes: s.Bytes,
		Seconds: s.Elapsed.Seconds(), Stages: map[string]float64{}, Interrupted: interrupted,
	}
	for _, st := range s.Stages.List() {
		r.Stages[st.Name] = st.Time.Seconds()
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sink.RunName, err)
	}
	return append(data, '\n'), nil
}

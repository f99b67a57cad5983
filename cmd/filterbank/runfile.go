package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"

	"filterbank/pipeline"
	"filterbank/pipeline/manifest"
)

// runFile is the content of run.json.
func (f *flags) runFile(j *job, s pipeline.Summary, interrupted bool) (*manifest.Run, error) {
	resolved, err := json.Marshal(j.file.Resolved())
	if err != nil {
		return nil, err
	}
	folder, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(resolved)
	r := &manifest.Run{
		Filterbank: version(), Stack: resolved, StackSHA256: hex.EncodeToString(sum[:]),
		Folder: manifest.Path(folder), StackFolder: manifest.Path(filepath.Dir(f.config)),
		Layers: f.layers, Scale: cmp.Or(f.scale, "map"), Colormap: f.colormap, Shard: f.shard, Classes: j.classes, Pack: j.pack,
		Images: s.Pictures, Skipped: s.Skipped, Failed: s.Failed, Left: s.Left, Maps: s.Maps, Files: s.Files, Bytes: s.Bytes,
		Seconds: s.Elapsed.Seconds(), Stages: map[string]float64{}, Interrupted: interrupted,
	}
	if j.Output.EyeScale != nil {
		r.EyeScale = manifest.Stretched
	}
	for _, format := range j.Output.Formats {
		r.Formats = append(r.Formats, format.Name)
	}
	for _, st := range s.Stages.List() {
		r.Stages[st.Name] = st.Time.Seconds()
	}
	return r, nil
}

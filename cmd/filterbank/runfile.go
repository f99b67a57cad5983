package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"filterbank/pipeline"
	"filterbank/pipeline/manifest"
)

func (f *flags) about(j *job, s pipeline.Summary, interrupted bool) ([]byte, error) {
	resolved, err := json.Marshal(j.file.Resolved())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", manifest.RunName, err)
	}
	folder, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", manifest.RunName, err)
	}
	sum := sha256.Sum256(resolved)
	r := manifest.Run{
		Version: version(), Stack: resolved, StackSHA256: hex.EncodeToString(sum[:]),
		Folder: manifest.Path(folder), StackFolder: manifest.Path(filepath.Dir(f.config)),
		Layers: f.layers, Formats: formatNames(j.opts.Formats), Scale: f.scale, Colormap: f.colormap, Shard: f.shard,
		Images: s.Pictures, Skipped: s.Skipped, Failed: s.Failed, Left: s.Left, Maps: s.Maps, Files: s.Files, Bytes: s.Bytes,
		Seconds: s.Elapsed.Seconds(), Stages: map[string]float64{}, Interrupted: interrupted,
	}
	for _, st := range s.Stages.List() {
		r.Stages[st.Name] = st.Time.Seconds()
	}
	return r.Encode()
}

func formatNames(formats []pipeline.Format) []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = string(f)
	}
	return names
}

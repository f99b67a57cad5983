package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"

	"filterbank/filters/tensor"
	"filterbank/pipeline"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
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
		Layers: f.layers, Scale: cmp.Or(f.scale, "map"), Colormap: f.colormap, Shard: shardText(f.shard, j.opts.Part), Classes: j.classes,
		Pack: j.pack, PackBytes: j.opts.Pack, PackCount: j.opts.PackCount,
		Features: manifest.Path(j.Output.Features),
		Images:   s.Pictures, Skipped: s.Skipped, Failed: s.Failed, Left: s.Left, Maps: s.Maps, Files: s.Files, Bytes: s.Bytes,
		Seconds: s.Elapsed.Seconds(), Stages: map[string]float64{}, Interrupted: interrupted,
	}
	if f.config != "" && len(f.sets) == 0 && !j.changed {
		r.StackFile = manifest.Path(filepath.Base(f.config))
	}
	if j.Output.Numbers != tensor.Float32 {
		r.DType = j.Output.Numbers.String()
	}
	if j.Output.EyeScale != nil {
		r.EyeScale = manifest.Stretched
	}
	r.Formats = []string{}
	for _, format := range j.Output.Formats {
		if format != output.Features() {
			r.Formats = append(r.Formats, format.Name)
		}
	}
	for _, st := range s.Stages.List() {
		r.Stages[st.Name] = st.Time.Seconds()
	}
	if j.opts.Reproducible {
		return r, f.timeless(r, j, s.Own)
	}
	return r, nil
}

// timeless takes from the account of a run what differs between runs of the same command: times
// and the current folder. It counts what stands in the output folder, whichever run has made it.
func (f *flags) timeless(r *manifest.Run, j *job, own string) error {
	r.Folder, r.Seconds, r.Stages = "", 0, nil
	r.Images, r.Skipped, r.Maps, r.Files, r.Bytes = 0, 0, 0, 0, 0
	records, err := manifest.Open(cmp.Or(own, j.opts.OwnDir()))
	if err != nil {
		return err
	}
	defer records.Close()
	maps := j.View().Maps()
	for i := range j.entries {
		rec, err := records.Find(j.entries[i].Path, j.entries[i].Place())
		switch {
		case err != nil:
			return err
		case rec == nil || rec.Status == manifest.Failed:
			continue
		case rec.Status == manifest.Kept:
			r.Skipped++
			continue
		}
		r.Images++
		r.Maps += maps
		r.Files += len(rec.Files)
		for _, file := range rec.Files {
			r.Bytes += file.Bytes
		}
	}
	return nil
}

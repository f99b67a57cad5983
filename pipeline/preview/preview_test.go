package preview

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"filterbank/pipeline"
	"filterbank/pipeline/source"
)

// TestPreviewIsTheRun: files and maps that are planned are the ones that are written, also
// by a job that leaves its formats out.
func TestPreviewIsTheRun(t *testing.T) {
	dir, job := t.TempDir(), testJob(t, stackOf("copy", "f0", "f1"))
	name := filepath.Join(dir, "p.png")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 9, 7))); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	entries := []source.Entry{
		{Job: source.Job{Path: name, Rel: "p"}}, {Job: source.Job{Path: name, Rel: "q"}},
		{Job: source.Job{Path: filepath.Join(dir, "gone.png"), Rel: "gone"}},
	}
	p, err := New(t.Context(), entries, job, pipeline.Resources{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := pipeline.Run(t.Context(), entries, job, pipeline.Resources{}, pipeline.RunOptions{Out: filepath.Join(dir, "out")})
	if err != nil {
		t.Fatal(err)
	}
	if s.Files != 6 || p.Files != s.Files || p.Maps != s.Maps || p.Pictures != s.Pictures || len(p.Failures) != s.Failed || p.Bytes < s.Bytes {
		t.Errorf("planned %d files of %d maps of %d pictures, %d bytes, %d failures; written %+v", p.Files, p.Maps, p.Pictures, p.Bytes, len(p.Failures), s)
	}
}

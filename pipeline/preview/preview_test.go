package preview

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

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
	p, err := New(t.Context(), entries, job, pipeline.Resources{}, Options{})
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

// TestMemoryIsTheRuns: a run does a picture in the memory that is planned, and refuses it
// with one byte less.
func TestMemoryIsTheRuns(t *testing.T) {
	job, img := testJob(t, stackOf("copy", "f0", "f1")), image.NewGray(image.Rect(0, 0, 90, 70))
	for name, encode := range map[string]func(b *bytes.Buffer) error{
		"p.png": func(b *bytes.Buffer) error { return png.Encode(b, img) },
		"p.bmp": func(b *bytes.Buffer) error { return bmp.Encode(b, img) },
		"p.tif": func(b *bytes.Buffer) error { return tiff.Encode(b, img, nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		entries := []source.Entry{{Job: source.Job{Path: path, Rel: "p"}}}
		p, err := New(t.Context(), entries, job, pipeline.Resources{}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for less, failed := range []int{0, 1} {
			res := pipeline.Resources{Memory: p.Memory - int64(less)}
			s, err := pipeline.Run(t.Context(), entries, job, res, pipeline.RunOptions{Out: filepath.Join(dir, "out", string(rune('0'+less)))})
			if err != nil || s.Failed != failed {
				t.Errorf("%s in %d bytes, planned %d: %d failed, %v, want %d", name, res.Memory, p.Memory, s.Failed, err, failed)
			}
		}
	}
}

package diff

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filterbank/filters/volume"
	"filterbank/pipeline/manifest"
)

// packed moves written files into a shard of the fixture.
func (f *fixture) packed(shard string, files ...manifest.File) []manifest.File {
	f.t.Helper()
	var data bytes.Buffer
	out := tar.NewWriter(&data)
	for i := range files {
		name := filepath.Join(f.dir, string(files[i].Path))
		content, err := os.ReadFile(name)
		if err != nil || os.Remove(name) != nil {
			f.t.Fatal(err)
		}
		files[i].Format, files[i].Member, files[i].Path = "npy", files[i].Path, manifest.Path(shard)
		if err := out.WriteHeader(&tar.Header{Name: string(files[i].Member), Size: int64(len(content)), Mode: 0o644}); err != nil {
			f.t.Fatal(err)
		}
		if _, err := out.Write(content); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		f.t.Fatal(err)
	}
	f.write(shard, data.Bytes())
	return files
}

// TestPacks compares values in shards. Pictures may be in shards of other numbers.
func TestPacks(t *testing.T) {
	row := volume.Shape{C: 1, H: 1, W: 3}
	a, b := newFixture(t), newFixture(t)
	inA := a.packed("shards/000000.tar", a.npy("p.l.npy", row, 1, 2, 3), a.npy("q.l.npy", row, 4, 5, 6), a.npy("r.l.npy", row, 7, 8, 9))
	inB := b.packed("shards/000000.tar", b.npy("p.l.npy", row, 1, 2, 3.5))
	inB = append(inB, b.packed("shards/000001.tar", b.npy("q.l.npy", row, 4, 5, 7), b.npy("s.l.npy", row, 0, 0, 0))...)
	inB[2].Member = "r.l.npy" // which the shard does not have
	for i, name := range []string{"p", "q", "r"} {
		a.done(name, row, inA[i])
		b.done(name, row, inB[i])
	}
	r := compareRuns(t, a, b, 2)
	if len(r.Maps) != 1 || r.Maps[0].Values != 6 || r.Maps[0].Largest != 1 || r.Maps[0].Worst != "in/q.png" {
		t.Errorf("%+v", r.Maps)
	}
	if len(r.Unreadable.First) != 1 || !strings.Contains(r.Unreadable.First[0].Error, "the shard has no such file") {
		t.Errorf("%+v", r.Unreadable)
	}
}

package parts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// synthetic writes a run in many parts, without the files of its pictures.
func synthetic(t testing.TB, place store.Place, dir string, shards, images int) {
	t.Helper()
	c := &Config{Shards: shards}
	all := source.NewSum()
	file := func(index int, name string, data []byte) OwnFile {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(nameIn(index, shards, name))), data, 0o666); err != nil {
			t.Fatal(err)
		}
		return OwnFile{int64(len(data)), store.DigestOf(data)}
	}
	run, err := (&manifest.Run{Stack: []byte("{}")}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for i := range shards {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(store.PartName(i, shards))), 0o777); err != nil {
			t.Fatal(err)
		}
		a := &Complete{Shard: i, Shards: shards, Own: map[string]OwnFile{}}
		part := source.NewSum()
		var lines bytes.Buffer
		from, to := Range(i, shards, images)
		for k := from; k < to; k++ {
			name := fmt.Sprintf("folder/of/many/pictures/%09d", k)
			r := &manifest.Record{Input: manifest.Path(name + ".jpg"), Output: manifest.Path(name), Version: manifest.Version, Status: manifest.OK, Files: make([]manifest.File, 8)}
			for _, s := range []*source.Sum{all, part} {
				s.Add(string(r.Input), string(r.Output), "")
			}
			if err := json.NewEncoder(&lines).Encode(r); err != nil {
				t.Fatal(err)
			}
			a.Count(r, 1)
		}
		a.Inputs = part.Inputs()
		a.Own[manifest.Name], a.Own[manifest.RunName] = file(i, manifest.Name, lines.Bytes()), file(i, manifest.RunName, run)
		data, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		file(i, CompleteName, data)
	}
	c.Inputs = all.Inputs()
	if err := c.Settle(t.Context(), place, dir); err != nil {
		t.Fatal(err)
	}
}

// watching is a place that tells of each file that is opened.
type watching struct {
	store.Place
	opened func()
}

func (w watching) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	w.opened()
	return w.Place.Open(ctx, name)
}

// TestMergeMemory: merging many parts takes memory for their accounts, and nothing that grows with
// the number of images.
func TestMergeMemory(t *testing.T) {
	shards, images := 200, 2000
	if os.Getenv("FILTERBANK_LONG") != "" {
		shards, images = 10_000, 2_000_000
	}
	dir := t.TempDir()
	folder, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Release()
	synthetic(t, folder.Place(), dir, shards, images)
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	most := uint64(0)
	watched := watching{folder.Place(), func() {
		metrics.Read(sample)
		most = max(most, sample[0].Value.Uint64())
	}}
	done, err := Merge(t.Context(), watched, MergeOptions{})
	if err = errors.Join(err, t.Context().Err()); err != nil {
		t.Fatal(err)
	}
	if done.Run.Images != images {
		t.Errorf("%d images, want %d", done.Run.Images, images)
	}
	t.Logf("%d parts of %d images: %d MB", shards, images, most>>20)
	// 16 MB of hashes grow by doubling, an account has 1 to 2 kB, and there are buffers of a few MB.
	if limit := uint64(80<<20 + 4<<10*shards); most > limit {
		t.Errorf("%d MB of memory, want at most %d", most>>20, limit>>20)
	}
}

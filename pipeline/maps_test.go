package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"filterbank/filters/tensor"
	"filterbank/pipeline/manifest"
)

// TestMaps checks that maps in memory have the bits of .npy files, for pictures of several sizes
// and any number of workers, and that they stay as they are when other pictures follow.
func TestMaps(t *testing.T) {
	entries, opts := job(t, 12, 4)
	for i := range entries {
		entries[i].Label = fmt.Sprint("class ", i%2)
	}
	opts.Output.Formats = formats(t, "npy")
	if _, err := runAll(t.Context(), entries, opts); err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 3} {
		var mu sync.Mutex
		kept := map[manifest.Path][]Map{}
		failed := 0
		policy := Policy{Each: func(r *manifest.Record) {
			if r.Status == manifest.Failed {
				failed++
			}
		}}
		s, err := Maps(t.Context(), entries, opts.Job, Resources{Workers: workers}, policy, func(rec *manifest.Record, maps []Map) error {
			mu.Lock()
			defer mu.Unlock()
			if rec.Label == "" || rec.SHA256 == "" || rec.Width == 0 || kept[rec.Output] != nil {
				t.Errorf("record %+v", rec)
			}
			kept[rec.Output] = maps
			return nil
		})
		if err != nil || s.Pictures != 11 || s.Failed != 1 || failed != 1 || s.Maps != 33 || len(kept) != 11 {
			t.Fatalf("%d workers: %+v, %v", workers, s, err)
		}
		for output, maps := range kept {
			if len(maps) != 3 || maps[0].Layer != "copy" || maps[1].Index != 1 || maps[2].Layer != "less" {
				t.Errorf("%s has %d maps", output, len(maps))
			}
			for _, m := range maps {
				sameAsArray(t, filepath.Join(opts.Out, string(output), m.Layer+".npy"), m)
			}
		}
	}
}

// sameAsArray compares a map with a map of an array's file, bit for bit.
func sameAsArray(t *testing.T, name string, m Map) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	a, err := tensor.ReadNPY(file, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	size := m.Width * m.Height
	if fmt.Sprint(a.Shape[1:]) != fmt.Sprint([]int{m.Height, m.Width}) || len(m.Values) != size {
		t.Errorf("%s: shape %v, want %d×%d", name, a.Shape, m.Height, m.Width)
		return
	}
	for i, v := range a.Data[m.Index*size:][:size] {
		if math.Float32bits(v) != math.Float32bits(m.Values[i]) {
			t.Errorf("%s: value %d of map %d is %v, want %v", name, i, m.Index, m.Values[i], v)
			return
		}
	}
}

// TestMapsEnds checks how the work ends early: by an error of the callee, by the context, and
// for a picture whose maps do not fit into the memory.
func TestMapsEnds(t *testing.T) {
	entries, opts := job(t, 30)
	enough := errors.New("enough")
	for _, workers := range []int{1, 4} {
		var mu sync.Mutex
		calls := 0
		s, err := Maps(t.Context(), entries, opts.Job, Resources{Workers: workers}, Policy{}, func(*manifest.Record, []Map) error {
			mu.Lock()
			defer mu.Unlock()
			if calls++; calls == 5 {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) || s.Failed != 0 || s.Pictures < 4 || s.Pictures > 4+workers || s.Left != 30-s.Pictures {
			t.Errorf("%d workers: %+v, %v", workers, s, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Maps(ctx, entries, opts.Job, Resources{}, Policy{}, func(*manifest.Record, []Map) error { return nil }); !errors.Is(err, context.Canceled) || s.Left != 30 {
		t.Errorf("%+v, %v", s, err)
	}
	var all sync.WaitGroup // four calls, which end together, each with an error of its own
	all.Add(4)
	four := func(r *manifest.Record, _ []Map) error {
		all.Done()
		all.Wait()
		return fmt.Errorf("%s: %w", r.Input, enough)
	}
	none := Policy{Each: func(r *manifest.Record) { t.Errorf("%s has a record: %s", r.Input, r.Error) }}
	if s, err := Maps(t.Context(), entries, opts.Job, Resources{Workers: 4}, none, four); !errors.Is(err, enough) || s.Failed+s.Pictures != 0 || s.Left != 30 {
		t.Errorf("four errors: %+v, %v", s, err)
	}
	var code string
	policy := Policy{StopOnError: true, Each: func(r *manifest.Record) { code = r.Code }}
	if s, err := Maps(t.Context(), entries[1:2], opts.Job, Resources{Memory: 4000}, policy, nil); !errors.Is(err, ErrStopped) || code != "too-large" || s.Failed != 1 {
		t.Errorf("%s, %+v, %v", code, s, err)
	}
}

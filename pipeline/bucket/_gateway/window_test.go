package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"sync"
	"testing"

	"filterbank/pipeline/bucket"
)

// TestWindow writes objects from several goroutines, each of which takes the next piece, through a
// store with faults. Sizes are around the bounds of parts.
func TestWindow(t *testing.T) {
	const part = 5 << 20
	s := newServer(t)
	data := noise(4*part + 1)
	p := newProxy(t, s, some(5, busy, lost, refused))
	b := s.open(t, p.here(), "photos")
	for parts := 2; parts <= 3; parts++ {
		w := b.NewWindow(t.Context(), part, parts)
		for _, size := range []int{1, part - 1, part, part + 1, 3 * part, len(data)} {
			key := fmt.Sprintf("window/%d-%d", parts, size)
			w.Begin(key, bucket.Put{})
			write(t, w, data[:size])
			info, err := w.Commit(int64(size))
			if err != nil {
				t.Fatal(err)
			}
			got, seen, err := b.ReadAll(t.Context(), key, 1<<30)
			if err != nil || !bytes.Equal(got, data[:size]) || seen.ETag != info.ETag || info.Size != int64(size) {
				t.Errorf("%s: %d bytes, %+v, %+v, %v", key, len(got), info, seen, err)
			}
		}
		for _, size := range []int{100, part + 100, 2*part - 1} { // a byte is missing
			w.Begin("window/missing", bucket.Put{})
			write(t, w, data[:size])
			if _, err := w.Commit(int64(size + 1)); err == nil {
				t.Error("an object with a hole is made")
			}
			if err := w.Abort(); err != nil {
				t.Error(err)
			}
		}
		if _, err := b.Stat(t.Context(), "window/missing"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	}
}

// write writes data through a window in pieces of many sizes.
func write(t *testing.T, w *bucket.Window, data []byte) {
	t.Helper()
	var mu sync.Mutex
	at, random := 0, rand.New(rand.NewPCG(1, 2))
	next := func() (from int, piece []byte) {
		mu.Lock()
		defer mu.Unlock()
		from = at
		at = min(len(data), at+1+random.IntN(1<<20))
		return from, data[from:at]
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for from, piece := next(); len(piece) > 0; from, piece = next() {
				if _, err := w.WriteAt(piece, int64(from)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

// TestStoppedWindow ends a writer that waits for a part whose writer has failed.
func TestStoppedWindow(t *testing.T) {
	b := newServer(t).open(t, "127.0.0.1:1", "photos")
	w := b.NewWindow(t.Context(), 5<<20, 2)
	w.Begin("x", bucket.Put{})
	reason := errors.New("the writer has failed")
	done := make(chan error)
	go func() {
		_, err := w.WriteAt(make([]byte, 100), 11<<20)
		done <- err
	}()
	w.Stop(reason)
	if err := <-done; err != reason {
		t.Errorf("got %v", err)
	}
	if _, err := w.Commit(100); err != reason {
		t.Errorf("got %v", err)
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
}

package store

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
	"testing/synctest"
)

// heldBatch starts a batch whose files are held in memory as far as there is room for pieces.
func heldBatch(t *testing.T, room int) (*Batch, *hold) {
	t.Helper()
	f, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Release() })
	b := newBatch(f, f, "a")
	b.temps, b.hold, b.sends = "sending", newHold(int64(room)*BufferBytes), true
	return b, b.hold
}

// TestHeld writes files of many sizes, from their beginning and in any order, with room for all, for
// some and for none. Their contents and digests are right, wherever they lie, and all room is free at
// the end.
func TestHeld(t *testing.T) {
	data := make([]byte, 3*BufferBytes+5)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(data)
	sizes := []int{0, 1, BufferBytes - 1, BufferBytes, BufferBytes + 1, 2 * BufferBytes, len(data)}
	for room := range 12 {
		b, h := heldBatch(t, room)
		for i, size := range sizes {
			for _, step := range []int{1000, BufferBytes, len(data)} {
				f, sized := b.Create(fmt.Sprint("/", i, step)), b.Create(fmt.Sprint("/sized", i, step))
				if err := sized.Size(int64(size)); err != nil {
					t.Fatal(err)
				}
				for at := (size - 1) / step * step; at >= 0 && size > 0; at -= step {
					if _, err := sized.WriteAt(data[at:min(size, at+step)], int64(at)); err != nil {
						t.Fatal(err)
					}
				}
				for at := 0; at < size; at += step {
					if _, err := f.Write(data[at:min(size, at+step)]); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if _, err := b.Seal(); err != nil {
			t.Fatal(err)
		}
		if held := b.Held(); held > int64(room)*BufferBytes || room > 3 && held == 0 {
			t.Errorf("room for %d: %d bytes are held", room, held)
		}
		for i, f := range b.files {
			want := data[:sizes[i/6]]
			var got bytes.Buffer
			if err := f.copyTo(&got); err != nil || !bytes.Equal(got.Bytes(), want) || f.digest != DigestOf(want) || f.size != int64(len(want)) {
				t.Errorf("room for %d: %s has %d bytes, %s, want %d, %s, %v", room, f.name, got.Len(), f.digest, len(want), DigestOf(want), err)
			}
			if f.temp == "" {
				if crc := crc32.Checksum(want, castagnoli); f.crc != crc {
					t.Errorf("room for %d: %s: CRC %08x, want %08x", room, f.name, f.crc, crc)
				}
				if got, err := io.ReadAll(io.NewSectionReader(f.held.with(f.buffer), 0, f.size)); err != nil || !bytes.Equal(got, want) {
					t.Errorf("room for %d: %s is sent as %d bytes, want %d, %v", room, f.name, len(got), len(want), err)
				}
			}
		}
		b.Abort()
		if h.left != room || h.sent != 0 || len(h.free) > room {
			t.Errorf("room for %d: %d left, %d sent, %d free at the end", room, h.left, h.sent, len(h.free))
		}
	}
}

// TestAwait waits for room: until a file that is sent gives it back, and not for files in work.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHold(4 * BufferBytes)
		var work, sent held
		work.size(h, 2*BufferBytes)
		h.await(t.Context(), 4) // nothing is sent
		sent.size(h, 2*BufferBytes)
		sent.seal(h)
		for _, give := range []bool{false, true} {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan bool)
			go func() {
				h.await(ctx, 4)
				close(done)
			}()
			synctest.Wait()
			select {
			case <-done:
				t.Error("it has not waited")
			default:
			}
			if give {
				sent.release(h)
			} else {
				cancel()
			}
			<-done
			cancel()
		}
	})
}

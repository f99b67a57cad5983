package store

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestPackWritesAtATime holds the first two samples of a shard in the middle of their writing
// until the third, which fills the shard, waits for both.
func TestPackWritesAtATime(t *testing.T) {
	folder, root := openFolder(t)
	p, err := NewPack(folder, PackOptions{Bytes: 1 << 20, Samples: 3})
	if err != nil {
		t.Fatal(err)
	}
	var begun, done sync.WaitGroup
	begun.Add(2)
	end := make(chan bool)
	for turn := range 3 {
		name := string(rune('a'+turn)) + RecordSuffix
		m, err := newMember(name, 1, func(out io.Writer) error {
			if turn < 2 {
				begun.Done()
				<-end
			}
			_, err := out.Write([]byte(name[:1]))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		done.Go(func() {
			if _, err := p.append(p.Begin(turn, name[:1]), []member{m}); err != nil {
				t.Error(err)
			}
		})
	}
	begun.Wait() // both samples are written at a time
	close(end)
	done.Wait()
	if err := p.Close(true); err != nil {
		t.Error(err)
	}
	if found := samples(t, root); len(found) != 3 || !slices.Equal(tree(t, root), []string{"shards/", "shards/000000.tar", "shards/index.json"}) {
		t.Errorf("there are %v in %q", found, tree(t, root))
	}
}

// TestPackAfterAPanic has the writing of a sample end in a panic, in an error, or short of its
// size, while a later picture waits for the sample. The shard does not appear.
func TestPackAfterAPanic(t *testing.T) {
	for want, content := range map[string]func(io.Writer) error{
		"has ended in a panic":     func(io.Writer) error { panic("content") },
		"unreadable":               func(io.Writer) error { return errors.New("unreadable") },
		"a.json has 0 bytes, want": func(io.Writer) error { return nil },
	} {
		folder, root := openFolder(t)
		p, err := NewPack(folder, PackOptions{Bytes: 1 << 20, Samples: 2})
		if err != nil {
			t.Fatal(err)
		}
		m, err := newMember("a.json", 1, content)
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() { recover() }()
			if _, err := p.append(p.Begin(0, "a"), []member{m}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}()
		b := p.Begin(1, "b")
		b.Create(".npy").Write([]byte("arrays"))
		failed, ok := errors.AsType[*Error](func() error { _, err := b.Commit(); return err }())
		if !ok || failed.OfOne() || !strings.Contains(failed.Error(), "000000.tar: ") || !strings.Contains(failed.Error(), want) {
			t.Errorf("the next picture: got %v, want %q", failed, want)
		}
		if err := p.Close(true); err == nil {
			t.Error("the shard is whole")
		}
		if got := tree(t, root); len(got) > 0 {
			t.Errorf("there is %q", got)
		}
	}
}

// TestShardBytes compares shards with the bytes that package archive/tar writes, and their digests.
// Members are gathered, or written by themselves, and end at a block or before it.
func TestShardBytes(t *testing.T) {
	for _, letter := range []byte{'x', 0} {
		folder, root := openFolder(t)
		s, err := newShard(folder, nil, ShardName(0), nil)
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		out := tar.NewWriter(&want)
		for i, size := range []int{0, 1, tarBlock, gathered - 2*tarBlock, gathered - 1, gathered, gathered + 1, 5*leafBytes + 7, tarBlock - 1} {
			name := fmt.Sprintf("%d.npy", i)
			content := bytes.Repeat([]byte{letter}, size)
			write := func(w io.Writer) error { _, err := w.Write(content); return err }
			m, err := newMember(name, int64(size), write)
			if err != nil {
				t.Fatal(err)
			}
			members := []member{m}
			at, err := s.reserve(members)
			if err = errors.Join(err, s.write(at, members)); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(out.WriteHeader(&tar.Header{Name: name, Size: int64(size), Mode: 0o644, ModTime: time.Unix(0, 0)}), write(out)); err != nil {
				t.Fatal(err)
			}
		}
		described, err := s.finish()
		if err = errors.Join(err, s.place(), out.Close()); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(root, ShardName(0)))
		if err != nil || !bytes.Equal(got, want.Bytes()) || described.BLAKE3 != DigestOf(got) {
			t.Errorf("%q: another shard than archive/tar writes, or another digest: %v", letter, err)
		}
	}
}

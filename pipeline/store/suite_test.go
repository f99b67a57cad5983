package store

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// kinds are the stores that the suite runs over.
var kinds = []struct {
	name string
	open func(*Folder) (Store, error)
}{
	{"folder", func(f *Folder) (Store, error) { return f, nil }},
	{"pack", func(f *Folder) (Store, error) { return NewPack(f, PackOptions{Bytes: BufferBytes + BufferBytes/4}) }},
	{"pack of three", func(f *Folder) (Store, error) {
		all := func() (map[string]bool, error) { // the run before has ended well
			known := map[string]bool{}
			for i := range 100 {
				known[ShardName(i)] = true
			}
			return known, nil
		}
		return NewPack(f, PackOptions{Bytes: 1 << 30, Samples: 3, Known: all})
	}},
}

// overKinds runs a test over each store.
func overKinds(t *testing.T, test func(t *testing.T, open func(*Folder) (Store, error))) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { test(t, k.open) })
	}
}

// picture is what the suite stores: files by suffix.
type picture struct {
	stem  string
	files []file
}

type file struct {
	suffix string
	data   []byte
	sized  bool // written from the end to the beginning
}

// pictures returns n pictures of small, large and sized files.
func pictures(n int) []picture {
	rnd := rand.NewChaCha8([32]byte{})
	var list []picture
	for i := range n {
		p := picture{stem: fmt.Sprintf("f%d/p%d", i%3, i)}
		for k, size := range []int{100, 5000, []int{BufferBytes + 1000*i, 30_000, 0}[i%3]} {
			data := make([]byte, size)
			rnd.Read(data)
			suffix := fmt.Sprintf("/edges/%03d-map%d.png", k, k)
			if k == 2 {
				suffix = "/edges.npy"
			}
			p.files = append(p.files, file{suffix, data, k == 2})
		}
		list = append(list, p)
	}
	return list
}

// run is the suite's stand-in for a run: it stores pictures and notes records.
type run struct {
	t       *testing.T
	root    string
	open    func(*Folder) (Store, error)
	mu      sync.Mutex
	records map[string][]Written // by stem, of placed files
	digests map[string]string    // of the content of their pictures
	reused  int
	held    []func() // wait for their shard
	spoiled bool     // the index may be wrong
}

// errCrash ends a run as a crash does.
var errCrash = errors.New("crash")

// work stores pictures with a number of workers. step is called between operations and may
// return an error, which ends the run without any cleaning up.
func (r *run) work(list []picture, jobs int, step func() error) error {
	folder, err := Open(r.root)
	if err != nil {
		return err
	}
	defer folder.Release()
	s, err := r.open(folder)
	if err != nil {
		return err
	}
	r.reused, r.held = 0, nil
	queue := make(chan int)
	failures := make([]error, jobs)
	var workers sync.WaitGroup
	var stopped sync.Once
	stop := make(chan struct{})
	for j := range jobs {
		workers.Go(func() {
			for turn := range queue {
				if err := r.one(s, turn, list[turn], step); err != nil {
					failures[j] = err
					stopped.Do(func() { close(stop) })
				}
			}
		})
	}
feed:
	for turn := range list {
		select {
		case queue <- turn:
		case <-stop:
			break feed
		}
	}
	close(queue)
	workers.Wait()
	err = errors.Join(failures...)
	if errors.Is(err, errCrash) {
		r.trueIndex()
		return err
	}
	err = errors.Join(err, s.Close(err == nil))
	r.trueIndex()
	return err
}

// one stores a picture, unless an earlier run has.
func (r *run) one(s Store, turn int, p picture, step func() error) error {
	r.mu.Lock()
	earlier, same := r.records[p.stem], r.digests[p.stem] == p.digest()
	r.mu.Unlock()
	if err := step(); err != nil {
		return err
	}
	stay := []bool{false}
	if earlier != nil && same {
		stay, _ = s.Reuse(turn, earlier)
	}
	if !slices.Contains(stay, false) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.reused++
		return nil
	}
	b := s.Begin(turn, p.stem)
	for _, f := range p.files {
		if err := errors.Join(fill(b.Create(f.suffix), f), step()); err != nil {
			if !errors.Is(err, errCrash) {
				b.Abort()
			}
			return err
		}
	}
	if strings.HasPrefix(filepath.Base(p.stem), "fail") {
		b.Abort()
		return nil
	}
	b.Note(RecordSuffix, func(written []Written) ([]byte, error) { return []byte(fmt.Sprintln(written)), nil })
	written, err := b.Commit()
	if err != nil {
		return err
	}
	check := func() {
		for i, w := range written {
			if got := r.read(w); !bytes.Equal(got, p.files[i].data) {
				r.t.Errorf("%s: placed, %+v has %d bytes, want %d", p.stem, w, len(got), len(p.files[i].data))
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.records[p.stem], r.digests[p.stem] = written, p.digest()
	}
	hold := func() { r.held = append(r.held, check) } // the pack's lock is held
	placed := func() {
		for _, check := range r.held {
			check()
		}
		r.held = nil
	}
	if s.Placed(turn, hold, placed) {
		check()
	}
	return step()
}

func fill(f *File, from file) error {
	if !from.sized {
		_, err := f.Write(from.data)
		return err
	}
	if err := f.Size(int64(len(from.data))); err != nil {
		return err
	}
	half := len(from.data) / 2
	_, err := f.WriteAt(from.data[half:], int64(half))
	if err == nil {
		_, err = f.WriteAt(from.data[:half], 0)
	}
	return err
}

func (p picture) digest() string {
	sum := sha256.New()
	for _, f := range p.files {
		fmt.Fprintln(sum, f.suffix, len(f.data))
		sum.Write(f.data)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// read returns the content of a stored file, nil if it is not there.
func (r *run) read(w Written) []byte {
	data, err := os.ReadFile(filepath.Join(r.root, w.Path))
	if err != nil || w.Member == "" {
		return data
	}
	in := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := in.Next()
		if err != nil {
			return nil
		}
		if h.Name == w.Member {
			data, err := io.ReadAll(in)
			if err != nil {
				return nil
			}
			return data
		}
	}
}

func newRun(t *testing.T, open func(*Folder) (Store, error)) *run {
	return &run{t: t, root: filepath.Join(t.TempDir(), "out"), open: open, records: map[string][]Written{}, digests: map[string]string{}}
}

// contents returns all files of a folder with their digests.
func contents(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		rel, _ := filepath.Rel(root, path)
		files[filepath.ToSlash(rel)] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("%s: there is\n%q, want\n%q", what, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func on() error { return nil }

// undisturbed returns the content of a run without events.
func undisturbed(t *testing.T, open func(*Folder) (Store, error), list []picture) map[string]string {
	t.Helper()
	r := newRun(t, open)
	if err := r.work(list, 1, on); err != nil {
		t.Fatal(err)
	}
	return contents(t, r.root)
}

// TestSuiteSameBytes stores pictures with any number of workers, some of which fail.
func TestSuiteSameBytes(t *testing.T) {
	overKinds(t, func(t *testing.T, open func(*Folder) (Store, error)) {
		list := pictures(12)
		list[4].stem, list[11].stem = "fail1", "f/fail2"
		want := undisturbed(t, open, list)
		for _, jobs := range []int{2, 3, 8} {
			r := newRun(t, open)
			if err := r.work(list, jobs, on); err != nil {
				t.Fatal(err)
			}
			same(t, fmt.Sprint(jobs, " workers"), contents(t, r.root), want)
			if len(r.records) != len(list)-2 {
				t.Errorf("%d workers: %d records", jobs, len(r.records))
			}
			for _, p := range list {
				for i, w := range r.records[p.stem] {
					if got := r.read(w); !bytes.Equal(got, p.files[i].data) || w.Bytes != int64(len(got)) || w.BLAKE3 != DigestOf(p.files[i].data) {
						t.Errorf("%s: %+v is of other bytes than were written", p.stem, w)
					}
				}
			}
		}
	})
}

// TestSuiteReuse runs again: unchanged, with changes at every place, and with fewer and
// more pictures. The result is always that of one run.
func TestSuiteReuse(t *testing.T) {
	const unchanged = "unchanged"
	overKinds(t, func(t *testing.T, open func(*Folder) (Store, error)) {
		list := pictures(9)
		r := newRun(t, open)
		var want map[string]string // of the list of the run before
		again := func(what string, list []picture, reused int) {
			t.Helper()
			if err := r.work(list, 3, on); err != nil {
				t.Fatal(err)
			}
			if what != unchanged {
				want = undisturbed(t, open, list)
			}
			got := contents(t, r.root)
			if _, isPack := want[ShardName(0)]; !isPack {
				maps.DeleteFunc(got, func(name, _ string) bool { _, ok := want[name]; return !ok }) // of pictures no more in the list
			}
			same(t, what, got, want)
			if reused >= 0 && r.reused != reused {
				t.Errorf("%s: %d pictures are used again, want %d", what, r.reused, reused)
			}
		}
		again("first", list, 0)
		again(unchanged, list, len(list))
		for _, i := range []int{0, 4, 8} {
			changed := slices.Clone(list)
			changed[i].files = slices.Clone(list[i].files)
			changed[i].files[0].data = []byte("changed")
			again(fmt.Sprint("change of ", i), changed, -1)
			again(unchanged, changed, len(list))
			again(fmt.Sprint("change back of ", i), list, -1)
		}
		for _, n := range []int{8, 5, 1, 9, 3, 9} {
			again(fmt.Sprint(n, " pictures"), list[:n], -1)
			again(unchanged, list[:n], n)
		}
		again("without the first", list[1:], -1)
		failing := slices.Clone(list)
		failing[3].stem = "fail"
		again("with a failure", failing, -1)
		again(unchanged, failing, len(list)-1)
	})
}

// TestSuiteCrash ends a run at every step without any cleaning up. What has its name is
// whole, records name only files that are there, and the next run ends with the bytes of an
// undisturbed one.
func TestSuiteCrash(t *testing.T) {
	overKinds(t, func(t *testing.T, open func(*Folder) (Store, error)) {
		list := pictures(4)
		want := undisturbed(t, open, list)
		for _, again := range []bool{false, true} { // a crash over an earlier run's files, too
			for crash := 0; ; crash++ {
				r := newRun(t, open)
				if again {
					other := slices.Clone(list)
					other[0].files = other[0].files[:2]
					if err := r.work(other, 1, on); err != nil {
						t.Fatal(err)
					}
				}
				steps := 0
				err := r.work(list, 1, func() error {
					if steps++; steps > crash {
						return errCrash
					}
					return nil
				})
				if err == nil {
					break
				}
				for name, sum := range contents(t, r.root) {
					if !isTemporary(base(name)) && !again && want[name] != sum {
						t.Errorf("crash %d: %s is not whole", crash, name)
					}
				}
				folder, err := Open(r.root)
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(folder.Sweep(), folder.Release()); err != nil {
					t.Fatal(err)
				}
				if err := r.work(list, 2, on); err != nil {
					t.Fatal(err)
				}
				got := contents(t, r.root)
				same(t, fmt.Sprint("after crash ", crash), got, want)
			}
		}
	})
}

// TestSuiteStops ends a run early in an orderly way: nothing half done is left, and what
// the store holds is there.
func TestSuiteStops(t *testing.T) {
	overKinds(t, func(t *testing.T, open func(*Folder) (Store, error)) {
		list := pictures(8)
		want := undisturbed(t, open, list)
		for stop := range 8 {
			r := newRun(t, open)
			bad := slices.Clone(list)
			bad[stop].files = append(slices.Clone(list[stop].files), file{"/edges/\x00.png", nil, false}, file{"/edges.NPY", nil, false})
			if err := r.work(bad, 2, on); err == nil {
				t.Fatal("no error")
			}
			for _, name := range tree(t, r.root) {
				if isTemporary(base(name)) {
					t.Errorf("stopped at %d: %s is left", stop, name)
				}
			}
			for stem, files := range r.records {
				for _, w := range files {
					if int64(len(r.read(w))) != w.Bytes {
						t.Errorf("stopped at %d: %s: %+v is not there", stop, stem, w)
					}
				}
			}
			if err := r.work(list, 2, on); err != nil {
				t.Fatal(err)
			}
			same(t, fmt.Sprint("after a stop at ", stop), contents(t, r.root), want)
		}
	})
}

// TestSuiteAbort aborts batches in every state. Nothing is left, not even folders.
func TestSuiteAbort(t *testing.T) {
	overKinds(t, func(t *testing.T, open func(*Folder) (Store, error)) {
		folder, root := openFolder(t)
		s, err := open(folder)
		if err != nil {
			t.Fatal(err)
		}
		for turn, p := range pictures(4) {
			b := s.Begin(turn, p.stem)
			for _, f := range p.files[:turn] {
				if err := fill(b.Create(f.suffix), f); err != nil {
					t.Fatal(err)
				}
			}
			b.Abort()
		}
		s.Skip(4)
		noted := s.Begin(5, "noted")
		noted.Create("/x.png").Write(large)
		refused := errors.New("refused")
		noted.Note(RecordSuffix, func([]Written) ([]byte, error) { return nil, refused })
		if _, ok := s.(*Pack); !ok {
			noted.Abort() // only packs ask for the record
		} else if _, err := noted.Commit(); !errors.Is(err, refused) {
			t.Errorf("got %v", err)
		}
		if err := s.Close(true); err != nil {
			t.Fatal(err)
		}
		if left := tree(t, root); len(left) > 0 {
			t.Errorf("%q is left", left)
		}
	})
}

// TestSuiteHostileStems stores pictures whose names other programs stumble over.
func TestSuiteHostileStems(t *testing.T) {
	overKinds(t, func(t *testing.T, open func(*Folder) (Store, error)) {
		var list []picture
		for _, stem := range []string{
			"a.b.c", "a%2eb%2ec", ".hidden", "..", "...", " leading", "trailing ", "a\nb", "\xff\xfe", "ü", "\u202egnp", "x.tar", "-", "__key__", "back\\slash",
			"c:con", "*?\"<>|", "A", "a", strings.Repeat("x", 200), strings.Repeat("x", 199) + "y", "d.d/" + strings.Repeat("ü/", 80) + "z",
		} {
			if stem == ".." {
				stem = "dots/..." // no image has .. as its name
			}
			list = append(list, picture{stem, []file{{"/l/000-f.png", []byte(stem), false}, {"/l.npy", []byte("npy"), false}}})
		}
		r := newRun(t, open)
		if err := r.work(list, 4, on); err != nil {
			t.Fatal(err)
		}
		if len(r.records) != len(list) {
			t.Errorf("%d records of %d pictures", len(r.records), len(list))
		}
		members := map[Written]bool{}
		for _, files := range r.records {
			for _, w := range files {
				members[Written{Path: w.Path, Member: w.Member}] = true
			}
		}
		if len(members) != 2*len(list) {
			t.Errorf("%d different files of %d", len(members), 2*len(list))
		}
		if err := r.work(list, 4, on); err != nil || r.reused != len(list) {
			t.Errorf("again: %d are used again, %v", r.reused, err)
		}
	})
}

// TestSuiteLinks puts links in the place of the stores' folders.
func TestSuiteLinks(t *testing.T) {
	overKinds(t, func(t *testing.T, open func(*Folder) (Store, error)) {
		r := newRun(t, open)
		victim := filepath.Join(filepath.Dir(r.root), "victim")
		if err := errors.Join(os.Mkdir(victim, 0o777), os.Mkdir(r.root, 0o777)); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"shards", "f0", "f1", "f2"} {
			link(t, "../victim", filepath.Join(r.root, name))
		}
		if err := r.work(pictures(3), 2, on); err == nil || !strings.Contains(err.Error(), "out") {
			t.Errorf("got %v", err)
		}
		if left, err := os.ReadDir(victim); err != nil || len(left) > 0 {
			t.Errorf("outside there is %v, %v", left, err)
		}
		if len(tree(t, r.root)) != 4 {
			t.Errorf("there is %q", tree(t, r.root))
		}
	})
}

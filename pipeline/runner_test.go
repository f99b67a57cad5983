package pipeline

import (
	"os"
	"slices"
	"testing"
	"time"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/store"
)

// slow is a store whose turns come late. It counts how often files are looked at.
type slow struct {
	store.Store
	whole  bool
	looked map[string]int
}

func (s *slow) Whole() bool { return s.whole }

func (s *slow) Reuse(turn int, files []store.Written) ([]bool, time.Duration) {
	for _, f := range files {
		s.looked[f.Path]++
	}
	stay, _ := s.Store.Reuse(turn, files)
	if s.whole {
		clear(stay)
	}
	return stay, time.Hour
}

func (s *slow) Has(files []store.Written) bool {
	for _, f := range files {
		s.looked[f.Path]++
	}
	return s.Store.Has(files)
}

// runnerOver is a runner over a finished run's folder, whose store is slow.
func runnerOver(t *testing.T, opts options, whole bool) (*runner, *slow) {
	t.Helper()
	j := opts.Job.withDefaults()
	r := newRun(j, &opts.Resources, &opts.RunOptions)
	lock, err := r.take(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if lock.Unlock(false) != nil || r.releaseFolders() != nil {
			t.Error("the folder is not let go")
		}
	})
	r.crashed = true
	s := &slow{r.own, whole, map[string]int{}}
	r.store = s
	r.crew = &crew{Shared: opts.Resources.shared(0, 0), workers: 1, policy: &opts.Policy, note: r.journal.Add}
	return &runner{run: r, processor: newProcessor(j, &opts.Resources, r.keys, r.crew.Shared)}, s
}

// TestWaitingIsNotWork waits an hour, as the store says, for the turn of a picture that is
// then done again.
func TestWaitingIsNotWork(t *testing.T) {
	entries, opts := job(t, 1)
	again(t, entries, opts, 1, 0)
	w, _ := runnerOver(t, opts, false)
	w.store = &slow{w.own, true, map[string]int{}}
	earlier, err := w.journal.Find(entries[0].Path, entries[0].Rel)
	if err != nil {
		t.Fatal(err)
	}
	task := &task{entry: &entries[0], rec: &manifest.Record{Input: manifest.Path(entries[0].Path), Output: manifest.Path(entries[0].Rel)}, earlier: earlier}
	task.begun = time.Now()
	task.batch = w.store.Begin(0, entries[0].Rel)
	if err := w.picture(t.Context(), task); err != nil {
		t.Fatal(err)
	}
	if s := w.processor.seconds(task.begun); s > 1e-6 {
		t.Errorf("%v seconds", s)
	}
}

// TestFilesAreLookedAtOnce: a file is read once after a crash, also where another file of
// its picture is made again.
func TestFilesAreLookedAtOnce(t *testing.T) {
	entries, opts := job(t, 1)
	again(t, entries, opts, 1, 0)
	if err := os.Remove(opts.Out + "/p000/less.npy"); err != nil {
		t.Fatal(err)
	}
	opts.Output.Formats = slices.Concat(opts.Output.Formats[1:], []*output.Format{output.Find("npz")})
	w, s := runnerOver(t, opts, false)
	if r := w.entry(t.Context(), 0, &entries[0]); r.err != nil || len(r.files) != 3 || len(r.record.Files) != 6 {
		t.Errorf("%+v", r)
	}
	for file, n := range s.looked {
		if n != 1 {
			t.Errorf("%s is looked at %d times", file, n)
		}
	}
	if len(s.looked) != 5 {
		t.Errorf("%d files are looked at", len(s.looked))
	}
}

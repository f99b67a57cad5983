package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"filterbank/pipeline/engine"
	"filterbank/pipeline/features"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// Summary counts what a run did. A picture of a pack counts once its shard is in place.
type Summary struct {
	Pictures int // done
	Skipped  int // done by an earlier run
	Failed   int
	Left     int // not done, because the run was stopped or failed
	Maps     int // feature maps written; a map counts once, whatever its formats
	Files    int
	Bytes    int64
	Features *features.Written // the table of features; nil if the run has not written one
	Elapsed  time.Duration
	Stages   engine.Stages
	Own      string // the folder with the manifest, for About alone
}

func (s *Summary) count(r result) {
	switch r.outcome() {
	case Skipped:
		s.Skipped++
	case Failed:
		s.Failed++
	case Done:
		s.Pictures++
		s.Maps += r.maps
		s.Files += len(r.files)
		for _, f := range r.files {
			s.Bytes += f.Bytes
		}
	}
}

// add adds the counts of another summary.
func (s *Summary) add(o Summary) {
	s.Pictures += o.Pictures
	s.Skipped += o.Skipped
	s.Failed += o.Failed
	s.Maps += o.Maps
	s.Files += o.Files
	s.Bytes += o.Bytes
}

// Add adds the summary of another run, after this one.
func (s *Summary) Add(o Summary) {
	s.add(o)
	s.Left += o.Left
	s.Elapsed += o.Elapsed
	s.Stages.Add(o.Stages)
}

// OutputError says that a run could not begin because of its output folder: it cannot be
// made or written to, is in use by another run, or has files of other programs in the place
// of the manifest or of shards.
type OutputError struct{ Err error }

// Error is the error of the output folder.
func (e *OutputError) Error() string { return e.Err.Error() }

// Unwrap gives that error.
func (e *OutputError) Unwrap() error { return e.Err }

// run holds everything that the workers of a Run share.
type run struct {
	job      *Job
	res      *Resources
	opts     *RunOptions
	keys     *output.Keys
	planned  []output.Planned    // a picture's files: names without sizes
	names    map[string][]string // the suffixes of planned, by format
	own      *store.Folder       // holds the run's own files
	files    *store.Folder       // the output folder
	store    store.Store         // holds the pictures' files: the output folder, or a pack
	journal  *manifest.Journal
	table    *table // nil if there is none to write
	pictures int    // number of entries
	crashed  bool   // the run before did not end well
	crew     *crew
	made     madeFrom      // of a pack
	remote   *remote       // nil if the output is a folder
	pending  chan struct{} // has an element for each picture whose files are left for later
}

func newRun(j *Job, res *Resources, opts *RunOptions) *run {
	r := &run{job: j, res: res, opts: opts, keys: j.keys(), planned: j.View().Files(), names: map[string][]string{}}
	for _, p := range r.planned {
		r.names[p.File.Format] = append(r.names[p.File.Format], p.Suffix)
	}
	return r
}

// Run takes every entry through the pipeline and writes files and manifest. A picture that
// fails is a record, not an error. The error is an *OutputError, or it wraps ctx's own error if
// the run was interrupted, ErrStopped, or an error of the output. The summary counts the work
// that was done until then. Nothing is left half written in any case, and the same run again
// goes on from there.
func Run(ctx context.Context, entries []source.Entry, job Job, res Resources, opts RunOptions) (Summary, error) {
	begun := time.Now()
	j := job.withDefaults()
	if err := errors.Join(j.Check(), opts.check(j)); err != nil {
		return Summary{Left: len(entries)}, err
	}
	r := newRun(j, &res, &opts)
	r.pictures = len(entries)
	lock, err := r.take(ctx, entries)
	if errors.Is(err, errComplete) {
		return Summary{Skipped: len(entries)}, nil
	}
	if err != nil {
		return Summary{Left: len(entries)}, &OutputError{err}
	}
	if n := r.journal.Outdated(source.Places(entries)); n > 0 && opts.Outdated != nil && opts.Overwrite != Always && opts.Overwrite != Never {
		opts.Outdated(n)
	}
	ahead := r.fetchesAhead(entries)
	r.crew = &crew{Shared: res.shared(ahead+r.bucketMemory(ahead), j.WeightBytes()), ahead: ahead, fetched: r.fetched, workers: res.Count(), policy: &opts.Policy, note: r.note, keep: r.keep, noteKept: r.journal.AddHeld}
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	halt := r.checkpoints(stop)
	ended, err := r.crew.work(running, entries, func() (worker, *engine.Stages) {
		w := &runner{run: r, processor: newProcessor(j, &res, r.keys, r.crew.Shared)}
		if r.table != nil {
			w.processor.take = r.table.take
		}
		return w.entry, &w.processor.engine.Stages
	})
	halt()
	complete := ended == len(entries)
	if err = errors.Join(err, r.store.Close(complete)); err == nil {
		err = r.crew.noteError()
	}
	err = r.lastCheckpoint(err, complete)
	s := r.crew.summary(len(entries))
	s.Elapsed = time.Since(begun)
	closeErr := r.journal.Close(source.Places(entries), r.judge(true), r.judge(false))
	if !errors.Is(err, store.ErrGone) { // otherwise closeErr has the same reason
		err = errors.Join(err, closeErr)
	}
	err = errors.Join(err, r.writeTable(entries, complete && err == nil, &s))
	if !errors.Is(err, store.ErrGone) {
		err = errors.Join(err, r.writeTables(), r.about(s))
	}
	err = errors.Join(err, r.conclude(err, closeErr, func() error {
		if !complete || err != nil {
			return nil
		}
		return r.account(ctx, entries, s)
	}))
	// If this run has not looked at everything since a crash, the next one has to. If the
	// output failed, a shard may be in place without its records, as after a crash.
	_, failed := errors.AsType[*store.Error](err)
	unseen := r.crashed && (s.Left > 0 || closeErr != nil) || r.store.Whole() && failed && !errors.Is(err, store.ErrMerged)
	return s, errors.Join(err, lock.Unlock(unseen), r.releaseFolders())
}

// note adds a record to the journal.
func (r *run) note(rec *manifest.Record) error { return r.journal.Add(r.timed(rec)) }

// keep has the journal hold a record.
func (r *run) keep(rec *manifest.Record) error { return r.journal.Hold(r.timed(rec)) }

// timed returns the record without its seconds if the run is reproducible.
func (r *run) timed(rec *manifest.Record) *manifest.Record {
	if !r.opts.Reproducible {
		return rec
	}
	timeless := *rec
	timeless.Seconds = 0
	return &timeless
}

// about writes run.json.
func (r *run) about(s Summary) error {
	if r.opts.About == nil {
		return nil
	}
	s.Own = r.ownDir()
	about, err := r.opts.About(s)
	if err != nil {
		return fmt.Errorf("%s: %w", manifest.RunName, err)
	}
	data, err := about.Encode()
	if err != nil {
		return err
	}
	return r.own.WriteFile(manifest.RunName, data)
}

// take opens the folder of the run's own files for this run alone.
func (r *run) take(ctx context.Context, entries []source.Entry) (lock *store.Lock, err error) {
	if err = r.openOutput(ctx, entries); err != nil {
		return nil, err
	}
	if lock, err = r.own.Lock(); err != nil {
		return nil, errors.Join(err, r.releaseFolders())
	}
	if lock.Crashed {
		err = r.own.Sweep()
	}
	r.crashed = r.crashed || lock.Crashed
	if err == nil {
		err = r.begin(ctx)
	}
	if err == nil {
		err = r.free()
	}
	if err == nil {
		r.journal, err = manifest.OpenJournal(r.own)
	}
	if err == nil {
		if err = r.openPlaces(); err != nil {
			err = errors.Join(err, r.journal.Release())
		}
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock(r.crashed), r.dropRemote(), r.releaseFolders())
	}
	return lock, r.beginRemote()
}

// free returns an error if the files that the run writes at its end cannot have their names.
func (r *run) free() (err error) {
	if r.opts.About != nil {
		err = r.own.Free(manifest.RunName)
	}
	for _, t := range r.tables() {
		err = errors.Join(err, r.own.Free(t.File))
	}
	return err
}

// tables are the outputs of the run as a whole. A part leaves them to parts.Merge.
func (r *run) tables() []*output.Table {
	if r.opts.Part.whole() {
		return r.job.Output.Tables
	}
	return nil
}

func (r *run) writeTables() error { return output.WriteTables(r.own, r.ownDir(), r.tables()) }

// openPlaces opens the places of everything that the run writes besides its manifest.
func (r *run) openPlaces() error {
	if err := r.openTable(); err != nil {
		return err
	}
	err := r.openStore()
	if err != nil && r.table != nil {
		err = errors.Join(err, r.table.release())
	}
	return err
}

// openStore opens the store of the pictures' files.
func (r *run) openStore() (err error) {
	r.store = r.home()
	alone, packed := r.journal.Kinds()
	switch {
	case r.opts.Pack == 0 && packed:
		return fmt.Errorf("output folder %s: it has the pack of an earlier run, and files in folders need a folder of their own: add --pack, or choose another folder with -o", r.opts.Out)
	case r.opts.Pack == 0:
		return nil
	case alone:
		return fmt.Errorf("output folder %s: it has the files of an earlier run in folders, and a pack needs a folder of its own: leave --pack out, or choose another folder with -o", r.opts.Out)
	}
	r.pending = make(chan struct{}, r.res.Count()) // one a worker
	o := store.PackOptions{Bytes: r.opts.Pack, Samples: r.opts.PackCount, Below: r.opts.Part.Below(), Known: r.journal.Shards, Redone: r.opts.Redone}
	if r.crashed {
		o.Known = nil
	}
	for _, p := range r.planned {
		o.Names = append(o.Names, p.Name())
	}
	if r.remote != nil {
		r.store, err = store.NewBucketPack(r.remote.store, r.remote.own, o)
	} else {
		r.store, err = store.NewPack(r.own, o)
	}
	return err
}

// stored returns files of an earlier run as the store looks for them. After a crash it reads
// them too: a machine that lost its power may have kept a file's size and not its bytes.
func (r *run) stored(files []manifest.File) []store.Written {
	stored := make([]store.Written, len(files))
	for i, f := range files {
		stored[i] = store.Written{Path: string(f.Path), Member: string(f.Member), Bytes: f.Bytes}
		if r.crashed && r.remote == nil {
			stored[i].BLAKE3 = f.BLAKE3
		}
	}
	return stored
}

// judge decides on records of earlier runs, of the given pictures or of others. A sample is
// dropped with its shard.
func (r *run) judge(given bool) manifest.Judge {
	switch {
	case r.store.Whole():
		return func(rec *manifest.Record) *manifest.Record {
			if !r.store.Has(r.stored(rec.Files)) {
				return nil
			}
			return rec
		}
	case r.crashed && !given:
		return r.afterCrash
	}
	return nil // this run has looked at the files, or they stay as they are
}

// afterCrash keeps the record of a picture that the run was not given. Where a file is gone or
// damaged, its format loses its key, so that a run of the picture makes the format's files
// again. Pictures of version 1 are done again in any case.
func (r *run) afterCrash(rec *manifest.Record) *manifest.Record {
	stay, _ := r.store.Reuse(0, r.stored(rec.Files))
	if !slices.Contains(stay, false) || rec.Version != manifest.Version {
		return rec
	}
	kept := *rec
	kept.Keys = maps.Clone(rec.Keys)
	for i, stays := range stay {
		if !stays {
			delete(kept.Keys, rec.Files[i].Format)
		}
	}
	return &kept
}

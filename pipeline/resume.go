package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// errDone says that an earlier run has done the picture. If the task's record has a status,
// it replaces the earlier run's.
var errDone = errors.New("done by an earlier run")

// stay says of each file in the earlier record whether it is there. In a pack, the class of a
// picture with a label comes after them. The files are looked at once.
func (w *runner) stay(t *task) []bool {
	if t.stay == nil {
		files := w.stored(t.earlier.Files)
		if w.store.Whole() && t.entry.Label != "" && len(files) > 0 {
			files = append(files, store.NoteMember(files[0].Path, t.entry.Rel, store.ClassSuffix, class(t.entry)))
		}
		var waited time.Duration
		t.stay, waited = w.store.Reuse(t.turn, files)
		t.begun = t.begun.Add(waited)
	}
	return t.stay
}

// left returns the formats whose files are to be written: an earlier run has not made them,
// made them from something else, or they are no longer there.
func (w *runner) left(t *task, in *source.Input) (todo []*output.Format, err error) {
	formats, earlier, rec := w.job.Output.Formats, t.earlier, t.rec
	if earlier == nil || earlier.Status != manifest.OK || earlier.Version != manifest.Version || w.opts.Overwrite == Always {
		return formats, nil
	}
	var beginning []byte
	c := engine.Start()
	if unchanged(earlier, t.entry.Path, in.ETag) {
		rec.SHA256 = earlier.SHA256
		beginning, err = in.Beginning(decode.Beginning)
	} else {
		beginning, rec.SHA256, err = in.Sum(decode.Beginning)
	}
	c.Mark(&w.processor.engine.Stages.Read)
	if err != nil {
		return nil, err
	}
	decoder := w.job.Decoder.Fingerprint(beginning)
	changed := func(f *output.Format) bool {
		key := w.keys.Of(f, decoder, rec.SHA256)
		return earlier.Keys[f.Name] != key || w.lacks(f, key)
	}
	if w.store.Whole() {
		return w.leftOfSample(t, changed), nil
	}
	there := map[string]bool{}
	for i, stays := range w.stay(t) {
		there[string(earlier.Files[i].Path)] = stays
	}
	for _, f := range formats {
		if changed(f) || slices.ContainsFunc(w.names[f.Name], func(suffix string) bool { return !there[string(rec.Output)+suffix] }) {
			todo = append(todo, f)
		}
	}
	timed := w.opts.Reproducible && earlier.Seconds > 0
	if len(todo) > 0 || !timed && t.told() && !slices.Contains(w.stay(t), false) {
		return todo, nil
	}
	// The same picture may come by another path or with another label. Files of formats that
	// are not asked for may be gone.
	t.retell()
	rec.Files = nil
	for i, f := range earlier.Files {
		if w.stay(t)[i] {
			rec.Files = append(rec.Files, f)
		}
	}
	return nil, nil
}

// unchanged says whether an object is the one that an earlier run has read, so that it need not be
// read again to be compared.
func unchanged(earlier *manifest.Record, path, etag string) bool {
	return etag != "" && earlier.ETag == etag && string(earlier.Input) == path && earlier.SHA256 != ""
}

// told says whether the record of an earlier run has the picture's input and label as they
// are now.
func (t *task) told() bool {
	return t.earlier.Input == t.rec.Input && t.earlier.Label == t.rec.Label && (t.rec.ETag == "" || t.earlier.ETag == t.rec.ETag)
}

// retell copies the record of the earlier run. The picture's input and label stay as they are
// now.
func (t *task) retell() {
	input, label, etag := t.rec.Input, t.rec.Label, t.rec.ETag
	*t.rec = *t.earlier
	t.rec.Input, t.rec.Label, t.rec.ETag = input, label, etag
}

// leftOfSample returns all formats or none: a sample is made as a whole, with the record of
// its picture. If only the features are missing and the sample may stay, it returns features
// alone, and runner.addFeatures asks whether the sample stays.
func (w *runner) leftOfSample(t *task, changed func(*output.Format) bool) []*output.Format {
	formats := w.job.Output.Formats
	samples := len(w.names) // the number of formats with files, all of which the sample must have
	var todo []*output.Format
	for _, f := range formats {
		if changed(f) {
			todo = append(todo, f)
		}
	}
	same := t.told() && samples == countSampled(t.earlier.Keys)
	if same && slices.Equal(todo, []*output.Format{output.Features()}) && !w.made.before(t.turn) {
		return todo
	}
	if !same || len(todo) > 0 || slices.Contains(w.stay(t), false) {
		return formats
	}
	*t.rec = *t.earlier // noted again, since the shard's other records may change
	return nil
}

// addFeatures computes the features of a picture whose sample is as it should be, and says
// whether the sample stays. The features come first: if they fail, so does the picture, and
// its sample must go.
func (w *runner) addFeatures(ctx context.Context, in *source.Input, t *task) (stays bool, err error) {
	rec := *t.rec
	none := w.own.Begin(t.turn, t.entry.Rel) // no file is written
	if err := w.processor.process(ctx, in, &rec, []*output.Format{output.Features()}, none); err != nil {
		return false, err
	}
	if rec.SHA256 != t.earlier.SHA256 || slices.Contains(w.stay(t), false) {
		return false, nil
	}
	keys := rec.Keys
	t.retell()
	t.rec.Keys = keys
	return true, nil
}

// madeFrom is the first turn of a pack whose sample is made in this run, as far as is known. It
// is safe for concurrent use.
type madeFrom struct {
	mu    sync.Mutex
	known bool
	turn  int
}

// note notes a turn whose sample is made.
func (m *madeFrom) note(turn int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.known || turn < m.turn {
		m.known, m.turn = true, turn
	}
}

// before says whether the sample of an earlier turn is made, so that the turn's cannot stay.
func (m *madeFrom) before(turn int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known && m.turn < turn
}

// countSampled is the number of keys of formats that have files.
func countSampled(keys map[string]string) int {
	n := len(keys)
	if keys[output.Features().Name] != "" {
		n--
	}
	return n
}

// anyFile says whether anything is there that a picture's files would be written over.
func (r *run) anyFile(e *source.Entry) bool {
	return slices.ContainsFunc(r.planned, func(p output.Planned) bool { return r.store.Exists(e.Rel + p.Suffix) })
}

// settle completes the record of a picture when its files have been written. It adds files
// of earlier runs and removes the files that are no longer right:
//
//   - If the picture has changed, all earlier files are wrong.
//   - If the stacks have changed, files of layers that still exist are stale.
//   - A file of a layer and format that this run was asked for, under a name that it does not
//     write, is of a filter that the layer no longer has.
//
// Files of other formats and of other stacks stay. Each version hashes stacks in its own
// way, so that stale files of an earlier version may be right: they stay, without a record.
func (w *runner) settle(t *task) error {
	earlier, rec := t.earlier, t.rec
	if earlier == nil {
		return nil
	}
	files, asked, now := w.asked(t)
	rec.Digest = manifest.DigestOf(files)
	lost := map[string]bool{} // formats with files that are gone
	for i := range earlier.Files {
		f := &earlier.Files[i]
		stale := earlier.Stack != rec.Stack && (f.Layer == "" || engine.Has(w.job.Stacks, f.Stack, f.Layer))
		switch {
		case now[f.Path]:
			lost[f.Format] = true // another format may have written it
		case earlier.SHA256 != rec.SHA256, asked[kindOf(f)], stale && earlier.Version == manifest.Version:
			lost[f.Format] = true
			if err := w.store.Remove(string(f.Path)); err != nil {
				return err
			}
		case !stale && w.stays(t, i):
			files = append(files, *f)
		default:
			lost[f.Format] = true
		}
	}
	for name, key := range earlier.Keys {
		if rec.Keys[name] == "" && !lost[name] && earlier.Stack == rec.Stack {
			rec.Keys[name] = key
		}
	}
	rec.Files = files
	return nil
}

// asked returns the files in the formats that the run was asked for, with their kinds and
// paths. Files that have not just been written are in the earlier record.
func (w *runner) asked(t *task) (files []manifest.File, kinds map[kind]bool, paths map[manifest.Path]bool) {
	at := map[manifest.Path]*manifest.File{}
	for _, rec := range []*manifest.Record{t.earlier, t.rec} {
		for i := range rec.Files {
			at[rec.Files[i].Path] = &rec.Files[i]
		}
	}
	kinds, paths = map[kind]bool{}, map[manifest.Path]bool{}
	for _, p := range w.planned {
		f := *at[t.rec.Output+manifest.Path(p.Suffix)]
		files = append(files, f)
		paths[f.Path], kinds[kindOf(&f)] = true, true
	}
	return files, kinds, paths
}

// stays says whether a file of the earlier record is there. A file of version 1 gets its
// digest from its bytes. Only folders have files of that version, and no part of a run.
func (w *runner) stays(t *task, i int) bool {
	f := &t.earlier.Files[i]
	if !w.stay(t)[i] {
		return false
	}
	if f.BLAKE3 != "" {
		return true
	}
	var err error
	f.BLAKE3, err = w.files.Digest(string(f.Path))
	return err == nil
}

// kind is files that one run writes together: a later one for the same layer replaces them.
type kind struct{ stack, layer, family string }

func kindOf(f *manifest.File) kind { return kind{f.Stack, f.Layer, output.Family(f)} }

// keepOrRemove decides on the files that an earlier run has made of a picture that now
// fails. If the picture's file has changed, they are removed. Otherwise they and their record
// stay. A sample goes with its shard.
func (w *runner) keepOrRemove(t *task) error {
	if t.earlier == nil || w.store.Whole() {
		return nil
	}
	if t.rec.SHA256 == "" || t.rec.SHA256 == t.earlier.SHA256 {
		w.keep(t)
		return nil
	}
	for _, f := range t.earlier.Files {
		err := w.store.Remove(string(f.Path))
		if output, ok := errors.AsType[*store.Error](err); ok && output.OfOne() {
			continue // somebody has put something else in the file's place
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keep copies the files of the earlier record, and what they were made of, into the record of
// a picture that is not done now. Files of version 1 are copied if they are there.
func (w *runner) keep(t *task) {
	earlier, rec := t.earlier, t.rec
	if earlier == nil {
		return
	}
	rec.Files, rec.Stack, rec.SHA256, rec.Decoded = earlier.Files, earlier.Stack, earlier.SHA256, earlier.Decoded
	if earlier.Version != manifest.Version {
		rec.Files = nil
		for i := range earlier.Files {
			if w.stays(t, i) {
				rec.Files = append(rec.Files, earlier.Files[i])
			}
		}
	}
}

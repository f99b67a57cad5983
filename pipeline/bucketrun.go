package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/features"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// remote is what a run whose output is in a bucket has besides other runs. The run's own files lie
// in a folder of this machine, which is removed at the end: nothing in it is needed after a kill.
type remote struct {
	objects *bucket.Bucket
	prefix  string // of the output's keys; empty, or with a slash at its end
	own     string // of the run's own files: prefix, or the part's
	scratch *store.Scratch
	store   *store.Bucket
	session *store.Session

	requests context.Context // of all requests: it lives on while an interrupted run ends
	cancel   context.CancelFunc
}

// checkpointEvery is the time between two checkpoints, and so the work that a kill loses.
const checkpointEvery = time.Minute

// endIn bounds the time in which an interrupted run puts what it has.
const endIn = 10 * time.Second

// openRemote opens the output in a bucket.
func (r *run) openRemote(ctx context.Context, entries []source.Entry) (err error) {
	m := &remote{}
	if m.objects, m.prefix, err = r.openBucket(); err != nil {
		return err
	}
	m.own = m.prefix
	if below := r.opts.Part.Below(); below != "" {
		m.own += below + "/"
	}
	if err := m.objects.Probe(ctx, m.own); err != nil {
		return fmt.Errorf("output %s: %w", r.opts.Out, err)
	}
	if m.scratch, err = store.OpenScratch(); err != nil {
		return fmt.Errorf("make a folder for files that are sent to %s: %w", r.opts.Out, err)
	}
	r.own, r.files, r.remote = m.scratch.Folder, m.scratch.Folder, m
	m.begin(ctx)
	sending, _ := sendingBounds(r.res.Memory)
	m.store = store.NewBucket(m.requests, store.BucketOptions{Objects: m.objects, Prefix: m.prefix, Scratch: r.own, Sending: sending})
	growing := []string{manifest.Name}
	if r.job.Output.Features != "" {
		growing = append(growing, store.FeaturesName)
	}
	m.session, err = store.OpenSession(ctx, store.SessionOptions{
		Objects: m.objects, Prefix: m.own, Scratch: r.own, Settings: r.settings(entries), Growing: growing,
	})
	if err == nil && r.opts.Pack == 0 {
		if err = m.doubt(ctx, r.own); err != nil {
			err = errors.Join(err, m.session.Drop(m.requests))
		}
	}
	if err != nil {
		return errors.Join(err, r.releaseRemote())
	}
	r.crashed = m.session.Crashed
	return nil
}

// sendingBounds returns the number of objects that are sent at a time by a run with a budget of
// memory, and the bytes that their connections take. The connections get a sixteenth of the budget.
func sendingBounds(memory int64) (sending int, bytes int64) {
	sending = store.Sending
	if memory > 0 {
		sending = int(min(store.Sending, max(4, memory/16/store.SendingBytes)))
	}
	return sending, int64(sending) * store.SendingBytes
}

// SendingMemory is the memory in bytes that a run takes to send objects to a bucket, besides the
// contents of files.
const SendingMemory = store.Sending * store.SendingBytes

// sendingMemory is the part of the budget that sending objects takes.
func (r *run) sendingMemory() (bytes int64) {
	if r.remote != nil {
		_, bytes = sendingBounds(r.res.Memory)
	}
	return bytes
}

// openBucket returns the bucket of the output and the prefix of its keys.
func (r *run) openBucket() (*bucket.Bucket, string, error) {
	client := r.opts.Client
	if client == nil {
		var err error
		if client, err = bucket.New(bucket.Options{}); err != nil {
			return nil, "", err
		}
	}
	return store.OpenPrefix(client, r.opts.Out)
}

// begin begins the life of the requests.
func (m *remote) begin(ctx context.Context) {
	m.requests, m.cancel = context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		select {
		case <-time.After(endIn):
			m.cancel()
		case <-m.requests.Done():
		}
	})
}

// settings is a hash of all that decides which objects the run puts, and their content.
func (r *run) settings(entries []source.Entry) string {
	h := sha256.New()
	fmt.Fprintf(h, "part %s pack %d %d overwrite %s features %q\n", r.opts.Part.Below(), r.opts.Pack, r.opts.PackCount, r.opts.Overwrite, r.job.Output.Features)
	for _, f := range r.job.Output.Formats {
		fmt.Fprintf(h, "%s %s\n", f.Name, r.keys.Of(f, "", ""))
	}
	for _, t := range r.job.Output.Tables {
		fmt.Fprintf(h, "%s %s\n", t.Option, t.Name)
	}
	for i := range entries {
		fmt.Fprintf(h, "%q %q %q\n", entries[i].Path, entries[i].Place(), entries[i].Label)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// doubt finds the objects that a run that has not ended well may have put in place of the ones
// that records of earlier runs tell of. Their records lose the keys of the objects' formats. It
// makes no request if all records are of that run, and otherwise lists the objects between the
// first and the last that records name.
func (m *remote) doubt(ctx context.Context, own *store.Folder) error {
	first, last, since, err := m.doubtful(own)
	if err != nil || first == "" {
		return err
	}
	changed := map[uint64]time.Time{} // by the hash of the path
	for o, err := range m.objects.List(ctx, m.prefix, before(m.prefix+first)) {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(o.Key, m.prefix)
		if name > last {
			break
		}
		if !o.Modified.Before(since) {
			changed[xxhash.Sum64String(name)] = o.Modified
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return manifest.Doubts(own, m.session.Regions, func(region store.Region, path string) bool {
		at, ok := changed[xxhash.Sum64String(path)]
		return ok && !at.Before(region.Doubted)
	})
}

// before is a key just before another one, which ends in a letter.
func before(key string) string {
	last := len(key) - 1
	return key[:last] + string(key[last]-1)
}

// doubtful returns the first and the last path that doubtful records name, and the time since which
// any of them is doubted. Without such records first is empty.
func (m *remote) doubtful(own *store.Folder) (first, last string, since time.Time, err error) {
	file, err := own.OpenFile(manifest.Name)
	if err != nil {
		return "", "", since, err
	}
	defer file.Close()
	from := int64(0)
	for _, r := range m.session.Regions {
		in := io.NewSectionReader(file, from, r.End-from)
		if r.End > from && !r.Doubted.IsZero() {
			if since.IsZero() {
				since = r.Doubted
			}
			err := manifest.EachFile(in, func(path string) {
				if first == "" || path < first {
					first = path
				}
				last = max(last, path)
			})
			if err != nil {
				return "", "", since, err
			}
		}
		from = r.End
	}
	return first, last, since, nil
}

// sizes returns how large the files that grow are.
func (r *run) sizes() map[string]int64 {
	if r.crew != nil {
		r.crew.counting.Lock()
		defer r.crew.counting.Unlock()
	}
	sizes := map[string]int64{manifest.Name: r.journal.Size()}
	if r.table != nil {
		sizes[store.FeaturesName] = r.table.journal.Size()
	}
	return sizes
}

// checkpoint puts what the run has done since the last checkpoint. Rows of features come before
// the records that need them, and the sizes are taken in the other order.
func (r *run) checkpoint() error {
	if r.remote == nil {
		return nil
	}
	sizes := r.sizes()
	if err := r.remote.session.Checkpoint(r.remote.requests, sizes); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// checkpoints makes checkpoints while the run goes on, until end is called. The first error ends
// the run through stop.
func (r *run) checkpoints(stop context.CancelCauseFunc) (end func()) {
	if r.remote == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	var ending <-chan struct{}
	if r.opts.Ending != nil {
		ending = r.opts.Ending.Done()
	}
	every := cmp.Or(r.opts.CheckpointEvery, checkpointEvery)
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ending: // at once: the time that is left may not do for the end of the run
				ending = nil
			case <-done:
				return
			}
			if err := r.checkpoint(); err != nil {
				stop(err)
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// openOutput opens the output, and the place of the run's own files.
func (r *run) openOutput(ctx context.Context, entries []source.Entry) error {
	if bucket.IsURL(r.opts.Out) {
		return r.openRemote(ctx, entries)
	}
	return r.openFolders()
}

// home is the store of pictures' files that are not in a pack.
func (r *run) home() store.Store {
	if r.remote != nil {
		return r.remote.store
	}
	return r.files
}

// beginRemote notes where the run's records begin. The number of pictures whose files are left for
// later is bounded: enough that the connections are busy, and one a worker.
func (r *run) beginRemote() error {
	if r.remote != nil {
		r.remote.session.Begin(r.sizes())
		if !r.store.Whole() {
			r.pending = make(chan struct{}, r.res.Count()+store.Sending/max(len(r.planned), 1))
		}
	}
	return nil
}

// dropRemote ends a run that could not begin.
func (r *run) dropRemote() error {
	if r.remote == nil {
		return nil
	}
	return r.remote.session.Drop(r.remote.requests)
}

// lastCheckpoint makes a checkpoint when the work has come to an end with an error or without all
// pictures. It returns err with its own.
func (r *run) lastCheckpoint(err error, complete bool) error {
	if r.remote == nil || err == nil && complete || errors.Is(err, store.ErrTaken) {
		return err
	}
	if !goesOn(err) { // the store may be failing
		time.AfterFunc(endIn, r.remote.cancel)
	}
	return errors.Join(err, r.checkpoint())
}

// goesOn says whether an error, or none, has ended a run whose places are in order.
func goesOn(err error) bool {
	return err == nil || errors.Is(err, context.Canceled) || errors.Is(err, ErrStopped)
}

// endRemote ends a run whose output is in a bucket. If err and closeErr say that its places are in
// order, the run's own files are put whole. Otherwise its checkpoints are left to the next run.
func (r *run) endRemote(err, closeErr error) error {
	m := r.remote
	_, failed := errors.AsType[*store.Error](err)
	if m == nil || failed || closeErr != nil || !goesOn(err) || m.store.Untold() {
		return nil
	}
	var names []string
	for _, t := range r.tables() {
		names = append(names, t.File)
	}
	if r.table != nil && r.table.below != "" {
		names = append(names, r.table.below)
	}
	return m.session.End(m.requests, append(names, manifest.RunName)...)
}

// place is the output as the tasks of a run share it.
func (r *run) place() store.Place {
	if r.remote != nil {
		return store.BucketPlace(r.remote.objects, r.remote.prefix)
	}
	return r.files.Place()
}

// unmerged says whether the output has parts of a run that are not merged.
func (r *run) unmerged(ctx context.Context) (bool, error) {
	if r.remote == nil {
		return r.own.Exists(store.ConfigName) && !r.own.Exists(manifest.Name), nil
	}
	m := r.remote
	if m.session.Fetched(manifest.Name) {
		return false, nil
	}
	_, err := m.objects.Stat(ctx, m.prefix+store.ConfigName)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// table returns the name, below the output, of a table of features that is written there. An object
// that is no such table is not replaced.
func (m *remote) table(name string) (below string, err error) {
	_, key, err := bucket.Split(name)
	if err == nil {
		var inside bool
		if below, inside = strings.CutPrefix(key, m.prefix); !inside || below == "" || strings.Contains(below, "/") || m.objects.URL(key) != name {
			err = fmt.Errorf("name a file at the top of the output, %s, or on this machine", m.objects.URL(m.prefix))
		}
	}
	if err == nil {
		err = m.checkTable(name, key)
	}
	if err != nil {
		return "", fmt.Errorf("features %s: %w", source.Display(name), err)
	}
	return below, nil
}

func (m *remote) checkTable(name, key string) error {
	info, err := m.objects.Stat(m.requests, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return features.CheckContent(name, objectAt{m, &info}, info.Size)
}

// objectAt reads an object at any place.
type objectAt struct {
	*remote
	info *bucket.Info
}

// ReadAt makes a request.
func (o objectAt) ReadAt(p []byte, at int64) (int, error) {
	in, err := o.objects.Get(o.requests, o.info.Key, bucket.Range{From: at, Length: int64(len(p)), ETag: o.info.ETag})
	if err != nil {
		return 0, err
	}
	defer in.Close()
	return io.ReadFull(in, p)
}

// releaseRemote removes the folder of this machine.
func (r *run) releaseRemote() error {
	r.remote.cancel()
	return r.remote.scratch.Remove()
}

// ownDir returns the folder of the run's own files.
func (r *run) ownDir() string {
	if r.remote != nil {
		return r.own.Dir()
	}
	return r.opts.OwnDir()
}

package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"filterbank/pipeline/bucket"
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
	if !r.opts.Probed {
		if err := m.objects.Probe(ctx, m.own); err != nil {
			return fmt.Errorf("output %s: %w", r.opts.Out, err)
		}
	}
	if m.scratch, err = store.OpenScratch(); err != nil {
		return fmt.Errorf("make a folder for files that are sent to %s: %w", r.opts.Out, err)
	}
	r.own, r.files, r.remote = m.scratch.Folder, m.scratch.Folder, m
	m.begin(ctx)
	sending, _ := sendingBounds(r.res.Memory)
	m.store = store.NewBucket(m.requests, store.BucketOptions{Objects: m.objects, Prefix: m.prefix, Scratch: r.own, Sending: sending, Hold: heldBound(r.res.Memory - r.fetchesAhead(entries))})
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

// dropRemote ends a run that could not begin.
func (r *run) dropRemote() error {
	if r.remote == nil {
		return nil
	}
	return r.remote.session.Drop(r.remote.requests)
}

// conclude has a run's account written once its own files have their places. If err and closeErr
// say that the places of a run in a bucket are in order, it puts these files whole and ends the
// run's session after the account. Otherwise the checkpoints are left to the next run.
func (r *run) conclude(err, closeErr error, account func() error) error {
	m := r.remote
	if m == nil {
		return account()
	}
	_, failed := errors.AsType[*store.Error](err)
	switch {
	case failed || closeErr != nil || !goesOn(err):
		return nil
	case m.store.Untold():
		return &store.Error{Path: r.opts.Out, Err: store.ErrUntold}
	}
	var names []string
	for _, t := range r.tables() {
		names = append(names, t.File)
	}
	if r.table != nil && r.table.below != "" {
		names = append(names, r.table.below)
	}
	if err := m.session.Place(m.requests, append(names, manifest.RunName)...); err != nil {
		return err
	}
	if err := account(); err != nil {
		return err
	}
	return m.session.End(m.requests)
}

// create puts an object that must be new, unless another run has taken this one's place. Such an
// object may be of a run whose place this one has taken: it gives way.
func (m *remote) create(name string, data []byte) error {
	place := store.BucketPlace(m.objects, m.prefix)
	const tries = 3
	for try := 1; ; try++ {
		err := m.session.Check(m.requests)
		if err == nil {
			err = place.Create(m.requests, name, data)
		}
		if !errors.Is(err, fs.ErrExist) || try == tries {
			return err
		}
		if err := m.session.Check(m.requests); err != nil {
			return err
		}
		if err := place.Remove(m.requests, name); err != nil {
			return err
		}
	}
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

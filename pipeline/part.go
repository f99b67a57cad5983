package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/parts"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// Part is part Index of the Count parts of a run, 0 ≤ Index < Count. Each part is a run with
// own files of its own: manifest, run.json, lock, features and packs lie in the part's folder
// below the output folder. Files of pictures that are not in packs have the same names as in
// the whole run. At its end, a part writes the account of package parts, and the files of the
// run as a whole, such as the table of features, are left for parts.Merge. The zero value is
// the whole run.
type Part struct{ Index, Count int }

// whole says whether the part is the whole run.
func (p Part) whole() bool { return p == Part{} }

// Below returns the slash-separated path of the part's own files below the output folder. It is
// empty for the whole run, whose own files lie at the top.
func (p Part) Below() string {
	if p.whole() {
		return ""
	}
	return store.PartName(p.Index, p.Count)
}

// OwnDir returns the folder of the run's own files.
func (o *RunOptions) OwnDir() string {
	return filepath.Join(o.Out, filepath.FromSlash(o.Part.Below()))
}

// openFolders opens the output folder and the folder of the run's own files.
func (r *run) openFolders() (err error) {
	if r.files, err = store.Open(r.opts.Out); err != nil {
		return err
	}
	r.own = r.files
	if r.opts.Part.whole() {
		return nil
	}
	if r.own, err = r.files.Sub(r.opts.Part.Below()); err != nil {
		return errors.Join(err, r.files.Release())
	}
	r.files.ShareWithTasks(r.opts.Part.Below())
	return nil
}

// releaseFolders closes what openFolders has opened.
func (r *run) releaseFolders() error {
	if r.remote != nil {
		return r.releaseRemote()
	}
	err := r.files.Release()
	if r.own != r.files {
		err = errors.Join(err, r.own.Release())
	}
	return err
}

// errComplete says that there is nothing to do: an earlier task has completed the part.
var errComplete = errors.New("the part is complete")

// begin refuses a whole run among parts that are not merged. It returns errComplete if a part is
// complete and none of its pictures has failed. Otherwise it removes the part's account, which
// will not be right when this run has begun.
func (r *run) begin(ctx context.Context) error {
	p := r.opts.Part
	if p.whole() {
		unmerged, err := r.unmerged(ctx)
		if unmerged {
			return fmt.Errorf("output folder %s: it has shards of a run that are not merged: run filterbank merge %s, or choose another folder with -o", r.opts.Out, r.opts.Out)
		}
		return err
	}
	c, err := parts.ReadComplete(ctx, r.place(), p.Index, p.Count)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case c.Failed == 0 && !r.crashed: // a machine that lost its power may not have kept all files
		return errComplete
	}
	return r.place().Remove(ctx, r.opts.Part.Below()+"/"+parts.CompleteName)
}

// account writes the account of a part whose entries have all had their turn.
func (r *run) account(ctx context.Context, entries []source.Entry, s Summary) error {
	if r.opts.Part.whole() {
		return nil
	}
	c := &parts.Complete{Shard: r.opts.Part.Index, Shards: r.opts.Part.Count, Inputs: source.SumOf(entries), Own: map[string]parts.OwnFile{}}
	if err := r.countRecords(c); err != nil {
		return err
	}
	if !r.opts.Reproducible {
		c.Seconds, c.Stages = s.Elapsed.Seconds(), map[string]float64{}
		for _, st := range s.Stages.List() {
			c.Stages[st.Name] = st.Time.Seconds()
		}
	}
	for _, name := range []string{manifest.Name, manifest.RunName, store.FeaturesName, store.IndexName} {
		bytes, digest, err := r.own.Describe(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		c.Own[name] = parts.OwnFile{Bytes: bytes, BLAKE3: digest}
	}
	data, err := c.Encode()
	if err != nil {
		return err
	}
	name := r.opts.Part.Below() + "/" + parts.CompleteName
	if r.remote != nil {
		return r.remote.create(name, data)
	}
	return r.place().Create(ctx, name, data)
}

// countRecords counts the records of the run's manifest.
func (r *run) countRecords(c *parts.Complete) error {
	records, err := manifest.Open(r.ownDir())
	if err != nil {
		return err
	}
	defer records.Close()
	each := r.job.view(nil).Maps()
	for _, place := range records.Places() {
		rec, err := records.Record(place)
		if err != nil {
			return err
		}
		c.Count(rec, each)
	}
	return nil
}

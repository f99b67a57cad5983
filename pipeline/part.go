package pipeline

import (
	"errors"
	"path/filepath"

	"filterbank/pipeline/store"
)

// Part is part Index of the Count parts of a run, 0 ≤ Index < Count. Each part is a run with
// own files of its own: manifest, run.json, lock, features and packs lie in the part's folder
// below the output folder. Files of pictures that are not in packs have the same names as in
// the whole run. The zero value is the whole run.
type Part struct{ Index, Count int }

// below returns the slash-separated path of the run's own files below the output folder. It is
// empty for the whole run, whose own files lie at the top.
func (o *RunOptions) below() string {
	if o.Part == (Part{}) {
		return ""
	}
	return store.PartName(o.Part.Index, o.Part.Count)
}

// ownDir returns the folder of the run's own files.
func (o *RunOptions) ownDir() string {
	return filepath.Join(o.Out, filepath.FromSlash(o.below()))
}

// openFolders opens the output folder and the folder of the run's own files.
func (r *run) openFolders() (err error) {
	if r.files, err = store.Open(r.opts.Out); err != nil {
		return err
	}
	r.own = r.files
	if r.opts.Part == (Part{}) {
		return nil
	}
	if r.own, err = r.files.Sub(r.opts.below()); err != nil {
		return errors.Join(err, r.files.Release())
	}
	r.files.ShareWithTasks(r.opts.below())
	return nil
}

// releaseFolders closes what openFolders has opened.
func (r *run) releaseFolders() error {
	err := r.files.Release()
	if r.own != r.files {
		err = errors.Join(err, r.own.Release())
	}
	return err
}

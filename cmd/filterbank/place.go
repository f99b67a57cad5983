package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/features"
	"filterbank/pipeline/store"
)

// place is an output folder or bucket as the tasks of a run share it.
type place struct {
	store.Place
	folder  *store.Folder  // nil for a bucket, which has no locks
	objects *bucket.Bucket // nil for a folder
}

// openPlace opens the output of a run. open opens a folder: store.Open makes it, and
// store.OpenExisting does not.
func openPlace(out string, open func(dir string) (*store.Folder, error)) (*place, error) {
	if bucket.IsURL(out) {
		client, err := bucket.New(bucket.Options{})
		if err != nil {
			return nil, err
		}
		objects, prefix, err := store.OpenPrefix(client, out)
		if err != nil {
			return nil, err
		}
		return &place{Place: store.BucketPlace(objects, prefix), objects: objects}, nil
	}
	folder, err := open(out)
	if err != nil {
		return nil, err
	}
	return &place{Place: folder.Place(), folder: folder}, nil
}

func (p *place) release() {
	if p.folder != nil {
		p.folder.Release()
	}
}

// held returns the test whether a task holds the lock of a folder, or nil for a bucket.
func (p *place) held() func(folder string) bool {
	if p.folder == nil {
		return nil
	}
	return p.folder.Held
}

// alone does something while no other process does it in the same folder. In a bucket nothing
// keeps others out.
func (p *place) alone(do func() error) error {
	if p.folder == nil {
		return do()
	}
	lock, err := p.folder.Lock()
	if err != nil {
		return err
	}
	// A killed task may have left a file of its own there: no task holds this lock.
	if err = p.folder.SweepTop(); err == nil {
		err = do()
	}
	return errors.Join(err, lock.Unlock(false))
}

// checkTable refuses to replace a file of this machine, or an object of the output, that is no table
// of features.
func (p *place) checkTable(ctx context.Context, name string) error {
	if !bucket.IsURL(name) {
		return features.CheckPlace(name)
	}
	_, key, err := bucket.Split(name)
	if err != nil {
		return err
	}
	info, err := p.objects.Stat(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return features.CheckContent(name, p.objects.ReaderAt(ctx, info), info.Size)
}

// inOutput names a file in an output folder or bucket.
func inOutput(out string, names ...string) string {
	if bucket.IsURL(out) {
		return strings.TrimRight(out, "/") + "/" + strings.Join(names, "/")
	}
	for i, name := range names {
		names[i] = filepath.FromSlash(name)
	}
	return filepath.Join(append([]string{out}, names...)...)
}

package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"

	"filterbank/pipeline/bucket"
)

// This file puts what a run in a bucket has made, and ends its session.

// put puts a part of a file of the folder.
func (s *Session) put(ctx context.Context, key, name string, from, size int64, o bucket.Put) error {
	file, err := s.Scratch.root.Open(filepath.FromSlash(name))
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = s.Objects.Put(ctx, key, io.NewSectionReader(file, from, size), size, o)
	return err
}

// Place puts files of the folder whole, in their order. Names that the folder does not have are
// passed over. The files that grow come first, and must not change any more. The error is ErrTaken
// if another run has taken this one's place, also while a request was on its way: each file replaces
// the object that was there before the check, and no other.
func (s *Session) Place(ctx context.Context, names ...string) error {
	for _, name := range slices.Concat(s.Growing, names) {
		info, err := s.Scratch.root.Lstat(filepath.FromSlash(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = s.replace(ctx, name, info.Size())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// replace puts a file whole. If another object has come in its place meanwhile, which a late request
// of an earlier run may have put, this run checks its own place again.
func (s *Session) replace(ctx context.Context, name string, size int64) error {
	const tries = 5
	for try := 1; ; try++ {
		there, err := s.Objects.Stat(ctx, s.Prefix+name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		condition := bucket.Put{IfAbsent: err != nil, IfMatch: there.ETag}
		if err := s.Check(ctx); err != nil {
			return err
		}
		err = s.put(ctx, s.Prefix+name, name, 0, size, condition)
		failed, ok := errors.AsType[*bucket.Error](err)
		switch {
		case !ok || bucket.OfStore(err):
			return err
		case condition.IfMatch != "" && failed.Status == http.StatusNotImplemented: // the store knows If-None-Match alone
			return s.put(ctx, s.Prefix+name, name, 0, size, bucket.Put{})
		case !errors.Is(err, bucket.ErrChanged) && !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) || try == tries:
			return err
		}
	}
}

// End removes the checkpoints of this run and of all before, whose results have their places. The
// error is ErrTaken if another run has taken this one's place.
func (s *Session) End(ctx context.Context) error {
	if err := s.Check(ctx); err != nil {
		return err
	}
	return s.removeCheckpoints(ctx)
}

// removeCheckpoints removes the objects of this run and of the ones before. What a run has begun
// with goes last.
func (s *Session) removeCheckpoints(ctx context.Context) error {
	found, err := s.list(ctx)
	if err != nil {
		return err
	}
	var pieces, begins []string
	for _, o := range found {
		if o.number <= s.number || o.begun.IsZero() {
			pieces, begins = append(pieces, o.pieces...), append(begins, s.folder(o.number)+beginName)
		}
	}
	if err := s.Objects.Remove(ctx, pieces...); err != nil {
		return err
	}
	return s.Objects.Remove(ctx, begins...)
}

// Drop ends a run that has put nothing and leaves all as it was.
func (s *Session) Drop(ctx context.Context) error {
	there, err := s.read(ctx, s.number)
	if errors.Is(err, fs.ErrNotExist) || err == nil && there.Run != s.about.Run {
		return nil // another run has ended in its place
	} else if err != nil {
		return err
	}
	return s.Objects.Remove(ctx, s.key(beginName))
}

package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"filterbank/pipeline/bucket"
)

// This file fetches what earlier runs have left in a bucket.

// errMoved says that a run has ended while its checkpoints were read.
var errMoved error = passingError("the checkpoints of another run have gone while they were read; run again")

// earlier are the runs that have begun before this one and have not ended well, with their own
// checkpoints alone.
func (s *Session) earlier(ctx context.Context) (found []session, err error) {
	all, err := s.list(ctx)
	for _, o := range all {
		if o.number >= s.number || o.begun.IsZero() {
			continue
		}
		there, err := s.read(ctx, o.number)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errMoved
		} else if err != nil {
			return nil, err
		}
		own := s.folder(o.number) + there.Run + "-"
		o.pieces = slices.DeleteFunc(o.pieces, func(key string) bool { return !strings.HasPrefix(key, own) })
		found = append(found, o)
	}
	return found, err
}

// fetch fetches the files that grow.
func (s *Session) fetch(ctx context.Context) error {
	found, err := s.earlier(ctx)
	if err != nil {
		return err
	}
	s.Crashed, s.Regions = len(found) > 0, nil
	for i, name := range s.Growing {
		if err := s.fetchFile(ctx, name, found, i == 0); err != nil {
			return err
		}
	}
	return nil
}

// skew is how far the clocks of a store's machines may be apart, and what its times are rounded to.
const skew = 2 * time.Second

// fetchFile fetches a file that grows, and notes its regions if they are asked for.
func (s *Session) fetchFile(ctx context.Context, name string, found []session, regions bool) error {
	file, err := s.Scratch.OpenFile(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Truncate(0); err != nil {
		return err
	}
	if err := s.append(ctx, file, s.Prefix+name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	note := func(next int) error {
		size, err := file.Seek(0, io.SeekCurrent)
		r := Region{End: size}
		if next < len(found) {
			r.Doubted = found[next].begun.Add(-skew)
		}
		if s.whole[name] = size; regions {
			s.Regions = append(s.Regions, r)
		}
		return err
	}
	if err := note(0); err != nil {
		return err
	}
	for i, earlier := range found {
		for _, key := range earlier.pieces {
			if !strings.HasSuffix(key, "-"+name) {
				continue
			}
			if err := s.append(ctx, file, key); errors.Is(err, fs.ErrNotExist) {
				return errMoved
			} else if err != nil {
				return err
			}
		}
		if err := note(i + 1); err != nil {
			return err
		}
	}
	return nil
}

// append appends an object to a file.
func (s *Session) append(ctx context.Context, file *os.File, key string) error {
	in, err := s.Objects.Get(ctx, key, bucket.Range{})
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.Copy(file, in)
	return err
}

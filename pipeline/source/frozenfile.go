package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"filterbank/pipeline/bucket"
)

// FindFrozen opens the frozen list of a path, which may be an object of a bucket. ok is false if the
// file is no frozen list, or cannot be opened: reading it as another list then says why. The caller
// closes the file, after the last entry.
func FindFrozen(ctx context.Context, name string) (list *Frozen, file io.Closer, ok bool, err error) {
	if bucket.IsURL(name) {
		return findFrozenObject(ctx, name)
	}
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, nil, false, nil
	}
	in, err := os.Open(name)
	if err != nil {
		return nil, nil, false, nil
	}
	var begin [2]byte
	if n, _ := in.ReadAt(begin[:], 0); !IsFrozen(begin[:n]) {
		return nil, nil, false, in.Close()
	}
	list, err = OpenFrozen(in, info.Size())
	if err != nil {
		return nil, nil, false, errors.Join(err, in.Close())
	}
	return list, in, true, nil
}

func findFrozenObject(ctx context.Context, name string) (list *Frozen, file io.Closer, ok bool, err error) {
	var s buckets
	b, key, err := s.open(name)
	if err != nil || key == "" {
		return nil, nil, false, err
	}
	info, err := b.Stat(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, false, fmt.Errorf("%s: there is no such object", Display(name))
	} else if err != nil {
		return nil, nil, false, err
	}
	in := &objectFile{ctx, b, &info}
	begin := make([]byte, 2)
	if n, err := in.ReadAt(begin, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, false, err
	} else if !IsFrozen(begin[:n]) {
		return nil, nil, false, nil
	}
	list, err = OpenFrozen(in, info.Size)
	return list, io.NopCloser(bytes.NewReader(nil)), err == nil, err
}

// objectFile reads an object at any place, a request each time.
type objectFile struct {
	ctx    context.Context
	bucket *bucket.Bucket
	info   *bucket.Info
}

// ReadAt reads bytes from a place. Reading ends with the context.
func (o *objectFile) ReadAt(p []byte, at int64) (int, error) {
	left := min(int64(len(p)), o.info.Size-at)
	if left <= 0 {
		return 0, io.EOF
	}
	in, err := o.bucket.Get(o.ctx, o.info.Key, bucket.Range{From: at, Length: left, ETag: o.info.ETag})
	if err != nil {
		return 0, err
	}
	defer in.Close()
	n, err := io.ReadFull(in, p[:left])
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

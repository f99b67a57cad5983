package digest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/store"
)

// place is where the files of a run are.
type place interface {
	// open opens a regular file, of a size in bytes.
	open(ctx context.Context, name string) (in io.ReadCloser, size int64, err error)
	// index reads the index of a pack. The error is fs.ErrNotExist if there is none.
	index(ctx context.Context) ([]store.Shard, error)
}

var errMissing = errors.New("it is missing")

// folder is an output folder.
type folder struct{ *os.Root }

func (f folder) open(_ context.Context, name string) (io.ReadCloser, int64, error) {
	name = filepath.FromSlash(name)
	info, err := f.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, errMissing
	case err != nil:
		return nil, 0, store.Plain(f.Root, err)
	case !info.Mode().IsRegular(): // opening a pipe would wait for a writer
		return nil, 0, errors.New("it is not a regular file")
	}
	file, err := f.Open(name)
	if err != nil {
		return nil, 0, store.Plain(f.Root, err)
	}
	return file, info.Size(), nil
}

func (f folder) index(context.Context) ([]store.Shard, error) { return store.ReadIndex(f.Root) }

// objects is a prefix of a bucket.
type objects struct {
	*bucket.Bucket
	prefix string
}

func (o objects) open(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	in, err := o.Get(ctx, o.prefix+name, bucket.Range{})
	switch {
	case errors.Is(err, fs.ErrNotExist) && !bucket.OfStore(err):
		return nil, 0, errMissing
	case err != nil:
		return nil, 0, err
	}
	return in, in.Size, nil
}

func (o objects) index(ctx context.Context) ([]store.Shard, error) {
	const most = 64 << 20
	data, _, err := o.ReadAll(ctx, o.prefix+store.IndexName, most)
	if err != nil {
		return nil, err
	}
	return store.DecodeIndex(data, "")
}

package diff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/store"
)

// place is where the files of a run are.
type place interface {
	// size is the size of a regular file in bytes.
	size(ctx context.Context, name string) (int64, error)
	// open opens a regular file.
	open(ctx context.Context, name string) (file, error)
}

// file is a file of a run.
type file interface {
	io.ReadSeekCloser
	// section reads a part of the file.
	section(at store.Span) (*io.SectionReader, error)
	// bytes is the size of the file.
	bytes() int64
}

// folder is an output folder.
type folder struct{ *os.Root }

func (f folder) size(_ context.Context, name string) (int64, error) {
	info, err := f.Stat(filepath.FromSlash(name))
	if err != nil {
		return 0, store.Plain(f.Root, err)
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return 0, errors.New("it is not a regular file")
	}
	return info.Size(), nil
}

func (f folder) open(ctx context.Context, name string) (file, error) {
	size, err := f.size(ctx, name)
	if err != nil {
		return nil, err
	}
	in, err := f.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, store.Plain(f.Root, err)
	}
	return local{in, size}, nil
}

type local struct {
	*os.File
	length int64
}

func (l local) section(at store.Span) (*io.SectionReader, error) {
	return io.NewSectionReader(l.File, at.At, at.Bytes), nil
}

func (l local) bytes() int64 { return l.length }

// objects is a prefix of a bucket.
type objects struct {
	*bucket.Bucket
	prefix string
}

func (o objects) size(ctx context.Context, name string) (int64, error) {
	info, err := o.Stat(ctx, o.prefix+name)
	return info.Size, err
}

func (o objects) open(ctx context.Context, name string) (file, error) {
	info, err := o.Stat(ctx, o.prefix+name)
	if err != nil {
		return nil, err
	}
	return &object{ctx: ctx, b: o.Bucket, info: info}, nil
}

// object is an object that is read when it is needed: the headers of a shard in stretches, and a
// section whole.
type object struct {
	ctx    context.Context
	b      *bucket.Bucket
	info   bucket.Info
	seeker *bucket.Seeker // nil before the first Read or Seek
}

func (o *object) seek() (err error) {
	if o.seeker == nil {
		o.seeker, err = o.b.Seek(o.ctx, o.info.Key, o.info.ETag)
	}
	return err
}

func (o *object) Read(p []byte) (int, error) {
	if err := o.seek(); err != nil {
		return 0, err
	}
	return o.seeker.Read(p)
}

func (o *object) Seek(offset int64, whence int) (int64, error) {
	if err := o.seek(); err != nil {
		return 0, err
	}
	return o.seeker.Seek(offset, whence)
}

func (o *object) section(at store.Span) (*io.SectionReader, error) {
	if at.At < 0 || at.Bytes < 0 || at.Bytes > o.info.Size-at.At {
		return nil, fmt.Errorf("its bytes %d to %d are not in it", at.At, at.At+at.Bytes)
	}
	data := make([]byte, at.Bytes)
	if len(data) > 0 {
		if _, err := o.b.ReaderAt(o.ctx, o.info).ReadAt(data, at.At); err != nil {
			return nil, err
		}
	}
	return io.NewSectionReader(bytes.NewReader(data), 0, at.Bytes), nil
}

func (o *object) bytes() int64 { return o.info.Size }

func (o *object) Close() error { return nil }

// ofStore says whether an error ends the comparison: the store fails, or is not to be reached.
func ofStore(err error) bool {
	return bucket.TryAgain(err) || bucket.OfStore(err) && !errors.Is(err, fs.ErrNotExist)
}

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"filterbank/pipeline/bucket"
)

// Bucket is a prefix of a bucket as a place of pictures' files: each file is an object under its
// final name. An object appears whole or not at all, but a picture's objects appear one after
// another, since a bucket renames nothing. A reader therefore takes a picture's objects for whole
// once its record says so. Files that have outgrown their buffers are held in memory until they are
// sent, as far as it goes, and otherwise lie in a folder of this machine. It is safe for concurrent
// use.
type Bucket struct {
	ctx     context.Context
	objects *bucket.Bucket
	prefix  string  // of keys; empty, or with a slash at its end
	scratch *Folder // of temporary files
	hold    *hold
	sending chan struct{}
	untold  atomic.Bool

	mu  sync.Mutex
	err error // of Exists
}

// BucketOptions describe a [Bucket]. All but Sending and Hold are needed.
type BucketOptions struct {
	Objects *bucket.Bucket
	Prefix  string  // of keys; empty, or with a slash at its end
	Scratch *Folder // for temporary files
	Sending int     // the most objects that are sent at a time; 0 is [Sending]
	Hold    int64   // the bytes of memory for contents of files that have outgrown their buffers
}

// Sending is the number of objects that are sent at a time. A request to a store of the cloud
// takes some 50 ms, whatever its size: this many requests put about 600 objects a second.
const Sending = 32

// SendingBytes is the memory in bytes that an object takes while it is sent, besides its content:
// the buffers of its connection.
const SendingBytes = 224 << 10

// NewBucket opens a place in a bucket. Requests end with ctx.
func NewBucket(ctx context.Context, o BucketOptions) *Bucket {
	if o.Sending == 0 {
		o.Sending = Sending
	}
	return &Bucket{ctx: ctx, objects: o.Objects, prefix: o.Prefix, scratch: o.Scratch, hold: newHold(o.Hold), sending: make(chan struct{}, o.Sending)}
}

// Whole is false: each file is by itself.
func (t *Bucket) Whole() bool { return false }

func (t *Bucket) late(*Batch) bool { return true }

// Begin starts the files of a picture. Turns have no meaning.
func (t *Bucket) Begin(_ int, stem string) *Batch {
	b := newBatch(t, t.scratch, stem)
	b.temps, b.hold, b.sends = "sending", t.hold, true
	return b
}

// Await waits until contents of so many bytes have room in memory, or nothing is being sent that
// would make room, or ctx has ended.
func (t *Bucket) Await(ctx context.Context, bytes int64) { t.hold.await(ctx, pieces(bytes)) }

// Reuse says that all files are there: a record is made once all its objects are there. What a
// killed run may have put over them has lost its keys in the manifest before.
func (t *Bucket) Reuse(_ int, files []Written) (stay []bool, waited time.Duration) {
	stay = make([]bool, len(files))
	for i := range stay {
		stay[i] = true
	}
	return stay, 0
}

// Has is true. See Reuse.
func (t *Bucket) Has([]Written) bool { return true }

// Skip does nothing.
func (t *Bucket) Skip(int) {}

// Stop does nothing.
func (t *Bucket) Stop(int) {}

// Placed is true: Commit puts objects under their final names.
func (t *Bucket) Placed(int, func(), func()) bool { return true }

// Exists says whether there is an object of that name. If the store does not say, it is true, and
// Close returns the error.
func (t *Bucket) Exists(name string) bool {
	_, err := t.objects.Stat(t.ctx, t.prefix+name)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err == nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = errors.Join(t.err, t.failed(name, err))
	return true
}

// Close does nothing: every committed file has its place.
func (t *Bucket) Close(bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// Untold says whether objects have been put or removed that the run's records do not tell of,
// because a request has failed.
func (t *Bucket) Untold() bool { return t.untold.Load() }

// Remove removes an object. A missing one is no error.
func (t *Bucket) Remove(name string) error { return t.remove(name) }

func (t *Bucket) remove(names ...string) error {
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = t.prefix + name
	}
	t.sending <- struct{}{}
	defer func() { <-t.sending }()
	if err := t.objects.Remove(t.ctx, keys...); err != nil {
		t.untold.Store(true)
		return t.failed(names[0], err)
	}
	return nil
}

func (t *Bucket) seal(b *Batch) ([]Written, error) { return b.seal() }

func (t *Bucket) aborted(*Batch) {}

// commit sends the files, several at a time. If one cannot be sent, the others that were sent are
// removed where the reason is the file's own.
func (t *Bucket) commit(b *Batch) ([]Written, error) {
	for _, f := range b.files {
		if err := t.checkName(f.name); err != nil {
			return nil, err
		}
	}
	written, err := b.seal()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancelCause(t.ctx)
	defer stop(nil)
	var group sync.WaitGroup
	for _, f := range b.files {
		select {
		case t.sending <- struct{}{}:
		case <-ctx.Done():
			continue
		}
		group.Go(func() {
			defer func() { <-t.sending }()
			if err := t.send(ctx, f); err != nil {
				stop(t.failed(f.name, err))
			}
		})
	}
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		t.undo(b, err)
		return nil, err
	}
	b.clear()
	return written, nil
}

// send puts a sealed file and lets its buffer go.
func (t *Bucket) send(ctx context.Context, f *File) error {
	key := t.prefix + f.name
	if f.temp == "" {
		_, err := t.objects.Put(ctx, key, f.held.with(f.buffer), f.size, bucket.Put{CRC: &f.crc})
		if err == nil {
			f.release()
		}
		return err
	}
	in, err := t.scratch.root.Open(filepath.FromSlash(f.temp))
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = t.objects.Put(ctx, key, in, f.size, bucket.Put{})
	return err
}

// undo removes the objects of a batch that could not be sent whole.
func (t *Bucket) undo(b *Batch, reason error) {
	failed, ok := errors.AsType[*Error](reason)
	if !ok || !failed.OfOne() {
		t.untold.Store(true)
		return
	}
	for _, f := range b.files { // one by one: the store may refuse a request with a name that it refuses
		_ = t.remove(f.name) // an error is told by Untold
	}
}

// maxKeyBytes is the length of the longest key in a bucket.
const maxKeyBytes = 1024

// checkName refuses a name that no object can have.
func (t *Bucket) checkName(name string) error {
	switch {
	case len(t.prefix)+len(name) > maxKeyBytes:
		return t.failed(name, &placeError{fmt.Sprintf("the name has %d bytes, and an object's has at most %d; rename the image, or choose a shorter prefix with -o", len(t.prefix)+len(name), maxKeyBytes)})
	case !utf8.ValidString(name):
		return t.failed(name, &placeError{"the name is not UTF-8, as names of objects are; rename the image"})
	}
	return nil
}

// failed names the object in an error.
func (t *Bucket) failed(name string, err error) error {
	return &Error{Path: t.objects.URL(t.prefix + name), Err: err}
}

var _ Store = (*Bucket)(nil)

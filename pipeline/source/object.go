package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"filterbank/pipeline/bucket"
)

// remote is a picture in a bucket. Its key is in the entry's path.
type remote struct {
	bucket *bucket.Bucket
	size   int64  // in bytes; −1 if it is not known before the object is opened
	etag   string // empty if it is not known

	fetched bool // data and err are what came of Fetch
	data    []byte
	err     error
}

// buckets gives the buckets of names such as s3://bucket/key. The zero value is ready, and safe for
// concurrent use.
type buckets struct {
	mu     sync.Mutex
	client *bucket.Client
	known  map[string]*bucket.Bucket
	looked map[string]bool // buckets that have answered
}

// open returns the bucket and the key of a name. It makes no request.
func (s *buckets) open(name string) (*bucket.Bucket, string, error) {
	in, key, err := bucket.Split(name)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.known[in]; b != nil {
		return b, key, nil
	}
	if s.client == nil {
		if s.client, err = bucket.New(bucket.Options{}); err != nil {
			return nil, "", err
		}
		s.known, s.looked = map[string]*bucket.Bucket{}, map[string]bool{}
	}
	b, key, err := s.client.Open(name)
	if err == nil {
		s.known[in] = b
	}
	return b, key, err
}

// entry is the entry of an object that is named, with what a list tells of it. The first time that
// a bucket is met, it is asked for the object, so that a bucket or a login that is wrong ends a run
// before any work. Such an error is of the whole list.
func (s *buckets) entry(ctx context.Context, name string, size int64, etag string) (*remote, error) {
	b, key, err := s.open(name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	looked := s.looked[b.URL("")]
	s.looked[b.URL("")] = true
	s.mu.Unlock()
	if !looked && key != "" {
		o, err := b.Get(ctx, key, bucket.Range{Length: 1})
		if err == nil {
			err = o.Close()
		}
		if bucket.OfStore(err) || bucket.TryAgain(err) || ctx.Err() != nil {
			return nil, err
		}
	}
	return &remote{bucket: b, size: size, etag: etag}, nil
}

// listed is the object of a row of a frozen list. No request is made.
func (s *buckets) listed(name string, size int64, etag string) (*remote, error) {
	b, key, err := s.open(name)
	if err == nil && key == "" {
		err = fmt.Errorf("%s names no object", Display(name))
	}
	return &remote{bucket: b, size: size, etag: etag}, err
}

// keyOf is the key in s3://bucket/key.
func keyOf(name string) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(name, bucket.Scheme), "/")
	return key
}

// open opens the object of a name: what was fetched, or its first bytes.
func (o *remote) open(ctx context.Context, name string) (*Input, error) {
	if o.fetched {
		if o.err != nil {
			return nil, o.err
		}
		in := NewInput(ctx, Display(name), bytes.NewReader(o.data), int64(len(o.data)))
		in.all, in.held, in.ETag = func() ([]byte, error) { return o.data, nil }, true, o.etag
		return in, nil
	}
	r, err := o.bucket.Seek(ctx, keyOf(name), o.etag)
	if err == nil && o.size >= 0 && r.Size != o.size {
		err = bucket.ErrChanged
	}
	if err != nil {
		return nil, o.why(name, err)
	}
	in := NewInput(ctx, Display(name), r, r.Size)
	in.all, in.ETag = r.All, r.ETag
	return in, nil
}

// why is an error of reading an object in the words of records.
func (o *remote) why(name string, err error) error {
	if errors.Is(err, bucket.ErrChanged) {
		return &Problem{Path: name, Code: CodeChanged, Err: errors.New("the object has changed since it was listed: run again")}
	}
	return fmt.Errorf("read: %w", err)
}

// ETag is what a bucket tells of the content of the entry's object. It is empty for other entries
// and if it is not known.
func (e *Entry) ETag() string {
	if e.remote == nil {
		return ""
	}
	return e.remote.etag
}

// Remote says whether the entry's bytes come over a network, so that it is worth while to fetch
// them beforehand.
func (e *Entry) Remote() bool { return e.remote != nil && e.Problem == nil }

// Fetch reads the bytes of a remote entry into memory and returns an entry whose Open gives them.
// admit is called with their number before they are read; if it refuses them, ok is false. An error
// of reading is what Open of the entry returns.
func (e *Entry) Fetch(ctx context.Context, admit func(bytes int64) bool) (fetched Entry, ok bool) {
	got := *e.remote
	got.fetched = true
	fetched = *e
	fetched.remote = &got
	o, err := e.remote.bucket.Get(ctx, keyOf(e.Path), bucket.Range{ETag: got.etag})
	if err == nil {
		defer o.Close()
		if got.size >= 0 && o.Size != got.size {
			err = bucket.ErrChanged
		}
	}
	if err == nil {
		if !admit(o.Size) {
			return *e, false
		}
		got.etag = o.ETag
		got.data, err = o.All()
	}
	if err != nil {
		got.data, got.err = nil, e.remote.why(e.Path, err)
	}
	return fetched, true
}

// stat finds out the size and the ETag of an object of which they are not known.
func (o *remote) stat(ctx context.Context, name string) error {
	if o.size >= 0 && o.etag != "" {
		return nil
	}
	info, err := o.bucket.Stat(ctx, keyOf(name))
	if err == nil {
		o.size, o.etag = info.Size, info.ETag
	}
	return err
}

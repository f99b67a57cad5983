package store

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"filterbank/pipeline/bucket"
)

// BucketPlace is a prefix of a bucket as tasks share it. The prefix is empty or has a slash at its
// end.
func BucketPlace(objects *bucket.Bucket, prefix string) Place { return bucketPlace{objects, prefix} }

// UnfinishedIn is Unfinished for a prefix of a bucket: a run is at work there, or was killed.
func UnfinishedIn(ctx context.Context, place Place) (bool, error) {
	for _, err := range place.List(ctx, sessionsName) {
		return err == nil, err
	}
	return false, nil
}

// OpenPrefix opens the bucket of a name such as s3://bucket/prefix. The prefix that it returns has
// a slash at its end, or is empty. It makes no request.
func OpenPrefix(client *bucket.Client, name string) (objects *bucket.Bucket, prefix string, err error) {
	objects, prefix, err = client.Open(name)
	if prefix = strings.TrimRight(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	if err == nil && prefix != "" && path.Clean(prefix)+"/" != prefix {
		err = fmt.Errorf("%s: leave out empty parts, . and .. between slashes", name)
	}
	return objects, prefix, err
}

// bucketPlace is a prefix of a bucket as tasks share it.
type bucketPlace struct {
	objects *bucket.Bucket
	prefix  string
}

func (p bucketPlace) Read(ctx context.Context, name string, most int64) ([]byte, error) {
	data, _, err := p.objects.ReadAll(ctx, p.prefix+name, most)
	return data, err
}

func (p bucketPlace) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	in, err := p.objects.Get(ctx, p.prefix+name, bucket.Range{})
	if err != nil {
		return nil, err
	}
	return in, nil
}

// Create has the store refuse an object that is there: see [bucket.Bucket.Probe].
func (p bucketPlace) Create(ctx context.Context, name string, data []byte) error {
	_, err := p.objects.PutBytes(ctx, p.prefix+name, data, bucket.Put{IfAbsent: true})
	return err
}

// placePart returns the size in bytes of the parts of a file of about size bytes. Two parts are held
// in memory. A store takes 10,000 parts of a file at most, so a file may be an eighth larger than size.
func placePart(size int64) int64 {
	const least, parts = 8 << 20, 8800
	return max(least, (size/parts+1<<20)>>20<<20)
}

func (p bucketPlace) Replace(ctx context.Context, name string, size int64, fill func(io.Writer) error) error {
	out := p.objects.Upload(ctx, p.prefix+name, bucket.Put{PartSize: placePart(size)})
	if err := fill(out); err != nil {
		_ = out.Abort() // the parts that stay are nobody's object
		return err
	}
	_, err := out.Commit()
	return err
}

func (p bucketPlace) Remove(ctx context.Context, name string) error {
	return p.objects.Remove(ctx, p.prefix+name)
}

func (p bucketPlace) List(ctx context.Context, folder string) iter.Seq2[Listed, error] {
	top := p.prefix
	if folder != "." {
		top += folder + "/"
	}
	return func(yield func(Listed, error) bool) {
		for o, err := range p.objects.List(ctx, top, "") {
			name := strings.TrimPrefix(o.Key, p.prefix)
			if err == nil && isTemporary(base(name)) {
				continue
			}
			if !yield(Listed{name, o.Size, o.Modified}, err) || err != nil {
				return
			}
		}
	}
}

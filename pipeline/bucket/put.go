package bucket

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"

	"github.com/minio/minio-go/v7"
)

// Put describes an object that is written. The zero value replaces an object of the same key.
type Put struct {
	// IfAbsent writes only if there is no object of the key; the error is fs.ErrExist otherwise.
	// Some stores ignore it: see Probe.
	IfAbsent bool
	// IfMatch, if not empty, is the ETag of the object that is replaced; the error is ErrChanged if
	// there is another one or none. Stores that know no such writes replace any object.
	IfMatch     string
	ContentType string // such as "application/json"; may be empty
	// PartSize is the size in bytes of the parts in which a large object is sent, 16 MiB by default.
	// The least is 5 MiB, and an object has at most 10,000 parts.
	PartSize int64
	// CRC is the CRC-32C of an object of up to 64 MiB, if it is known.
	CRC *uint32
}

const (
	defaultPart = 16 << 20
	// largeObject is the size in bytes above which Put sends an object in parts.
	largeObject = 64 << 20
)

func (p Put) partSize() int64 {
	if p.PartSize == 0 {
		return defaultPart
	}
	return max(p.PartSize, 5<<20)
}

// writerHeader is the name of the metadata that tells who has written an object. With it, a
// request whose answer was lost is told from another writer's.
const writerHeader = "filterbank-writer"

// options are the options of a request that tells the object's type and, if they are not empty, its
// writer and a header.
func (p Put) options(writer, header, value string) minio.PutObjectOptions {
	o := minio.PutObjectOptions{ContentType: p.ContentType, DisableContentSha256: true, UserMetadata: map[string]string{}}
	if writer != "" {
		o.UserMetadata[writerHeader] = writer
	}
	if value != "" {
		o.UserMetadata[header] = value
	}
	return o
}

// conditional says whether the store may refuse the object.
func (p Put) conditional() bool { return p.IfAbsent || p.IfMatch != "" }

// require adds the condition to the options of a request.
func (p Put) require(o *minio.PutObjectOptions) {
	switch {
	case p.IfAbsent:
		o.SetMatchETagExcept("*")
	case p.IfMatch != "":
		o.SetMatchETag(p.IfMatch)
	}
}

// newWriter returns a name for one write.
func newWriter() string { return rand.Text() }

// Put writes an object of size bytes whole: readers see the old object or the new one, never a
// part. The body is read again for each attempt. A checksum goes with it, so that the store
// refuses an object that was damaged on the way.
func (b *Bucket) Put(ctx context.Context, key string, body io.ReaderAt, size int64, p Put) (Info, error) {
	if size <= largeObject {
		return b.putOne(ctx, key, body, size, p)
	}
	u := b.Upload(ctx, key, p)
	for at := int64(0); at < size; at += p.partSize() {
		if err := u.send(io.NewSectionReader(body, at, min(p.partSize(), size-at))); err != nil {
			return Info{}, errors.Join(err, u.Abort())
		}
	}
	return u.Commit()
}

// PutBytes is Put for data in memory.
func (b *Bucket) PutBytes(ctx context.Context, key string, data []byte, p Put) (Info, error) {
	return b.Put(ctx, key, Pieces{data}, int64(len(data)), p)
}

// putOne writes an object with one request.
func (b *Bucket) putOne(ctx context.Context, key string, body io.ReaderAt, size int64, p Put) (info Info, err error) {
	writer, tries := "", 0
	if p.conditional() {
		writer = newWriter()
	}
	s := summed{client: b.client, content: io.NewSectionReader(body, 0, size)}
	if p.CRC != nil {
		s.known, s.crc, s.sum = true, true, crcSum(*p.CRC)
	}
	err = b.trial("put", key).do(ctx, func(ctx context.Context, w *watch) error {
		tries++
		var done minio.UploadInfo
		err := s.send(func(sum sum) (err error) {
			options := p.options(writer, crcHeader, sum.crc)
			p.require(&options)
			done, err = b.client.core.PutObject(ctx, b.name, key, moving{s.content, w}, size, "", sum.sha256, options)
			return err
		})
		if p.conditional() && isRefused(err) {
			err = b.refused(ctx, key, writer, tries, p.IfMatch != "", &done)
		}
		info = Info{Key: key, Size: size, ETag: done.ETag, Modified: done.LastModified}
		return err
	})
	return info, err
}

// isRefused says whether the store has refused a write because there is an object.
func isRefused(err error) bool {
	return minio.ToErrorResponse(err).StatusCode == http.StatusPreconditionFailed
}

// errExists says that there is an object in the place of a new one.
var errExists = errors.New("there is an object of this name")

// refused returns nil if the object that is there was written by an earlier attempt of the same
// writer, whose answer was lost.
func (b *Bucket) refused(ctx context.Context, key, writer string, tries int, replaces bool, done *minio.UploadInfo) error {
	other := errExists
	if replaces {
		other = ErrChanged
	}
	if tries == 1 {
		return other
	}
	o, err := b.client.core.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	if err != nil {
		return err
	}
	if o.Metadata.Get("X-Amz-Meta-"+writerHeader) != writer {
		return other
	}
	done.ETag, done.LastModified = o.ETag, o.LastModified
	return nil
}

// Remove removes objects, at most 1,000 a request. It is no error if one is not there. After an
// error some may be left.
func (b *Bucket) Remove(ctx context.Context, keys ...string) error {
	for some := range slices.Chunk(keys, 1000) {
		remove := func(ctx context.Context, _ *watch) error { return b.removeAll(ctx, some) }
		if len(some) == 1 {
			remove = func(ctx context.Context, _ *watch) error {
				return b.client.core.RemoveObject(ctx, b.name, some[0], minio.RemoveObjectOptions{})
			}
		}
		absent := func(ctx context.Context, w *watch) error {
			err := remove(ctx, w)
			if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
				err = nil
			}
			return err
		}
		if err := b.trial("remove", some[0]).do(ctx, absent); err != nil && !(len(some) == 1 && OfKey(err)) { // no object has such a key
			return err
		}
	}
	return nil
}

// removeAll removes objects with one request and returns the first error.
func (b *Bucket) removeAll(ctx context.Context, keys []string) (err error) {
	objects := func(yield func(minio.ObjectInfo) bool) {
		for _, key := range keys {
			if !yield(minio.ObjectInfo{Key: key}) {
				return
			}
		}
	}
	results, err := b.client.core.RemoveObjectsWithIter(ctx, b.name, objects, minio.RemoveObjectsOptions{})
	if err != nil {
		return err
	}
	for r := range results {
		if r.Err != nil && err == nil && minio.ToErrorResponse(r.Err).Code != minio.NoSuchKey {
			err = r.Err
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// ErrUnconditional says that a store writes an object although there is one, in spite of
// If-None-Match.
var ErrUnconditional = errors.New("the store ignores If-None-Match: *, so that two tasks could write the same file and neither would know: " +
	"write to a store that has conditional writes, as Amazon S3, Cloudflare R2, MinIO and Ceph do in current versions, or to a folder")

// Probe finds out whether the store refuses to write an object that exists, as Put.IfAbsent asks.
// It writes a small object of a new name below the prefix and removes it. The error is
// ErrUnconditional, or one of the requests.
func (b *Bucket) Probe(ctx context.Context, prefix string) (err error) {
	key := prefix + ".filterbank-probe-" + newWriter()
	if _, err := b.PutBytes(ctx, key, []byte("first\n"), Put{IfAbsent: true}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Remove(context.WithoutCancel(ctx), key)) }()
	_, err = b.PutBytes(ctx, key, []byte("second\n"), Put{IfAbsent: true})
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err == nil:
		return &Error{Op: "probe", URL: b.URL(prefix), reason: ErrUnconditional.Error(), kind: ErrUnconditional}
	}
	return err
}

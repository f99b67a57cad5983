package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"
)

// Stat describes an object. Its errors are as [Error] has them.
func (b *Bucket) Stat(ctx context.Context, key string) (info Info, err error) {
	err = b.trial("look at", key).do(ctx, func(ctx context.Context, _ *watch) error {
		o, err := b.client.core.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
		info = infoOf(&o, key)
		if err == nil && info.Size < 0 {
			err = errSize
		}
		return err
	})
	return info, err
}

func infoOf(o *minio.ObjectInfo, key string) Info {
	return Info{Key: key, Size: o.Size, ETag: o.ETag, Modified: o.LastModified}
}

// Check makes one small request, so that a wrong bucket, endpoint or login is found before any
// work. It lists what begins with the prefix, which may be nothing.
func (b *Bucket) Check(ctx context.Context, prefix string) error {
	return b.trial("list", prefix).do(ctx, func(ctx context.Context, _ *watch) error {
		for o := range b.client.core.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, MaxKeys: 1}) {
			return o.Err
		}
		return ctx.Err()
	})
}

// Object reads an object, or a range of it. A transfer that breaks is taken up where it was, as
// long as the object is the same. An Object has one owner.
type Object struct {
	Info         // of the whole object
	Length int64 // of the range, in bytes

	ctx   context.Context
	trial *trial
	at    int64 // of the next byte, from the object's beginning
	end   int64
	moved int64 // since the last failure
	body  io.ReadCloser
	watch *watch
}

// Range is a part of an object that must not have changed. The zero value is all of any object.
type Range struct {
	From int64
	// Length is the most bytes; 0 is all to the end.
	Length int64
	// ETag, if not empty, is what the object's must be. Otherwise the error is ErrChanged.
	ETag string
}

// Get opens an object. Reading ends with ctx. The caller closes it.
func (b *Bucket) Get(ctx context.Context, key string, r Range) (*Object, error) {
	o := &Object{Info: Info{Key: key, Size: -1, ETag: r.ETag}, ctx: ctx, trial: b.trial("get", key), at: r.From, end: -1}
	if r.Length > 0 {
		o.end = r.From + r.Length
	}
	for {
		err := o.open()
		if err == nil {
			return o, nil
		}
		if err := o.trial.failed(ctx, err); err != nil {
			return nil, err
		}
	}
}

// open makes the request for the bytes that are left.
func (o *Object) open() error {
	var get minio.GetObjectOptions
	if o.ETag != "" {
		_ = get.SetMatchETag(o.ETag)
	}
	if o.end >= 0 {
		get.Set("Range", fmt.Sprintf("bytes=%d-%d", o.at, o.end-1))
	} else if o.at > 0 {
		get.Set("Range", fmt.Sprintf("bytes=%d-", o.at))
	}
	ctx, w := newWatch(o.ctx, o.trial.policy.Stall)
	b := o.trial.b
	body, info, header, err := b.client.core.GetObject(ctx, b.name, o.Key, get)
	if err == nil {
		if err = o.begin(&info, header); err != nil {
			body.Close()
		}
	}
	if err != nil {
		err = w.why(err)
		w.end()
		if minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable && o.Size < 0 { // an empty object
			o.Size, o.at, o.end, o.Length = 0, 0, 0, 0
			return nil
		}
		return err
	}
	b.client.answered.Store(true)
	w.rest() // until Read
	o.body, o.watch = body, w
	return nil
}

// errEnds says that the lengths of an answer do not agree.
var errEnds = errors.New("the store has sent another number of bytes than it has told")

// errSize says that an answer does not tell a length that an object can have.
var errSize = fmt.Errorf("%w: it does not tell the object's size", errEnds)

// begin checks that an answer is of the range that was asked for, and of the same object as
// before.
func (o *Object) begin(info *minio.ObjectInfo, header http.Header) error {
	from, size := int64(0), info.Size
	length := info.Size // of the body
	if r := header.Get("Content-Range"); r != "" {
		var err error
		if from, size, err = parseRange(r); err != nil {
			return err
		}
	}
	switch {
	case size < 0:
		return errSize
	case o.ETag != "" && info.ETag != o.ETag, o.Size >= 0 && size != o.Size:
		return ErrChanged
	case from != o.at:
		return fmt.Errorf("%w: it begins at byte %d in place of byte %d", errEnds, from, o.at)
	}
	end := size
	if o.end >= 0 {
		end = min(size, o.end)
	}
	if length >= 0 && length != end-o.at && from+length != size { // a store may ignore ranges
		return errEnds
	}
	if o.Size < 0 {
		o.Info = infoOf(info, o.Key)
		o.Size, o.Length = size, end-o.at
	}
	o.end = end
	return nil
}

// parseRange reads "bytes 0-99/1000".
func parseRange(s string) (from, size int64, err error) {
	span, total, ok := strings.Cut(strings.TrimPrefix(s, "bytes "), "/")
	first, _, _ := strings.Cut(span, "-")
	from, err = strconv.ParseInt(first, 10, 64)
	if err == nil {
		size, err = strconv.ParseInt(total, 10, 64)
	}
	if err != nil || !ok || from < 0 || size < from {
		return 0, 0, fmt.Errorf("%w: its range is %s", errEnds, show(s))
	}
	return from, size, nil
}

// Read reads on. The error is an *Error, ctx's own, or io.EOF.
func (o *Object) Read(p []byte) (int, error) {
	for {
		if err := o.ctx.Err(); err != nil {
			return 0, err
		}
		if o.at >= o.end {
			return 0, io.EOF
		}
		err := error(nil)
		if o.body == nil {
			err = o.open()
		}
		if err == nil && len(p) == 0 {
			return 0, nil
		}
		if err == nil {
			var n int
			if n, err = o.readPart(p[:min(int64(len(p)), o.end-o.at)]); n > 0 {
				return n, nil
			}
		}
		o.drop()
		if err := o.trial.failed(o.ctx, err); err != nil {
			return 0, err
		}
	}
}

// readPart reads from the current answer. An error without bytes is one of the transfer.
func (o *Object) readPart(p []byte) (int, error) {
	const onward = 64 << 10 // after as many bytes, attempts count anew
	o.watch.moved()
	n, err := o.body.Read(p)
	err = o.watch.why(err)
	o.watch.rest()
	o.at += int64(n)
	if o.moved += int64(n); o.moved >= onward {
		o.trial.anew()
		o.moved = 0
	}
	if n == 0 && (err == nil || err == io.EOF) {
		err = fmt.Errorf("%w: it ends after %d of %d bytes", errEnds, o.at, o.end)
	}
	return n, err
}

// drop drops the current answer.
func (o *Object) drop() {
	if o.body != nil {
		o.body.Close()
		o.watch.end()
		o.body = nil
	}
	o.moved = 0
}

// Close ends the transfer. A connection whose answer was read to the end is used again.
func (o *Object) Close() error {
	if o.body != nil && o.at >= o.end {
		o.watch.moved()
		_, _ = o.body.Read(make([]byte, 1)) // the end of the answer
	}
	o.drop()
	return nil
}

// All reads the rest of the range.
func (o *Object) All() ([]byte, error) {
	data := make([]byte, o.end-o.at)
	_, err := io.ReadFull(o, data)
	return data, err
}

// ReadAll reads an object of at most that many bytes. A larger one is an error that is no
// *Error.
func (b *Bucket) ReadAll(ctx context.Context, key string, most int64) ([]byte, Info, error) {
	o, err := b.Get(ctx, key, Range{})
	if err != nil {
		return nil, Info{}, err
	}
	defer o.Close()
	if o.Size > most {
		return nil, o.Info, fmt.Errorf("get %s: it has %d bytes, and at most %d are read", show(b.URL(key)), o.Size, most)
	}
	data, err := o.All()
	return data, o.Info, err
}

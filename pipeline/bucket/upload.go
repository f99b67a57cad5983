package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/minio/minio-go/v7"
)

// Upload writes an object whose size is not known beforehand, in parts. There is no object before
// Commit. It holds two parts in memory and sends one while the other is filled. It has one owner.
type Upload struct {
	ctx    context.Context
	b      *Bucket
	key    string
	put    Put
	writer string
	id     string // empty before the first part
	summed bool   // the parts have checksums
	parts  []minio.CompletePart
	size   int64

	filling, spare []byte
	sending        chan error // gets the result of the part that is being sent; nil if there is none
	err            error      // of an earlier part
}

// Upload begins to write an object. No request is made before the first part is full. The caller
// ends it with Commit or Abort.
func (b *Bucket) Upload(ctx context.Context, key string, p Put) *Upload {
	return &Upload{ctx: ctx, b: b, key: key, put: p, writer: newWriter()}
}

// Write adds bytes to the object. An error may be of an earlier part.
func (u *Upload) Write(p []byte) (n int, err error) {
	part := int(u.put.partSize())
	for len(p) > 0 && u.err == nil {
		if cap(u.filling) == 0 {
			u.filling = make([]byte, 0, part)
		}
		taken := min(len(p), part-len(u.filling))
		u.filling = append(u.filling, p[:taken]...)
		p = p[taken:]
		n += taken
		if len(u.filling) == part {
			u.flush()
		}
	}
	return n, u.err
}

// flush has the filled part sent, after the part before it.
func (u *Upload) flush() {
	u.wait()
	if u.err != nil {
		return
	}
	full := u.filling
	u.filling, u.spare = u.spare[:0], full
	u.sending = make(chan error, 1)
	go func() { u.sending <- u.send(io.NewSectionReader(Pieces{full}, 0, int64(len(full)))) }()
}

// wait waits for the part that is being sent.
func (u *Upload) wait() {
	if u.sending != nil {
		u.err = errors.Join(u.err, <-u.sending)
		u.sending = nil
	}
}

// send sends one part. One goroutine at a time calls it.
func (u *Upload) send(part *io.SectionReader) error {
	const most = 10_000 // https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
	if len(u.parts) == most {
		return fmt.Errorf("put %s: an object has at most %d parts, of %d bytes here", show(u.b.URL(u.key)), most, u.put.partSize())
	}
	if u.id == "" {
		if err := u.begin(); err != nil {
			return err
		}
	}
	sum, err := sumOf(part, u.summed)
	if err != nil {
		return err
	}
	done := minio.CompletePart{PartNumber: len(u.parts) + 1, ChecksumCRC32C: sum.crc}
	err = u.b.trial("put", u.key).do(u.ctx, func(ctx context.Context, w *watch) error {
		_, _ = part.Seek(0, io.SeekStart)
		put, err := u.b.client.core.PutObjectPart(ctx, u.b.name, u.key, u.id, done.PartNumber, moving{part, w}, part.Size(),
			minio.PutObjectPartOptions{Sha256Hex: sum.sha256, DisableContentSha256: true, CustomHeader: sum.header()})
		done.ETag = put.ETag
		return err
	})
	if err == nil {
		u.parts = append(u.parts, done)
		u.size += part.Size()
	}
	return err
}

// begin begins an upload in parts at the store. An attempt whose answer was lost leaves an upload
// without parts there.
func (u *Upload) begin() error {
	return u.b.trial("put", u.key).do(u.ctx, func(ctx context.Context, _ *watch) error {
		return u.b.client.summing(func(sums bool) (err error) {
			algorithm := ""
			if u.summed = sums; sums {
				algorithm = crcAlgorithm
			}
			u.id, err = u.b.client.core.NewMultipartUpload(ctx, u.b.name, u.key, u.put.options(u.writer, algorithmHeader, algorithm))
			return err
		})
	})
}

// Commit makes the object. After an error there is none, and the parts are removed.
func (u *Upload) Commit() (Info, error) {
	u.wait()
	if u.err == nil && u.id == "" { // it is smaller than a part
		return u.b.putOne(u.ctx, u.key, Pieces{u.filling}, int64(len(u.filling)), u.put)
	}
	if u.err == nil && len(u.filling) > 0 {
		u.err = u.send(io.NewSectionReader(Pieces{u.filling}, 0, int64(len(u.filling))))
	}
	var info Info
	if u.err == nil {
		info, u.err = u.complete()
	}
	if u.err != nil {
		return Info{}, errors.Join(u.err, u.Abort())
	}
	return info, nil
}

// complete joins the parts. If the store has joined them and its answer was lost, another attempt
// finds no upload, and an object of this writer.
func (u *Upload) complete() (info Info, err error) {
	tries := 0
	t := u.b.trial("put", u.key)
	t.policy.Stall *= 10 // the store copies the parts
	err = t.do(u.ctx, func(ctx context.Context, _ *watch) error {
		tries++
		options := minio.PutObjectOptions{}
		u.put.require(&options)
		done, err := u.b.client.core.CompleteMultipartUpload(ctx, u.b.name, u.key, u.id, u.parts, options)
		if u.put.conditional() && isRefused(err) || tries > 1 && minio.ToErrorResponse(err).Code == minio.NoSuchUpload {
			err = u.b.refused(ctx, u.key, u.writer, tries, u.put.IfMatch != "", &done)
		}
		info = Info{Key: u.key, Size: u.size, ETag: done.ETag, Modified: done.LastModified}
		return err
	})
	return info, err
}

// Abort drops what was sent. It is no error if nothing was.
func (u *Upload) Abort() error {
	u.wait()
	if u.id == "" {
		return nil
	}
	ctx := context.WithoutCancel(u.ctx) // a run that was interrupted leaves no parts
	t := u.b.trial("drop parts of", u.key)
	t.policy.Attempts = min(t.policy.Attempts, 4)
	err := t.do(ctx, func(ctx context.Context, _ *watch) error {
		err := u.b.client.core.AbortMultipartUpload(ctx, u.b.name, u.key, u.id)
		if minio.ToErrorResponse(err).Code == minio.NoSuchUpload {
			err = nil
		}
		return err
	})
	u.id = ""
	return err
}

package bucket

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// Seeker reads parts of an object, with a request for each stretch that is read. The first stretch
// has 32 KiB, and each that follows it has four times as many bytes, at most 4 MiB. It has one
// owner.
type Seeker struct {
	Info // of the object when it was opened

	ctx    context.Context
	b      *Bucket
	buffer []byte
	from   int64 // of the buffer
	at     int64 // of the next byte
	next   int64 // the size of the next stretch
}

const firstStretch, lastStretch = 32 << 10, 4 << 20

// Seek opens an object and reads its first stretch. Reading ends with ctx. The ETag, if it is not
// empty, is what the object's must be.
func (b *Bucket) Seek(ctx context.Context, key, etag string) (*Seeker, error) {
	s := &Seeker{Info: Info{Key: key, ETag: etag}, ctx: ctx, b: b, next: firstStretch}
	return s, s.fetch(true)
}

// fetch reads the stretch at the next byte.
func (s *Seeker) fetch(first bool) error {
	o, err := s.b.Get(s.ctx, s.Key, Range{From: s.at, Length: s.next, ETag: s.ETag})
	if err != nil {
		return err
	}
	defer o.Close()
	if first {
		s.Info = o.Info
	}
	s.buffer = append(s.buffer[:0], make([]byte, o.Length)...)
	if _, err := io.ReadFull(o, s.buffer); err != nil {
		s.buffer = s.buffer[:0]
		return err
	}
	s.from, s.next = s.at, min(4*s.next, lastStretch)
	return nil
}

// Read reads on.
func (s *Seeker) Read(p []byte) (int, error) {
	switch {
	case s.at >= s.Size:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	if s.at < s.from || s.at >= s.from+int64(len(s.buffer)) {
		if s.at != s.from+int64(len(s.buffer)) { // it is not the stretch that follows
			s.next = firstStretch
		}
		if err := s.fetch(false); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.buffer[s.at-s.from:])
	s.at += int64(n)
	return n, nil
}

// Seek sets the place of the next byte.
func (s *Seeker) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.Size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning of an object")
	}
	s.at = offset
	return offset, nil
}

// All returns the whole object, which is the one that was opened.
func (s *Seeker) All() ([]byte, error) {
	if s.from == 0 && int64(len(s.buffer)) == s.Size {
		return bytes.Clone(s.buffer), nil
	}
	o, err := s.b.Get(s.ctx, s.Key, Range{ETag: s.ETag})
	if err != nil {
		return nil, err
	}
	defer o.Close()
	return o.All()
}

// ReaderAt reads an object at any place, with a request for each stretch. It is safe for concurrent
// use, and reading ends with ctx. The info is as Stat returns it.
func (b *Bucket) ReaderAt(ctx context.Context, info Info) io.ReaderAt { return readerAt{ctx, b, info} }

type readerAt struct {
	ctx  context.Context
	b    *Bucket
	info Info
}

func (r readerAt) ReadAt(p []byte, at int64) (int, error) {
	in, err := r.b.Get(r.ctx, r.info.Key, Range{From: at, Length: int64(len(p)), ETag: r.info.ETag})
	if err != nil {
		return 0, err
	}
	defer in.Close()
	return io.ReadFull(in, p)
}

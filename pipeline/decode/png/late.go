package png

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// LateEXIF finds EXIF behind the pixels, in an eXIf or a text chunk. It returns the EXIF in
// the form of [Header.EXIF], or nil. It is for files without EXIF before the pixels. It seeks
// from chunk to chunk and reads no pixels. Damage ends the search without an error, since
// Decode reports damage. All errors come from r.
func LateEXIF(r io.ReadSeeker) ([]byte, error) {
	const (
		mostChunks = 1 << 16 // chunks of pixels usually have 64 KiB each
		mostBytes  = 1 << 20 // of a chunk
	)
	late := &reader{Header: new(Header), pixels: true, seen: map[string]bool{}}
	at, pixels := int64(len(Signature)), false
	for range mostChunks {
		if _, err := r.Seek(at, io.SeekStart); err != nil {
			return nil, err
		}
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return late.found(), atEnd(err)
		}
		length, kind := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		if kind == "IEND" || length > mostLength || kind == "eXIf" && !pixels {
			break
		}
		pixels = pixels || kind == "IDAT"
		switch kind {
		case "eXIf", "tEXt", "zTXt", "iTXt":
			if !pixels || length > mostBytes {
				break
			}
			rest := make([]byte, length+frame-8)
			if _, err := io.ReadFull(r, rest); err != nil {
				return late.found(), atEnd(err)
			}
			late.data, late.at = append(bytes.Clone(head[:]), rest...), 0
			c, err := late.next()
			if err != nil || late.handle(c) != nil {
				return late.found(), nil
			}
		}
		at += frame + length
	}
	return late.found(), nil
}

func (r *reader) found() []byte {
	r.settle()
	return r.EXIF
}

// atEnd returns err, or nil if err says that the file ends.
func atEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

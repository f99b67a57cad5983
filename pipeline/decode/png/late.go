package png

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// Late finds EXIF and XMP behind the pixels. It returns them in the form of [Header.EXIF] and
// [Header.XMP], or nil. It seeks from chunk to chunk and reads no pixels. Damage ends the
// search without an error, since Decode reports damage. All errors come from the reader.
func Late(from io.ReadSeeker) (exif, xmp []byte, err error) {
	late := &reader{Header: new(Header), pixels: true, seen: map[string]bool{}}
	if err := late.search(from); err != nil {
		return nil, nil, err
	}
	late.settle()
	return late.EXIF, late.XMP, nil
}

// search handles the chunks behind the pixels that can hold metadata.
func (r *reader) search(from io.ReadSeeker) error {
	const (
		mostChunks = 1 << 16 // chunks of pixels usually have 64 KiB each
		mostBytes  = 1 << 20 // of a chunk
	)
	at, pixels := int64(len(Signature)), false
	for range mostChunks {
		if _, err := from.Seek(at, io.SeekStart); err != nil {
			return err
		}
		var head [8]byte
		if _, err := io.ReadFull(from, head[:]); err != nil {
			return atEnd(err)
		}
		length, kind := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		if kind == "IEND" || length > mostLength {
			return nil
		}
		pixels = pixels || kind == "IDAT"
		switch kind {
		case "eXIf", "tEXt", "zTXt", "iTXt":
			if !pixels || length > mostBytes {
				break
			}
			rest := make([]byte, length+frame-8)
			if _, err := io.ReadFull(from, rest); err != nil {
				return atEnd(err)
			}
			r.data, r.at = append(bytes.Clone(head[:]), rest...), 0
			c, err := r.next()
			if err != nil || r.handle(c) != nil {
				return nil
			}
		}
		at += frame + length
	}
	return nil
}

// atEnd returns err, or nil if err says that the file ends.
func atEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

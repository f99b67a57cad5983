package manifest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"filterbank/pipeline/store"
)

// held is the records that wait for a shard. They lie in a temporary file, so that a shard of
// many pictures takes no memory. Each is its place and its line, with their lengths before
// them.
type held struct {
	file  *store.Temporary // nil before the first record
	out   *bufio.Writer
	count int
}

// Hold keeps a record, whose version becomes this one, until AddHeld is called. If Close comes
// first, the record is dropped.
func (j *Journal) Hold(r *Record) error {
	r.Version = Version
	line, err := encode(r)
	if err != nil {
		return err
	}
	h := &j.held
	if h.file == nil {
		if h.file, err = j.folder.OpenTemporary(); err != nil {
			return err
		}
		h.out = bufio.NewWriterSize(h.file, 64<<10)
	}
	for _, part := range [][]byte{[]byte(place(string(r.Input), string(r.Output))), line} {
		h.out.Write(binary.AppendUvarint(nil, uint64(len(part))))
		_, err = h.out.Write(part) // has the error of the first write, too
	}
	h.count++
	return j.failed(err)
}

// failed names the manifest in an error of the temporary file.
func (j *Journal) failed(err error) error {
	if _, named := errors.AsType[*store.Error](err); err == nil || named {
		return err
	}
	return &store.Error{Path: j.file.Name(), Err: err}
}

// AddHeld appends the records that Hold has kept.
func (j *Journal) AddHeld() error {
	h := &j.held
	if h.count == 0 {
		return nil
	}
	err := h.out.Flush()
	if err == nil {
		_, err = h.file.Seek(0, io.SeekStart)
	}
	in := bufio.NewReaderSize(h.file, 64<<10)
	var places []string
	var lengths []int64
	var text []byte
	for ; h.count > 0 && err == nil; h.count-- {
		var where, line []byte
		if where, err = readPart(in); err == nil {
			line, err = readPart(in)
		}
		places, lengths, text = append(places, string(where)), append(lengths, int64(len(line))), append(text, line...)
		if err == nil && (h.count == 1 || len(text) >= 64<<10) {
			err = j.writeLines(places, lengths, text)
			places, lengths, text = places[:0], lengths[:0], text[:0]
		}
	}
	if err == nil {
		err = h.file.Truncate(0)
	}
	if err == nil {
		_, err = h.file.Seek(0, io.SeekStart)
	}
	return j.failed(err)
}

func readPart(in *bufio.Reader) ([]byte, error) {
	n, err := binary.ReadUvarint(in)
	if err != nil {
		return nil, err
	}
	part := make([]byte, n)
	_, err = io.ReadFull(in, part)
	return part, err
}

// closeFiles closes the journal's file and drops the records that are held.
func (j *Journal) closeFiles() error {
	err := j.file.Close()
	if j.held.file != nil {
		err = errors.Join(err, j.held.file.Remove())
		j.held = held{}
	}
	return err
}

package source

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// This file writes the lines of a frozen list, and reads them again.

// again is the entry of a line that has been added.
func (f *freezer) again(n uint32) (*Entry, error) {
	number, at := int(n)/frozenLines, int(n)%frozenLines
	var line []byte
	switch {
	case number == len(f.index.Members): // not written yet
		end := f.lines.Len()
		if at+1 < len(f.starts) {
			end = f.starts[at+1]
		}
		line = f.lines.Bytes()[f.starts[at]:end]
	case f.read != number+1:
		if err := f.readAgain(number); err != nil {
			return nil, fmt.Errorf("read the list again: %w", err)
		}
		fallthrough
	default:
		line = f.old[at]
	}
	l, err := decodeFrozen(line)
	if err != nil {
		return nil, fmt.Errorf("read the list again: %w", err)
	}
	var t thaw
	t.labels = words{}
	f.labels[string(l.Label)] += 0
	e, err := t.entry(l, f.labels)
	if e.at != nil {
		e.at.tar.info, err = os.Stat(e.at.tar.path)
	}
	return &e, err
}

// readAgain reads the lines of a member.
func (f *freezer) readAgain(number int) error {
	begin, end := f.index.Members[number], f.at
	if number+1 < len(f.index.Members) {
		end = f.index.Members[number+1]
	}
	in, err := gzip.NewReader(io.NewSectionReader(f.out, begin, end-begin))
	if err == nil {
		f.oldBytes, err = io.ReadAll(in)
	}
	if err != nil {
		return err
	}
	f.old = bytes.SplitAfter(f.oldBytes, []byte("\n"))
	f.read = number + 1
	return nil
}

// flush writes the lines as a member.
func (f *freezer) flush() error {
	f.digest.Write(f.lines.Bytes())
	f.index.Members = append(f.index.Members, f.at)
	err := f.member(f.lines.Bytes())
	f.lines.Reset()
	f.starts = f.starts[:0]
	return err
}

// member writes a gzip member.
func (f *freezer) member(content []byte) error {
	f.packed.Reset()
	f.gzip.Reset(&f.packed)
	f.gzip.Write(content)
	f.gzip.Close()
	n, err := f.out.Write(f.packed.Bytes())
	f.at += int64(n)
	return err
}

// end writes the last lines, the index and the footer.
func (f *freezer) end() error {
	delete(f.labels, "")
	if f.without != nil && (f.folders || len(f.labels) > 0) {
		return f.without
	}
	if len(f.starts) > 0 {
		if err := f.flush(); err != nil {
			return err
		}
	}
	for i, name := range slices.Sorted(maps.Keys(f.labels)) {
		f.labels[name] = i
	}
	f.account.Labels = len(f.labels)
	f.account.Digest = hex.EncodeToString(f.digest.Sum(nil))
	f.index.List, f.index.Count, f.index.Lines = 1, f.account.Count, frozenLines
	f.index.BLAKE3, f.index.SHA256, f.index.Bytes, f.index.Classes = f.account.Digest, f.sum.Inputs().SHA256, f.account.Bytes, f.labels
	if f.index.Members == nil {
		f.index.Members = []int64{}
	}
	line, err := json.Marshal(&f.index)
	if err != nil {
		return err
	}
	at := f.at
	if err := f.member(append(line, '\n')); err != nil {
		return err
	}
	_, err = f.out.Write(footer(at))
	return err
}

// footer is an empty gzip member that says where the index is, in an extra field.
func footer(index int64) []byte {
	b := []byte{0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 20, 0, 'F', 'B', 16, 0}
	b = append(b, "frozen 1"...)
	b = binary.LittleEndian.AppendUint64(b, uint64(index))
	b = append(b, 1, 0, 0, 0xff, 0xff) // a stored block without bytes
	return append(b, make([]byte, 8)...)
}

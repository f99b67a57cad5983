package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"filterbank/pipeline/bucket"
)

// tarBlock is the size in bytes to which a tar file fills up its headers and contents.
const tarBlock = 512

// openShard is a tar file that is being written under a temporary name. A sample gets its place
// in turn, and then several goroutines write their samples at a time.
type openShard struct {
	folder  *Folder
	name    string // the final name
	temp    string
	file    *os.File
	shelf   *shelf         // of a shard in a bucket; nil otherwise
	list    *memberList    // of a shard in a bucket
	window  *bucket.Window // takes the place of file if it is not nil
	size    int64          // of the samples that have a place
	count   int            // number of these samples
	writing int            // number of samples that are being written
	disk    sync.Mutex     // held to write to file
	digest  hashTree
	writers sync.Pool // of *shardWriter, for use again
	placed  func()    // called when the shard has its name; may be nil
}

// newShard begins a shard with the samples that have been read of another one, or of none. The shelf
// is nil for a shard in a folder.
func newShard(folder *Folder, shelf *shelf, name string, head *oldShard) (*openShard, error) {
	s := &openShard{folder: folder, name: name, shelf: shelf}
	if shelf != nil {
		s.list, s.window = newMemberList(), shelf.window
	}
	if s.window != nil {
		s.window.Begin(shelf.prefix+name, shardPut)
	} else if err := s.create(); err != nil {
		return nil, err
	}
	if head != nil {
		if err := s.begin(head); err != nil {
			s.discard()
			return nil, err
		}
	}
	return s, nil
}

// create makes the temporary file.
func (s *openShard) create() error {
	dirs := directories{folder: s.folder}
	defer dirs.close()
	s.temp = s.folder.temporary(s.name)
	in, err := dirs.of(s.name)
	if errors.Is(err, os.ErrNotExist) {
		if err = dirs.make(ShardsName, func(string) {}); err == nil {
			in, err = dirs.of(s.name)
		}
	}
	if err == nil {
		s.file, err = in.root.OpenFile(base(s.temp), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	}
	return err
}

// begin copies the samples that have been read of another shard.
func (s *openShard) begin(head *oldShard) error {
	out := s.writer(0)
	defer out.release()
	in, err := head.samples()
	if err != nil {
		return err
	}
	defer in.Close()
	if s.list != nil {
		err = s.list.read(io.TeeReader(in, out))
	} else {
		_, err = io.Copy(out, in)
	}
	if err == nil && out.end() < head.end {
		err = io.ErrUnexpectedEOF
	}
	s.size, s.count = head.end, head.read
	return errors.Join(err, out.flush())
}

// reserve gives a sample its place behind the earlier ones.
func (s *openShard) reserve(members []member) (at int64, err error) {
	at = s.size
	for _, m := range members {
		s.size += int64(len(m.header)) + padded(m.size)
		if s.list != nil && err == nil {
			err = s.list.add(m.name, m.size, m.content)
		}
	}
	s.count++
	return at, err
}

// padded is the size in bytes that a content takes in a tar file.
func padded(size int64) int64 { return (size + tarBlock - 1) / tarBlock * tarBlock }

// write writes a sample to its place.
func (s *openShard) write(at int64, members []member) error {
	out := s.writer(at)
	defer out.release()
	for _, m := range members {
		out.Write(m.header)
		begun := out.end()
		if err := m.content(out); err != nil {
			return err
		}
		if n := out.end() - begun; n != m.size {
			return fmt.Errorf("%s has %d bytes, want %d", m.name, n, m.size)
		}
		out.pad(padded(m.size) - m.size)
	}
	return out.flush()
}

// finish ends the shard and describes it. All samples have been written.
func (s *openShard) finish() (Shard, error) {
	size := s.size + tarEnd
	if err := s.writeAt(s.size, make([]byte, tarEnd)); err != nil {
		return Shard{}, err
	}
	digest, err := s.digest.sum(size)
	return Shard{Name: base(s.name), Samples: s.count, Bytes: size, BLAKE3: digest}, err
}

// writeAt writes pieces that follow each other. Systems let one goroutine at a time write to a
// file: the others work on the digest meanwhile.
func (s *openShard) writeAt(at int64, pieces ...[]byte) (err error) {
	if s.window != nil {
		s.hash(at, pieces)
		for _, p := range pieces {
			if _, err := s.window.WriteAt(p, at); err != nil {
				return s.shelf.failed(s.name, err)
			}
			at += int64(len(p))
		}
		return nil
	}
	first := s.disk.TryLock()
	if !first {
		s.hash(at, pieces)
		s.disk.Lock()
	}
	to := at
	for _, p := range pieces {
		if err == nil && len(p) > 0 {
			_, err = s.file.WriteAt(p, to)
		}
		to += int64(len(p))
	}
	s.disk.Unlock()
	if first {
		s.hash(at, pieces)
	}
	return err
}

// hash takes pieces into the digest.
func (s *openShard) hash(at int64, pieces [][]byte) {
	for _, p := range pieces {
		s.digest.WriteAt(p, at)
		at += int64(len(p))
	}
}

// place gives a shard that is finished its name.
func (s *openShard) place() error {
	err := s.file.Sync() // the records of all its pictures follow
	if err = errors.Join(err, s.file.Close()); err != nil {
		return err
	}
	s.file = nil
	if err := s.folder.gone(); err != nil {
		return err
	}
	dirs := directories{folder: s.folder}
	defer dirs.close()
	in, err := dirs.of(s.name)
	if err == nil {
		err = s.folder.refuseOther(in, s.name)
	}
	if err == nil {
		err = in.root.Rename(base(s.temp), base(s.name))
	}
	return err
}

// discard removes the temporary file or what was sent, if the shard was not placed.
func (s *openShard) discard() {
	if s.window != nil {
		_ = s.window.Abort() // the parts that stay are nobody's object
		return
	}
	if s.file != nil {
		s.file.Close()
	}
	s.folder.root.Remove(filepath.FromSlash(s.temp))
}

// shardWriter writes a part of a shard from its beginning to its end. It gathers short pieces:
// a file of thousands of headers and maps takes few writes.
type shardWriter struct {
	shard  *openShard
	at     int64 // where buffer begins
	buffer []byte
	err    error // of the first write that failed
}

// gathered is the most bytes that a shardWriter gathers, besides the zeros after a member.
const gathered = 32 << 10

// writer returns a shardWriter that begins at an offset.
func (s *openShard) writer(at int64) *shardWriter {
	w, ok := s.writers.Get().(*shardWriter)
	if !ok {
		w = &shardWriter{shard: s, buffer: make([]byte, 0, gathered+tarBlock)}
	}
	w.at = at
	return w
}

// Write appends to the part.
func (w *shardWriter) Write(p []byte) (int, error) {
	if len(w.buffer)+len(p) <= gathered {
		w.buffer = append(w.buffer, p...)
		return len(p), nil
	}
	if w.err == nil {
		w.err = w.shard.writeAt(w.at, w.buffer, p)
	}
	if w.err != nil {
		return 0, w.err
	}
	w.at, w.buffer = w.end()+int64(len(p)), w.buffer[:0]
	return len(p), nil
}

// pad appends a number of zeros, less than a block.
func (w *shardWriter) pad(n int64) {
	w.buffer = append(w.buffer, make([]byte, n)...)
}

// end is where the next byte goes.
func (w *shardWriter) end() int64 { return w.at + int64(len(w.buffer)) }

// flush writes what has been gathered. The zeros after a member that is written by itself need no
// write: the shard goes on behind them, and a file has zeros where nothing was written.
func (w *shardWriter) flush() error {
	if w.err != nil || len(w.buffer) == 0 {
		return w.err
	}
	if w.shard.window == nil && len(bytes.Trim(w.buffer, "\x00")) == 0 {
		w.shard.digest.WriteAt(w.buffer, w.at)
	} else {
		w.err = w.shard.writeAt(w.at, w.buffer)
	}
	w.at, w.buffer = w.end(), w.buffer[:0]
	return w.err
}

// release makes the writer ready for another part.
func (w *shardWriter) release() {
	w.buffer, w.err = w.buffer[:0], nil
	w.shard.writers.Put(w)
}

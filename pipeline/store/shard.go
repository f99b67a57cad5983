package store

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ShardName returns the name of a pack's shard, counted from 0.
func ShardName(number int) string { return fmt.Sprintf("%s/%06d.tar", ShardsName, number) }

// shardNumber reads the name of a shard.
func shardNumber(name string) (number int, ok bool) {
	_, err := fmt.Sscanf(name, ShardsName+"/%d.tar", &number)
	return number, err == nil && number >= 0 && ShardName(number) == name
}

// IsShard says whether a name is a shard's.
func IsShard(name string) bool {
	_, ok := shardNumber(name)
	return ok
}

// tarBlock is the size in bytes to which a tar file fills up its headers and contents.
const tarBlock = 512

// shard is a tar file that is being written under a temporary name.
type shard struct {
	folder *Folder
	name   string // the final name
	temp   string
	file   *os.File
	out    *bufio.Writer
	tar    *tar.Writer
	size   int64 // without the end of the tar file
	placed []func()
}

// newShard begins a shard with the first bytes of another file, which must end between two
// members.
func newShard(folder *Folder, name string, head *os.File, size int64) (*shard, error) {
	dirs := directories{folder: folder}
	defer dirs.close()
	s := &shard{folder: folder, name: name, temp: folder.temporary(name), size: size}
	in, err := dirs.of(name)
	if errors.Is(err, os.ErrNotExist) {
		if err = dirs.make(ShardsName, func(string) {}); err == nil {
			in, err = dirs.of(name)
		}
	}
	if err != nil {
		return nil, err
	}
	if s.file, err = in.root.OpenFile(base(s.temp), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
		return nil, err
	}
	s.out = bufio.NewWriterSize(s.file, 1<<20)
	s.tar = tar.NewWriter(s.out)
	if size > 0 {
		if n, err := io.Copy(s.out, io.NewSectionReader(head, 0, size)); err != nil || n < size {
			s.discard()
			return nil, errors.Join(err, io.ErrUnexpectedEOF)
		}
	}
	return s, nil
}

// add appends a member.
func (s *shard) add(name string, size int64, content func(io.Writer) error) error {
	// Without a name of the owner and with a fixed time, the same content gives the same bytes.
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0)}
	if err := s.tar.WriteHeader(header); err != nil {
		return err
	}
	if err := content(s.tar); err != nil {
		return err
	}
	if err := s.tar.Flush(); err != nil {
		return err
	}
	at, err := s.file.Seek(0, io.SeekCurrent)
	s.size = at + int64(s.out.Buffered())
	return err
}

// place ends the shard and gives it its name.
func (s *shard) place() error {
	err := errors.Join(s.tar.Close(), s.out.Flush())
	if err == nil {
		err = s.file.Sync() // the records of all its pictures follow
	}
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
		err = s.folder.refuseLink(in, s.name)
	}
	if err == nil {
		err = in.root.Rename(base(s.temp), base(s.name))
	}
	return err
}

// discard removes the temporary file, if the shard was not placed.
func (s *shard) discard() {
	if s.file != nil {
		s.file.Close()
	}
	s.folder.root.Remove(filepath.FromSlash(s.temp))
}

// oldShard is a shard of an earlier run, read sample by sample.
type oldShard struct {
	file *os.File
	tar  *tar.Reader
	next *tar.Header // of the first member after offset; nil at the end
	at   int64       // where the content of next begins
	end  int64       // of the samples read so far
}

// openOld opens an earlier run's shard. There is none if it is missing, not a regular file,
// or damaged.
func openOld(folder *Folder, number int) *oldShard {
	name := filepath.FromSlash(ShardName(number))
	if info, err := folder.root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := folder.root.Open(name)
	if err != nil {
		return nil
	}
	o := &oldShard{file: file, tar: tar.NewReader(file)}
	if o.advance() != nil || o.next == nil {
		file.Close()
		return nil
	}
	return o
}

// advance reads the next header.
func (o *oldShard) advance() (err error) {
	if o.next, err = o.tar.Next(); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return err
	}
	o.at, err = o.file.Seek(0, io.SeekCurrent)
	return err
}

// has reads the next sample and says whether it has just the files, and a record.
func (o *oldShard) has(files []Written) bool {
	if len(files) == 0 || o.next == nil {
		return false
	}
	key := keyOf(files[0].Member)
	left := map[string]Written{key + RecordSuffix: {Bytes: -1}}
	for _, f := range files {
		left[f.Member] = f
	}
	end := o.end
	for o.next != nil && keyOf(o.next.Name) == key {
		want, ok := left[o.next.Name]
		if !ok || want.Bytes >= 0 && want.Bytes != o.next.Size || want.BLAKE3 != "" && want.BLAKE3 != o.digest() {
			return false
		}
		delete(left, o.next.Name)
		end = o.at + (o.next.Size+tarBlock-1)/tarBlock*tarBlock
		if o.advance() != nil {
			return false
		}
	}
	if len(left) > 0 {
		return false
	}
	o.end = end
	return true
}

// digest returns the digest of the next member's content, or none if it cannot be read.
func (o *oldShard) digest() string {
	digest, err := Digest(io.NewSectionReader(o.file, o.at, o.next.Size))
	if err != nil {
		return ""
	}
	return digest
}

// keyOf returns the part of a member's name up to the first dot of its base name.
func keyOf(member string) string {
	name := base(member)
	before, _, _ := strings.Cut(name, ".")
	return member[:len(member)-len(name)+len(before)]
}

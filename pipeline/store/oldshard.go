package store

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// oldShard is a shard of an earlier run, read sample by sample.
type oldShard struct {
	file *os.File
	tar  *tar.Reader
	next *tar.Header // of the first member after offset; nil at the end
	at   int64       // where the content of next begins
	end  int64       // of the samples read so far
	read int         // number of the samples read so far

	// Of a shard in a bucket, whose file has holes in place of the contents:
	described *Shard
	head      func() (io.ReadCloser, error) // reads the samples read so far
}

// samples reads the samples read so far.
func (o *oldShard) samples() (io.ReadCloser, error) {
	if o.head != nil {
		return o.head()
	}
	return io.NopCloser(io.NewSectionReader(o.file, 0, o.end)), nil
}

// openOld opens an earlier run's shard. There is none if it is missing, not a regular file,
// or damaged.
func openOld(folder *Folder, file string) *oldShard {
	name := filepath.FromSlash(file)
	if info, err := folder.root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	in, err := folder.root.Open(name)
	if err != nil {
		return nil
	}
	o := &oldShard{file: in, tar: tar.NewReader(in)}
	if o.advance() != nil || o.next == nil {
		in.Close()
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

// ends says whether the file ends behind the samples read so far, as a run leaves it. A file
// whose size cannot be found does: indexer.keep returns the error.
func (o *oldShard) ends() bool {
	info, err := o.file.Stat()
	return o.next == nil && (err != nil || info.Size() == o.end+tarEnd)
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
		end = o.at + padded(o.next.Size)
		if o.advance() != nil {
			return false
		}
	}
	if len(left) > 0 {
		return false
	}
	o.end, o.read = end, o.read+1
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

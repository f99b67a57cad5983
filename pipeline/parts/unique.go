package parts

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// unique finds out in bounded memory whether a text comes twice among any number of them. It keeps
// a hash of each. Above inMemory hashes they lie in temporary files of this machine, by their
// beginnings, and each file is sorted by itself.
type unique struct {
	hashes []textHash
	files  []*os.File // nil if all hashes are in memory
	outs   []*bufio.Writer
}

// textHash is the beginning of a SHA-256. Among a hundred million texts, two different ones have the
// same with a probability of 2⁻⁷⁵.
type textHash [16]byte

// inMemory is the number of hashes that are sorted at a time, 16 MB.
const inMemory = 1 << 20

// mostFiles bounds the temporary files, which are open at the same time.
const mostFiles = 256

// newUnique prepares for n texts. Close must be called.
func newUnique(n int) (*unique, error) {
	u := &unique{}
	for range min(n/inMemory, mostFiles) {
		file, err := os.CreateTemp("", ".filterbank-*.tmp")
		if err != nil {
			return nil, errors.Join(err, u.close())
		}
		u.files = append(u.files, file)
		u.outs = append(u.outs, bufio.NewWriterSize(file, 16<<10))
	}
	return u, nil
}

func hashText(text string) (h textHash) {
	sum := sha256.Sum256([]byte(text))
	return textHash(sum[:])
}

// add adds a text.
func (u *unique) add(text string) error {
	h := hashText(text)
	if u.files == nil {
		u.hashes = append(u.hashes, h)
		return nil
	}
	_, err := u.outs[int(h[0])*len(u.files)/256].Write(h[:])
	return err
}

// twice returns the hash of a text that was added twice, if there is one.
func (u *unique) twice(ctx context.Context) (h textHash, found bool, err error) {
	for i, file := range u.files {
		if err := ctx.Err(); err != nil {
			return h, false, err
		}
		if err := u.outs[i].Flush(); err != nil {
			return h, false, err
		}
		if err := u.read(file); err != nil {
			return h, false, err
		}
		if h, found = u.sorted(); found {
			return h, true, nil
		}
	}
	h, found = u.sorted()
	return h, found, nil
}

// read reads the hashes of a file.
func (u *unique) read(file *os.File) error {
	u.hashes = u.hashes[:0]
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReaderSize(file, 1<<20)
	for {
		var h textHash
		if _, err := io.ReadFull(in, h[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read %s: %w", file.Name(), err)
		}
		u.hashes = append(u.hashes, h)
	}
}

// sorted sorts the hashes and returns one that comes twice.
func (u *unique) sorted() (h textHash, found bool) {
	slices.SortFunc(u.hashes, func(a, b textHash) int { return bytes.Compare(a[:], b[:]) })
	for i := 1; i < len(u.hashes); i++ {
		if u.hashes[i] == u.hashes[i-1] {
			return u.hashes[i], true
		}
	}
	return h, false
}

// close removes the temporary files.
func (u *unique) close() (err error) {
	for _, file := range u.files {
		err = errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return err
}

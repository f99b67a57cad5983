package features

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"

	"filterbank/pipeline/store"
)

// Journal keeps the values of pictures in a file of the output folder, until the table is
// written and for later runs. Each row has the key that the picture's record in the manifest has
// for its features: equal keys, equal values. Rows are appended as pictures end, each with one
// write, so that a crash tears at most the last one. Has and Add are safe for
// concurrent use; the other methods are for one goroutine, after them.
//
// The file begins with magic. A row is its key (32 bytes), the number of values (4 bytes), the
// values as float32, and the XXH64 of all that (8 bytes). Numbers are little endian.
type Journal struct {
	folder *store.Folder
	file   *os.File

	mu   sync.Mutex
	size int64             // of the rows that are whole
	torn bool              // something follows them
	rows map[[16]byte]span // by the first half of the key
	used []span            // in the order of the calls of Values and Keep
}

// span is the place of a row.
type span struct {
	at     int64
	values uint32
}

func (s span) bytes() int64 { return rowBytes(int(s.values)) }

// OpenJournal opens the journal of an output folder, or starts one. A row that a crash has torn
// is passed over, together with all rows after it. Their pictures are done again. The file keeps
// these rows until the first one is added: a run that is refused changes nothing.
func OpenJournal(folder *store.Folder) (*Journal, error) {
	file, err := folder.OpenFile(store.FeaturesName)
	if err != nil {
		return nil, fmt.Errorf("features: %w", err)
	}
	j := &Journal{folder: folder, file: file, rows: map[[16]byte]span{}}
	if err := j.scan(); err != nil {
		return nil, errors.Join(fmt.Errorf("features: %s: %w", file.Name(), err), file.Close())
	}
	return j, nil
}

// ReadRows opens the journal of a run that has ended, at the beginning of its file. The journal
// gives Values only and must not be closed. A torn row is an error.
func ReadRows(file *os.File) (*Journal, error) {
	j := &Journal{file: file, rows: map[[16]byte]span{}}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if err := j.scanRows(file, info.Size()); err != nil {
		return nil, err
	}
	if j.size != info.Size() {
		return nil, fmt.Errorf("it has %d bytes of whole rows, and %d more", j.size, info.Size()-j.size)
	}
	return j, nil
}

// Join writes a journal that has the rows of several ones, one behind the other. A row may then
// be there twice, which does no harm. An error ends the journals.
func Join(w io.Writer, journals iter.Seq2[io.Reader, error]) error {
	if _, err := io.WriteString(w, magic); err != nil {
		return err
	}
	head := make([]byte, len(magic))
	for in, err := range journals {
		if err == nil {
			_, err = io.ReadFull(in, head)
		}
		if err == nil && string(head) != magic {
			err = errors.New("it does not begin as a journal of features")
		}
		if err == nil {
			_, err = io.Copy(w, in)
		}
		if err != nil {
			return fmt.Errorf("features: %w", err)
		}
	}
	return nil
}

// scan notes the places of the rows. It begins an empty file.
func (j *Journal) scan() error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	if err := j.scanRows(j.file, info.Size()); err != nil {
		return err
	}
	if j.size == 0 {
		j.size = int64(len(magic))
		if _, err := j.file.WriteAt([]byte(magic), 0); err != nil {
			return &store.Error{Path: j.file.Name(), Err: err}
		}
		return nil
	}
	j.torn = info.Size() > j.size
	return nil
}

// scanRows notes the places of the rows in a file of a size. The journal's size is behind the last
// whole row, or 0 if the beginning of the file is not whole.
func (j *Journal) scanRows(file io.Reader, size int64) error {
	in := bufio.NewReaderSize(file, 1<<20)
	head := make([]byte, min(size, int64(len(magic))))
	if _, err := io.ReadFull(in, head); err != nil {
		return err
	}
	if string(head) != magic[:len(head)] {
		return errors.New("it does not begin as a journal of features; move the file away or choose another folder with -o")
	}
	if len(head) < len(magic) {
		return nil
	}
	j.size = int64(len(magic))
	var row []byte
	var err error
	for {
		if row, err = next(in, row, size-j.size); row == nil || err != nil {
			return err
		}
		s := span{at: j.size, values: uint32((len(row) - headBytes - sumBytes) / 4)}
		j.rows[[16]byte(row)] = s
		j.size += s.bytes()
	}
}

// Has says whether there is a row of a key with a number of values.
func (j *Journal) Has(key string, values int) bool {
	s, ok := j.find(key)
	return ok && int(s.values) == values
}

func (j *Journal) find(key string) (span, bool) {
	k, err := parseKey(key)
	if err != nil {
		return span{}, false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	s, ok := j.rows[[16]byte(k[:])]
	return s, ok
}

// Add appends a row, unless there is one of this key and length. Failures to write are a
// [store.Error].
func (j *Journal) Add(key string, values []float32) error {
	k, err := parseKey(key)
	if err != nil {
		return err
	}
	if len(values) > MaxValues {
		return fmt.Errorf("features: %d values, and a row has at most %d", len(values), MaxValues)
	}
	row := make([]byte, 0, rowBytes(len(values)))
	row = append(row, k[:]...)
	row = binary.LittleEndian.AppendUint32(row, uint32(len(values)))
	for _, v := range values {
		row = binary.LittleEndian.AppendUint32(row, math.Float32bits(v))
	}
	row = binary.LittleEndian.AppendUint64(row, xxhash.Sum64(row))
	j.mu.Lock()
	defer j.mu.Unlock()
	if s, ok := j.rows[[16]byte(k[:])]; ok && int(s.values) == len(values) {
		return nil
	}
	if j.torn {
		if err := j.file.Truncate(j.size); err != nil {
			return &store.Error{Path: j.file.Name(), Err: err}
		}
		j.torn = false
	}
	if _, err := j.file.WriteAt(row, j.size); err != nil {
		return &store.Error{Path: j.file.Name(), Err: err}
	}
	j.rows[[16]byte(k[:])] = span{j.size, uint32(len(values))}
	j.size += int64(len(row))
	return nil
}

// Size returns the bytes of the file that whole rows take. It is safe for concurrent use.
func (j *Journal) Size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}

// Values returns the values of a key.
func (j *Journal) Values(key string) ([]float32, error) {
	s, ok := j.find(key)
	if !ok {
		return nil, fmt.Errorf("features: %s has no row %s; run again", j.file.Name(), key)
	}
	row, err := j.read(s, nil)
	if err != nil {
		return nil, err
	}
	if hex.EncodeToString(row[:keyBytes]) != key {
		return nil, j.changed()
	}
	values := make([]float32, s.values)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(row[headBytes+4*i:]))
	}
	j.used = append(j.used, s)
	return values, nil
}

// Keep has Tidy keep the row of a key, if there is one.
func (j *Journal) Keep(key string) {
	if s, ok := j.find(key); ok {
		j.used = append(j.used, s)
	}
}

// read reads a row into a buffer.
func (j *Journal) read(s span, buffer []byte) ([]byte, error) {
	buffer = slices.Grow(buffer[:0], int(s.bytes()))[:s.bytes()]
	if _, err := j.file.ReadAt(buffer, s.at); err != nil {
		return nil, fmt.Errorf("features: %w", err)
	}
	if !whole(buffer) {
		return nil, j.changed()
	}
	return buffer, nil
}

func (j *Journal) changed() error {
	return fmt.Errorf("features: %s has changed since the run began; run again", j.file.Name())
}

// Close closes the file and leaves it to later runs. It may be called twice.
func (j *Journal) Close() error {
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file = nil
	return err
}

// Release closes the journal of a run that cannot begin. It removes a file without rows.
func (j *Journal) Release() error {
	err := j.Close()
	if err == nil && len(j.rows) == 0 {
		err = j.folder.Remove(store.FeaturesName)
	}
	return err
}

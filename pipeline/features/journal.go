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
	"sync"

	"github.com/cespare/xxhash/v2"

	"filterbank/pipeline/store"
)

// Journal keeps the values of pictures until the table is written, and for later runs, in a
// file of the output folder. A row has a key that tells all that its values depend on, as
// records of the manifest have it. Rows are appended as pictures end, each with one write, so
// that a crash tears at most the last one. It is safe for concurrent use.
//
// The file begins with magic. A row is its key (32 bytes), the number of values (4 bytes), the
// values as float32, and the XXH64 of all that (8 bytes). Numbers are little endian.
type Journal struct {
	folder *store.Folder
	file   *os.File

	mu   sync.Mutex
	size int64
	rows map[[16]byte]span // by the first half of the key
}

// span is the place of a row.
type span struct {
	at     int64
	values uint32
}

func (s span) bytes() int64 { return rowBytes(int(s.values)) }

const (
	magic     = "filterbank features 1\n"
	keyBytes  = 32
	headBytes = keyBytes + 4
	sumBytes  = 8
	// MaxValues bounds the values of a row. Parquet has at most 65,535 columns.
	MaxValues = 65_000
)

func rowBytes(values int) int64 { return headBytes + 4*int64(values) + sumBytes }

// OpenJournal opens the journal of an output folder, or starts one. What a crash has left of a
// row at the end is cut off, and so are rows after a damaged one. Their pictures are done
// again.
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

// scan notes the places of the rows.
func (j *Journal) scan() error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	left := info.Size()
	in := bufio.NewReaderSize(j.file, 1<<20)
	head := make([]byte, min(left, int64(len(magic))))
	if _, err := io.ReadFull(in, head); err != nil {
		return err
	}
	if string(head) != magic[:len(head)] {
		return errors.New("it does not begin as a journal of features; move the file away or choose another folder with -o")
	}
	if len(head) < len(magic) {
		j.size = int64(len(magic))
		if _, err := j.file.WriteAt([]byte(magic), 0); err != nil {
			return &store.Error{Path: j.file.Name(), Err: err}
		}
		return nil
	}
	j.size = int64(len(magic))
	var row []byte
	for {
		if row, err = next(in, row, info.Size()-j.size); row == nil || err != nil {
			break
		}
		s := span{at: j.size, values: uint32((len(row) - headBytes - sumBytes) / 4)}
		j.rows[[16]byte(row)] = s
		j.size += s.bytes()
	}
	if err != nil {
		return err
	}
	return j.file.Truncate(j.size)
}

// next reads a row of at most left bytes into a buffer. It returns nil if there is no whole
// row.
func next(in *bufio.Reader, buffer []byte, left int64) ([]byte, error) {
	head, err := in.Peek(headBytes)
	if errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	values := binary.LittleEndian.Uint32(head[keyBytes:])
	if values > MaxValues || rowBytes(int(values)) > left {
		return nil, nil
	}
	n := int(rowBytes(int(values)))
	if cap(buffer) < n {
		buffer = make([]byte, n)
	}
	if _, err := io.ReadFull(in, buffer[:n]); err != nil {
		return nil, err
	}
	if !whole(buffer[:n]) {
		return nil, nil
	}
	return buffer[:n], nil
}

// whole says whether the sum of a row is right.
func whole(row []byte) bool {
	at := len(row) - sumBytes
	return binary.LittleEndian.Uint64(row[at:]) == xxhash.Sum64(row[:at])
}

// parseKey reads a key in hexadecimal.
func parseKey(key string) (k [keyBytes]byte, err error) {
	if len(key) != 2*keyBytes {
		return k, fmt.Errorf("features: a key has %d digits, got %q", 2*keyBytes, key)
	}
	_, err = hex.Decode(k[:], []byte(key))
	return k, err
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
	if _, err := j.file.WriteAt(row, j.size); err != nil {
		return &store.Error{Path: j.file.Name(), Err: err}
	}
	j.rows[[16]byte(k[:])] = span{j.size, uint32(len(values))}
	j.size += int64(len(row))
	return nil
}

// Values returns the values of a key.
func (j *Journal) Values(key string) ([]float32, error) {
	row, err := j.row(key)
	if err != nil {
		return nil, err
	}
	values := make([]float32, (len(row)-headBytes-sumBytes)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(row[headBytes+4*i:]))
	}
	return values, nil
}

// row reads the bytes of a row.
func (j *Journal) row(key string) ([]byte, error) {
	s, ok := j.find(key)
	if !ok {
		return nil, fmt.Errorf("features: %s has no row %s; run again", j.file.Name(), key)
	}
	row := make([]byte, s.bytes())
	if _, err := j.file.ReadAt(row, s.at); err != nil {
		return nil, fmt.Errorf("features: %w", err)
	}
	if !whole(row) || hex.EncodeToString(row[:keyBytes]) != key {
		return nil, fmt.Errorf("features: %s has changed since the run began; run again", j.file.Name())
	}
	return row, nil
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

// slack is the size in bytes of rows without use that Compact always leaves.
const slack = 1 << 20

// Compact makes the file smaller if most of it may be rows without use: it has more than twice
// the size of the given number of rows and values. A new file with the rows of live then takes
// its place. The journal must not be used afterwards except for Close.
func (j *Journal) Compact(rows, values int, live iter.Seq2[string, error]) error {
	if j.size <= 2*int64(rows)*rowBytes(values)+slack {
		return nil
	}
	b := j.folder.BeginOwn()
	kept, err := j.copyRows(b.Create(store.FeaturesName), live)
	if err != nil || j.size <= 2*kept {
		b.Abort()
		return err
	}
	if err := j.Close(); err != nil { // Windows does not rename onto an open file
		b.Abort()
		return err
	}
	_, err = b.Commit()
	return err
}

// copyRows copies the rows of the keys, each once, and returns the size of the copy in bytes.
// Keys without a row are passed over.
func (j *Journal) copyRows(out io.Writer, keys iter.Seq2[string, error]) (size int64, err error) {
	n, err := io.WriteString(out, magic)
	if err != nil {
		return 0, err
	}
	size = int64(n)
	copied := map[span]bool{}
	for key, err := range keys {
		if err != nil {
			return size, err
		}
		at, ok := j.find(key)
		if !ok || copied[at] {
			continue
		}
		copied[at] = true
		row, err := j.row(key)
		if err != nil {
			return size, err
		}
		if _, err := out.Write(row); err != nil {
			return size, err
		}
		size += int64(len(row))
	}
	return size, nil
}

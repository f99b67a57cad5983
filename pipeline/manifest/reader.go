package manifest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"

	"filterbank/pipeline/store"
)

// maxLine bounds a manifest's lines in bytes. The record of a picture with 100,000 maps has
// 30 MB.
const maxLine = 64 << 20

// lineError is the error of a Scanner over lines, behind line n.
func lineError(n int, err error) error {
	if errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("line %d is longer than %d MiB, and the record of a picture has 30 MB with 100,000 maps: the file is damaged or no manifest", n+1, maxLine>>20)
	}
	return err
}

// Reader reads the manifest of a run. Only the places of the lines are in memory. It is safe
// for concurrent use.
type Reader struct {
	dir     string
	file    *os.File
	scratch *store.Scratch // that has the file; nil for a folder's manifest
	order   []string
	lines   map[string]span // the newest line of each picture
}

// Open opens the manifest in a run's output folder. A missing manifest and a line that is not
// a record are errors. A crash may leave a last line without an end, which is passed over.
func Open(dir string) (*Reader, error) {
	m := &Reader{dir: dir, lines: map[string]span{}}
	root, err := store.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open run: %w", err)
	}
	defer root.Close()
	if m.file, err = openRegular(root, Name); err == nil {
		if err = m.index(); err != nil {
			m.file.Close()
		}
	} else if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("there is none: name the output folder of a run")
		if _, shards := root.Lstat(store.ConfigName); shards == nil {
			err = fmt.Errorf("there is none yet, since its shards are not merged: run filterbank merge %s", dir)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", Name, dir, err)
	}
	return m, nil
}

// openRegular opens a regular file of a run's folder. A link is followed only inside the
// folder.
func openRegular(root *os.Root, name string) (*os.File, error) {
	info, err := root.Stat(name)
	if err != nil {
		if link, linkErr := root.Readlink(name); linkErr == nil && !errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("it is a link to %s, which leads out of the folder and is not followed; put the file in its place", link)
		}
		return nil, store.Plain(root, err)
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return nil, errors.New("it is not a regular file")
	}
	file, err := root.Open(name)
	return file, store.Plain(root, err)
}

// Close closes the file.
func (m *Reader) Close() (err error) {
	if m.file != nil {
		err = m.file.Close()
	}
	if m.scratch != nil {
		err = errors.Join(err, m.scratch.Remove())
	}
	return err
}

// index finds each picture's newest line.
func (m *Reader) index() error {
	in := lines(m.file)
	at := int64(0)
	n := 1
	for ; in.Scan(); n++ {
		line := in.Bytes()
		var name struct {
			Input, Output Path
			Version       int
		}
		if err := json.Unmarshal(line, &name); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if name.Input == "" {
			return fmt.Errorf("line %d is not the record of a picture", n)
		}
		if err := checkVersion(name.Version); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		where := place(string(name.Input), string(name.Output))
		if _, known := m.lines[where]; !known {
			m.order = append(m.order, where)
		}
		m.lines[where] = span{at: at, length: int64(len(line))}
		at += int64(len(line))
	}
	return lineError(n-1, in.Err())
}

// lines reads a manifest's whole lines, with their ends. A torn last line is left out.
func lines(file io.Reader) *bufio.Scanner {
	in := bufio.NewScanner(file)
	in.Buffer(make([]byte, 0, 1<<20), maxLine)
	in.Split(wholeLines)
	return in
}

// Lines gives the lines of a manifest, with their ends. A line is valid until the next one. An
// error ends them: of in, of a line that is too long, or of a last line without an end.
func Lines(in io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		n, read := 0, int64(0)
		counted := &countingReader{in: in}
		s := lines(counted)
		for ; s.Scan(); n++ {
			read += int64(len(s.Bytes()))
			if !yield(s.Bytes(), nil) {
				return
			}
		}
		err := lineError(n, s.Err())
		if err == nil && read != counted.bytes {
			err = fmt.Errorf("line %d has no end", n+1)
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// countingReader counts the bytes that are read.
type countingReader struct {
	in    io.Reader
	bytes int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.bytes += int64(n)
	return n, err
}

// wholeLines splits into lines that keep their ends.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}

// Places returns a name for each picture, in the order of the manifest. Record and Has take
// these names, and two manifests name the same picture alike. The slice must not be written
// to.
func (m *Reader) Places() []string { return m.order }

// Has says whether the run has a picture.
func (m *Reader) Has(place string) bool {
	_, ok := m.lines[place]
	return ok
}

// Record returns a picture's newest record, or nil if the run has none.
func (m *Reader) Record(place string) (*Record, error) {
	at, ok := m.lines[place]
	if !ok {
		return nil, nil
	}
	line := make([]byte, at.length)
	_, err := m.file.ReadAt(line, at.at)
	var rec *Record
	if err == nil {
		rec, err = Parse(line)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", Name, m.dir, err)
	}
	return rec, nil
}

// Find returns the newest record of a picture by its input and output, or nil if the run has
// none.
func (m *Reader) Find(input, output string) (*Record, error) { return m.Record(place(input, output)) }

// ReadFile reads a file of JSON that a run or a calibration has written. Anyone may have
// made the file: it must be regular and have at most 64 MiB.
func ReadFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return nil, fmt.Errorf("%s: it is not a regular file", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readAll(file)
}

// readAll reads a file of at most 64 MiB.
func readAll(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxLine {
		return nil, fmt.Errorf("%s: it has %d bytes, and at most %d are read", file.Name(), info.Size(), int64(maxLine))
	}
	return io.ReadAll(io.LimitReader(file, maxLine))
}

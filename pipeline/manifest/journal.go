package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"filterbank/pipeline/store"
)

// Journal is the manifest while a run works on it. Records are appended as pictures end, each
// with one write and held ones several at a time, so that a crash tears at most the last line.
// Close puts them into the order of the input. Calls of Add, Hold, AddHeld and Close must not
// overlap. Find may be called at any time before Close.
type Journal struct {
	folder  *store.Folder
	file    *os.File
	size    int64           // of the lines that are whole
	torn    bool            // something follows them
	earlier map[string]span // records of earlier runs by place
	order   []string        // the places in earlier, in the order of the file
	fresh   map[string]span // records of this run by place
	held    held
}

// span is a line of the journal.
type span struct {
	at, length int64
	outdated   bool // an earlier version has done the picture
	alone      bool // a file of the picture is by itself
	packed     bool // a file of the picture is in a pack
}

// OpenJournal opens the manifest of an output folder, or starts one. Lines that a crash
// has torn are passed over. Their pictures are done again.
func OpenJournal(folder *store.Folder) (*Journal, error) {
	file, err := folder.OpenFile(Name)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	j := &Journal{folder: folder, file: file, earlier: map[string]span{}, fresh: map[string]span{}}
	if err := j.scan(); err != nil {
		return nil, errors.Join(fmt.Errorf("manifest %s: %w", file.Name(), err), file.Close())
	}
	return j, nil
}

// scan notes the places of earlier runs' records. A last line without an end stays until the first
// record is added: a run that is refused changes nothing.
func (j *Journal) scan() error {
	head := make([]byte, len(beginning))
	if n, err := j.file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	} else if !begins(head[:n]) {
		return errors.New("its first line is not a record of a run; move the file away or choose another folder with -o")
	}
	in, n := lines(j.file), 0
	for ; in.Scan(); n++ {
		line := in.Bytes()
		at := span{at: j.size, length: int64(len(line))}
		j.size += at.length
		var r struct {
			Input, Output Path
			Version       int
			Status        Status
		}
		if err := json.Unmarshal(line, &r); err != nil || r.Input == "" {
			continue
		}
		if err := checkVersion(r.Version); err != nil {
			return fmt.Errorf("%w, or choose another folder with -o", err)
		}
		at.outdated = r.Status == OK && r.Version < Version
		members := bytes.Count(line, []byte(`"member":"`)) // in a text the quotes have backslashes
		at.packed, at.alone = members > 0, bytes.Count(line, []byte(`"path":"`)) > members
		where := place(string(r.Input), string(r.Output))
		if _, known := j.earlier[where]; !known {
			j.order = append(j.order, where)
		}
		j.earlier[where] = at
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("%w; move the file away or choose another folder with -o", lineError(n, err))
	}
	info, err := j.file.Stat()
	j.torn = err == nil && info.Size() > j.size
	return err
}

// beginning is how every record begins.
const beginning = `{"input":`

// begins says whether a line begins as a record does. A torn line may be shorter than
// beginning.
func begins(head []byte) bool { return strings.HasPrefix(beginning, string(head)) }

// Find returns the record of an earlier run for a picture, or nil.
func (j *Journal) Find(input, output string) (*Record, error) {
	at, ok := j.earlier[place(input, output)]
	if !ok {
		return nil, nil
	}
	return j.read(at)
}

// Outdated counts the pictures, inputs and outputs, that were done by an earlier version.
func (j *Journal) Outdated(pictures iter.Seq2[string, string]) (n int) {
	for input, output := range pictures {
		if j.earlier[place(input, output)].outdated {
			n++
		}
	}
	return n
}

// Kinds says whether pictures of earlier runs have files by themselves, and in a pack.
func (j *Journal) Kinds() (alone, packed bool) {
	for _, at := range j.earlier {
		alone = alone || at.alone
		packed = packed || at.packed
	}
	return alone, packed
}

// Shards returns the paths of the tar files that records of earlier runs name.
func (j *Journal) Shards() (map[string]bool, error) {
	shards := map[string]bool{}
	for _, place := range j.order {
		r, err := j.read(j.earlier[place])
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		for _, f := range r.Files {
			if f.Member != "" {
				shards[string(f.Path)] = true
			}
		}
	}
	return shards, nil
}

// Size returns the bytes of the file that whole records take. Add, Hold and AddHeld must not be
// called at the same time.
func (j *Journal) Size() int64 { return j.size }

// Release closes the file and leaves the manifest as it is. It takes the place of Close. An empty
// manifest is removed.
func (j *Journal) Release() error {
	err := j.closeFiles()
	if err == nil && j.size == 0 && !j.torn {
		err = j.folder.Remove(Name)
	}
	return err
}

// read reads a record. It returns nil if the record is damaged or names files of another
// picture: no run has made such a record, and its files must not be removed.
func (j *Journal) read(at span) (*Record, error) {
	line := make([]byte, at.length)
	if _, err := j.file.ReadAt(line, at.at); err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	r, err := Parse(line)
	if err != nil || !r.holdsItsFiles() {
		return nil, nil
	}
	return r, nil
}

// Parse reads a line of a manifest.
func Parse(line []byte) (*Record, error) {
	r := new(Record)
	err := json.Unmarshal(line, r)
	r.Version = max(r.Version, 1) // records of version 1 do not say so
	return r, err
}

// holdsItsFiles says whether all files of a record belong to its picture: they lie in its
// folder, beside the folder under its name with an extension, or in a pack.
func (r *Record) holdsItsFiles() bool {
	return !slices.ContainsFunc(r.Files, func(f File) bool {
		name := string(f.Path)
		if f.Member != "" {
			return !store.IsShard(name)
		}
		rest, ok := strings.CutPrefix(name, string(r.Output))
		inside := strings.HasPrefix(rest, "/")
		beside := strings.HasPrefix(rest, ".") && !strings.Contains(rest, "/")
		return !ok || !inside && !beside || path.Clean(name) != name || !filepath.IsLocal(filepath.FromSlash(name))
	})
}

// Add appends a record, whose version becomes this one.
func (j *Journal) Add(r *Record) error {
	r.Version = Version
	return j.append(r)
}

func (j *Journal) append(r *Record) error {
	line, err := encode(r)
	if err != nil {
		return err
	}
	return j.write(place(string(r.Input), string(r.Output)), line)
}

// encode returns the line of a record.
func encode(r *Record) ([]byte, error) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if line.Len() > maxLine {
		return nil, fmt.Errorf("manifest: the record of %s has %d bytes, and a line has at most %d: write fewer layers or formats of it", r.Input, line.Len(), maxLine)
	}
	return line.Bytes(), nil
}

// write appends the line of the picture with a place.
func (j *Journal) write(place string, line []byte) error {
	return j.writeLines([]string{place}, []int64{int64(len(line))}, line)
}

// writeLines appends lines of pictures with one write: their places, their lengths and their text.
func (j *Journal) writeLines(places []string, lengths []int64, text []byte) error {
	if j.torn {
		if err := j.file.Truncate(j.size); err != nil {
			return &store.Error{Path: j.file.Name(), Err: err}
		}
		j.torn = false
	}
	if _, err := j.file.WriteAt(text, j.size); err != nil {
		return &store.Error{Path: j.file.Name(), Err: err}
	}
	for i, place := range places {
		j.fresh[place] = span{at: j.size, length: lengths[i]}
		j.size += lengths[i]
	}
	return nil
}

// place names the subject of a record: the picture's output path, or the input if it has
// none.
func place(input, output string) string {
	if output != "" {
		return "o" + output
	}
	return "i" + input
}

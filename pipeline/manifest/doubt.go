package manifest

import (
	"encoding/json"
	"io"
	"maps"

	"filterbank/pipeline/store"
)

// EachFile calls do with the path of each file by itself that records of a manifest tell of. It
// passes over lines that are no records.
func EachFile(in io.Reader, do func(path string)) error {
	return eachLine(in, func(_ []byte, r *Record) error {
		if r != nil {
			for i := range r.Files {
				if r.Files[i].Member == "" {
					do(string(r.Files[i].Path))
				}
			}
		}
		return nil
	})
}

// CopyDoubted copies a manifest. Where a file by itself is doubted, its format loses its key in the
// record, so that a run of the picture makes the format's files again.
func CopyDoubted(out io.Writer, in io.Reader, doubted func(path string) bool) error {
	return eachLine(in, func(line []byte, r *Record) error {
		if r != nil && r.doubt(doubted) {
			var err error
			if line, err = encode(r); err != nil {
				return err
			}
		}
		_, err := out.Write(line)
		return err
	})
}

// doubt takes from the record the keys of formats with a doubted file, and says whether there are
// any.
func (r *Record) doubt(doubted func(path string) bool) (changed bool) {
	for i := range r.Files {
		f := &r.Files[i]
		if f.Member != "" || r.Keys[f.Format] == "" || !doubted(string(f.Path)) {
			continue
		}
		if !changed {
			r.Keys, changed = maps.Clone(r.Keys), true
		}
		delete(r.Keys, f.Format)
	}
	return changed
}

// eachLine calls do with each whole line, and its record if it is one of this version.
func eachLine(in io.Reader, do func(line []byte, r *Record) error) error {
	s, n := lines(in), 0
	for ; s.Scan(); n++ {
		r := new(Record)
		if json.Unmarshal(s.Bytes(), r) != nil || r.Version != Version {
			r = nil
		}
		if err := do(s.Bytes(), r); err != nil {
			return err
		}
	}
	return lineError(n, s.Err())
}

// Doubts rewrites the manifest in a folder, whose regions different runs have written. doubted
// says whether a file that a record of a region tells of is doubted. It is asked about regions
// that may have doubts only.
func Doubts(folder *store.Folder, regions []store.Region, doubted func(r store.Region, path string) bool) error {
	file, err := folder.OpenFile(Name)
	if err != nil {
		return err
	}
	b := folder.BeginOwn()
	out := b.Create(Name)
	from := int64(0)
	for _, r := range regions {
		in := io.NewSectionReader(file, from, r.End-from)
		if from = r.End; r.Doubted.IsZero() {
			_, err = io.Copy(out, in)
		} else {
			err = CopyDoubted(out, in, func(path string) bool { return doubted(r, path) })
		}
		if err != nil {
			file.Close()
			b.Abort()
			return err
		}
	}
	if err := file.Close(); err != nil { // Windows does not rename onto an open file
		b.Abort()
		return err
	}
	_, err = b.Commit()
	return err
}

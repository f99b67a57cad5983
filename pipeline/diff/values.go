package diff

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/store"
)

// withFormat returns a file with its format. Records of early versions have none, and it
// follows from the file's name.
func withFormat(f *manifest.File) *manifest.File {
	known := *f
	known.Format = cmp.Or(f.Format, strings.TrimPrefix(path.Ext(string(f.Name())), "."))
	return &known
}

// formatOf is a file's format, or nil.
func formatOf(f *manifest.File) *output.Format { return output.Find(withFormat(f).Format) }

// onlyForViewing says whether a file has no values that can be read.
func onlyForViewing(f *manifest.File) bool {
	format := formatOf(f)
	return format != nil && format.Read == nil
}

// maps reads the maps of a file. It is an error if they do not have the shapes in the
// manifest.
func (r *run) maps(rec *manifest.Record, f *manifest.File) ([]output.Maps, error) {
	format := formatOf(f)
	if format == nil {
		return nil, fmt.Errorf("its bytes differ, and this version does not know its format %q", f.Format)
	}
	name := filepath.FromSlash(string(f.Path))
	// Opening a named pipe would wait for a writer.
	info, err := r.root.Stat(name)
	if err != nil {
		return nil, store.Plain(r.root, err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	file, err := r.root.Open(name)
	if err != nil {
		return nil, store.Plain(r.root, err)
	}
	defer file.Close()
	at := store.Span{Bytes: info.Size()}
	if f.Member != "" {
		if at, err = r.member(file, f); err != nil {
			return nil, err
		}
	}
	return format.Read(io.NewSectionReader(file, at.At, at.Bytes), f, rec.Layers)
}

// member finds a file in its shard. The members of the shard that was read last are
// remembered.
func (r *run) member(shard *os.File, f *manifest.File) (store.Span, error) {
	r.indexing.Lock()
	defer r.indexing.Unlock()
	if r.members == nil || r.shard != f.Path {
		members, err := store.Members(shard)
		if err != nil {
			return store.Span{}, fmt.Errorf("read shard: %w", err)
		}
		r.shard, r.members = f.Path, members
	}
	at, ok := r.members[string(f.Member)]
	if !ok {
		return at, errors.New("the shard has no such file")
	}
	return at, nil
}

// there refuses a file that is gone or of another size than the manifest says. A member of a
// pack has no size of its own here: its shard must be there.
func (r *run) there(f *manifest.File) error {
	info, err := r.root.Stat(filepath.FromSlash(string(f.Path)))
	switch {
	case err != nil:
		return store.Plain(r.root, err)
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	case f.Member == "" && info.Size() != f.Bytes:
		return fmt.Errorf("it has %d bytes, the manifest says %d", info.Size(), f.Bytes)
	}
	return nil
}

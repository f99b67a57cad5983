package diff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
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
func (r *run) maps(ctx context.Context, rec *manifest.Record, f *manifest.File) ([]output.Maps, error) {
	format := formatOf(f)
	if format == nil {
		return nil, fmt.Errorf("its bytes differ, and this version does not know its format %q", f.Format)
	}
	in, err := r.files.open(ctx, string(f.Path))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	at := store.Span{Bytes: in.bytes()}
	if f.Member != "" {
		if at, err = r.member(in, f); err != nil {
			return nil, err
		}
	}
	section, err := in.section(at)
	if err != nil {
		return nil, err
	}
	return format.Read(section, f, rec.Layers)
}

// member finds a file in its shard. The members of the shard that was read last are
// remembered.
func (r *run) member(shard io.ReadSeeker, f *manifest.File) (store.Span, error) {
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
func (r *run) there(ctx context.Context, f *manifest.File) error {
	size, err := r.files.size(ctx, string(f.Path))
	if err == nil && f.Member == "" && size != f.Bytes {
		err = fmt.Errorf("it has %d bytes, the manifest says %d", size, f.Bytes)
	}
	return err
}

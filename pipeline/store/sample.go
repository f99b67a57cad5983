package store

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// member is a file of a sample.
type member struct {
	name    string
	header  []byte // in the tar file
	size    int64
	content func(io.Writer) error
}

// noteMember is a note about a picture.
func noteMember(stem, suffix string, data []byte) (member, error) {
	return newMember(key(stem)+suffix, int64(len(data)), func(out io.Writer) error {
		_, err := out.Write(data)
		return err
	})
}

func newMember(name string, size int64, content func(io.Writer) error) (member, error) {
	header, err := header(name, size)
	return member{name, header, size, content}, err
}

// NoteMember describes a note of an earlier run about a picture. The shard has the path.
func NoteMember(path, stem, suffix string, data []byte) Written {
	return Written{Path: path, Member: key(stem) + suffix, Bytes: int64(len(data)), BLAKE3: DigestOf(data)}
}

func sortMembers(members []member) {
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
}

// members seals the batch's files and names them.
func members(folder *Folder, b *Batch) ([]member, error) {
	sample := key(b.stem)
	var names []Name
	members := make([]member, len(b.files))
	for i, f := range b.files {
		if err := f.seal(); err != nil {
			return nil, f.explain(err)
		}
		names = append(names, Name{strings.TrimPrefix(f.name, b.stem), f.ext})
		var err error
		if members[i], err = newMember(sample+field(names[i]), f.size, f.copyTo); err != nil {
			return nil, f.explain(err)
		}
	}
	if err := CheckNames(names); err != nil {
		return nil, &Error{Path: folder.path(b.stem), Err: &placeError{err.Error()}}
	}
	return members, nil
}

// CheckNames refuses names of a picture's files that would be the same in a sample. There
// they are in lower case, without the numbers of filters.
func CheckNames(names []Name) error {
	owner := map[string]string{RecordSuffix: "the record", ClassSuffix: "the class"}
	for _, n := range names {
		name, s := field(n), strings.TrimPrefix(n.Suffix, "/")
		if other, ok := owner[name]; ok {
			return fmt.Errorf("%s and %s of an image would have the same name in a pack, %s: rename a layer or a filter, leave a format out, or write folders without --pack",
				other, s, strings.TrimPrefix(name, "."))
		}
		owner[name] = s
	}
	return nil
}

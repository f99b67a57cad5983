package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// explain returns the reason why an operation on a name failed: the output folder is gone, a
// link on the way cannot be followed, or the system does not allow the name. Otherwise the
// reason is err itself.
func (t *Folder) explain(name string, err error) error {
	path := t.path(name)
	if gone := t.gone(); gone != nil {
		return gone
	}
	if _, ok := errors.AsType[*placeError](err); ok {
		return &Error{Path: path, Err: err}
	}
	for at, c := range name + "/" {
		if c != '/' {
			continue
		}
		if bad := t.badLink(name[:at]); bad != nil {
			return &Error{Path: path, Err: bad}
		}
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return &Error{Path: path, Err: &placeError{"the system does not allow this name; rename the image, or the layer or filter"}}
	}
	return &Error{Path: path, Err: err}
}

// badLink returns an error if the name is a link that cannot be followed inside the folder.
func (t *Folder) badLink(name string) error {
	info, err := t.root.Lstat(filepath.FromSlash(name))
	if err != nil || !isLink(info.Mode()) {
		return nil
	}
	_, err = t.root.Stat(filepath.FromSlash(name))
	if err == nil {
		return nil
	}
	where := "leads out of the output folder"
	if errors.Is(err, fs.ErrNotExist) {
		where = "leads nowhere"
	}
	target, err := t.root.Readlink(filepath.FromSlash(name))
	if err != nil {
		target = "elsewhere"
	}
	return &placeError{fmt.Sprintf("%s is a link to %s, which %s and is not followed; remove the link, or choose another output folder", t.path(name), target, where)}
}

// isLink says whether a mode is a symbolic link's or, on Windows, a junction's.
func isLink(mode fs.FileMode) bool { return mode&(fs.ModeSymlink|fs.ModeIrregular) != 0 }

// refuseLink returns an error if a link has the name in dir. Renaming a file to the name
// would put the file in the link's place.
func (t *Folder) refuseLink(dir *directory, name string) error {
	info, err := dir.root.Lstat(base(name))
	if err != nil || !isLink(info.Mode()) {
		return nil
	}
	return &placeError{"it is a link, which is neither followed nor replaced; remove the link, or choose another output folder"}
}

// base returns the last element of a slash-separated name.
func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

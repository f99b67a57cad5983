package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// explain returns the reason why an operation on a name failed: the output folder is gone, a
// link or a file is in the way, or the system does not allow the name. Otherwise the
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
		if bad := t.badFolder(name[:at]); bad != nil && at < len(name) {
			return &Error{Path: path, Err: bad}
		}
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return &Error{Path: path, Err: &placeError{"the system does not allow this name; rename the image, or the layer or filter"}}
	}
	return &Error{Path: path, Err: err}
}

// explainShared is explain for a file or a folder of several pictures.
func (t *Folder) explainShared(name string, err error) error {
	err = t.explain(name, err)
	if failed, ok := errors.AsType[*Error](err); ok {
		failed.shared = true
	}
	return err
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

// badFolder returns an error if the name is neither a folder nor a link to one.
func (t *Folder) badFolder(name string) error {
	info, err := t.root.Stat(filepath.FromSlash(name))
	if err != nil || info.IsDir() {
		return nil
	}
	return &placeError{fmt.Sprintf("%s is a file, and a folder is to have this name; move the file away, or choose another output folder", t.path(name))}
}

// isLink says whether a mode is a symbolic link's or, on Windows, a junction's.
func isLink(mode fs.FileMode) bool { return mode&(fs.ModeSymlink|fs.ModeIrregular) != 0 }

// refuseOther returns an error if something other than a regular file has the name in dir.
// Renaming a file to the name would replace a link or a pipe.
func (t *Folder) refuseOther(dir *directory, name string) error {
	info, err := dir.root.Lstat(base(name))
	switch {
	case err != nil || info.Mode().IsRegular():
		return nil
	case isLink(info.Mode()):
		return &placeError{"it is a link, which is neither followed nor replaced; remove the link, or choose another output folder"}
	case info.IsDir():
		return &placeError{"it is a folder, and a file is to have this name; move the folder away, or choose another output folder"}
	}
	return &placeError{"it is a pipe, a socket or a device, which is not replaced; remove it, or choose another output folder"}
}

// Free returns an error if a file of the run itself cannot have a name at the top of the
// folder, because something other than a regular file has the name.
func (t *Folder) Free(name string) error {
	if err := t.refuseOther(&directory{".", t.root}, name); err != nil {
		return &Error{Path: t.path(name), Err: err}
	}
	return nil
}

// base returns the last element of a slash-separated name.
func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

package store

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// directory is an open folder of the output folder. A path is looked up once for all
// files of a layer: each step of a name costs an openat.
type directory struct {
	name string // slash-separated; "." is the output folder
	root *os.Root
}

// directories keeps the folder that was used last open. It has one owner.
type directories struct {
	folder *Folder
	last   *directory
}

// of returns the folder in which a file with the slash-separated name lies.
func (d *directories) of(name string) (*directory, error) {
	dir := path.Dir(name)
	if d.last != nil && d.last.name == dir {
		return d.last, nil
	}
	d.close()
	if dir == "." {
		return &directory{dir, d.folder.root}, nil
	}
	root, err := d.folder.root.OpenRoot(filepath.FromSlash(dir))
	if err != nil {
		return nil, err
	}
	d.last = &directory{dir, root}
	return d.last, nil
}

// make makes a folder, unless it exists, and its missing parents. It gives the new
// folders to note. The output folder itself is not made again.
func (d *directories) make(dir string, note func(string)) error {
	d.close()
	if dir == "." {
		return nil
	}
	at := &directory{".", d.folder.root}
	for end := range dir + "/" {
		if end < len(dir) && dir[end] != '/' {
			continue
		}
		next, err := d.step(at, dir[:end], note)
		if at.name != "." {
			at.root.Close()
		}
		if err != nil {
			return err
		}
		at = next
	}
	d.last = at
	return nil
}

// step opens the folder of a name, which lies in another, and makes it if it is missing.
func (d *directories) step(in *directory, name string, note func(string)) (*directory, error) {
	root, err := in.root.OpenRoot(base(name))
	if errors.Is(err, fs.ErrNotExist) {
		if err = in.root.Mkdir(base(name), 0o777); err == nil {
			note(name)
		} else if !errors.Is(err, fs.ErrExist) { // else it has just been made, or is a link
			return nil, err
		}
		root, err = in.root.OpenRoot(base(name))
	}
	if err != nil { // a link may lead to another place inside the output folder
		root, err = d.folder.root.OpenRoot(filepath.FromSlash(name))
	}
	if err != nil {
		return nil, err
	}
	return &directory{name, root}, nil
}

// close closes the open folder, if there is one.
func (d *directories) close() {
	if d.last != nil {
		d.last.root.Close()
		d.last = nil
	}
}

// removeDir removes a folder if it is empty and not a link.
func (t *Folder) removeDir(name string) error {
	name = filepath.FromSlash(name)
	info, err := t.root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errors.New("not a folder")
	}
	return t.root.Remove(name)
}

// sweep removes the temporary files in a folder and in all folders below it. Links are not
// followed.
func sweep(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	entries, err := dir.ReadDir(-1)
	if err = errors.Join(err, dir.Close()); err != nil {
		return err
	}
	for _, e := range entries {
		switch {
		case e.IsDir(): // a layer may have a temporary file's name
			err = sweepBelow(root, e.Name())
		case isTemporary(e.Name()):
			err = root.Remove(e.Name())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func sweepBelow(root *os.Root, name string) error {
	below, err := root.OpenRoot(name)
	if err != nil {
		return err
	}
	defer below.Close()
	return sweep(below)
}

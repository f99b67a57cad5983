package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Place is an output folder or bucket as the tasks of a run share it: it has the settings that
// they agree on, and each task's manifest. Names are slash-separated. Files appear whole or not
// at all. A Place is safe for concurrent use.
type Place interface {
	// Read returns the content of a file that has at most a number of bytes. The error is
	// fs.ErrNotExist if there is no such file.
	Read(ctx context.Context, name string, most int64) ([]byte, error)
	// Open opens a file to be read from its beginning. The error is fs.ErrNotExist if there is
	// no such file.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Create writes a file that must not exist. The error is fs.ErrExist if it does: of several
	// tasks that create a file, one succeeds.
	Create(ctx context.Context, name string, data []byte) error
	// Replace has fill write a file of about size bytes, and gives it its name, in place of an
	// earlier file. Below 80 GB the size may be left 0. If anything fails, the earlier file stays
	// as it was.
	Replace(ctx context.Context, name string, size int64, fill func(io.Writer) error) error
	// List gives the files whose names begin with a folder's name and a slash, in the order of
	// their names as bytes. Temporary files are left out. An error ends them.
	List(ctx context.Context, folder string) iter.Seq2[Listed, error]
	// Remove removes a file. A missing file is no error.
	Remove(ctx context.Context, name string) error
}

// Listed is a file that List has found.
type Listed struct {
	Name     string
	Bytes    int64
	Modified time.Time
}

// Place returns the folder as tasks share it.
func (t *Folder) Place() Place { return folderPlace{t} }

var _ Place = folderPlace{}

// OpenExisting opens a folder that must be there. Nothing is written yet.
func OpenExisting(dir string) (*Folder, error) {
	root, err := OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open output folder: %w", err)
	}
	return newFolder(dir, root)
}

// folderPlace is a folder as tasks share it.
type folderPlace struct{ folder *Folder }

// open opens a regular file. Opening a pipe would wait for a writer.
func (p folderPlace) open(name string) (*os.File, fs.FileInfo, error) {
	file := filepath.FromSlash(name)
	info, err := p.folder.root.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file; move it away or choose another folder with -o")
	}
	var in *os.File
	if err == nil {
		in, err = p.folder.root.Open(file)
	}
	if err == nil {
		if info, err = in.Stat(); err != nil {
			in.Close()
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", p.folder.path(name), bare(err))
	}
	return in, info, nil
}

func (p folderPlace) Open(_ context.Context, name string) (io.ReadCloser, error) {
	in, _, err := p.open(name)
	if err != nil {
		return nil, err
	}
	return in, nil
}

func (p folderPlace) Read(_ context.Context, name string, most int64) ([]byte, error) {
	in, info, err := p.open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if info.Size() > most {
		return nil, fmt.Errorf("read %s: it has %d bytes, and at most %d are read: the file is damaged or not this program's", p.folder.path(name), info.Size(), most)
	}
	data, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", p.folder.path(name), bare(err))
	}
	return data, nil
}

// Create links a whole file to the name, which fails if the name is taken. File systems without
// links create the file under its name, and a reader may then find it before it is whole.
func (p folderPlace) Create(_ context.Context, name string, data []byte) error {
	dirs := directories{folder: p.folder}
	defer dirs.close()
	if err := dirs.make(path.Dir(name), func(string) {}); err != nil {
		return p.folder.explain(name, err)
	}
	in, err := dirs.of(name)
	if err != nil {
		return p.folder.explain(name, err)
	}
	temp := base(p.folder.temporary(name))
	if err := writeNew(in.root, temp, data); err != nil {
		return p.folder.explain(name, err)
	}
	err = in.root.Link(temp, base(name))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = writeNew(in.root, base(name), data)
	}
	err = errors.Join(err, in.root.Remove(temp))
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create %s: %w", p.folder.path(name), fs.ErrExist)
	} else if err != nil {
		return p.folder.explain(name, err)
	}
	return nil
}

// writeNew writes a file that must not exist. It removes the file if it cannot write it.
func writeNew(root *os.Root, name string, data []byte) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		root.Remove(name)
	}
	return err
}

func (p folderPlace) Replace(_ context.Context, name string, _ int64, fill func(io.Writer) error) error {
	b := p.folder.BeginOwn()
	if err := fill(b.Create(name)); err != nil {
		b.Abort()
		return err
	}
	_, err := b.Commit()
	return err
}

func (p folderPlace) Remove(_ context.Context, name string) error { return p.folder.Remove(name) }

// List walks the folder. Links are not followed.
func (p folderPlace) List(ctx context.Context, folder string) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		_, err := p.walk(ctx, folder, yield)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield(Listed{}, fmt.Errorf("list %s: %w", p.folder.path(folder), bare(err)))
		}
	}
}

// walk yields the files below a folder, and says whether more are wanted.
func (p folderPlace) walk(ctx context.Context, folder string, yield func(Listed, error) bool) (more bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	entries, err := fs.ReadDir(p.folder.root.FS(), folder)
	if err != nil {
		return false, err
	}
	// A folder's files come where its name with a slash does.
	key := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(key(a), key(b)) })
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		if e.IsDir() {
			if more, err := p.walk(ctx, name, yield); err != nil && !errors.Is(err, fs.ErrNotExist) || err == nil && !more {
				return false, err
			}
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || isTemporary(e.Name()) {
			continue
		}
		if err != nil {
			return false, err
		}
		if !yield(Listed{name, info.Size(), info.ModTime()}, nil) {
			return false, nil
		}
	}
	return true, nil
}

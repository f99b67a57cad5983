package store

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Folder is an output folder. It is safe for concurrent use. Names of files are
// slash-separated and relative to the folder. Links inside the folder are followed only if
// they lead to places inside it. The folder's own path may contain links.
type Folder struct {
	dir     string // the path as the user named it
	root    *os.Root
	folder  os.FileInfo // of root
	run     uint64      // distinguishes temporary files of runs: process numbers recur in containers
	counter atomic.Uint64
	mark    string    // of ShareWithTasks
	buffers sync.Pool // of *[]byte, empty, from file to file
	hashes  sync.Pool // of *hashTree, the same
}

// Open opens a folder for output and makes it if it does not exist.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
			return nil, fmt.Errorf("output folder %s: it is a file; name a folder with -o", dir)
		}
		if _, statErr := os.Lstat(dir); statErr == nil && errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("output folder %s: it is a link that leads nowhere; make the folder that it names, or name another with -o", dir)
		}
		return nil, fmt.Errorf("make output folder: %w", err)
	}
	root, err := OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open output folder: %w", err)
	}
	return newFolder(dir, root)
}

// OpenRoot opens a folder that is there. Anything else is an error: opening a pipe would wait for a
// writer.
func OpenRoot(dir string) (*os.Root, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s: it is not a folder", dir)
	}
	return os.OpenRoot(dir)
}

// newFolder is the folder of an open root. It closes the root if there is an error.
func newFolder(dir string, root *os.Root) (*Folder, error) {
	folder, err := root.Stat(".")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open output folder: %w", err), root.Close())
	}
	return &Folder{dir: filepath.Clean(dir), root: root, folder: folder, run: rand.Uint64()}, nil
}

// Dir returns the folder's path, as it was opened.
func (t *Folder) Dir() string { return t.dir }

// Close does nothing: every committed file has its place.
func (t *Folder) Close(bool) error { return nil }

// Release closes the folder. Batches, files and the lock must be done with.
func (t *Folder) Release() error { return t.root.Close() }

// path returns the path of a name, for messages.
func (t *Folder) path(name string) string { return filepath.Join(t.dir, filepath.FromSlash(name)) }

// gone returns an error if the folder is no longer at its path.
func (t *Folder) gone() error {
	folder, err := os.Stat(t.dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(folder, t.folder) {
		return &Error{Path: t.dir, Err: ErrGone}
	}
	return nil
}

// temporary returns a name beside the given one that no other file of any run has.
func (t *Folder) temporary(name string) string {
	return path.Join(path.Dir(name), fmt.Sprintf("%s%x-%d%s", tempPrefix, t.run, t.counter.Add(1), tempSuffix))
}

const tempPrefix, tempSuffix = ".filterbank-", ".tmp"

// isTemporary says whether temporary gives such names.
func isTemporary(name string) bool {
	return strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix)
}

// buffer returns an empty buffer with the capacity of an earlier file's.
func (t *Folder) buffer() []byte {
	if b, ok := t.buffers.Get().(*[]byte); ok {
		return *b
	}
	return nil
}

func (t *Folder) keep(buffer []byte) {
	buffer = buffer[:0]
	t.buffers.Put(&buffer)
}

// hashTree returns a hashTree without bytes.
func (t *Folder) hashTree() *hashTree {
	if d, ok := t.hashes.Get().(*hashTree); ok {
		return d
	}
	return new(hashTree)
}

func (t *Folder) keepHashTree(d *hashTree) {
	d.reset()
	t.hashes.Put(d)
}

// Sweep removes the temporary files that a crash has left anywhere in the folder. No batch
// may be open.
func (t *Folder) Sweep() error {
	if err := sweep(t.root); err != nil {
		return fmt.Errorf("remove temporary files of %s: %w", t.dir, err)
	}
	return nil
}

// SweepTop removes the temporary files that a crash has left at the top of the folder and in the
// folder of shards.
func (t *Folder) SweepTop() error {
	for _, dir := range []string{".", ShardsName, PartsName} {
		entries, err := fs.ReadDir(t.root.FS(), dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove temporary files of %s: %w", t.dir, err)
		}
		for _, e := range entries {
			if !isTemporary(e.Name()) || e.IsDir() {
				continue
			}
			if err := t.root.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove temporary files of %s: %w", t.dir, err)
			}
		}
	}
	return nil
}

// Whole is false: each file is by itself.
func (t *Folder) Whole() bool { return false }

// Begin starts the files of a picture. A folder gives them their names in any order, so
// that turn has no meaning.
func (t *Folder) Begin(_ int, stem string) *Batch { return newBatch(t, t, stem) }

// BeginOwn starts a batch of files that belong to the run and not to a picture. They are
// created with their names in the folder.
func (t *Folder) BeginOwn() *Batch { return newBatch(t, t, "") }

// Reuse says of each file whether it is a regular file of the given name and size. If its
// digest is not empty, the content must have it too. A folder never waits.
func (t *Folder) Reuse(_ int, files []Written) (stay []bool, waited time.Duration) {
	dirs := directories{folder: t}
	defer dirs.close()
	stay = make([]bool, len(files))
	for i, f := range files {
		stay[i] = dirs.have(f)
	}
	return stay, 0
}

// Skip does nothing.
func (t *Folder) Skip(int) {}

// Stop does nothing: files of other pictures have their own names.
func (t *Folder) Stop(int) {}

// Placed is true: files have their names when they are committed.
func (t *Folder) Placed(int, func(), func()) bool { return true }

// Has says whether the folder has all the files, as Reuse does.
func (t *Folder) Has(files []Written) bool {
	dirs := directories{folder: t}
	defer dirs.close()
	for _, f := range files {
		if !dirs.have(f) {
			return false
		}
	}
	return true
}

func (d *directories) have(f Written) bool {
	in, err := d.of(f.Path)
	if err != nil {
		return false
	}
	info, err := in.root.Lstat(base(f.Path))
	if err != nil || !info.Mode().IsRegular() || info.Size() != f.Bytes {
		return false
	}
	if f.BLAKE3 == "" {
		return true
	}
	got, err := digestFile(in.root, base(f.Path))
	return err == nil && got == f.BLAKE3
}

// Digest returns the digest of a file of the folder.
func (t *Folder) Digest(name string) (string, error) {
	digest, err := digestFile(t.root, filepath.FromSlash(name))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", t.path(name), bare(err))
	}
	return digest, nil
}

// Describe returns the size in bytes and the digest of a regular file of the folder. The error is
// fs.ErrNotExist if there is no such file.
func (t *Folder) Describe(name string) (bytes int64, digest string, err error) {
	file, info, err := folderPlace{t}.open(name)
	if err != nil {
		return 0, "", err
	}
	defer file.Close()
	if digest, err = Digest(file); err != nil {
		return 0, "", fmt.Errorf("read %s: %w", t.path(name), bare(err))
	}
	return info.Size(), digest, nil
}

func digestFile(root *os.Root, name string) (string, error) {
	file, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	return Digest(file)
}

// OpenFile opens a file of the run itself at the top of the folder for reading and writing,
// or makes it. Only regular files are opened: reading a pipe would never end, and a link
// leads elsewhere.
func (t *Folder) OpenFile(name string) (*os.File, error) {
	if info, err := t.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: it is not a regular file; move it away or choose another folder with -o", t.path(name))
	}
	file, err := t.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", t.path(name), bare(err))
	}
	return file, nil
}

// Exists says whether the folder has a file, a folder or a link of that name.
func (t *Folder) Exists(name string) bool {
	_, err := t.root.Lstat(filepath.FromSlash(name))
	return err == nil
}

// Remove removes a file and the folders that it leaves empty. A missing file is no error.
// Anything else than a regular file is left in place and is an error.
func (t *Folder) Remove(name string) error {
	dirs := directories{folder: t}
	in, err := dirs.of(name)
	if err == nil {
		if err = t.refuseOther(in, name); err == nil {
			err = in.root.Remove(base(name))
		}
	}
	dirs.close()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return t.explain(name, err)
	}
	for dir := path.Dir(name); dir != "." && t.removeDir(dir) == nil; {
		dir = path.Dir(dir)
	}
	return nil
}

// Writable makes and removes a file to find out whether files can be made in the folder.
func (t *Folder) Writable() error {
	name := t.temporary("x")
	f, err := t.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return &Error{Path: t.dir, Err: err}
	}
	return errors.Join(f.Close(), t.root.Remove(name))
}

// WriteFile writes a file of the run itself, whole or not at all.
func (t *Folder) WriteFile(name string, data []byte) error {
	b := t.BeginOwn()
	if _, err := b.Create(name).Write(data); err != nil {
		b.Abort()
		return err
	}
	_, err := b.Commit()
	return err
}

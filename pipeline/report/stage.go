package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"filterbank/pipeline/store"
)

// stage gathers a report's data before the page refers to it. The data goes into a new
// folder inside the data folder, so that a page always has the data that it was made with.
// Links that lead out of the page's folder are not followed. A stage is safe for concurrent
// use.
type stage struct {
	page   string      // path of the page
	folder os.FileInfo // identity of the page's folder
	parent *os.Root    // the page's folder
	root   *os.Root    // the data folder
	dir    string      // folder in root into which files are written
	made   bool        // this stage made the data folder
	bytes  atomic.Int64
}

// A data folder holds unfinished data in folders with a prefix, and published data in a
// folder named by its digest.
const (
	unfinished = "unfinished-"
	idLength   = 12 // hexadecimal digits of a digest
)

func newStage(out string) (*stage, error) {
	if err := CheckPage(out); err != nil {
		return nil, err
	}
	s := &stage{page: out}
	if err := s.open(); err != nil {
		s.discard()
		return nil, fmt.Errorf("report: %w", err)
	}
	return s, nil
}

// open opens the page's folder and the data folder, and makes the folder for new data.
func (s *stage) open() (err error) {
	if err = os.MkdirAll(filepath.Dir(s.page), 0o777); err != nil {
		return fmt.Errorf("make the folder of the page: %w", err)
	}
	if s.parent, err = os.OpenRoot(filepath.Dir(s.page)); err != nil {
		return err
	}
	if s.folder, err = s.parent.Stat("."); err != nil {
		return err
	}
	data := s.dataName()
	if err = s.parent.Mkdir(data, 0o777); err == nil {
		s.made = true
	} else if !errors.Is(err, fs.ErrExist) {
		return store.Plain(s.parent, err)
	}
	if s.root, err = s.parent.OpenRoot(data); err != nil {
		return store.Plain(s.parent, err)
	}
	if s.made { // an older folder has a marker; in a copied run it may be a link, which is not written through
		if err = s.root.WriteFile(marker, []byte("the data of "+filepath.Base(s.page)+"\n"), 0o666); err != nil {
			return store.Plain(s.root, err)
		}
	}
	dir := fmt.Sprintf(unfinished+"%x", rand.Uint64()) // os.MkdirTemp would keep other users out for good
	if err = s.root.Mkdir(dir, 0o777); err != nil {
		return store.Plain(s.root, err)
	}
	s.dir = dir
	return nil
}

// dataName is the name of the data folder in the page's folder.
func (s *stage) dataName() string { return filepath.Base(DataFolder(s.page)) }

// gone returns an error if the page's folder is no longer at its path.
func (s *stage) gone() error {
	dir := filepath.Dir(s.page)
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !os.SameFile(info, s.folder) {
		return fmt.Errorf("%s: another folder has taken its place: %w", dir, fs.ErrNotExist)
	}
	return nil
}

// discard removes data that was not published, and closes the folders.
func (s *stage) discard() {
	if s.dir != "" {
		s.root.RemoveAll(s.dir)
	}
	if s.made {
		s.dissolve()
	}
	if s.root != nil {
		s.root.Close()
	}
	if s.parent != nil {
		s.parent.Close()
	}
}

// file adds a file and returns its digest. The name is slash-separated, with at most one
// folder. The content is the parts, one after the other.
func (s *stage) file(name string, parts ...[]byte) (sum string, err error) {
	if err := s.gone(); err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := s.root.Mkdir(filepath.Dir(path), 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("report: %w", store.Plain(s.root, err))
	}
	out, err := s.root.Create(path)
	if err != nil {
		return "", fmt.Errorf("report: %w", store.Plain(s.root, err))
	}
	digest := sha256.New()
	for _, part := range parts {
		digest.Write(part)
		s.bytes.Add(int64(len(part)))
		if _, err = out.Write(part); err != nil {
			break
		}
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// The beginning and the end of a script file that passes a value to the page.
const scriptStart, scriptEnd = "filterbank(", ")\n"

// put adds a value that the page loads by name. The file is a call with the name and the
// value on one line. json.Marshal escapes <, >, &, U+2028 and U+2029, so the value can also
// stand in a script element.
func (s *stage) put(name string, v any) (sum string, err error) {
	quoted, err := json.Marshal(name)
	if err != nil {
		return "", fmt.Errorf("report: %s: %w", name, err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("report: %s: %w", name, err)
	}
	return s.file(name+".js", []byte(scriptStart), quoted, []byte{','}, data, []byte(scriptEnd))
}

// value reads the JSON of a value that put has written.
func (s *stage) value(name string) ([]byte, error) {
	data, err := s.root.ReadFile(filepath.Join(s.dir, filepath.FromSlash(name)+".js"))
	if err != nil {
		return nil, fmt.Errorf("report: %w", store.Plain(s.root, err))
	}
	quoted, err := json.Marshal(name)
	if err != nil {
		return nil, fmt.Errorf("report: %s: %w", name, err)
	}
	return data[len(scriptStart)+len(quoted)+1 : len(data)-len(scriptEnd)], nil
}

// url is the address of the data with an id, relative to the page.
func (s *stage) url(id string) string {
	return escapePath(s.dataName()) + "/" + id + "/"
}

// publish names the data by its id, writes the page that refers to it, and removes the data
// of earlier pages. An embedded report has no data beside it.
func (s *stage) publish(id string, embed bool, html func(io.Writer) error) error {
	if err := s.gone(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	// The page is written in the data folder, where the next report cleans up after a crash.
	temporary := s.dir + ".html"
	defer s.root.Remove(temporary)
	size, err := s.create(temporary, html)
	if err != nil {
		return fmt.Errorf("report: %w", store.Plain(s.root, err))
	}
	keep := ""
	if !embed {
		keep = id
		_, before := s.root.Lstat(id)
		if err := s.replace(s.dir, id); err != nil {
			return fmt.Errorf("report: %w", store.Plain(s.root, err))
		}
		s.dir = ""
		if before != nil { // otherwise the present page has the same data
			s.dir = id
		}
	}
	if err := s.parent.Rename(filepath.Join(s.dataName(), temporary), filepath.Base(s.page)); err != nil {
		return fmt.Errorf("report: %w", store.Plain(s.parent, err))
	}
	if embed {
		s.bytes.Store(0)
	}
	s.bytes.Add(size)
	return s.clean(keep)
}

// replace renames a folder and replaces a folder of the new name. The name is a digest, so
// both have the same content unless somebody has changed it.
func (s *stage) replace(from, to string) error {
	err := s.root.Rename(from, to)
	if err == nil {
		return nil
	}
	if _, statErr := s.root.Lstat(to); statErr != nil {
		return err
	}
	old := from + "-old"
	if err := s.root.Rename(to, old); err != nil {
		return err
	}
	if err := s.root.Rename(from, to); err != nil {
		return errors.Join(err, s.root.Rename(old, to))
	}
	return s.root.RemoveAll(old)
}

// clean removes the data of earlier pages and the remains of crashes. It keeps one name.
func (s *stage) clean(keep string) error {
	s.dir, s.made = "", false // nothing to discard
	names, err := s.list()
	for _, name := range names {
		if name != keep && ours(name) {
			err = errors.Join(err, store.Plain(s.root, s.root.RemoveAll(name)))
		}
	}
	if err != nil {
		return fmt.Errorf("report: remove the data of an earlier report: %w", err)
	}
	if keep == "" {
		s.dissolve()
	}
	return nil
}

// list lists the names in the data folder.
func (s *stage) list() ([]string, error) {
	dir, err := s.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdirnames(-1)
}

// ours says whether this package gives such names in a data folder.
func ours(name string) bool {
	if strings.HasPrefix(name, unfinished) {
		return true
	}
	_, err := hex.DecodeString(name)
	return err == nil && len(name) == idLength
}

// dissolve removes the data folder if nothing but the marker is in it.
func (s *stage) dissolve() {
	if s.root == nil {
		s.parent.Remove(s.dataName())
		return
	}
	if names, err := s.list(); err == nil && len(names) <= 1 {
		s.root.Remove(marker)
		s.parent.Remove(s.dataName())
	}
}

// create writes a new file in the data folder and returns its size.
func (s *stage) create(name string, write func(io.Writer) error) (size int64, err error) {
	file, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(file, 1<<18)
	if err = write(out); err == nil {
		err = out.Flush()
	}
	if err == nil {
		size, err = file.Seek(0, io.SeekCurrent)
	}
	return size, errors.Join(err, file.Close())
}

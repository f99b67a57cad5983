package report

import (
	"bufio"
	"bytes"
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
)

// stage is the place in which a report's data is gathered before its page names it: a
// folder inside the data's folder, so that a page is at all times beside the data that
// it was made with. Links in the page's folder are not followed out of it. A stage is safe
// for concurrent use.
type stage struct {
	page   string      // the page's path
	folder os.FileInfo // the page's folder
	parent *os.Root    // the page's folder
	root   *os.Root    // the data's folder
	dir    string      // the folder in root where files are made
	made   bool        // the data's folder was not there before
	bytes  atomic.Int64
}

// marker is a file that tells a data folder from any other folder.
const marker = ".filterbank-report"

// The names in a data folder, besides: data on its way, and data by its digest.
const (
	unfinished = "unfinished-"
	idLength   = 12 // hexadecimal digits
)

// CheckPage refuses a page's path that Write would refuse: one that does not end in .html,
// that is there and no report, or whose data folder is there and no report's.
func CheckPage(page string) error {
	if filepath.Ext(page) != ".html" || filepath.Base(page) == ".html" {
		return fmt.Errorf("report %s: the page's name must end in .html", page)
	}
	if info, err := os.Lstat(page); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("report %s: it is no regular file; choose another name with -o", page)
	} else if err == nil && info.Size() > 0 && !isReport(page) {
		return fmt.Errorf("report %s: there is another file of that name, no report; choose another name with -o, or remove it", page)
	}
	data := DataFolder(page)
	info, err := os.Lstat(data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.IsDir() {
		return fmt.Errorf("report %s: its data would go to %s, which is no folder; choose another name with -o, or remove it", page, data)
	}
	if _, err := os.Lstat(filepath.Join(data, marker)); err != nil {
		return fmt.Errorf("report %s: its data would go to %s, which is there and no report's; choose another name with -o", page, data)
	}
	return nil
}

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

// open opens the page's folder and the data's folder, and makes the folder for the files.
func (s *stage) open() (err error) {
	if err = os.MkdirAll(filepath.Dir(s.page), 0o777); err != nil {
		return err
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
		return err
	}
	if s.root, err = s.parent.OpenRoot(data); err != nil {
		return err
	}
	if s.made { // else it is there, and a run from elsewhere may have a link in its place
		if err = s.root.WriteFile(marker, []byte("the data of "+filepath.Base(s.page)+"\n"), 0o666); err != nil {
			return err
		}
	}
	dir := fmt.Sprintf(unfinished+"%x", rand.Uint64()) // os.MkdirTemp would keep others out for good
	if err = s.root.Mkdir(dir, 0o777); err == nil {
		s.dir = dir
	}
	return err
}

// dataName is the name of the data's folder in the page's folder.
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

// generator stands at the beginning of every page.
const generator = "<meta name=\"generator\" content=\"filterbank\">"

// isReport says whether a file begins as a page does.
func isReport(name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	head := make([]byte, 1024)
	n, _ := io.ReadFull(file, head) // a shorter file is an error, and judged by what it has
	return bytes.Contains(head[:n], []byte(generator))
}

// discard removes what was not published. After publish it does nothing.
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

// file adds a file and gives its digest. The name is slash-separated, with one folder at
// most; the content comes in parts.
func (s *stage) file(name string, parts ...[]byte) (sum string, err error) {
	if err := s.gone(); err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := s.root.Mkdir(filepath.Dir(path), 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("report: %w", err)
	}
	out, err := s.root.Create(path)
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
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

// The beginning and the end of a script file that hands a value to the page.
const scriptStart, scriptEnd = "filterbank(", ")\n"

// put adds a value that the page asks for by name: a call with the name and the value,
// on one line. JSON is written so that it can stand in a script element too: without
// <, > and &, U+2028 and U+2029.
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

// value reads what put wrote of a value.
func (s *stage) value(name string) ([]byte, error) {
	data, err := s.root.ReadFile(filepath.Join(s.dir, filepath.FromSlash(name)+".js"))
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	quoted, err := json.Marshal(name)
	if err != nil {
		return nil, fmt.Errorf("report: %s: %w", name, err)
	}
	return data[len(scriptStart)+len(quoted)+1 : len(data)-len(scriptEnd)], nil
}

// url is the address of the data's folder of that id, relative to the page.
func (s *stage) url(id string) string {
	return escapePath(s.dataName()) + "/" + id + "/"
}

// publish gives the data its name, writes the page, which names it, and removes the
// data of earlier pages. An embedded report has no data beside it.
func (s *stage) publish(id string, embed bool, html func(io.Writer) error) error {
	if err := s.gone(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	// Beside its data, where the next report finds what a crash has left.
	temporary := s.dir + ".html"
	defer s.root.Remove(temporary)
	size, err := s.create(temporary, html)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	keep := ""
	if !embed {
		keep = id
		_, before := s.root.Lstat(id)
		if err := s.replace(s.dir, id); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		s.dir = ""
		if before != nil { // else it is the data of the page that is there, too
			s.dir = id
		}
	}
	if err := s.parent.Rename(filepath.Join(s.dataName(), temporary), filepath.Base(s.page)); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if embed {
		s.bytes.Store(0)
	}
	s.bytes.Add(size)
	return s.clean(keep)
}

// replace renames a folder, in place of one that may be there. That one has the same
// content unless somebody has changed it, since the name is a digest.
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

// clean removes all data but that of the page, and what crashes have left.
func (s *stage) clean(keep string) error {
	s.dir, s.made = "", false // nothing to discard
	names, err := s.list()
	for _, name := range names {
		if name != keep && ours(name) {
			err = errors.Join(err, s.root.RemoveAll(name))
		}
	}
	if err != nil {
		return fmt.Errorf("report: remove the data of an earlier one: %w", err)
	}
	if keep == "" {
		s.dissolve()
	}
	return nil
}

// list lists the names in the data's folder.
func (s *stage) list() ([]string, error) {
	dir, err := s.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdirnames(-1)
}

// ours says whether a name in the data's folder is one that this package gives.
func ours(name string) bool {
	if strings.HasPrefix(name, unfinished) {
		return true
	}
	_, err := hex.DecodeString(name)
	return err == nil && len(name) == idLength
}

// dissolve removes the data's folder unless something besides the marker is in it.
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

// create writes a file in the data's folder and returns its size.
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

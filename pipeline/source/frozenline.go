package source

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/bytename"
)

// maxFrozenLine bounds a line of a frozen list in bytes, with its end. A path has at most 4096
// bytes on Linux.
const maxFrozenLine = 64 << 10

// frozenName is a file name in JSON.
type frozenName string

func (n frozenName) MarshalJSON() ([]byte, error) { return bytename.Encode(string(n)), nil }

func (n *frozenName) UnmarshalJSON(data []byte) error {
	name, err := bytename.Decode(data)
	*n = frozenName(name)
	return err
}

// frozenLine is an image of a frozen list, or an input that gives none, which has a Code.
type frozenLine struct {
	Path     frozenName `json:"path"`
	Output   frozenName `json:"output,omitempty"` // the Rel
	Size     int64      `json:"size,omitempty"`   // in bytes
	Modified *time.Time `json:"modified,omitempty"`
	ETag     string     `json:"etag,omitempty"`
	SHA256   string     `json:"sha256,omitempty"`
	Label    string     `json:"label,omitempty"`
	Tar      *frozenTar `json:"tar,omitempty"`
	Code     Code       `json:"code,omitempty"`
	Error    string     `json:"error,omitempty"`
}

// frozenTar is where an image lies in a tar file, whose path is a part of the image's.
type frozenTar struct {
	Size     int64     `json:"size"` // of the tar file
	Modified time.Time `json:"modified"`
	Offset   int64     `json:"offset"` // of the image's bytes
}

// asListed is what a frozen list tells of an image's file.
type asListed struct {
	size     int64
	modified time.Time // zero if the list has the hash
	sha256   string    // hexadecimal; empty if the list does not have it
}

// codes are the kinds of inputs that a frozen list may have without an image.
var codes = []Code{
	CodeMissing, CodeDanglingLink, CodeUnreadable, CodeNotAFile, CodeEmptyFolder, CodeNoMatch, CodeBadPattern, CodeInsideOutput,
	CodeDamagedTar, CodeBadName, CodeUnsupported,
}

// frozenLineOf describes an entry, of which size, modified and sum are known.
func frozenLineOf(e *Entry, facts *asListed) *frozenLine {
	l := &frozenLine{Path: frozenName(e.Path), Output: frozenName(e.Rel), Label: e.Label}
	if e.Problem != nil {
		l.Code, l.Error = e.Problem.Code, e.Problem.Err.Error()
		return l
	}
	l.Size, l.SHA256 = facts.size, facts.sha256
	switch {
	case e.at != nil:
		l.Tar = &frozenTar{e.at.tar.size, e.at.tar.modified.UTC(), e.at.offset}
	case e.remote != nil:
		l.ETag = e.remote.etag
	case facts.sha256 == "":
		modified := facts.modified.UTC()
		l.Modified = &modified
	}
	return l
}

// encode returns the line with its end.
func (l *frozenLine) encode() ([]byte, error) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	err := enc.Encode(l)
	if err == nil && line.Len() > maxFrozenLine {
		err = fmt.Errorf("its line would have %d bytes, and a line has at most %d: give it a shorter path or label", line.Len(), maxFrozenLine)
	}
	return line.Bytes(), err
}

// decodeFrozen reads a line.
func decodeFrozen(line []byte) (*frozenLine, error) {
	l := new(frozenLine)
	if err := json.Unmarshal(line, l); err != nil {
		return nil, fmt.Errorf("it is no line of a frozen list: %w", err)
	}
	return l, l.check()
}

// check refuses a line that no list has.
func (l *frozenLine) check() error {
	name := string(l.Path)
	switch {
	case name == "" || name == Stdin || len(name) > maxName || strings.IndexByte(name, 0) >= 0:
		return fmt.Errorf("the path %s cannot be an image's", Display(name[:min(len(name), 100)]))
	case !utf8.ValidString(l.Label):
		return errors.New("the label is not UTF-8")
	case l.Output != "" && !isPlace(string(l.Output)):
		return fmt.Errorf("the output %s of %s leads out of the output folder or to a file of the run itself", Display(string(l.Output)), Display(name))
	case l.Code != "" && !slices.Contains(codes, l.Code):
		return fmt.Errorf("%s has the code %q, which no input has", Display(name), l.Code)
	case l.Code != "":
		return nil
	case l.Output == "":
		return fmt.Errorf("%s has no output", Display(name))
	case l.Size < 0:
		return fmt.Errorf("%s has a size below 0", Display(name))
	}
	if sum, err := hex.DecodeString(l.SHA256); err != nil || len(sum) != 0 && len(sum) != 32 {
		return fmt.Errorf("%s has a sha256 that is none", Display(name))
	}
	if l.Tar != nil {
		return l.checkTar()
	}
	if l.Modified == nil && l.SHA256 == "" && !bucket.IsURL(name) {
		return fmt.Errorf("%s has neither a time of its last change nor a sha256", Display(name))
	}
	return nil
}

func (l *frozenLine) checkTar() error {
	tarName, inside := cutTar(string(l.Path))
	switch {
	case tarName == "" || bucket.IsURL(tarName):
		return fmt.Errorf("%s leads into no tar file", Display(string(l.Path)))
	case l.Tar.Offset < 0 || l.Tar.Offset > l.Tar.Size || l.Size > l.Tar.Size-l.Tar.Offset:
		return fmt.Errorf("%s does not lie in its tar file", Display(string(l.Path)))
	}
	if _, kind := memberName(inside, regular); kind != regular {
		return fmt.Errorf("%s has a name that leads out of its tar file", Display(string(l.Path)))
	}
	return nil
}

// isPlace says whether a slash-separated path can be an image's place below an output folder.
func isPlace(rel string) bool {
	top, _, _ := strings.Cut(rel, "/")
	return path.Clean(rel) == rel && rel != "." && filepath.IsLocal(filepath.FromSlash(rel)) && strings.IndexByte(rel, 0) < 0 && !isRunFile(top)
}

// cutTar splits the path of an image in a tar file, without looking whether it is there.
func cutTar(name string) (tarName, inside string) {
	for i := range len(name) {
		if (name[i] == '/' || name[i] == filepath.Separator) && isTar(name[:i]) {
			return name[:i], filepath.ToSlash(name[i+1:])
		}
	}
	return "", ""
}

// thaw makes entries of lines.
type thaw struct {
	buckets buckets
	labels  words
	tar     *tarFile // of the last member
}

// entry is the entry of a line.
func (t *thaw) entry(l *frozenLine, classes map[string]int) (Entry, error) {
	e := Entry{Job: Job{Path: string(l.Path), Rel: string(l.Output), Label: t.labels.one(l.Label)}}
	if at := strings.LastIndex(e.Path, e.Rel); at >= 0 {
		e.Rel = e.Path[at : at+len(e.Rel)] // one string in place of two
	}
	if e.Label != "" {
		number, ok := classes[e.Label]
		if !ok {
			return e, fmt.Errorf("%s has the label %s, which the index of the list does not have", Display(e.Path), Display(e.Label))
		}
		e.Class = number
	}
	switch {
	case l.Code != "":
		e.Problem = &Problem{Path: e.Path, Code: l.Code, Err: errors.New(l.Error)}
	case l.Tar != nil:
		e.at = t.member(l, e.Path)
	case bucket.IsURL(e.Path):
		var err error
		if e.remote, err = t.buckets.listed(e.Path, l.Size, l.ETag); err != nil {
			return e, err
		}
	}
	if l.Code == "" && (e.at == nil && e.remote == nil || l.SHA256 != "") {
		e.listed = &asListed{size: l.Size, sha256: l.SHA256}
		if l.Modified != nil && l.SHA256 == "" {
			e.listed.modified = *l.Modified
		}
	}
	return e, nil
}

// member is the member of a line. Members that follow each other share their tar file.
func (t *thaw) member(l *frozenLine, name string) *member {
	tarName, inside := cutTar(name)
	if t.tar == nil || t.tar.path != tarName || t.tar.size != l.Tar.Size || !t.tar.modified.Equal(l.Tar.Modified) {
		t.tar = &tarFile{path: tarName, size: l.Tar.Size, modified: l.Tar.Modified}
	}
	return &member{tar: t.tar, name: inside, offset: l.Tar.Offset, size: l.Size, kind: regular}
}

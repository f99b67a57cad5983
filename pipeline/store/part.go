package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// maxParts bounds the parts of a run. Names of parts have five digits at least.
const maxParts = 10_000_000

// PartName returns the folder of a part's own files below the output folder, slash-separated:
// parts/00005-of-00512. Parts count from 0.
func PartName(index, count int) string {
	return fmt.Sprintf("%s/%05d-of-%05d", PartsName, index, count)
}

// ParsePart reads the name of a part's folder.
func ParsePart(name string) (index, count int, ok bool) {
	_, err := fmt.Sscanf(name, PartsName+"/%d-of-%d", &index, &count)
	return index, count, err == nil && 0 <= index && index < count && count <= maxParts && PartName(index, count) == name
}

// Sub opens a folder below this one and makes it if it does not exist.
func (t *Folder) Sub(name string) (*Folder, error) {
	dirs := directories{folder: t}
	defer dirs.close()
	err := dirs.make(name, func(string) {})
	if err != nil {
		return nil, t.explain(name+"/x", err)
	}
	root, err := t.root.OpenRoot(filepath.FromSlash(name))
	if err != nil {
		return nil, t.explain(name+"/x", err)
	}
	return newFolder(t.path(name), root)
}

// ShareWithTasks says that other tasks put their files into the folder at the same time. The
// mark is the same for all runs of a task, and no other task has it. Temporary files then have
// names that follow from the mark and the final name, so that a task finds the ones that it
// left when it was killed, without a look at the files of others.
func (t *Folder) ShareWithTasks(mark string) { t.mark = mark }

// marked returns the temporary name of a file in a folder that tasks share.
func (t *Folder) marked(name string) string {
	sum := sha256.Sum256([]byte(t.mark + "\x00" + name))
	return path.Join(path.Dir(name), tempPrefix+hex.EncodeToString(sum[:16])+tempSuffix)
}

// RemoveTemporary removes what a killed task has left of a file in a folder that tasks share.
func (t *Folder) RemoveTemporary(name string) {
	if t.mark != "" {
		t.root.Remove(filepath.FromSlash(t.marked(name)))
	}
}

// inPart splits the path of a file into its part's folder and the path in it. The folder is
// empty for a file of the whole run.
func inPart(name string) (part, rest string) {
	if !strings.HasPrefix(name, PartsName+"/") {
		return "", name
	}
	end := len(PartsName) + 1
	n := strings.IndexByte(name[end:], '/')
	if n < 0 {
		return "", name
	}
	if _, _, ok := ParsePart(name[:end+n]); !ok {
		return "", name
	}
	return name[:end+n], name[end+n+1:]
}

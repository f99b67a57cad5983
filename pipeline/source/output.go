package source

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filterbank/pipeline/bucket"
)

// output recognises the output folder by its identity, not by its name, which may lead
// through links or differ in case. A nil output contains nothing: a folder that does not
// exist cannot be read.
type output struct {
	name  string
	info  os.FileInfo
	known map[string]bool // by spelled folder: whether it is the output folder or lies in it
}

func newOutput(name string) *output {
	if name == "" {
		return nil
	}
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return nil
	}
	return &output{name: name, info: info, known: make(map[string]bool)}
}

// outURL is the name of an output in a bucket, with a slash at its end.
func outURL(name string) string {
	if !bucket.IsURL(name) {
		return ""
	}
	return strings.TrimRight(name, "/") + "/"
}

// refusal says why nothing in the output folder becomes a Job.
func (o *output) refusal() error {
	return fmt.Errorf("lies in the output folder %s, which is never read as input: choose another with -o", Display(o.name))
}

// is says whether a folder in a walk is the output folder.
func (o *output) is(e fs.DirEntry) bool {
	if o == nil {
		return false
	}
	info, err := e.Info()
	return err == nil && os.SameFile(info, o.info)
}

// holdsFile says whether a file, or the file that a link leads to, is in the output folder.
func (o *output) holdsFile(path string, isLink bool) bool {
	if o == nil {
		return false
	}
	if o.holdsFolder(folderOf(path)) {
		return true
	}
	if !isLink {
		return false
	}
	target, err := filepath.EvalSymlinks(path)
	return err == nil && o.holdsFolder(folderOf(target))
}

// folderOf is filepath.Dir without Clean; see join.
func folderOf(path string) string {
	dir, _ := filepath.Split(path)
	if dir == "" {
		return "."
	}
	return dir
}

// holdsFolder says whether a folder is the output folder or lies below it.
func (o *output) holdsFolder(dir string) bool {
	if o == nil {
		return false
	}
	held, ok := o.known[dir]
	if !ok {
		held = o.isAbove(dir)
		o.known[dir] = held
	}
	return held
}

// isAbove looks for the output folder between dir and the root.
func (o *output) isAbove(dir string) bool {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	for {
		if info, err := os.Stat(dir); err == nil && os.SameFile(info, o.info) {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

package source

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"filterbank/pipeline/bucket"
)

// foldsCase is true on systems whose file names usually do not differ by case alone.
const foldsCase = runtime.GOOS == "windows" || runtime.GOOS == "darwin"

// CollisionError says that the maps of two pictures would go to the same place, or the maps
// of one picture to a file of the run itself.
type CollisionError struct {
	Rel    string // the place of the maps
	First  string // the Path of the picture that is listed first
	Second string // the Path of the other picture; empty if Rel is a file of the run
	Others int    // number of further pictures with a collision
	Lines  [2]int // lines of the pictures in a list with a header; 0 if they come from no list
	Ways   string // commands that work, each after a line's end; empty if one input gave both pictures
}

// Error names both pictures and the remedies.
func (e *CollisionError) Error() string {
	var b strings.Builder
	if e.Second == "" {
		fmt.Fprintf(&b, "the maps of %s would go to %s, which is a file of the run itself: rename it or --exclude it",
			pictureName(e.First), Display(e.Rel))
	} else if e.Lines[0] > 0 && e.Lines[1] > 0 {
		fmt.Fprintf(&b, "the maps of %s (line %d) and %s (line %d) would both go to %s: leave one line out, or give the list a column with a name for each image and name the column with --key-column",
			pictureName(e.First), e.Lines[0], pictureName(e.Second), e.Lines[1], Display(e.Rel))
	} else {
		fmt.Fprintf(&b, "the maps of %s and %s would both go to %s: rename one, --exclude one, or give it a run of its own with another -o",
			pictureName(e.First), pictureName(e.Second), Display(e.Rel))
	}
	if e.Others > 0 {
		fmt.Fprintf(&b, " (%d more such pictures)", e.Others)
	}
	if e.Ways != "" {
		b.WriteString("; these commands keep them apart:" + e.Ways)
	}
	return b.String()
}

// ways writes commands for two inputs whose pictures collide: one for the folder that holds
// both, and one for each of them.
func (e *CollisionError) ways(inputs []string, out string) string {
	first, second := inputOf(inputs, e.First), inputOf(inputs, e.Second)
	if bucket.IsURL(first) || bucket.IsURL(second) || first == "" || second == "" || first == second || first == Stdin || second == Stdin {
		return ""
	}
	a, b := parts(first), parts(second)
	n := 0
	for n < len(a)-1 && n < len(b)-1 && a[n] == b[n] {
		n++
	}
	parent, below := filepath.Join(a[:n]...), [2]string{path.Join(a[n:]...), path.Join(b[n:]...)}
	switch {
	case filepath.IsAbs(first) != filepath.IsAbs(second), below[0] == below[1], hasMeta(parent):
		return ""
	case filepath.IsAbs(first):
		parent = string(filepath.Separator) + parent
	case parent == "":
		parent = "."
	}
	whole, each := "\n  filterbank run "+shellWord(parent), ""
	for i, input := range []string{first, second} {
		pattern, folder := below[i], path.Dir(below[i])
		if info, err := os.Stat(input); err == nil && info.IsDir() {
			pattern, folder = below[i]+"/", below[i]
		}
		if strings.Contains(folder, "..") || hasMeta(folder) || folder == "." {
			return ""
		}
		whole += " --include " + shellWord(pattern)
		each += "\n  filterbank run " + shellWord(input) + " -o " + shellWord(filepath.Join(out, filepath.FromSlash(folder)))
	}
	return whole + " -o " + shellWord(out) + each
}

// inputOf returns the input that gave a picture, or an empty string.
func inputOf(inputs []string, picture string) string {
	for _, input := range inputs {
		folder := input
		if hasMeta(input) {
			folder, _, _ = parsePattern(input)
		}
		if rest, ok := strings.CutPrefix(picture, folder); ok && (rest == "" || folder == "." || strings.ContainsAny(folder[len(folder)-1:]+rest[:1], `/`+string(filepath.Separator))) {
			return input
		}
	}
	return ""
}

// parts are the names in a path.
func parts(p string) []string {
	return strings.Split(strings.TrimPrefix(filepath.ToSlash(filepath.Clean(p)), "/"), "/")
}

// shellWord quotes what a shell would read otherwise.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._/-+,=:@%", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// pictureName is a path in the words of a CollisionError.
func pictureName(path string) string {
	if path == Stdin {
		return "standard input (-)"
	}
	return Display(path)
}

// isRunFile says whether a run writes a file of this name at the top of its output folder.
func isRunFile(name string) bool {
	return name == "manifest.jsonl" || name == "run.json" || name == ".filterbank.lock"
}

// distinct drops pictures that are listed twice and refuses pictures whose maps would go to
// the same place, and pictures with two labels. With fold, places that differ only in case are
// the same.
func distinct(entries []Entry, fold bool) ([]Entry, error) {
	kept := entries[:0]
	problems := make(map[string]bool)
	first := make(map[string]int, len(entries))
	var collision *CollisionError
	var labels error
	collide := func(e CollisionError) {
		if collision == nil {
			collision = &e
		} else {
			collision.Others++
		}
	}
	for _, e := range entries {
		if e.Problem != nil {
			if !problems[e.Path] {
				problems[e.Path] = true
				kept = append(kept, e)
			}
			continue
		}
		at := e.Rel
		if fold {
			at = strings.ToLower(at)
		}
		top, _, _ := strings.Cut(at, "/")
		i, taken := first[at]
		switch {
		case isRunFile(top):
			collide(CollisionError{Rel: e.Rel, First: e.Path})
		case !taken:
			first[at] = len(kept)
			kept = append(kept, e)
		case !sameFile(&kept[i], &e):
			collide(CollisionError{Rel: e.Rel, First: kept[i].Path, Second: e.Path, Lines: [2]int{kept[i].line, e.line}})
		case labels == nil:
			labels = kept[i].mergeLabel(&e)
		}
	}
	if collision != nil {
		return nil, collision
	}
	return kept, labels
}

// sameFile says whether two entries have the same file, or the same member of a tar file.
func sameFile(a, b *Entry) bool {
	switch {
	case a.Path == b.Path:
		return true
	case a.Path == Stdin || b.Path == Stdin || a.remote != nil || b.remote != nil:
		return false
	case a.at != nil && b.at != nil:
		return a.at.offset == b.at.offset && os.SameFile(a.at.tar.info, b.at.tar.info)
	}
	infoA, errA := os.Stat(a.Path)
	infoB, errB := os.Stat(b.Path)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

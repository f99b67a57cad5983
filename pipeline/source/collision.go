package source

import (
	"fmt"
	"os"
	"runtime"
	"strings"
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
}

// Error names both pictures and the remedies.
func (e *CollisionError) Error() string {
	var b strings.Builder
	if e.Second == "" {
		fmt.Fprintf(&b, "the maps of %s would go to %s, which is a file of the run itself: rename it or --exclude it",
			pictureName(e.First), Display(e.Rel))
	} else {
		fmt.Fprintf(&b, "the maps of %s and %s would both go to %s: rename one, --exclude one, or give it a run of its own with another -o",
			pictureName(e.First), pictureName(e.Second), Display(e.Rel))
	}
	if e.Others > 0 {
		fmt.Fprintf(&b, " (%d more such pictures)", e.Others)
	}
	return b.String()
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
// the same place. With fold, places that differ only in case are the same.
func distinct(entries []Entry, fold bool) ([]Entry, error) {
	place := func(rel string) string {
		if fold {
			return strings.ToLower(rel)
		}
		return rel
	}
	kept := entries[:0]
	problems := make(map[string]bool)
	first := make(map[string]int, len(entries))
	var collision *CollisionError
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
		at := place(e.Rel)
		top, _, _ := strings.Cut(at, "/")
		i, taken := first[at]
		switch {
		case isRunFile(top):
			collide(CollisionError{Rel: e.Rel, First: e.Path})
		case !taken:
			first[at] = len(kept)
			kept = append(kept, e)
		case !sameFile(kept[i].Path, e.Path):
			collide(CollisionError{Rel: e.Rel, First: kept[i].Path, Second: e.Path})
		}
	}
	if collision != nil {
		return nil, collision
	}
	return kept, nil
}

// sameFile says whether two paths lead to the same file.
func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	if a == Stdin || b == Stdin {
		return false
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

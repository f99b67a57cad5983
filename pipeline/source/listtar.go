package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"filterbank/pipeline/bucket"
)

// The kinds of what tar files hold and folders hold beside pictures, as PassedOver gets them.
const (
	PassedTar      = "archive"
	PassedLink     = "link in a tar file"
	PassedSpecial  = "device or pipe in a tar file"
	PassedReplaced = "earlier version in a tar file"
	PassedMember   = "other member of a tar file"
)

// tar adds the pictures in a tar file, in their order there. rel is the tar file's path below
// the input. A member's Rel is the path in the tar file below the tar file's own Rel. The only
// error is ctx's.
func (l *lister) tar(ctx context.Context, name, rel string) error {
	t, file, err := openTar(name)
	if err != nil {
		l.problem(name, "", CodeUnreadable, fmt.Errorf("cannot be read: %w", reason(err)))
		return nil
	}
	defer file.Close()
	again := l.tars[name]
	l.tars[name] = true
	known := map[string]int{} // entries of this tar file by the names of the members
	met := false
	for m, err := range t.members(ctx, file) {
		if err != nil && ctx.Err() != nil {
			return err
		}
		if err != nil {
			l.problem(name, "", codeOfTar(err), err)
			return nil
		}
		passed := l.passes(&m, rel)
		if m.kind == link || m.kind == special {
			l.cover(&m, known)
		}
		if passed == "" && m.kind != folder {
			met = true
			if l.member(&m, rel, known) {
				passed = PassedReplaced
			}
		}
		if passed != "" && !again {
			l.members[passed]++
		}
	}
	if !met {
		l.problem(name, "", CodeEmptyFolder, errEmptyTar(l.extensions))
	}
	return nil
}

// passes returns the kind under which a member is passed over. Pictures and folders have none.
func (l *lister) passes(m *member, rel string) string {
	switch m.kind {
	case folder:
		return ""
	case link:
		return PassedLink
	case special:
		return PassedSpecial
	case other:
		return PassedMember
	}
	if (m.kind == unsafe || !hasHidden(m.name)) && hasExtension(m.name, l.extensions) {
		return ""
	}
	if kind, unread := l.unread[strings.ToLower(filepath.Ext(m.name))]; unread && m.kind == regular && l.filter.keeps(stem(rel)+"/"+m.name) {
		return kind
	}
	return PassedMember
}

// member adds a picture of a tar file. It says whether the picture replaces an earlier one of
// the same name, as when the tar file is unpacked.
func (l *lister) member(m *member, rel string, known map[string]int) (replaces bool) {
	path, inside := m.tar.path+"/"+m.name, stem(rel)+"/"+m.name
	at, replaces := known[m.name]
	switch {
	case m.kind == unsafe:
		l.problem(path, "", CodeBadName, errors.New("the member's name is absolute, has .. in it or is very long: make the tar file with names below a folder, as tar -C FOLDER -cf FILE.tar . does"))
		return false
	case !l.filter.keeps(inside):
		return false
	case m.kind == sparse && !replaces:
		l.problem(path, stem(inside), CodeUnsupported, m.unread())
		return false
	case m.kind == sparse:
		l.cover(m, known)
		return true
	case replaces:
		l.entries[at].at, l.entries[at].Problem = m, nil
		return true
	}
	m.name = path[len(m.tar.path)+1:] // one string in place of two
	known[m.name] = len(l.entries)
	l.entries = append(l.entries, Entry{Job: Job{Path: path, Rel: stem(inside), Label: l.label(m.name)}, at: m})
	return false
}

// cover makes a problem of a picture whose name a later member has that is not read, such as a link.
// An unpacked tar file has that member there.
func (l *lister) cover(m *member, known map[string]int) {
	name, _ := memberName(m.name, regular)
	if at, ok := known[name]; ok {
		e := &l.entries[at]
		e.Problem = &Problem{Path: e.Path, Code: CodeUnsupported, Err: m.unread()}
	}
}

// unread says why a member is not read. It is nil for a regular file.
func (m *member) unread() error {
	switch m.kind {
	case sparse:
		return errors.New("the member is stored as a sparse file, in pieces: make the tar file without --sparse")
	case link:
		return errors.New("a link of the same name follows in the tar file, and unpacking it would put the link there: make the tar file again without the link")
	case special:
		return errors.New("a device or a pipe of the same name follows in the tar file, and unpacking it would put that there: make the tar file again without it")
	}
	return nil
}

// memberAt adds the picture that a path names in a tar file, at the place rel. It says whether
// the path leads into a tar file.
func (l *lister) memberAt(ctx context.Context, name, rel string) bool {
	e, ok := l.finder.Entry(ctx, name)
	switch {
	case !ok || !l.filter.keeps(rel+filepath.Ext(name)):
	case e.Problem != nil:
		l.problem(name, rel, e.Problem.Code, e.Problem.Err)
	case l.out.holdsFile(e.at.tar.path, true):
		l.problem(name, "", CodeInsideOutput, l.out.refusal())
	default:
		e.Rel = rel
		l.entries = append(l.entries, e)
	}
	return ok
}

// codeOfTar is the code of an error of members.
func codeOfTar(err error) Code {
	if _, ok := errors.AsType[damage](err); ok {
		return CodeDamagedTar
	}
	return CodeUnreadable
}

// hasHidden says whether a part of a path is hidden.
func hasHidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if hidden(part) {
			return true
		}
	}
	return false
}

// Finder gives entries by the paths that records have. It reads the headers of a tar file once.
// The zero value is ready, and safe for concurrent use.
type Finder struct {
	mu   sync.Mutex
	tars map[string]map[string]member // members by tar file and name

	buckets buckets
}

// Entry is the entry of a picture by its path: of a file, of an object in a bucket, or of a member of a tar file, which is
// <tar file>/<member>. Its Rel is the last part of the path. ok says whether the path leads
// into a tar file; a member that is not there is a Problem.
func (f *Finder) Entry(ctx context.Context, name string) (e Entry, ok bool) {
	e.Job = Job{Path: name, Rel: namedRel(name)}
	if e.written = isInline(name); e.written {
		return e, false
	}
	if bucket.IsURL(name) {
		b, _, err := f.buckets.open(name)
		if err != nil {
			e.Problem = &Problem{Path: name, Code: CodeUnreadable, Err: err}
		}
		e.remote = &remote{bucket: b, size: -1}
		return e, false
	}
	tarName, inside := splitTar(name)
	if tarName == "" {
		return e, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	members, known := f.tars[tarName]
	if !known {
		var err error
		if members, err = readMembers(ctx, tarName); err != nil {
			e.Problem = &Problem{Path: name, Code: codeOfTar(err), Err: reason(err)}
			return e, true
		}
		if f.tars == nil {
			f.tars = map[string]map[string]member{}
		}
		f.tars[tarName] = members
	}
	if clean, kind := memberName(inside, regular); kind == regular { // tar -t prints ./a.png as it stands
		inside = clean
	}
	if m, has := members[inside]; has && m.kind == regular {
		e.at = &m
	} else if has {
		e.Problem = &Problem{Path: name, Code: CodeUnsupported, Err: m.unread()}
	} else {
		e.Problem = &Problem{Path: name, Code: CodeMissing, Err: fmt.Errorf("the tar file %s has no such file: name one as tar -t prints it, or the tar file itself with --include", Display(tarName))}
	}
	return e, true
}

// splitTar splits a path that leads into a tar file. It returns an empty name for others.
func splitTar(name string) (tarName, inside string) {
	if _, err := os.Lstat(name); err == nil {
		return "", ""
	}
	for i := range len(name) {
		if !os.IsPathSeparator(name[i]) || !isTar(name[:i]) {
			continue
		}
		if info, err := os.Stat(name[:i]); err == nil && info.Mode().IsRegular() {
			return name[:i], filepath.ToSlash(name[i+1:])
		}
	}
	return "", ""
}

// readMembers reads where the regular and sparse files of a tar file are. Of two members with a
// name the last counts, also if it is a link, a device or a pipe. What is before a damage is read.
func readMembers(ctx context.Context, name string) (map[string]member, error) {
	t, file, err := openTar(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	members := map[string]member{}
	for m, err := range t.members(ctx, file) {
		if _, damaged := errors.AsType[damage](err); damaged {
			break
		}
		if err != nil {
			return nil, err
		}
		name, _ := memberName(m.name, regular)
		if _, known := members[name]; m.kind == regular || m.kind == sparse || known && (m.kind == link || m.kind == special) {
			members[name] = m
		}
	}
	return members, nil
}

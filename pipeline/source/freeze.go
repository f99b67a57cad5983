package source

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"lukechampine.com/blake3"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/inorder"
)

// A frozen list is a gzip file of JSON Lines, a line an image in the order of the inputs. It has a
// gzip member for every frozenLines lines, then a member with one line, the index, and then an
// empty member of footerBytes bytes, which says where the index is.
const (
	frozenLines = 1024
	footerBytes = 45
)

// frozenIndex is the last line of a frozen list.
type frozenIndex struct {
	List    int            `json:"filterbank_list"` // the version of the form, 1
	Count   int            `json:"count"`           // of lines before this one
	Lines   int            `json:"lines"`           // in each member, except the last one
	Members []int64        `json:"members"`         // where the members with lines begin in the file
	BLAKE3  string         `json:"blake3"`          // of the lines before this one
	SHA256  string         `json:"sha256"`          // the Sum of the lines
	Bytes   int64          `json:"bytes"`           // of all images
	Classes map[string]int `json:"classes,omitempty"`
}

// FreezeOptions say what a frozen list has.
type FreezeOptions struct {
	// Hash has every image read for its SHA-256. Without it, the list has the time of a file's last
	// change, or what a bucket tells of an object.
	Hash bool
	// Jobs is the number of files that are looked at or read at a time; 0 is one a processor.
	Jobs int
	// Failed is called with each input that gives no image, in the order of the list. It may be
	// nil.
	Failed func(*Problem)
	// MayPass says whether the cause of an error may be gone later. Such an error ends the list: a
	// line would tell every task that the file cannot be read. Nil is an object store's errors.
	MayPass func(error) bool
}

// Account is what a frozen list has.
type Account struct {
	Count  int   // of lines
	Failed int   // lines without an image
	Bytes  int64 // of the images
	Digest string
	Labels int
}

// FrozenFile is the file that Freeze writes to. It reads its own lines again where two inputs seem
// to have the same place.
type FrozenFile interface {
	io.Writer
	io.ReaderAt
}

// Freeze lists the pictures of inputs and opts.Listed, as List does, and writes them to an empty
// file. It holds no more than one folder's names, one tar file's members and 15 to 19 bytes a
// picture. opts.Shard is not for it, and standard input is refused.
func Freeze(ctx context.Context, out FrozenFile, inputs []string, opts Options, o FreezeOptions) (Account, error) {
	if slices.Contains(inputs, Stdin) {
		return Account{}, errors.New("standard input cannot be in a list: name files, folders, patterns or objects")
	}
	l, err := newLister(&opts)
	if err != nil {
		return Account{}, err
	}
	f := &freezer{lister: l, out: out, options: o, places: newPlaceSet(), digest: blake3.New(32, nil), sum: NewSum(), labels: map[string]int{}}
	f.gzip, _ = gzip.NewWriterLevel(&f.packed, gzip.DefaultCompression)
	var listErr error
	entries := f.entries(ctx, inputs, opts.Listed, &listErr)
	jobs := cmp.Or(max(o.Jobs, 0), runtime.GOMAXPROCS(0))
	none := func() struct{} { return struct{}{} }
	facts := func(ctx context.Context, _ struct{}, e Entry) (fact, error) { return f.look(ctx, e) }
	err = inorder.Do(ctx, jobs, entries, none, facts, f.add)
	if err = cmp.Or(err, listErr); err == nil {
		err = f.end()
	}
	if collision, ok := errors.AsType[*CollisionError](err); ok {
		collision.Ways = ""
	}
	if opts.PassedOver != nil && err == nil {
		opts.PassedOver(l.passedOver())
	}
	if opts.Classes != nil && err == nil && len(f.labels) > 0 {
		opts.Classes(f.labels)
	}
	return f.account, err
}

// freezer writes a frozen list.
type freezer struct {
	*lister
	out     FrozenFile
	options FreezeOptions
	account Account

	at     int64 // bytes written
	lines  bytes.Buffer
	starts []int // of the lines in lines
	packed bytes.Buffer
	gzip   *gzip.Writer
	digest *blake3.Hasher
	sum    *Sum
	index  frozenIndex

	places  *placeSet
	keys    *placeSet // of images in lists with keys and labels, by their paths; nil if there are none
	labels  map[string]int
	without *LabelError

	read     int // the member that old holds, from 1
	old      [][]byte
	oldBytes []byte
}

// fact is an entry with what is known of its file.
type fact struct {
	Entry
	asListed
}

// entries gives the entries of inputs and rows as they are found.
func (f *freezer) entries(ctx context.Context, inputs []string, rows iter.Seq2[Row, error], failed *error) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		f.give = yield
		if err := f.list(ctx, inputs, rows); err != nil && !errors.Is(err, errGiven) {
			*failed = err
		}
	}
}

// look finds out about the file of an entry. A file that cannot be read becomes a Problem, unless
// the cause may pass or concerns a whole bucket.
func (f *freezer) look(ctx context.Context, e Entry) (fact, error) {
	var facts asListed
	if e.Problem == nil {
		var err error
		if facts, err = f.facts(ctx, &e); err != nil && ctx.Err() != nil {
			return fact{}, ctx.Err()
		}
		f.refuse(&e, err)
	}
	switch {
	case e.Problem == nil:
	case f.mayPass(e.Problem):
		return fact{}, fmt.Errorf("no list is written, because the cause may pass: %w; try again, or leave the image out", e.Problem)
	case bucket.OfStore(e.Problem):
		return fact{}, e.Problem
	}
	return fact{e, facts}, nil
}

func (f *freezer) mayPass(err error) bool {
	if f.options.MayPass == nil {
		return bucket.TryAgain(err)
	}
	return f.options.MayPass(err)
}

// refuse makes a Problem of an error of looking at a file.
func (f *freezer) refuse(e *Entry, err error) {
	if problem, ok := errors.AsType[*Problem](err); ok {
		e.Problem = problem
	} else if err != nil {
		e.Problem = &Problem{Path: e.Path, Code: CodeUnreadable, Err: fmt.Errorf("cannot be read: %w", reason(err))}
		if errors.Is(err, os.ErrNotExist) {
			e.Problem.Code = CodeMissing
		}
	}
}

func (f *freezer) facts(ctx context.Context, e *Entry) (facts asListed, err error) {
	switch {
	case e.at != nil:
		facts.size = e.at.size
	case e.remote != nil:
		if err = e.remote.stat(ctx, e.Path); err != nil {
			return facts, err
		}
		facts.size = e.remote.size
	default:
		info, err := os.Stat(e.Path)
		if err != nil {
			return facts, err
		}
		facts.size, facts.modified = info.Size(), info.ModTime()
	}
	if !f.options.Hash {
		return facts, nil
	}
	in, err := e.Open(ctx)
	if err != nil {
		return facts, err
	}
	defer in.Close()
	if facts.size = in.Size; in.Size >= 0 {
		_, facts.sha256, err = in.Sum(0)
	}
	return facts, err
}

// add adds an entry to the list, unless it is there already.
func (f *freezer) add(e fact) error {
	if e.Problem == nil {
		if top, _, _ := strings.Cut(folded(e.Rel), "/"); isRunFile(top) {
			return &CollisionError{Rel: e.Rel, First: e.Path}
		}
	}
	if f.account.Count == maxPlaces {
		return fmt.Errorf("a list has at most %d images: make several lists", uint32(maxPlaces))
	}
	key := frozenKey(&e.Entry)
	first, known, err := f.places.find(key, uint32(f.account.Count), func(n uint32) (bool, error) {
		old, err := f.again(n)
		return err == nil && frozenKey(old) == key, err
	})
	if err != nil {
		return err
	}
	if known {
		return f.same(first, &e.Entry)
	}
	if err := f.label(&e.Entry); err != nil {
		return err
	}
	line, err := frozenLineOf(&e.Entry, &e.asListed).encode()
	if err != nil {
		return fmt.Errorf("%s: %w", pictureName(e.Path), err)
	}
	f.starts = append(f.starts, f.lines.Len())
	f.lines.Write(line)
	f.sum.Add(e.Path, e.Place(), e.Label)
	f.account.Count++
	f.account.Bytes += e.size
	if e.Problem != nil {
		if f.account.Failed++; f.options.Failed != nil {
			f.options.Failed(e.Problem)
		}
	}
	if len(f.starts) == frozenLines {
		return f.flush()
	}
	return nil
}

// frozenKey is what no two lines of a list have in common: the place of an image, or the path of an
// input without one.
func frozenKey(e *Entry) string {
	if e.Problem != nil {
		return "i" + e.Path
	}
	return "o" + folded(e.Rel)
}

// folded is a place as the system compares names.
func folded(rel string) string {
	if foldsCase {
		return strings.ToLower(rel)
	}
	return rel
}

// same takes an image that has the place of an earlier one. It is no error if they are the same.
func (f *freezer) same(first uint32, e *Entry) error {
	if e.Problem != nil {
		return nil
	}
	old, err := f.again(first)
	switch {
	case err != nil:
		return err
	case !sameFile(old, e):
		return &CollisionError{Rel: e.Rel, First: old.Path, Second: e.Path}
	case e.Label != "" && old.Label != e.Label:
		return &LabelError{Path: e.Path, Why: fmt.Sprintf("it is listed twice, with the label %s and with %s: leave one of them out", Display(old.Label), Display(e.Label))}
	}
	return nil
}

// label checks the label of an entry. Pictures without one are told at the end, if there are labels.
func (f *freezer) label(e *Entry) error {
	if e.Label == "" {
		if e.Problem == nil {
			if f.without == nil {
				f.without = &LabelError{Path: e.Path, Why: f.noLabel(), Others: -1}
			}
			f.without.Others++
		}
		return nil
	}
	if !utf8.ValidString(e.Label) {
		return &LabelError{Path: e.Path, Why: fmt.Sprintf("the folder's name %s is not UTF-8: rename it", Display(e.Label))}
	}
	f.labels[e.Label] = 0
	if e.line == 0 || e.Rel == namedRel(e.Path) {
		return nil
	}
	if f.keys == nil {
		f.keys = newPlaceSet()
	}
	file := filepath.Clean(e.Path)
	first, known, err := f.keys.find(file, uint32(f.account.Count), func(n uint32) (bool, error) {
		old, err := f.again(n)
		return err == nil && filepath.Clean(old.Path) == file, err
	})
	if err != nil || !known {
		return err
	}
	old, err := f.again(first)
	if err == nil && old.Label != e.Label {
		err = &LabelError{Path: e.Path, Why: fmt.Sprintf("line %d of the list has %s, and a line before it has %s: leave one of the lines out", e.line, Display(e.Label), Display(old.Label))}
	}
	return err
}

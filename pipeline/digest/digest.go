// Package digest owns the account of a run's files by their bytes: lines that b3sum checks,
// and one digest over these. It reads the files that the manifest lists. It never writes
// and never looks at what the bytes mean.
package digest

import (
	"bufio"
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/inorder"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// Options say how files are read.
type Options struct {
	Jobs int // files at a time; 0 is GOMAXPROCS
}

// Report is the files of a run. It takes about 150 bytes of memory a file.
type Report struct {
	Files []File    // that are as the run wrote them, in the order of their paths as bytes
	Wrong []Problem // in the same order
}

// File is a file below the output folder. A shard of a pack is one file.
type File struct {
	Path   manifest.Path // slash-separated
	BLAKE3 [32]byte
}

// Problem is a file that is not as the run wrote it, and why.
type Problem struct {
	Path manifest.Path
	Err  error
}

// Run reads all files that the manifest of an output folder lists and compares them with it.
// Errors are ctx's and errors of the folder and its manifest. A folder without files of a run
// and a run that has not ended are errors. Problems of single files are in the report.
func Run(ctx context.Context, dir string, opts Options) (*Report, error) {
	if store.Unfinished(dir) {
		return nil, fmt.Errorf("%s: %w", dir, store.ErrUnfinished)
	}
	records, err := manifest.Open(dir)
	if err != nil {
		return nil, err
	}
	defer records.Close()
	root, err := store.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open run: %w", err)
	}
	defer root.Close()
	return run(ctx, records, dir, folder{root}, cmp.Or(max(opts.Jobs, 0), runtime.GOMAXPROCS(0)))
}

// RunIn is Run for a run in a bucket. The prefix of its keys is empty or has a slash at its end.
// Files are read again over the network. Without Jobs, 16 are read at a time.
func RunIn(ctx context.Context, b *bucket.Bucket, prefix string, opts Options) (*Report, error) {
	shared, name := store.BucketPlace(b, prefix), b.URL(prefix)
	if unfinished, err := store.UnfinishedIn(ctx, shared); err != nil {
		return nil, err
	} else if unfinished {
		return nil, fmt.Errorf("%s: %w", name, store.ErrUnfinished)
	}
	records, err := manifest.Fetch(ctx, shared, name)
	if err != nil {
		return nil, err
	}
	defer records.Close()
	return run(ctx, records, name, objects{b, prefix}, cmp.Or(max(opts.Jobs, 0), 16))
}

// run reads the files of a run and compares them with its manifest.
func run(ctx context.Context, records *manifest.Reader, name string, files place, jobs int) (*Report, error) {
	listed, err := list(records, name)
	if err != nil {
		return nil, err
	}
	if len(listed) == 0 {
		return nil, fmt.Errorf("the manifest of %s lists no file of an image: none is done, or the run wrote only a table of features; name the output folder of a run with files", name)
	}
	r := &Report{Files: make([]File, 0, len(listed))}
	none := func() struct{} { return struct{}{} }
	check := func(ctx context.Context, _ struct{}, e *entry) (result, error) {
		sum, err := e.check(ctx, files)
		if bucket.TryAgain(err) || bucket.OfStore(err) {
			return result{}, err
		}
		return result{e.path, sum, err}, ctx.Err()
	}
	err = inorder.Do(ctx, jobs, slices.Values(listed), none, check, func(c result) error {
		if c.err != nil {
			r.Wrong = append(r.Wrong, Problem{c.path, c.err})
		} else {
			r.Files = append(r.Files, File{c.path, c.sum})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, r.checkIndex(ctx, files, listed)
}

// result is what reading a file comes to.
type result struct {
	path manifest.Path
	sum  [32]byte
	err  error
}

// Write writes a line for each file, as b3sum does: the digest, two spaces and the path. Of
// a path with a backslash, a newline or a carriage return, these are escaped, and the line
// begins with a backslash. Bytes that are not UTF-8 become U+FFFD, which b3sum --check
// refuses.
func (r *Report) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	for i := range r.Files {
		out.WriteString(r.Files[i].line())
	}
	return out.Flush()
}

// escapes are b3sum's.
var escapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)

func (f *File) line() string {
	path := strings.Map(func(r rune) rune { return r }, string(f.Path)) // U+FFFD for each byte that is not UTF-8
	mark := ""
	if escaped := escapes.Replace(path); escaped != path {
		mark, path = `\`, escaped
	}
	return mark + hex.EncodeToString(f.BLAKE3[:]) + "  " + path + "\n"
}

// NotUTF8 counts the files whose lines b3sum --check refuses, because their paths are not
// UTF-8.
func (r *Report) NotUTF8() (n int) {
	for _, f := range r.Files {
		if !utf8.ValidString(string(f.Path)) {
			n++
		}
	}
	return n
}

// Digest returns the BLAKE3 digest, in hexadecimal, of the lines that Write writes.
func (r *Report) Digest() (string, error) {
	in, out := io.Pipe()
	go func() { out.CloseWithError(r.Write(out)) }()
	defer in.Close()
	return store.Digest(in)
}

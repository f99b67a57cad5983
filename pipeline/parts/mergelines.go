package parts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// This file reads the parts' files and checks them.

// checked is a file of a part that is read from its beginning to its end, where it must turn
// out to be as the part's account says.
type checked struct {
	io.Reader
	file   io.Closer
	digest *store.Hasher
	name   string
	want   OwnFile
}

// open opens a file of a part.
func (m *merger) open(ctx context.Context, c *Complete, name string) (*checked, error) {
	full := nameIn(c.Shard, m.config.Shards, name)
	want, ok := c.Own[name]
	if !ok {
		return nil, &DamagedError{nameIn(c.Shard, m.config.Shards, CompleteName), "it does not describe " + name}
	}
	file, err := m.place.Open(ctx, full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &DamagedError{full, "it is gone"}
	}
	if err != nil {
		return nil, err
	}
	digest := new(store.Hasher)
	return &checked{io.TeeReader(io.LimitReader(file, want.Bytes+1), digest), file, digest, full, want}, nil
}

// end reads the rest and compares.
func (f *checked) end() error {
	if _, err := io.Copy(io.Discard, f); err != nil {
		return err
	}
	if sum, n := f.digest.Sum(); sum != f.want.BLAKE3 || n != f.want.Bytes {
		return &DamagedError{f.name, "it is not as the shard's task wrote it, because a task is at work on it or it is damaged; wait for a task that is running"}
	}
	return nil
}

// line is a record as it stands in a manifest.
type line struct {
	text  []byte // with its end; valid until the next one
	input string
	place string // of a picture, or empty
}

// key is the subject of the record.
func (l *line) key() string {
	if l.place != "" {
		return "o" + l.place
	}
	return "i" + l.input
}

// lines gives the records of all parts. An error ends them.
func (m *merger) lines(ctx context.Context) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		for _, c := range m.parts {
			more, err := m.linesOf(ctx, c, yield)
			if err != nil {
				yield(line{}, err)
			}
			if err != nil || !more {
				return
			}
		}
	}
}

func (m *merger) linesOf(ctx context.Context, c *Complete, yield func(line, error) bool) (more bool, err error) {
	in, err := m.open(ctx, c, manifest.Name)
	if err != nil {
		return false, err
	}
	defer in.file.Close()
	sum := source.NewSum()
	for text, err := range manifest.Lines(in) {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		l, label := line{text: text}, ""
		if err == nil {
			l.input, l.place, label, err = manifest.Subject(text)
		}
		if err != nil {
			if changed := in.end(); changed != nil {
				return false, changed // which is why
			}
			return false, &DamagedError{in.name, err.Error()}
		}
		sum.Add(l.input, l.place, label)
		if !yield(l, nil) {
			return false, nil
		}
	}
	if err := in.end(); err != nil {
		return false, err
	}
	if sum.Inputs() != c.Inputs {
		return false, &DamagedError{in.name, "its records are not of the shard's inputs"}
	}
	return true, nil
}

// check reads all records, so that a run whose parts do not fit together is refused before anything
// is written. It works out the digest of the manifest.
func (m *merger) check(ctx context.Context, _ *Merged) (err error) {
	seen, err := newUnique(m.config.Inputs.Count)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, seen.close()) }()
	digest := new(store.Hasher)
	for l, err := range m.lines(ctx) {
		if err == nil {
			_, _ = digest.Write(l.text)
			err = seen.add(l.key())
		}
		if err != nil {
			return err
		}
	}
	sum, bytes := digest.Sum()
	m.note = &note{Manifest: OwnFile{bytes, sum}, Before: m.before}
	hash, found, err := seen.twice(ctx)
	if err != nil || !found {
		return err
	}
	var inputs []string
	for l, err := range m.lines(ctx) {
		if err != nil {
			return err
		}
		if hashText(l.key()) == hash {
			inputs = append(inputs, source.Display(l.input))
		}
	}
	return fmt.Errorf("%s have the same place, or are the same input: the list of inputs is not one of this program's; make another one with filterbank list, and run it with another -o", strings.Join(inputs, " and "))
}

// records gives the records of all parts. An error ends them.
func (m *merger) records(ctx context.Context) iter.Seq2[*manifest.Record, error] {
	return func(yield func(*manifest.Record, error) bool) {
		for l, err := range m.lines(ctx) {
			var rec *manifest.Record
			if err == nil {
				rec, err = manifest.Parse(l.text)
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

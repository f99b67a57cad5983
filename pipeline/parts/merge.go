package parts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"

	"filterbank/pipeline/features"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// MergeOptions say how the parts of a run are merged.
type MergeOptions struct {
	// Features writes the table of features if it does not lie in the output folder.
	Features func(fill func(io.Writer) error) error
	// Told is called with the number of each part whose records have been merged, in order. It
	// may be nil.
	Told func(index int)
}

// Merged describes what Merge has made.
type Merged struct {
	Config   *Config
	Run      *manifest.Run
	Features *features.Written // nil if there is no table
	Packs    int               // shards in the index of the packs
	Bytes    int64             // of the manifest
}

// DamagedError says that a file of a part is not as the part's task wrote it.
type DamagedError struct {
	File string // below the output folder
	Text string
}

// Error names the file and what to do.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s: %s; remove %s beside it and run the shard again", e.File, e.Text, CompleteName)
}

// MissingError says that a run cannot be merged, because parts are not complete.
type MissingError struct{ Missing []int }

// Error counts the parts.
func (e *MissingError) Error() string {
	return fmt.Sprintf("%d shards are not done", len(e.Missing))
}

// ErrChanged says that the results have changed since they were merged, and would be lost.
var ErrChanged = errors.New("a run has changed the manifest since the shards were merged, and merging them again would undo that; run the command without --shards again, which does what is left")

// Merge makes the run as a whole of its parts: one manifest, one run.json, and the table of
// features, the metadata and the index of packs if the run has them. It is an error if not all
// parts are there; that is a *MissingError. Merge may be stopped at any time and called again,
// and then makes the same files.
//
// The parts lie in the order of the inputs, so that merging only puts files one behind the
// other: what Merge holds in memory is the accounts of the parts and the largest part's rows of
// features. Before anything is written, all records are read. Their inputs must have the sum that
// the part's task has noted, and no record may come twice. Finding that
// out takes 16 bytes of a temporary file of this machine for each record, if there are more than a
// million, and up to 32 MB of memory.
func Merge(ctx context.Context, place store.Place, o MergeOptions) (*Merged, error) {
	config, err := ReadConfig(ctx, place)
	if err != nil {
		return nil, err
	}
	m := &merger{place: place, opts: o, config: config}
	if err := m.readAccounts(ctx); err != nil {
		return nil, err
	}
	if err := m.unchanged(ctx); err != nil {
		return nil, err
	}
	done := &Merged{Config: config}
	for _, step := range []func(context.Context, *Merged) error{m.check, m.announce, m.features, m.journal, m.metadata, m.index, m.run, m.manifest, m.mark} {
		if err := step(ctx, done); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// merger is the work of Merge.
type merger struct {
	place  store.Place
	opts   MergeOptions
	config *Config
	parts  []*Complete
	before string // the digest of the merged manifest that is there, or empty
	note   *note  // of this merging
}

// readAccounts reads the accounts of all parts.
func (m *merger) readAccounts(ctx context.Context) error {
	found, err := listParts(ctx, m.place, m.config)
	if err != nil {
		return err
	}
	missing := &MissingError{}
	for i := range m.config.Shards {
		if !found[i].done {
			missing.Missing = append(missing.Missing, i)
		}
	}
	if len(missing.Missing) > 0 {
		return missing
	}
	err = readAccounts(ctx, m.place, m.config, found, func(index int, c *Complete) error {
		if c == nil {
			missing.Missing = append(missing.Missing, index)
			return nil
		}
		if from, to := Range(c.Shard, m.config.Shards, m.config.Inputs.Count); c.Inputs.Count != to-from {
			return &DamagedError{nameIn(c.Shard, m.config.Shards, CompleteName), fmt.Sprintf("it has %d inputs, and shard %d has %d", c.Inputs.Count, c.Shard, to-from)}
		}
		m.parts = append(m.parts, c)
		return nil
	})
	if err == nil && len(missing.Missing) > 0 {
		return missing
	}
	return err
}

// mergedName is the name of a note on the last merging.
const mergedName = store.PartsName + "/merged.json"

// note is what Merge notes before it replaces the manifest, and again at its end.
type note struct {
	Manifest OwnFile `json:"manifest"`           // as it is written
	Before   string  `json:"before,omitempty"`   // the digest of the merged manifest in whose place it comes
	Accounts string  `json:"accounts,omitempty"` // at the end: the digest of the accounts that were merged
}

func decodeNote(data []byte) (*note, error) {
	n := new(note)
	err := json.Unmarshal(data, n)
	if err == nil && !isSum(n.Manifest.BLAKE3) {
		err = errors.New("it has no digest of the manifest")
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w; remove the file if the manifest is as merge wrote it", mergedName, err)
	}
	return n, nil
}

// readNote returns the note of the last merging, or nil if there is none.
func readNote(ctx context.Context, place store.Place) (*note, error) {
	data, err := place.Read(ctx, mergedName, mostAccount)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeNote(data)
}

// write writes the note.
func (n *note) write(ctx context.Context, place store.Place) error {
	data, err := encode(mergedName, n)
	if err != nil {
		return err
	}
	return place.Replace(ctx, mergedName, 0, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// accountsDigest is a hash of the digests of the files that accounts name.
type accountsDigest struct{ hash.Hash }

func newAccountsDigest() accountsDigest { return accountsDigest{sha256.New()} }

// add adds the account of the next part.
func (d accountsDigest) add(c *Complete) {
	for _, name := range slices.Sorted(maps.Keys(c.Own)) {
		fmt.Fprintf(d, "%d %q %s\n", c.Shard, name, c.Own[name].BLAKE3)
	}
}

func (d accountsDigest) text() string { return hex.EncodeToString(d.Sum(nil)) }

// unchanged notes the digest of the manifest that is there. It returns ErrChanged if a run has
// changed it since the last merging, which may have been stopped before or after it wrote the
// manifest.
func (m *merger) unchanged(ctx context.Context) error {
	n, err := readNote(ctx, m.place)
	if n == nil || err != nil {
		return err
	}
	there, err := m.place.Open(ctx, manifest.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer there.Close()
	digest, err := store.Digest(there)
	if err != nil {
		return err
	}
	if digest != n.Manifest.BLAKE3 && digest != n.Before {
		return ErrChanged
	}
	m.before = digest
	return nil
}

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
func (m *merger) lines(ctx context.Context, told func(int)) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		for i, c := range m.parts {
			more, err := m.linesOf(ctx, c, yield)
			if err != nil {
				yield(line{}, err)
			}
			if err != nil || !more {
				return
			}
			if told != nil {
				told(i)
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
	for l, err := range m.lines(ctx, nil) {
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
	for l, err := range m.lines(ctx, nil) {
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
		for l, err := range m.lines(ctx, nil) {
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

// size is the size in bytes of the files of a name in all parts.
func (m *merger) size(name string) (size int64) {
	for _, c := range m.parts {
		size += c.Own[name].Bytes
	}
	return size
}

// manifest writes the manifest of the whole run.
func (m *merger) manifest(ctx context.Context, done *Merged) error {
	return m.place.Replace(ctx, manifest.Name, m.size(manifest.Name), func(w io.Writer) error {
		for l, err := range m.lines(ctx, m.opts.Told) {
			if err != nil {
				return err
			}
			if _, err := w.Write(l.text); err != nil {
				return err
			}
			done.Bytes += int64(len(l.text))
		}
		return nil
	})
}

// metadata writes the metadata of the maps.
func (m *merger) metadata(ctx context.Context, _ *Merged) error {
	if m.config.Metadata == "" {
		return nil
	}
	table, err := output.ParseTable("metadata", m.config.Metadata)
	if err != nil {
		return fmt.Errorf("read %s: %w", store.ConfigName, err)
	}
	return m.place.Replace(ctx, table.File, m.size(manifest.Name), func(w io.Writer) error { return table.Write(w, m.records(ctx)) })
}

// run writes run.json: the first part's, with the sums of all parts.
func (m *merger) run(ctx context.Context, done *Merged) error {
	in, err := m.open(ctx, m.parts[0], manifest.RunName)
	if err != nil {
		return err
	}
	defer in.file.Close()
	data, err := io.ReadAll(io.LimitReader(in, most))
	if err == nil {
		err = in.end()
	}
	if err != nil {
		return err
	}
	r, err := manifest.DecodeRun(data)
	if err != nil {
		return &DamagedError{in.name, err.Error()}
	}
	r.Shard, r.Left, r.Interrupted = "", 0, false
	r.Images, r.Skipped, r.Failed, r.Maps, r.Files, r.Bytes, r.Seconds = 0, 0, 0, 0, 0, 0, 0
	clear(r.Stages)
	for _, c := range m.parts {
		r.Images += c.Images
		r.Skipped += c.Kept
		r.Failed += c.Failed
		r.Maps += c.Maps
		r.Files += c.Files
		r.Bytes += c.Bytes
		r.Seconds += c.Seconds
		for name, seconds := range c.Stages {
			if r.Stages != nil {
				r.Stages[name] += seconds
			}
		}
	}
	if data, err = r.Encode(); err != nil {
		return err
	}
	done.Run = r
	return m.place.Replace(ctx, manifest.RunName, 0, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// announce notes the manifest that will be written. A merging that is stopped at any place can then
// be told from a run that has changed the manifest.
func (m *merger) announce(ctx context.Context, _ *Merged) error { return m.note.write(ctx, m.place) }

// mark notes that everything has been merged.
func (m *merger) mark(ctx context.Context, _ *Merged) error {
	digest := newAccountsDigest()
	for _, c := range m.parts {
		digest.add(c)
	}
	m.note.Accounts = digest.text()
	return m.note.write(ctx, m.place)
}

// scratch returns a file with the content of in, to be read in any order. Release closes it and
// removes it if it is a copy.
func scratch(in *checked) (file *os.File, release func() error, err error) {
	if file, ok := in.file.(*os.File); ok {
		if err := in.end(); err != nil {
			return nil, nil, err
		}
		_, err := file.Seek(0, io.SeekStart)
		return file, func() error { return nil }, err
	}
	if file, err = os.CreateTemp("", ".filterbank-*.tmp"); err != nil {
		return nil, nil, err
	}
	release = func() error { return errors.Join(file.Close(), os.Remove(file.Name())) }
	if _, err = io.Copy(file, in); err == nil {
		err = in.end()
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, nil, errors.Join(err, release())
	}
	return file, release, nil
}

package parts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"filterbank/pipeline/features"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/store"
)

// MergeOptions say how the parts of a run are merged.
type MergeOptions struct {
	// Features writes the table of features if it does not lie in the output folder.
	Features func(fill func(io.Writer) error) error
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
		for l, err := range m.lines(ctx) {
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

package pipeline

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/features"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// table is the table of features that a run writes at its end. Its rows stand in a journal
// until then.
type table struct {
	name    string
	below   string        // the name below the output in a bucket; empty for a file of this machine
	file    *store.Single // nil for a part of a run, whose rows parts.Merge writes
	journal *features.Journal
	columns []string
}

// FeatureColumns returns the names of the columns that a table of features has for the job's
// maps. It is an error if two are the same, or if there are more than a table may have.
func (j *Job) FeatureColumns() ([]string, error) {
	columns, err := j.View().FeatureColumns()
	if err == nil && len(columns) > features.MaxValues {
		err = fmt.Errorf("features: %d columns for the maps, and a table has at most %d: choose fewer layers with --layers", len(columns), features.MaxValues)
	}
	return columns, err
}

// openTable opens the table of features, if there is one to write. The run holds the lock of
// the output folder.
func (r *run) openTable() (err error) {
	if r.job.Output.Features == "" {
		return nil
	}
	t := &table{name: r.job.Output.Features}
	if t.columns, err = r.job.FeatureColumns(); err != nil {
		return err
	}
	if !r.opts.Part.whole() {
		t.journal, err = features.OpenJournal(r.own)
		r.table = t
		return err
	}
	if need := features.Memory(t.name, r.pictures, len(t.columns)); r.res.Memory > 0 && need > r.res.Memory {
		return fmt.Errorf("features: a table of %d rows and %d columns takes %s; raise --max-memory, choose fewer layers with --layers, or write a .csv file",
			r.pictures, len(t.columns), engine.Shortage(need, r.res.Memory))
	}
	local := t.name
	if bucket.IsURL(t.name) {
		if t.below, err = r.remote.table(t.name); err != nil {
			return err
		}
		local = filepath.Join(r.own.Dir(), t.below)
	}
	if t.file, err = store.OpenSingle(local); err != nil {
		return fmt.Errorf("features: %w", err)
	}
	if err = features.CheckPlace(local); err != nil {
		return errors.Join(fmt.Errorf("features %s: %w", source.Display(t.name), source.Shown(err)), t.file.Release())
	}
	if t.journal, err = features.OpenJournal(r.own); err != nil {
		return errors.Join(err, t.file.Release())
	}
	r.table = t
	return nil
}

// lacks says whether a format is features and the journal has no row of the key.
func (r *run) lacks(f *output.Format, key string) bool {
	return f == output.Features() && r.table != nil && !r.table.journal.Has(key, len(r.table.columns))
}

// take keeps the values of a picture that has just been done.
func (t *table) take(rec *manifest.Record, key string, values []float32) error {
	if len(values) != len(t.columns) {
		return fmt.Errorf("features of %s: %d values for %d columns", rec.Input, len(values), len(t.columns))
	}
	return t.journal.Add(key, values)
}

// writeTable writes the table of features, if there is one, and closes it. Without complete, it
// only closes it.
func (r *run) writeTable(entries []source.Entry, complete bool, s *Summary) error {
	if r.table == nil {
		return nil
	}
	var err error
	if complete {
		var written features.Written
		if written, err = r.table.write(r.ownDir(), source.Places(entries)); err == nil && r.table.file != nil {
			s.Features = &written
		}
	}
	return errors.Join(err, r.table.close())
}

// write writes the table from the manifest, which has a record of each of the pictures, and
// from the journal.
func (t *table) write(dir string, pictures iter.Seq2[string, string]) (written features.Written, err error) {
	records, err := manifest.Open(dir)
	if err != nil {
		return written, err
	}
	defer records.Close()
	if written, err = t.writeFile(records, pictures); err != nil {
		return written, err
	}
	for _, place := range records.Places()[min(written.Rows, len(records.Places())):] { // of other pictures
		rec, err := records.Record(place)
		if err != nil {
			return written, err
		}
		t.journal.Keep(rec.Keys[output.Features().Name])
	}
	return written, t.journal.Tidy()
}

// writeFile writes the file of the table. Without a file it looks for all rows.
func (t *table) writeFile(records *manifest.Reader, pictures iter.Seq2[string, string]) (written features.Written, err error) {
	if t.file == nil {
		for _, err := range t.rows(records, pictures) {
			if err != nil {
				return written, err
			}
			written.Rows++
		}
		return written, nil
	}
	size, err := t.file.Write(func(w io.Writer) (err error) {
		written, err = features.Write(w, t.name, t.columns, t.rows(records, pictures))
		return err
	})
	if err != nil {
		return written, fmt.Errorf("features: %w", err)
	}
	written.Bytes = size
	return written, nil
}

// rows are the rows of the pictures, inputs and outputs, in their order. An error ends them.
func (t *table) rows(records *manifest.Reader, pictures iter.Seq2[string, string]) iter.Seq2[features.Row, error] {
	return func(yield func(features.Row, error) bool) {
		for input, place := range pictures {
			row, err := t.row(records, input, place)
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

func (t *table) row(records *manifest.Reader, input, place string) (row features.Row, err error) {
	if row.Record, err = records.Find(input, place); err != nil {
		return row, err
	}
	if row.Record == nil {
		return row, fmt.Errorf("features: the manifest has no record of %s; run again", source.Display(input))
	}
	if row.Record.Status == manifest.OK {
		row.Values, err = t.journal.Values(row.Record.Keys[output.Features().Name])
	}
	return row, err
}

// release closes the table of a run that cannot begin.
func (t *table) release() error {
	return errors.Join(t.releaseFile(), t.journal.Release())
}

// close closes what write has left open.
func (t *table) close() error {
	return errors.Join(t.releaseFile(), t.journal.Close())
}

func (t *table) releaseFile() error {
	if t.file == nil {
		return nil
	}
	return t.file.Release()
}

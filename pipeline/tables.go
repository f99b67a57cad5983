package pipeline

import (
	"errors"
	"fmt"
	"iter"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/store"
)

// tables writes the outputs of the whole run from its manifest, which is complete.
func (r *run) tables() error {
	if len(r.job.Output.Tables) == 0 {
		return nil
	}
	records, err := manifest.Open(r.opts.Out)
	if err != nil {
		return err
	}
	defer records.Close()
	for _, t := range r.job.Output.Tables {
		if err := writeTable(r.folder, t, allRecords(records)); err != nil {
			return fmt.Errorf("%s %s: %w", t.Option, t.Name, err)
		}
	}
	return nil
}

// writeTable writes a table whole or not at all.
func writeTable(folder *store.Folder, t *output.Table, records iter.Seq2[*manifest.Record, error]) error {
	b := folder.BeginOwn()
	if err := t.Write(b.Create(t.File), records); err != nil {
		b.Abort()
		return err
	}
	_, err := b.Commit()
	return err
}

// allRecords gives the records in the order of the manifest. An error ends them.
func allRecords(m *manifest.Reader) iter.Seq2[*manifest.Record, error] {
	return func(yield func(*manifest.Record, error) bool) {
		for _, place := range m.Places() {
			rec, err := m.Record(place)
			if err == nil && rec == nil {
				err = errors.New("a picture's record is gone")
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

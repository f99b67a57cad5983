package output

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// Table is an output of the whole run: a file at the top of the output folder with a row for
// each picture. It is written when all pictures have ended. The table of them is Tables.
type Table struct {
	Name   string // the value of the flag Option
	Option string // the flag that asks for it
	Help   string // of that flag
	File   string // the name of the file
	// Check refuses formats of pictures that the table has nothing to say about.
	Check func(formats []*Format) error
	// CheckNames refuses pictures' files that the table cannot tell apart.
	CheckNames func(v *View) error
	// Write writes the file from the records of all pictures, in the order of the input.
	Write func(w io.Writer, records iter.Seq2[*manifest.Record, error]) error
}

// Tables returns all outputs of a run.
func Tables() []*Table { return []*Table{&huggingFace} }

// ParseTable reads the value of an option. An empty value is no table, which is nil.
func ParseTable(option, name string) (*Table, error) {
	var names []string
	for _, t := range Tables() {
		if t.Option != option {
			continue
		}
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	if name == "" {
		return nil, nil
	}
	return nil, fmt.Errorf("%s %q: it must be %s", option, name, strings.Join(names, " or "))
}

// WriteTables writes tables at the top of a run's output folder, each whole or not at all,
// from the run's manifest, which is complete.
func WriteTables(folder *store.Folder, dir string, tables []*Table) error {
	if len(tables) == 0 {
		return nil
	}
	records, err := manifest.Open(dir)
	if err != nil {
		return err
	}
	defer records.Close()
	for _, t := range tables {
		b := folder.BeginOwn()
		err := t.Write(b.Create(t.File), allRecords(records))
		if err == nil {
			_, err = b.Commit()
		} else {
			b.Abort()
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", t.Option, t.Name, err)
		}
	}
	return nil
}

// allRecords gives the records in the order of the manifest. An error ends them.
func allRecords(m *manifest.Reader) iter.Seq2[*manifest.Record, error] {
	return func(yield func(*manifest.Record, error) bool) {
		for _, place := range m.Places() {
			rec, err := m.Record(place)
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

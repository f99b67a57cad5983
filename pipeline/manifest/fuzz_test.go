package manifest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"filterbank/pipeline/store"
)

// FuzzManifest reads manifests that anyone may have made. The reader and a journal take the
// same records from a manifest that the reader takes at all, and a journal never gives a
// record whose files lie outside the folder.
func FuzzManifest(f *testing.F) {
	for _, text := range []string{
		"", "{", "\n", `{"input":"a","output":"a","status":"ok"}` + "\n", `{"input":"a"}` + "\n" + `{"input":"a","output":"b"`,
		`{"input":"a","output":"a","files":[{"path":"a/../../b","bytes":1}]}` + "\n",
		`{"input":"a\udc80","output":"a","files":[{"path":"a/l/000-f.png","layer":"l","index":0,"scale":[0,1]}],"layers":[{"layer":"l","in":[3,1,1],"out":[1,1,1]}]}` + "\n",
	} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, Name), data, 0o666); err != nil {
			t.Fatal(err)
		}
		m, err := Open(dir)
		taken := map[string]bool{}
		if err == nil {
			for _, place := range m.Places() {
				r, err := m.Record(place)
				taken[place] = err == nil && r != nil
				if err == nil && !m.Has(place) {
					t.Errorf("%q has a record and is not there", place)
				}
			}
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
		}
		folder, openErr := store.Open(dir)
		if openErr != nil {
			t.Fatal(openErr)
		}
		j, openErr := OpenJournal(folder)
		if openErr != nil {
			return
		}
		for _, place := range j.order {
			r, findErr := j.read(j.earlier[place])
			if findErr != nil {
				t.Errorf("%q: %v", place, findErr)
			}
			if err == nil && r != nil && !taken[place] {
				t.Errorf("%q is of the journal alone", place)
			}
			for i := 0; r != nil && i < len(r.Files); i++ {
				if name := string(r.Files[i].Path); !filepath.IsLocal(filepath.FromSlash(name)) {
					t.Errorf("%q is given for a file", name)
				}
			}
		}
		if err := errors.Join(j.file.Close(), folder.Release()); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzRun reads accounts of runs that anyone may have made.
func FuzzRun(f *testing.F) {
	good, err := (&Run{Stack: []byte(`{"version":1}`), Layers: "last", Formats: []string{"png"}}).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("[]"))
	f.Add([]byte(`{"stack":null,"stages":{"read":1e999}}`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, RunName), data, 0o666); err != nil {
			t.Fatal(err)
		}
		r, err := ReadRun(dir)
		if err != nil {
			return
		}
		if _, err := r.Encode(); err != nil && len(r.Stack) > 0 {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}

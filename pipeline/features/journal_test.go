package features

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filterbank/pipeline/store"
)

func open(t *testing.T, dir string) *Journal {
	t.Helper()
	folder, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Release() })
	j, err := OpenJournal(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// valuesOf are the values of the i-th row.
func valuesOf(i int) []float32 {
	return []float32{float32(i), -0.5, float32(math.Inf(1)), math.SmallestNonzeroFloat32}
}

// fill adds rows to a new journal and returns its bytes.
func fill(t *testing.T, dir string, rows ...int) []byte {
	t.Helper()
	j := open(t, dir)
	for _, i := range rows {
		if err := j.Add(keyOf(i), valuesOf(i)); err != nil {
			t.Fatal(err)
		}
	}
	return contents(t, j, dir)
}

// keyOf is the i-th key. Keys differ in their first halves, as digests do.
func keyOf(i int) string { return fmt.Sprintf("%032x%032x", i+1, i+7) }

func contents(t *testing.T, j *Journal, dir string) []byte {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, store.FeaturesName))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestJournalTorn cuts a journal anywhere. The whole rows are there, and the rest is written
// again to the same bytes.
func TestJournalTorn(t *testing.T) {
	whole := fill(t, t.TempDir(), 0, 1, 2)
	row := int(rowBytes(4))
	for length := range len(whole) + 1 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, store.FeaturesName), whole[:length], 0o666); err != nil {
			t.Fatal(err)
		}
		j := open(t, dir)
		if got, err := os.ReadFile(filepath.Join(dir, store.FeaturesName)); length >= len(magic) && !bytes.Equal(got, whole[:length]) || err != nil {
			t.Errorf("cut to %d bytes: opening changes it, %v", length, err)
		}
		for i := range 3 {
			want := length >= len(magic)+(i+1)*row
			if got := j.Has(keyOf(i), 4); got != want {
				t.Errorf("cut to %d bytes: row %d is there is %t", length, i, got)
			}
			if err := j.Add(keyOf(i), valuesOf(i)); err != nil {
				t.Fatal(err)
			}
			if got, err := j.Values(keyOf(i)); err != nil || !slices.Equal(got, valuesOf(i)) {
				t.Errorf("row %d: %v, %v", i, got, err)
			}
		}
		if got := contents(t, j, dir); !bytes.Equal(got, whole) {
			t.Errorf("cut to %d bytes: other bytes", length)
		}
	}
}

// TestJournalDamaged changes each byte. The row it lies in is gone, and no other values are
// given for it. A changed beginning is another program's file, which stays.
func TestJournalDamaged(t *testing.T) {
	whole := fill(t, t.TempDir(), 0, 1, 2)
	row := int(rowBytes(4))
	for at := range whole {
		dir := t.TempDir()
		name := filepath.Join(dir, store.FeaturesName)
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x41
		if err := os.WriteFile(name, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		if at < len(magic) {
			folder, err := store.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = OpenJournal(folder); err == nil || !strings.Contains(err.Error(), "move the file away") {
				t.Errorf("byte %d: %v", at, err)
			}
			folder.Release()
			if left, err := os.ReadFile(name); err != nil || !bytes.Equal(left, damaged) {
				t.Errorf("byte %d: the file has changed, %v", at, err)
			}
			continue
		}
		j := open(t, dir)
		for i := range 3 {
			if want := i < (at-len(magic))/row; j.Has(keyOf(i), 4) != want {
				t.Errorf("byte %d: row %d is there is %t", at, i, !want)
			}
		}
	}
}

// TestJournalTidy orders rows and drops those without use, and leaves a file as it is if there
// is nothing to do.
func TestJournalTidy(t *testing.T) {
	ordered := fill(t, t.TempDir(), 2, 0, 4)
	for _, rows := range [][]int{{2, 0, 4}, {0, 1, 2, 3, 4}, {4, 0, 2}, {2, 0, 4, 3}} {
		dir := t.TempDir()
		fill(t, dir, rows...)
		info, err := os.Stat(filepath.Join(dir, store.FeaturesName))
		if err != nil {
			t.Fatal(err)
		}
		j := open(t, dir)
		for _, i := range []int{2, 0, 2, 0} { // pictures with the same content
			if _, err := j.Values(keyOf(i)); err != nil {
				t.Fatal(err)
			}
		}
		j.Keep(keyOf(9))
		j.Keep("")
		j.Keep(keyOf(4))
		if err := j.Tidy(); err != nil {
			t.Fatal(err)
		}
		if got := contents(t, j, dir); !bytes.Equal(got, ordered) {
			t.Errorf("%v: %d bytes, want %d in order", rows, len(got), len(ordered))
		}
		after, err := os.Stat(filepath.Join(dir, store.FeaturesName))
		if err != nil {
			t.Fatal(err)
		}
		if same, want := os.SameFile(info, after), slices.Equal(rows, []int{2, 0, 4}); same != want {
			t.Errorf("%v: the file stays is %t", rows, same)
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
			t.Errorf("%v: %v are left, %v", rows, names, err)
		}
	}
}

// TestJournalLengths keeps the newest row of a key whose number of values has changed.
func TestJournalLengths(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	for _, n := range []int{4, 2, 0} {
		if err := j.Add(keyOf(1), valuesOf(1)[:n]); err != nil {
			t.Fatal(err)
		}
		if !j.Has(keyOf(1), n) || j.Has(keyOf(1), n+1) {
			t.Errorf("a row of %d values is not there", n)
		}
	}
	j.Close()
	if j := open(t, dir); !j.Has(keyOf(1), 0) {
		t.Error("the newest row is not there")
	}
	for _, key := range []string{"", "00", strings.Repeat("x", 64)} {
		if err := open(t, t.TempDir()).Add(key, nil); err == nil {
			t.Errorf("the key %q is taken", key)
		}
	}
}

// FuzzJournal opens journals that anyone may have made. What they hold fits the file, and a row
// that is added can be read.
func FuzzJournal(f *testing.F) {
	for _, data := range []string{"", magic[:5], magic, magic + strings.Repeat("\xff", 60), magic + strings.Repeat("\x00", 100)} {
		f.Add([]byte(data))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, store.FeaturesName), data, 0o666); err != nil {
			t.Fatal(err)
		}
		folder, err := store.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Release()
		j, err := OpenJournal(folder)
		if err != nil {
			return
		}
		defer j.Close()
		if j.size > int64(max(len(data), len(magic))) {
			t.Errorf("%d bytes of rows in a file of %d", j.size, len(data))
		}
		if err := j.Add(keyOf(3), valuesOf(3)); err != nil {
			t.Fatal(err)
		}
		if got, err := j.Values(keyOf(3)); err != nil || !slices.Equal(got, valuesOf(3)) {
			t.Errorf("got %v, %v", got, err)
		}
		if err := j.Tidy(); err != nil {
			t.Fatal(err)
		}
	})
}

package parts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// TestRange deals inputs: the parts are in order, have every input once, and differ in size by 1
// at most.
func TestRange(t *testing.T) {
	for _, c := range []struct {
		count, n int
		want     string
	}{
		{1, 0, "0-0"}, {3, 0, "0-0 0-0 0-0"}, {1, 7, "0-7"}, {3, 7, "0-2 2-4 4-7"}, {3, 9, "0-3 3-6 6-9"}, {4, 3, "0-0 0-1 1-2 2-3"},
	} {
		var got []string
		for i := range c.count {
			from, to := Range(i, c.count, c.n)
			got = append(got, fmt.Sprintf("%d-%d", from, to))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%d inputs in %d parts: got %q, want %s", c.n, c.count, got, c.want)
		}
	}
	for _, n := range []int{0, 1, 99, 100, 101, 12_345, 1_000_000_007} {
		for _, count := range []int{1, 2, 7, 64, 100, 9_999} {
			end := 0
			for i := range count {
				from, to := Range(i, count, n)
				if size := to - from; from != end || size < n/count || size > (n+count-1)/count {
					t.Fatalf("%d inputs in %d parts: part %d is %d to %d", n, count, i, from, to)
				}
				end = to
			}
			if end != n {
				t.Errorf("%d inputs in %d parts end at %d", n, count, end)
			}
		}
	}
	if from, to := Range(Most-1, Most, 1<<40); to != 1<<40 || from < 1<<40-1<<21 {
		t.Errorf("the last of many parts is %d to %d", from, to)
	}
}

// TestIndexes divides parts among tasks: each is of one task.
func TestIndexes(t *testing.T) {
	for _, c := range [][2]int{{1, 5}, {2, 5}, {5, 5}, {100, 1000}} {
		var all []int
		for task := range c[0] {
			all = append(all, Indexes(task, c[0], c[1])...)
		}
		slices.Sort(all)
		for i := range c[1] {
			if i >= len(all) || all[i] != i {
				t.Fatalf("%d tasks do %v of %d parts", c[0], all, c[1])
			}
		}
	}
	if got := Indexes(1, 2, 5); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("got %v", got)
	}
}

func TestArray(t *testing.T) {
	for want, indexes := range map[string][]int{"": nil, "3": {3}, "3,17-20": {3, 17, 18, 19, 20}, "0-1": {0, 1}, "0,2,4": {0, 2, 4}, "5-7,9": {5, 6, 7, 9}} {
		if got := Array(indexes); got != want {
			t.Errorf("%v: got %s, want %s", indexes, got, want)
		}
	}
}

// TestSum: lists that differ in anything have different sums.
func TestSum(t *testing.T) {
	seen := map[source.Inputs]string{}
	for _, list := range [][][3]string{
		{}, {{"a", "b", "c"}}, {{"ab", "", "c"}}, {{"", "ab", "c"}}, {{"a", "b", "c"}, {"a", "b", "c"}}, {{"a", "b", ""}, {"c", "d", ""}}, {{"c", "d", ""}, {"a", "b", ""}},
		{{"1:a", "", ""}}, {{"a1:b", "", "c"}}, {{"a", "1:b1", "c"}},
	} {
		s := source.NewSum()
		for _, e := range list {
			s.Add(e[0], e[1], e[2])
		}
		if other, ok := seen[s.Inputs()]; ok {
			t.Errorf("%q has the sum of %s", list, other)
		}
		seen[s.Inputs()] = fmt.Sprint(list)
	}
}

// config is the config of n inputs in a number of parts.
func config(shards, n int) *Config {
	s := source.NewSum()
	for i := range n {
		s.Add(fmt.Sprint(i), "", "")
	}
	return &Config{Shards: shards, Inputs: s.Inputs()}
}

// done writes the account of a part at a time.
func done(t *testing.T, dir string, c *Config, index int, at time.Time) {
	t.Helper()
	from, to := Range(index, c.Shards, c.Inputs.Count)
	s := source.NewSum()
	for i := from; i < to; i++ {
		s.Add(fmt.Sprint(i), "", "")
	}
	a := &Complete{Shard: index, Shards: c.Shards, Inputs: s.Inputs()}
	for i := from; i < to; i++ {
		r := &manifest.Record{Status: manifest.OK}
		if i%10 == 9 {
			r.Status, r.Code = manifest.Failed, "empty"
		}
		a.Count(r, 1)
	}
	data, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, filepath.FromSlash(nameIn(index, c.Shards, CompleteName)))
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, data, 0o666), os.Chtimes(name, at, at)); err != nil {
		t.Fatal(err)
	}
}

// TestStatus: what is done, running and missing, the rate of the parts that were done last, and
// the indexes to submit again.
func TestStatus(t *testing.T) {
	dir := t.TempDir()
	folder, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Release()
	place, ctx := folder.Place(), context.Background()
	if _, err := StatusOf(ctx, place, StatusOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
	c := config(6, 60)
	if err := c.Settle(ctx, place, dir); err != nil {
		t.Fatal(err)
	}
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range 3 {
		done(t, dir, c, i, begun.Add(time.Duration(i)*20*time.Second))
	}
	for i, at := range map[int]time.Time{3: begun.Add(70 * time.Second), 5: begun} {
		name := filepath.Join(dir, filepath.FromSlash(nameIn(i, 6, manifest.Name)))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, nil, 0o666), os.Chtimes(name, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	want := &Status{
		Shards: 6, Inputs: 60, Done: []int{0, 1, 2}, Running: []Running{{3, begun.Add(70 * time.Second)}}, Missing: []int{4, 5},
		Ended: 30, Images: 27, Failed: 3, Codes: map[string]int{"empty": 3}, Rate: 0.5, Left: 60, Resubmit: []int{4, 5},
	}
	check := func(what string, o StatusOptions) {
		t.Helper()
		s, err := StatusOf(ctx, place, o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Running {
			s.Running[i].Written = s.Running[i].Written.UTC()
		}
		if !reflect.DeepEqual(s, want) {
			t.Errorf("%s: got %+v, want %+v", what, s, want)
		}
	}
	check("with locks", StatusOptions{Held: func(name string) bool { return name == store.PartName(3, 6) }})
	check("without locks", StatusOptions{Now: begun.Add(70*time.Second + Fresh - 1)})
	want.Running, want.Missing, want.Resubmit, want.Left = []Running{}, []int{3, 4, 5}, []int{3, 4, 5}, 0
	check("when all are gone", StatusOptions{Now: begun.Add(time.Hour)})
	data, err := json.Marshal(want)
	if err != nil || !strings.Contains(string(data), `"running":[]`) {
		t.Errorf("JSON is %s, %v", data, err)
	}
}

// TestResubmitTasks: with tasks of several parts, the tasks are submitted again, and not those
// that are at work.
func TestResubmitTasks(t *testing.T) {
	s := &Status{Shards: 10, Tasks: 4, Missing: []int{0, 4, 7, 9}, Running: []Running{{Shard: 5}}}
	s.resubmit()
	if want := []int{0, 3}; !slices.Equal(s.Resubmit, want) { // task 1 has 1, 5 and 9
		t.Errorf("got %v, want %v", s.Resubmit, want)
	}
}

// TestSettleRaces has several tasks with two configs settle at the same time: those with the
// first one's agree.
func TestSettleRaces(t *testing.T) {
	for range 20 {
		folder, err := store.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		errs := make(chan error, 8)
		for i := range 8 {
			go func() { errs <- config(2+i%2, 10).Settle(context.Background(), folder.Place(), "out") }()
		}
		agreed := 0
		for range 8 {
			err := <-errs
			different, ok := errors.AsType[*DifferentError](err)
			switch {
			case err == nil:
				agreed++
			case !ok || len(different.Texts) != 1 || !strings.HasPrefix(different.Texts[0], "--shards is "):
				t.Error(err)
			}
		}
		if agreed != 4 {
			t.Errorf("%d tasks agree, want 4", agreed)
		}
		if err := folder.Release(); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzConfig reads configs that anyone may have made. What is read can be compared and written.
func FuzzConfig(f *testing.F) {
	c := config(3, 7)
	c.Kind, c.Version = configKind, configVersion
	c.Settings = []Setting{{"--format", "png"}}
	c.Features = &Features{File: "f.csv", Kind: ".csv", Columns: []string{"a.b.mean"}}
	good, err := encode(store.ConfigName, c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("[]"))
	f.Add([]byte(`{"kind":"filterbank-shards","shards":1e9}`))
	c.Settings = append(c.Settings, Setting{"--format", "npy"})
	twice, err := encode(store.ConfigName, c)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := decodeConfig(twice); err == nil {
		f.Error("a setting is there twice")
	}
	f.Add(twice)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := decodeConfig(data)
		if err != nil {
			return
		}
		if c.Shards < 1 || c.Shards > Most || c.Tasks > c.Shards {
			t.Errorf("%d shards and %d tasks are read", c.Shards, c.Tasks)
		}
		again, err := encode(store.ConfigName, c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := decodeConfig(again)
		if err != nil {
			t.Fatal(err)
		}
		if texts := c.differences(back); len(texts) > 0 {
			t.Errorf("it differs from itself: %q", texts)
		}
	})
}

// FuzzComplete reads accounts that anyone may have made. The counts of what is read fit together.
func FuzzComplete(f *testing.F) {
	c := config(3, 7)
	a := &Complete{Shard: 1, Shards: 3, Inputs: c.Inputs, Own: map[string]OwnFile{manifest.Name: {10, c.Inputs.SHA256}}}
	for i := range 7 {
		a.Count(&manifest.Record{Status: []manifest.Status{manifest.OK, manifest.Failed, manifest.Kept}[i%3], Code: "empty"}, 2)
	}
	good, err := a.Encode()
	if err != nil {
		f.Fatal(err)
	}
	if _, err := decodeComplete(good); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("null"))
	f.Add([]byte(`{"inputs":{"count":0,"sha256":"` + c.Inputs.SHA256 + `"},"codes":{"":0}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := decodeComplete(data)
		if err != nil {
			return
		}
		if a.Images < 0 || a.Images+a.Kept+a.Failed != a.Inputs.Count {
			t.Errorf("%+v is read", a)
		}
		again, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeComplete(again); err != nil || back.Inputs != a.Inputs {
			t.Errorf("%+v becomes %+v, %v", a, back, err)
		}
	})
}

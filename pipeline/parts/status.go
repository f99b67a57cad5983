package parts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"filterbank/pipeline/inorder"
	"filterbank/pipeline/store"
)

// Status is how far a run in several parts is.
type Status struct {
	Shards  int            `json:"shards"`
	Tasks   int            `json:"tasks,omitempty"` // of --tasks
	Inputs  int            `json:"inputs"`          // of all shards
	Done    []int          `json:"done"`
	Running []Running      `json:"running"`
	Missing []int          `json:"missing"`     // neither done nor running
	Ended   int            `json:"inputs_done"` // inputs of the shards that are done
	Images  int            `json:"images"`      // of these, done
	Failed  int            `json:"failed"`      // of these
	Codes   map[string]int `json:"codes"`       // failed ones by their code
	// Rate is inputs a second, over the last hundred shards that were done, and Left the seconds
	// until the rest is done at this rate. They are 0 if they are not known: before the second
	// shard is done, and Left also if no shard is running.
	Rate float64 `json:"inputs_per_second,omitempty"`
	Left float64 `json:"seconds_left,omitempty"`
	// Resubmit are the array indexes that do the missing shards: shards, or tasks if the run has
	// Tasks.
	Resubmit []int `json:"resubmit"`
	Merged   bool  `json:"merged"`
}

// Running is a part that a task works on.
type Running struct {
	Shard   int       `json:"shard"`
	Written time.Time `json:"last_written"` // when the task last wrote to the part's own files
}

// StatusOptions say how parts are looked at. The zero value is for places without locks.
type StatusOptions struct {
	// Held says whether a task holds the lock of a folder. If it is nil, a part is running while
	// one of its own files is younger than Fresh.
	Held func(folder string) bool
	Now  time.Time
}

// Fresh is the age of the last file that a task has written for its part, from which on the task
// no longer counts as running. Tasks without a lock write at least each minute.
const Fresh = 3 * time.Minute

// StatusOf finds out how far a run is. The error is fs.ErrNotExist if there is no run in several
// parts.
func StatusOf(ctx context.Context, place store.Place, o StatusOptions) (*Status, error) {
	config, err := ReadConfig(ctx, place)
	if err != nil {
		return nil, err
	}
	found, err := listParts(ctx, place, config)
	if err != nil {
		return nil, err
	}
	s := &Status{
		Shards: config.Shards, Tasks: config.Tasks, Inputs: config.Inputs.Count,
		Done: []int{}, Running: []Running{}, Missing: []int{}, Codes: map[string]int{}, Resubmit: []int{},
	}
	done := maps.Clone(found)
	maps.DeleteFunc(done, func(_ int, p listed) bool { return !p.done })
	digest := newAccountsDigest()
	err = readAccounts(ctx, place, config, done, func(index int, c *Complete) error {
		if c == nil {
			delete(done, index)
			return nil
		}
		digest.add(c)
		return s.add(c)
	})
	if err != nil {
		return nil, err
	}
	for i := range config.Shards {
		p := found[i]
		_, p.done = done[i]
		switch {
		case p.done:
			s.Done = append(s.Done, i)
		case o.running(p, store.PartName(i, config.Shards)):
			s.Running = append(s.Running, Running{i, p.written})
		default:
			s.Missing = append(s.Missing, i)
		}
	}
	s.rate(config, done)
	s.resubmit()
	n, err := readNote(ctx, place)
	if err != nil {
		return nil, err
	}
	s.Merged = n != nil && n.Accounts == digest.text()
	return s, nil
}

func (s *Status) add(c *Complete) error {
	s.Ended += c.Inputs.Count
	s.Images += c.Images
	s.Failed += c.Failed
	for code, n := range c.Codes {
		s.Codes[code] += n
	}
	return nil
}

// listed is what the list of a place's files says of a part. The zero value is a part without
// files.
type listed struct {
	done    bool
	ended   time.Time // when its account was written
	written time.Time // when any of its own files was
}

func (o *StatusOptions) running(p listed, folder string) bool {
	switch {
	case p.written.IsZero():
		return false
	case o.Held != nil:
		return o.Held(folder)
	}
	return o.Now.Sub(p.written) < Fresh
}

// listParts lists the own files of all parts.
func listParts(ctx context.Context, place store.Place, config *Config) (map[int]listed, error) {
	found := map[int]listed{}
	for f, err := range place.List(ctx, store.PartsName) {
		if err != nil {
			return nil, err
		}
		folder, name, ok := cutPart(f.Name)
		index, count, isPart := store.ParsePart(folder)
		if !ok || !isPart || count != config.Shards {
			continue
		}
		p := found[index]
		if name == CompleteName {
			p.done, p.ended = true, f.Modified
		}
		if f.Modified.After(p.written) {
			p.written = f.Modified
		}
		found[index] = p
	}
	return found, nil
}

// cutPart cuts the name of a file behind the name of its part's folder.
func cutPart(file string) (folder, name string, ok bool) {
	at := strings.IndexByte(strings.TrimPrefix(file, store.PartsName+"/"), '/')
	if at < 0 {
		return "", "", false
	}
	at += len(store.PartsName) + 1
	return file[:at], file[at+1:], true
}

// readAhead is the number of accounts that are read at a time: a bucket takes tens of
// milliseconds for each.
const readAhead = 16

// readAccounts reads the accounts of parts and calls do with each, in the order of the parts. The
// account is nil if a task has removed it since the parts were listed, to do failed pictures again.
func readAccounts(ctx context.Context, place store.Place, config *Config, done map[int]listed, do func(index int, c *Complete) error) error {
	type account struct {
		index int
		*Complete
	}
	return inorder.Do(ctx, readAhead, slices.Values(slices.Sorted(maps.Keys(done))), func() struct{} { return struct{}{} },
		func(ctx context.Context, _ struct{}, index int) (account, error) {
			c, err := ReadComplete(ctx, place, index, config.Shards)
			if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			return account{index, c}, err
		}, func(a account) error { return do(a.index, a.Complete) })
}

// rateShards is the number of shards over which the rate is taken.
const rateShards = 100

// rate works out the rate and the time that is left.
func (s *Status) rate(config *Config, done map[int]listed) {
	indexes := slices.SortedFunc(maps.Keys(done), func(a, b int) int { return cmp.Or(done[a].ended.Compare(done[b].ended), a-b) })
	last := indexes[max(0, len(indexes)-rateShards):]
	if len(last) < 2 {
		return
	}
	inputs := 0
	for _, i := range last[1:] {
		from, to := Range(i, config.Shards, config.Inputs.Count)
		inputs += to - from
	}
	took := done[last[len(last)-1]].ended.Sub(done[last[0]].ended)
	if took <= 0 || inputs == 0 {
		return
	}
	s.Rate = float64(inputs) / took.Seconds()
	if len(s.Running) > 0 {
		s.Left = float64(s.Inputs-s.Ended) / s.Rate
	}
}

// resubmit works out the indexes to submit again. A task that has a running shard is left out: it
// may still come to its missing ones.
func (s *Status) resubmit() {
	if s.Tasks == 0 {
		s.Resubmit = append(s.Resubmit, s.Missing...)
		return
	}
	missing := map[int]bool{}
	for _, i := range s.Missing {
		missing[i%s.Tasks] = true
	}
	for _, r := range s.Running {
		delete(missing, r.Shard%s.Tasks)
	}
	s.Resubmit = append(s.Resubmit, slices.Sorted(maps.Keys(missing))...)
}

// Array writes indexes as Slurm's --array takes them, such as 3,17-20.
func Array(indexes []int) string {
	var parts []string
	for i := 0; i < len(indexes); {
		end := i
		for end+1 < len(indexes) && indexes[end+1] == indexes[end]+1 {
			end++
		}
		if end == i {
			parts = append(parts, fmt.Sprint(indexes[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", indexes[i], indexes[end]))
		}
		i = end + 1
	}
	return strings.Join(parts, ",")
}

package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"filterbank/pipeline/bucket"
)

// sessionsName is the folder of checkpoints at the top of a run's own files in a bucket. A run
// that has ended well leaves none.
const sessionsName = ".filterbank.run"

// Silent is the time without a checkpoint after which a run is taken for dead. A run makes a
// checkpoint every minute.
const Silent = 3 * time.Minute

// ErrTaken says that another run of the same command has begun after this one and goes on in its
// place.
var ErrTaken error = passingError("another run of the same command has begun here and goes on in this one's place; what this one has done until its last checkpoint is kept")

// ErrUntold says that a run has left objects that its records do not tell of. Its checkpoints stay,
// and the next run puts them in order.
var ErrUntold error = passingError("the store has not removed all files of an image that could not be written whole; the same command puts them in order")

// passingError is an error without which the same command may do its work later.
type passingError string

func (e passingError) Error() string { return string(e) }

// TryAgain is true.
func (passingError) TryAgain() bool { return true }

// Session is the hold of a run on its own files in a bucket, which has no locks. Each run that
// begins gets a number, higher than all before. Of two runs the one with the higher number goes
// on: the other one finds its number at its next checkpoint and ends. Files that grow, such as
// the manifest, lie in a folder of this machine. A checkpoint puts what they have grown by into
// objects of their own, so that its cost does not depend on their size. When the run ends, they
// are put whole and the checkpoints are removed. A Session has one owner.
type Session struct {
	SessionOptions
	// Crashed says that a run before has not ended well.
	Crashed bool
	// Regions are the parts of the manifest in the folder, as they were found: the manifest, and
	// then the checkpoints of each run that has not ended well.
	Regions []Region

	number int
	about  about
	seq    int
	whole  map[string]int64 // bytes of the files that grow in the bucket, by name
}

// Region is a part of a file that one run has written.
type Region struct {
	End int64
	// Doubted is the time, by the store's clock, from which another run may have put objects in
	// place of the ones that the records tell of. It is zero for the last region.
	Doubted time.Time
}

// SessionOptions describe a [Session]. All are needed.
type SessionOptions struct {
	Objects *bucket.Bucket
	Prefix  string  // of the run's own files; empty, or with a slash at its end
	Scratch *Folder // of the files that grow
	// Settings is a hash of all that decides which objects the run puts, and their content. Runs
	// with the same settings may take each other's place at any time.
	Settings string
	// Growing are the names of the files that grow, the manifest first.
	Growing []string
}

// session is a run that has begun, as the checkpoints tell.
type session struct {
	number      int
	begun, seen time.Time // begun is zero if only objects are left that a late request has put
	pieces      []string  // keys, in their order
}

// about is the object that a run begins with. Numbers are used again once all runs have ended, so
// that Run, which is random, tells runs of the same number apart.
type about struct {
	Run      string `json:"run"`
	Settings string `json:"settings"`
}

const beginName = "begun.json"

// OpenSession begins a run: it gets a number, and its files that grow are fetched into the folder,
// with the checkpoints of runs that have not ended well. The error is ErrLocked if a run with
// other settings is at work.
func OpenSession(ctx context.Context, o SessionOptions) (*Session, error) {
	s := &Session{SessionOptions: o, whole: map[string]int64{}}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	const tries = 5
	for try := 1; ; try++ {
		err := s.fetch(ctx)
		if err == nil {
			return s, nil
		}
		if !errors.Is(err, errMoved) || try == tries {
			return nil, errors.Join(err, s.Drop(context.WithoutCancel(ctx)))
		}
	}
}

// begin gets a number.
func (s *Session) begin(ctx context.Context) error {
	s.about = about{rand.Text(), s.Settings}
	data, err := json.Marshal(s.about)
	if err != nil {
		return err
	}
	for {
		earlier, err := s.list(ctx)
		if err != nil {
			return err
		}
		s.number = 1
		if n := len(earlier); n > 0 {
			s.number = earlier[n-1].number + 1
			if err := s.free(ctx, &earlier[n-1]); err != nil {
				return err
			}
		}
		_, err = s.Objects.PutBytes(ctx, s.key(beginName), append(data, '\n'), bucket.Put{IfAbsent: true, ContentType: "application/json"})
		if !errors.Is(err, fs.ErrExist) { // else another run has begun just now
			return err
		}
	}
}

// free refuses to take the place of a run with other settings that is at work.
func (s *Session) free(ctx context.Context, last *session) error {
	there, err := s.read(ctx, last.number)
	if errors.Is(err, fs.ErrNotExist) { // it ends just now
		return nil
	} else if err != nil {
		return err
	}
	if there.Settings == s.Settings {
		return nil
	}
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	if quiet := now.Sub(last.seen); quiet < Silent {
		return fmt.Errorf("output %s: %w (it was seen %v ago; if it was killed, its own command goes on at once, and other commands in %v)",
			s.Objects.URL(s.Prefix), ErrLocked, quiet.Round(time.Second), (Silent - quiet).Round(time.Second))
	}
	return nil
}

// read reads what a run has begun with. A damaged object is of an unknown run with other settings.
func (s *Session) read(ctx context.Context, number int) (there about, err error) {
	data, _, err := s.Objects.ReadAll(ctx, s.folder(number)+beginName, 1<<16)
	if err == nil && json.Unmarshal(data, &there) != nil {
		there = about{}
	}
	return there, err
}

// now is the time by the store's clock.
func (s *Session) now(ctx context.Context) (time.Time, error) {
	key := s.Prefix + tempPrefix + rand.Text() + tempSuffix
	if _, err := s.Objects.PutBytes(ctx, key, []byte("now\n"), bucket.Put{}); err != nil {
		return time.Time{}, err
	}
	info, err := s.Objects.Stat(ctx, key)
	return info.Modified, errors.Join(err, s.Objects.Remove(context.WithoutCancel(ctx), key))
}

func (s *Session) folder(number int) string {
	return fmt.Sprintf("%s%s/%08d/", s.Prefix, sessionsName, number)
}

// key is the key of an object of this run's.
func (s *Session) key(name string) string { return s.folder(s.number) + name }

// list lists the runs that have begun, in the order of their numbers.
func (s *Session) list(ctx context.Context) (found []session, err error) {
	top := s.Prefix + sessionsName + "/"
	for info, err := range s.Objects.List(ctx, top, "") {
		if err != nil {
			return nil, err
		}
		folder, name, _ := strings.Cut(strings.TrimPrefix(info.Key, top), "/")
		number, err := strconv.Atoi(folder)
		if err != nil || number < 1 || s.folder(number)+name != info.Key {
			continue // somebody else's
		}
		if n := len(found); n == 0 || found[n-1].number != number {
			found = append(found, session{number: number})
		}
		last := &found[len(found)-1]
		last.seen = later(last.seen, info.Modified)
		if name == beginName {
			last.begun = info.Modified
		} else {
			last.pieces = append(last.pieces, info.Key)
		}
	}
	return found, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Begin says how large the files that grow are before the run's first record. What the manifest
// has then is not put again. Another file is put again from there if the bucket has more of it, as
// in a run that starts the file anew.
func (s *Session) Begin(sizes map[string]int64) {
	for i, name := range s.Growing {
		if size := sizes[name]; i == 0 || size < s.whole[name] {
			s.whole[name] = size
		}
	}
}

// Fetched says whether a file that grows had any content in the bucket when the run began.
func (s *Session) Fetched(name string) bool { return s.whole[name] > 0 }

// Checkpoint puts what the files have grown by, and tells other runs that this one is at work.
// Sizes are of the files that grow, without what is not whole at their ends. Files that the
// manifest's records need come first in the bucket. The error is ErrTaken if another run has taken
// this one's place.
func (s *Session) Checkpoint(ctx context.Context, sizes map[string]int64) error {
	if err := s.Check(ctx); err != nil {
		return err
	}
	s.seq++
	for i, name := range slices.Backward(s.Growing) {
		from, to := s.whole[name], sizes[name]
		if to <= from && i > 0 { // the manifest's piece is the sign of life
			continue
		}
		if err := s.put(ctx, s.key(fmt.Sprintf("%s-%06d-%s", s.about.Run, s.seq, name)), name, from, max(to-from, 0), bucket.Put{}); err != nil {
			return err
		}
		s.whole[name] = max(from, to)
	}
	return nil
}

// Check finds out whether another run has taken this one's place. The error is ErrTaken then.
func (s *Session) Check(ctx context.Context) error {
	found, err := s.list(ctx)
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(o session) bool { return o.begun.IsZero() })
	taken := &Error{Path: s.Objects.URL(s.Prefix), Err: ErrTaken}
	// A later run that has ended has removed what this one has begun with.
	if n := len(found); n == 0 || found[n-1].number != s.number {
		return taken
	}
	there, err := s.read(ctx, s.number)
	if errors.Is(err, fs.ErrNotExist) || err == nil && there.Run != s.about.Run {
		return taken
	}
	return err
}

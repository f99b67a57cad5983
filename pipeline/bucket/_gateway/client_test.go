package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filterbank/pipeline/bucket"
)

// noise is data that does not repeat.
func noise(n int) []byte {
	data := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(data)
	return data
}

func put(t *testing.T, b *bucket.Bucket, key string, data []byte) bucket.Info {
	t.Helper()
	info, err := b.PutBytes(t.Context(), key, data, bucket.Put{})
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// names are keys that are hard for clients: blanks, plus and percent signs, letters of many
// alphabets.
var names = []string{"a.png", "a b.png", "a+b.png", "a%20b.png", "a&b=c?d#e.png", "ä/ö/ü.png", "日本/写真.jpg", "it's (1).png", "tilde~x.png"}

func TestObjects(t *testing.T) {
	s := newServer(t)
	b := s.open(t, s.address, "photos")
	for i, key := range names {
		data := noise(1000 * i)
		info := put(t, b, key, data)
		seen, err := b.Stat(t.Context(), key)
		if err != nil || seen.Size != int64(len(data)) || seen.ETag != info.ETag || seen.Key != key {
			t.Errorf("%q: %+v, %v, want %+v", key, seen, err, info)
		}
		got, read, err := b.ReadAll(t.Context(), key, 1<<20)
		if err != nil || !bytes.Equal(got, data) || read.ETag != info.ETag {
			t.Errorf("%q: %d bytes, %+v, %v", key, len(got), read, err)
		}
	}
	listed := keys(t, b.List(t.Context(), "", ""))
	if want := slices.Sorted(slices.Values(names)); !slices.Equal(listed, want) {
		t.Errorf("listed %q, want %q", listed, want)
	}
	if got := keys(t, b.List(t.Context(), "ä/", "")); !slices.Equal(got, []string{"ä/ö/ü.png"}) {
		t.Errorf("listed %q", got)
	}
	if got := slices.Sorted(slices.Values(keys(t, b.Folder(t.Context(), "")))); !slices.Contains(got, "ä/") || slices.Contains(got, "ä/ö/ü.png") || len(got) != len(names) {
		t.Errorf("listed %q", got)
	}
	for range 2 { // twice, since removing nothing is no error
		if err := b.Remove(t.Context(), "a.png"); err != nil {
			t.Error(err)
		}
	}
	_, err := b.Stat(t.Context(), "a.png")
	if !errors.Is(err, fs.ErrNotExist) || bucket.TryAgain(err) {
		t.Errorf("got %v", err)
	}
	if _, err := b.Get(t.Context(), "a.png", bucket.Range{}); !errors.Is(err, fs.ErrNotExist) || err.Error() != "get s3://photos/a.png: there is no such object" {
		t.Errorf("got %v", err)
	}
}

func keys(t *testing.T, objects func(func(bucket.Info, error) bool)) (keys []string) {
	t.Helper()
	for o, err := range objects {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

// TestManyObjects lists more objects than an answer has, and takes the listing up where it broke.
func TestManyObjects(t *testing.T) {
	s := newServer(t)
	b := s.open(t, s.address, "photos")
	const n = 2500
	var want []string
	var group sync.WaitGroup
	for i := range n {
		want = append(want, fmt.Sprintf("c%02d/%04d.png", i%7, i))
	}
	for part := range slices.Chunk(want, n/8+1) {
		group.Go(func() {
			for _, key := range part {
				if _, err := b.PutBytes(t.Context(), key, nil, bucket.Put{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	slices.Sort(want)
	defer func() {
		p := newProxy(t, s, some(2, busy, lost))
		if err := s.open(t, p.here(), "photos").Remove(t.Context(), want...); err != nil {
			t.Error(err)
		}
		if left := keys(t, b.List(t.Context(), "", "")); len(left) > 0 {
			t.Errorf("%d objects are left", len(left))
		}
	}()
	for _, f := range []fault{none, busy, cut, short, refused, throttled, broken} {
		p := newProxy(t, s, some(2, f))
		through := s.open(t, p.here(), "photos")
		if got := keys(t, through.List(t.Context(), "", "")); !slices.Equal(got, want) {
			t.Errorf("fault %d: listed %d, want %d", f, len(got), len(want))
		}
		if got := keys(t, through.Folder(t.Context(), "")); !slices.Equal(got, []string{"c00/", "c01/", "c02/", "c03/", "c04/", "c05/", "c06/"}) {
			t.Errorf("fault %d: listed %q", f, got)
		}
		if got := keys(t, through.List(t.Context(), "c03/", want[n/2])); !slices.Equal(got, after(want, "c03/", want[n/2])) {
			t.Errorf("fault %d: listed %d", f, len(got))
		}
		if got := keys(t, through.Folder(t.Context(), "c03/")); len(got) != n/7 {
			t.Errorf("fault %d: listed %d", f, len(got))
		}
	}
}

// after are the keys with a prefix behind a key.
func after(sorted []string, prefix, key string) (some []string) {
	for _, k := range sorted {
		if strings.HasPrefix(k, prefix) && k > key {
			some = append(some, k)
		}
	}
	return some
}

// TestFaults checks that each fault is overcome on reading and writing.
func TestFaults(t *testing.T) {
	s := newServer(t)
	direct := s.open(t, s.address, "photos")
	data := noise(1 << 20)
	info := put(t, direct, "x.png", data)
	for f := busy; f <= silent; f++ {
		t.Run(fmt.Sprint(int(f)), func(t *testing.T) {
			p := newProxy(t, s, some(2, f))
			b := s.open(t, p.here(), "photos")
			for range 3 {
				got, _, err := b.ReadAll(t.Context(), "x.png", 1<<30)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			}
			o, err := b.Get(t.Context(), "x.png", bucket.Range{From: 1000, Length: 300_000, ETag: info.ETag})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(o); err != nil || !bytes.Equal(got, data[1000:301_000]) || o.Size != 1<<20 {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			o.Close()
			for i := range 3 {
				key := fmt.Sprintf("put/%d/%d", f, i)
				put(t, b, key, data)
				if got, _, err := direct.ReadAll(t.Context(), key, 1<<30); err != nil || !bytes.Equal(got, data) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			}
		})
	}
}

// TestChanged checks that an object that changes while it is read is not mixed from two.
func TestChanged(t *testing.T) {
	s := newServer(t)
	direct := s.open(t, s.address, "photos")
	put(t, direct, "x.png", bytes.Repeat([]byte("a"), 1<<20))
	var cuts atomic.Int32
	p := newProxy(t, s, func(r *http.Request) fault {
		if r.Method == http.MethodGet && cuts.Add(1) == 1 {
			return cut
		}
		return none
	})
	b := s.open(t, p.here(), "photos")
	o, err := b.Get(t.Context(), "x.png", bucket.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	put(t, direct, "x.png", bytes.Repeat([]byte("b"), 1<<20))
	if _, err := io.ReadAll(o); !errors.Is(err, bucket.ErrChanged) || bucket.TryAgain(err) {
		t.Errorf("got %v", err)
	}
	if _, err := b.Get(t.Context(), "x.png", bucket.Range{ETag: o.ETag}); !errors.Is(err, bucket.ErrChanged) {
		t.Errorf("got %v", err)
	}
}

// TestGivesUp checks errors that stay: all attempts are made, and the error says so.
func TestGivesUp(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct {
		f    fault
		want string
	}{
		{busy, "503 SlowDown: Please reduce your request rate (10 attempts in "},
		{throttled, "429 Too Many Requests (10 attempts in "},
		{refused, "(10 attempts in "},
	} {
		p := newProxy(t, s, nil)
		b := s.open(t, p.here(), "photos")
		if err := b.Check(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		p.disturb, p.requests = some(1, c.f), nil
		_, err := b.Stat(t.Context(), "x.png")
		if c.f == throttled || c.f == busy {
			c.want = "(10 attempts in " // an answer to HEAD has no body
		}
		if !bucket.TryAgain(err) || !strings.Contains(err.Error(), c.want) || p.seen("") < 10 || c.f != refused && p.seen("") > 10 { // net/http repeats requests on connections that were cut
			t.Errorf("fault %d: %v after %d requests", c.f, err, p.seen(""))
		}
	}
	unknown := s.open(t, newProxy(t, s, some(1, refused)).here(), "photos")
	if err := unknown.Check(t.Context(), ""); !bucket.TryAgain(err) || !strings.Contains(err.Error(), "(4 attempts in ") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	p := newProxy(t, s, some(1, slow))
	b := s.open(t, p.here(), "photos")
	if _, err := b.Stat(ctx, "x.png"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestRefusals checks logins and buckets that are wrong. Nothing is tried again.
func TestRefusals(t *testing.T) {
	s := newServer(t)
	p := newProxy(t, s, nil)
	b := s.open(t, p.here(), "none")
	if err := b.Check(t.Context(), ""); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "list s3://none/: there is no such bucket") {
		t.Errorf("got %v", err)
	}
	wrong := *s
	wrong.secret = "somethingelse"
	b = wrong.open(t, p.here(), "photos")
	if err := b.Check(t.Context(), ""); !errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), s.access) {
		t.Errorf("got %v", err)
	}
	wrong.access = ""
	b = wrong.open(t, p.here(), "photos")
	if err := b.Check(t.Context(), ""); !errors.Is(err, bucket.ErrNoCredentials) {
		t.Errorf("got %v", err)
	}
	if p.seen("") != 2 {
		t.Errorf("%d requests", p.seen(""))
	}
}

// TestIfAbsent checks that of many writers one wins, and that a writer whose answer was lost knows
// its own object.
func TestIfAbsent(t *testing.T) {
	s := newServer(t)
	p := newProxy(t, s, func(r *http.Request) fault {
		if r.Method == http.MethodPut && rand.IntN(4) == 0 {
			return lost
		}
		return none
	})
	b := s.open(t, p.here(), "photos")
	for i := range 10 {
		key := fmt.Sprintf("done/%d", i)
		var wins atomic.Int32
		var group sync.WaitGroup
		winner := make([]byte, 1)
		for writer := range byte(4) {
			group.Go(func() {
				_, err := b.PutBytes(t.Context(), key, []byte{writer}, bucket.Put{IfAbsent: true})
				if err == nil {
					wins.Add(1)
					winner[0] = writer
				} else if !errors.Is(err, fs.ErrExist) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		got, _, err := b.ReadAll(t.Context(), key, 10)
		if wins.Load() != 1 || err != nil || !bytes.Equal(got, winner) {
			t.Errorf("%s: %d winners, %v, %v, %v", key, wins.Load(), got, winner, err)
		}
	}
}

// TestProbe tells a store with conditional writes from one without.
func TestProbe(t *testing.T) {
	s := newServer(t)
	p := newProxy(t, s, nil)
	b := s.open(t, p.here(), "photos")
	if err := b.Probe(t.Context(), "maps/"); err != nil {
		t.Error(err)
	}
	p.forgets = true
	err := b.Probe(t.Context(), "maps/")
	if !errors.Is(err, bucket.ErrUnconditional) || bucket.TryAgain(err) {
		t.Errorf("got %v", err)
	}
	if left := keys(t, b.List(t.Context(), "", "")); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}

// TestUpload checks objects in parts, with faults, and that nothing is left of one that is given
// up.
func TestUpload(t *testing.T) {
	s := newServer(t)
	data := noise(13 << 20)
	for _, f := range []fault{none, busy, lost} {
		p := newProxy(t, s, some(3, f))
		b := s.open(t, p.here(), "photos")
		for _, o := range []bucket.Put{{PartSize: 5 << 20}, {PartSize: 5 << 20, IfAbsent: true}} {
			for _, size := range []int{0, 5 << 20, len(data)} {
				key := fmt.Sprintf("up/%d/%d/%v", f, size, o.IfAbsent)
				u := b.Upload(t.Context(), key, o)
				if n, err := io.Copy(u, bytes.NewReader(data[:size])); n != int64(size) || err != nil {
					t.Fatal(n, err)
				}
				info, err := u.Commit()
				if err != nil || info.Size != int64(size) {
					t.Errorf("%s: %+v, %v", key, info, err)
				}
				got, seen, err := b.ReadAll(t.Context(), key, 1<<30)
				if err != nil || !bytes.Equal(got, data[:size]) || seen.ETag != info.ETag {
					t.Errorf("%s: %d bytes, %+v, want %+v, %v", key, len(got), seen, info, err)
				}
			}
		}
	}
	b := s.open(t, s.address, "photos")
	u := b.Upload(t.Context(), "up/0/13631488/true", bucket.Put{PartSize: 5 << 20, IfAbsent: true})
	_, _ = u.Write(data)
	if _, err := u.Commit(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	u = b.Upload(t.Context(), "given-up", bucket.Put{PartSize: 5 << 20})
	_, _ = u.Write(data)
	if err := u.Abort(); err != nil {
		t.Error(err)
	}
	if _, err := b.Stat(t.Context(), "given-up"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// TestRestart kills the server in the middle of reading and writing, and starts it again.
func TestRestart(t *testing.T) {
	s := newServer(t)
	b := s.open(t, s.address, "photos")
	data := noise(8 << 20)
	put(t, b, "x", data)
	o, err := b.Get(t.Context(), "x", bucket.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	begin := make([]byte, 1<<20)
	if _, err := io.ReadFull(o, begin); err != nil {
		t.Fatal(err)
	}
	s.kill()
	s.startAfter(t, 200*time.Millisecond)
	rest, err := io.ReadAll(o)
	if err != nil || !bytes.Equal(append(begin, rest...), data) {
		t.Errorf("%d bytes, %v", len(rest), err)
	}
}

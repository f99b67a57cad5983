package gateway

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// gate holds the first request of a method whose path ends in a name, until it is opened.
type gate struct {
	method, name    string
	reached, opened chan struct{}
	once            sync.Once
}

// newGate starts a proxy that holds a request. With an empty name it holds none.
func newGate(t *testing.T, s *server, method, name string) (*proxy, *gate) {
	g := &gate{method: method, name: name, reached: make(chan struct{}), opened: make(chan struct{})}
	p := newProxy(t, s, nil)
	p.hold = func(r *http.Request) {
		if g.name == "" || r.Method != g.method || !strings.HasSuffix(r.URL.Path, g.name) {
			return
		}
		first := false
		g.once.Do(func() { first = true })
		if first {
			close(g.reached)
			<-g.opened
		}
	}
	return p, g
}

// wait waits until the request is held.
func (g *gate) wait(t *testing.T) {
	t.Helper()
	select {
	case <-g.reached:
	case <-time.After(2 * time.Minute):
		t.Fatalf("no %s of %s", g.method, g.name)
	}
}

func (g *gate) open() { close(g.opened) }

// started is a command that runs beside the test.
type started struct {
	*exec.Cmd
	said bytes.Buffer
}

func start(t *testing.T, cmd *exec.Cmd) *started {
	t.Helper()
	c := &started{Cmd: cmd}
	c.Stdout, c.Stderr = &c.said, &c.said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}

// ends waits for a command, which must end with a code, and returns what it has said.
func (c *started) ends(t *testing.T, code int) string {
	t.Helper()
	late := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer late.Stop()
	_ = c.Wait()
	if got := c.ProcessState.ExitCode(); got != code {
		t.Fatalf("%q: exit %d, want %d\n%s", c.Args[1:], got, code, &c.said)
	}
	return c.said.String()
}

// TestThreeRuns has a run hang while a second one of the same command ends and a third one with
// another stack begins. The first one finds that its place is taken, although the third one has
// its number.
func TestThreeRuns(t *testing.T) {
	s := newServer(t)
	in, folder := pictures(t, 3), filepath.Join(t.TempDir(), "out")
	args := []string{"run", in, "--reproducible", "-q", "--format", "npy"}
	other := append(args[:len(args):len(args)], "--set", "layers.0.conv.activation=abs")
	s.filterbank(t, s.address, 0, append(other, "-o", folder)...)
	const out, pictures = "s3://photos/three", 15
	held := "/ä 0/000+logo/mix.npy"
	p, a := newGate(t, s, http.MethodPut, held)
	first := start(t, s.command(p.here(), append(args, "-o", out)...))
	a.wait(t)
	s.objects(t, "three", pictures-1+1) // with what the run begins with
	s.filterbank(t, s.address, 0, append(args, "-o", out)...)
	p, c := newGate(t, s, http.MethodPut, held)
	third := start(t, s.command(p.here(), append(other, "-o", out)...))
	c.wait(t)
	a.open()
	if said := first.ends(t, 75); !strings.Contains(said, "goes on in this one's place") {
		t.Errorf("said %s", said)
	}
	c.open()
	third.ends(t, 0)
	s.same(t, "three", folder)
}

// TestTakenAtEnd has a second task take a shard's place while the first one ends. One result
// stands, whatever the order of their last requests is.
func TestTakenAtEnd(t *testing.T) {
	s := newServer(t)
	in := pictures(t, 2)
	for _, c := range []struct {
		name          string
		first, second string // what a task's first PUT of is held
		after         bool   // the second task ends after the first one
	}{
		{"runs", "0001/run.json", "0001/manifest.jsonl", true},
		{"account", "0001/complete.json", "", false},
		{"accounts", "0001/complete.json", "0001/manifest.jsonl", true},
		{"account-last", "0001/complete.json", "0001/complete.json", true},
	} {
		out := "s3://photos/" + c.name
		args := []string{"run", in, "-q", "--format", "npy", "--shards", "1", "--shard", "1/1", "-o", out}
		p, one := newGate(t, s, http.MethodPut, c.first)
		first := start(t, s.command(p.here(), args...))
		one.wait(t)
		p, two := newGate(t, s, http.MethodPut, c.second)
		second := start(t, s.command(p.here(), args...))
		if c.after {
			two.wait(t)
		} else {
			second.ends(t, 0)
		}
		one.open()
		if said := first.ends(t, 75); !strings.Contains(said, "goes on in this one's place") {
			t.Errorf("%s: said %s", c.name, said)
		}
		if c.after {
			two.open()
			second.ends(t, 0)
		}
		s.filterbank(t, s.address, 0, "merge", out)
		for name := range tree(t, filepath.Join(s.root, "photos", c.name)) {
			if strings.Contains(name, ".filterbank.run") {
				t.Errorf("%s: %s is left", c.name, name)
			}
		}
	}
}

// TestKilledBetween kills a run of another stack that has removed objects and has not made a
// checkpoint. The first stack's run makes the removed objects again.
func TestKilledBetween(t *testing.T) {
	s := newServer(t)
	in, folder := pictures(t, 3), filepath.Join(t.TempDir(), "out")
	stack := func(filter string) string {
		name := filepath.Join(t.TempDir(), "stack.yaml")
		text := "version: 1\nlayers:\n  - conv: {name: edges, filters: [" + filter + "], padding: same}\n"
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	args := []string{"run", in, "--reproducible", "-q", "-j", "1", "-c"}
	sobel := append(args[:len(args):len(args)], stack("sobel"), "-o")
	s.filterbank(t, s.address, 0, append(sobel, folder)...)
	s.filterbank(t, s.address, 0, append(sobel, "s3://photos/between")...)
	age(t, filepath.Join(s.root, "photos"), 20*time.Minute)
	removed := make(chan struct{})
	p := newProxy(t, s, nil)
	count, mu := 0, sync.Mutex{}
	p.hold = func(r *http.Request) {
		if r.Method != http.MethodDelete || strings.Contains(r.URL.Path, "probe") {
			return
		}
		mu.Lock()
		if count++; count == 4 {
			close(removed)
		}
		full := count >= 4
		mu.Unlock()
		if full { // until the run is killed
			<-r.Context().Done()
		}
	}
	killed := start(t, s.command(p.here(), append(args, stack("prewitt"), "-o", "s3://photos/between")...))
	select {
	case <-removed:
	case <-time.After(2 * time.Minute):
		t.Fatalf("nothing is removed")
	}
	_ = killed.Process.Kill()
	_ = killed.Wait()
	age(t, filepath.Join(s.root, "photos"), 10*time.Minute)
	s.filterbank(t, s.address, 0, append(sobel, "s3://photos/between")...)
	got := tree(t, filepath.Join(s.root, "photos/between"))
	for name, want := range tree(t, folder) {
		if got[name] != want {
			t.Errorf("%s has %d bytes, want other %d", name, len(got[name]), len(want))
		}
	}
}

// TestLateRequest has the manifest of a run hang on its way until another run of the same command has
// taken its place and has ended. The late manifest is refused, as a new object and in the place of one.
func TestLateRequest(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	args := []string{"run", pictures(t, 1), "-q", "--format", "npy", "-o", "s3://photos/late"}
	for _, more := range [][]string{nil, {"--overwrite", "always"}} {
		p, held := newGate(t, s, http.MethodPut, "late/"+manifestName)
		first := start(t, s.command(p.here(), append(args, more...)...))
		held.wait(t)
		s.filterbank(t, s.address, 0, append(args, more...)...)
		name := filepath.Join(s.root, "photos", "late", manifestName)
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		held.open()
		if said := first.ends(t, 75); !strings.Contains(said, "goes on in this one's place") {
			t.Errorf("said %s", said)
		}
		if got, err := os.ReadFile(name); !bytes.Equal(got, want) || err != nil {
			t.Errorf("the manifest is %s, want %s, %v", got, want, err)
		}
	}
}

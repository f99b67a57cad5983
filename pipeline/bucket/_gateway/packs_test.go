package gateway

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// lists are the names of the lists of shards' members, which folders do not have.
func isList(name string) bool { return strings.HasSuffix(name, ".members.jsonl.gz") }

// TestPacks compares shards with a folder's: new ones, the same again, after an image has gone and
// after one has come, with another size, and with little memory, where shards are made in a folder
// before they are sent. Shards that stay are neither read nor put.
func TestPacks(t *testing.T) {
	s := newServer(t)
	in, folder := pictures(t, 8), filepath.Join(t.TempDir(), "out")
	args := []string{"run", in, "--reproducible", "-q", "--pack", "webdataset", "--format", "npy,png", "--label", "folder"}
	both := func(count string, flags ...string) *proxy {
		t.Helper()
		more := append(slices.Concat(args, flags), "--pack-count", count, "-o")
		s.filterbank(t, s.address, 0, append(more, folder)...)
		p := newProxy(t, s, some(11, busy, lost, cut))
		s.filterbank(t, p.here(), 0, append(more, "s3://photos/packs")...)
		s.same(t, "packs", folder)
		return p
	}
	both("7")
	p := both("7")
	for _, r := range p.requests {
		if strings.Contains(r, ".tar") && !strings.HasPrefix(r, "HEAD") {
			t.Errorf("%s of a shard that stays", r)
		}
	}
	middle := filepath.Join(in, "ä 3", "003+logo.png")
	data, err := os.ReadFile(middle)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(middle); err != nil {
		t.Fatal(err)
	}
	both("7")
	if err := os.WriteFile(filepath.Join(in, "ä 3", "000.png"), data, 0o666); err != nil {
		t.Fatal(err)
	}
	both("7")
	both("9")
	both("8", "--max-memory", "100MB")
}

// TestKilledPack kills a run between two shards. The next one keeps the shards that a checkpoint
// has records of.
func TestKilledPack(t *testing.T) {
	s := newServer(t)
	in, folder := pictures(t, 16), filepath.Join(t.TempDir(), "out")
	args := []string{"run", in, "--reproducible", "-q", "--pack", "webdataset", "--pack-count", "10"}
	s.filterbank(t, s.address, 0, append(args, "-o", folder)...)
	args = append(args, "-o", "s3://photos/killed")
	slowly := newProxy(t, s, func(r *http.Request) fault {
		if strings.HasSuffix(r.URL.Path, ".tar") {
			return slow
		}
		return none
	})
	slowly.late = 500 * time.Millisecond
	cmd := s.command(slowly.here(), args...)
	cmd.Env = append(cmd.Env, "FILTERBANK_CHECKPOINT=20ms")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for tries := 0; len(s.recorded(t, "killed")) < 20; tries++ {
		if time.Sleep(10 * time.Millisecond); tries == 12_000 {
			t.Fatal("no checkpoint is made")
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	p := newProxy(t, s, nil)
	s.filterbank(t, p.here(), 0, args...)
	s.same(t, "killed", folder)
	for _, r := range p.requests {
		if strings.HasPrefix(r, "PUT /photos/killed/shards/000000.tar") || strings.HasPrefix(r, "PUT /photos/killed/shards/000001.tar") {
			t.Errorf("%s of a shard that stays", r)
		}
	}
}

// race runs two tasks of the same work at the same time. A task that ends with 75 is to be tried
// again: if both do, the work is run once more.
func (s *server) race(t *testing.T, args []string, more ...string) {
	t.Helper()
	var tasks [2]*exec.Cmd
	var said [2]bytes.Buffer
	for i := range tasks {
		tasks[i] = s.command(s.address, slices.Concat(args, more)...)
		tasks[i].Stdout, tasks[i].Stderr = &said[i], &said[i]
		if err := tasks[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	done := false
	for i, task := range tasks {
		_ = task.Wait()
		switch code := task.ProcessState.ExitCode(); code {
		case 0:
			done = true
		case 75:
		default:
			t.Errorf("task %d ends with %d: %s", i, code, said[i].String())
		}
	}
	if !done {
		s.filterbank(t, s.address, 0, slices.Concat(args, more)...)
	}
}

// TestOtherRun refuses to mix a run in shards, a part by a hash and a run as a whole.
func TestOtherRun(t *testing.T) {
	s := newServer(t)
	in := pictures(t, 1)
	refused := func(want string, args ...string) {
		t.Helper()
		if said := s.filterbank(t, s.address, 2, append([]string{"run", in, "-q"}, args...)...); !strings.Contains(said, want) {
			t.Errorf("%q: said %s", args, said)
		}
	}
	s.filterbank(t, s.address, 0, "run", in, "-q", "-o", "s3://photos/whole")
	refused("it has the results of a run without --shards", "-o", "s3://photos/whole", "--shards", "2", "--shard", "1/2")
	s.filterbank(t, s.address, 0, "run", in, "-q", "-o", "s3://photos/third", "--shard", "1/3")
	refused("it has the results of --shard 1/3", "-o", "s3://photos/third", "--shard", "1/2")
	s.filterbank(t, s.address, 0, "run", in, "-q", "-o", "s3://photos/third", "--shard", "2/3")
	s.filterbank(t, s.address, 0, "run", in, "-q", "-o", "s3://photos/shards", "--shards", "2", "--shard", "1/2")
	refused("it has the results of a run with --shards", "-o", "s3://photos/shards", "--shard", "1/2")
}

// TestParts runs the shards of a run, two tasks of one shard among them, and merges them.
func TestParts(t *testing.T) {
	s := newServer(t)
	in, whole := pictures(t, 6), filepath.Join(t.TempDir(), "out")
	for name, form := range map[string][]string{"packs": {"--pack", "webdataset", "--pack-count", "4"}, "maps": {"--metadata", "huggingface"}} {
		out := "s3://photos/" + name
		args := append([]string{"run", in, "--reproducible", "-q", "--shards", "3", "-o", out}, form...)
		s.race(t, args, "--shard", "1/3") // they also race for run-config.json
		if said := s.filterbank(t, s.address, 2, append(args, "--shard", "2/3", "--bank", "sobel")...); !strings.Contains(said, "stack") {
			t.Errorf("said %s", said)
		}
		s.race(t, args, "--shard", "2/3")
		if said := s.filterbank(t, s.address, 0, "status", out); !strings.Contains(said, "--array=2") {
			t.Errorf("said %s", said)
		}
		s.filterbank(t, s.address, 1, "merge", out)
		s.filterbank(t, s.address, 0, append(args, "--shard", "3/3")...)
		s.filterbank(t, s.address, 0, "merge", out)
		folder := filepath.Join(whole, name)
		inFolder := append([]string{"run", in, "--reproducible", "-q", "--shards", "3", "-o", folder}, form...)
		for _, shard := range []string{"1/3", "2/3", "3/3"} {
			s.filterbank(t, s.address, 0, append(inFolder, "--shard", shard)...)
		}
		s.filterbank(t, s.address, 0, "merge", folder)
		s.same(t, name, folder)
	}
}

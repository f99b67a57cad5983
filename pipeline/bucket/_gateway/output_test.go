package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const manifestName = "manifest.jsonl"

// record is what these tests read of a record.
type record struct {
	Output string
	Files  []struct{ Path string }
}

// pictures makes a folder of copies of the samples, under names of several lengths and alphabets.
func pictures(t *testing.T, copies int) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"ramp.png", "logo.png", "balloon.jpg", "checkerboard.png", "text.png"} {
		data, err := os.ReadFile(filepath.Join("../../../samples", name))
		if err != nil {
			t.Fatal(err)
		}
		for i := range copies {
			folder := filepath.Join(dir, fmt.Sprintf("ä %d", i%7))
			if err := os.MkdirAll(folder, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%03d+%s", i, name)), data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// command is the program with a store at an address.
func (s *server) command(address string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = s.environment(address)
	return cmd
}

// filterbank runs the program, which must end with a code, and returns what it has said.
func (s *server) filterbank(t *testing.T, address string, code int, args ...string) string {
	t.Helper()
	return ended(t, s.command(address, args...), code, s)
}

// ended runs a command, which must end with a code. It says no credential.
func ended(t *testing.T, cmd *exec.Cmd, code int, s *server) string {
	t.Helper()
	said, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("%q: exit %d, want %d, %v\n%s", cmd.Args[1:], got, code, err, said)
	}
	s.keepsSecrets(t, "output", string(said))
	return string(said)
}

// tree is the content of all files below a folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // nothing is there yet
			return nil
		}
		if err == nil && d.Type().IsRegular() {
			var data []byte
			data, err = os.ReadFile(filepath.Join(dir, name))
			files[name] = string(data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// same checks that a prefix of the server's bucket has the files of a folder, byte for byte, and
// no others.
func (s *server) same(t *testing.T, prefix, dir string) {
	t.Helper()
	got, want := tree(t, filepath.Join(s.root, "photos", prefix)), tree(t, dir)
	for _, name := range slices.Sorted(maps.Keys(got)) {
		s.keepsSecrets(t, name, got[name])
		if _, ok := want[name]; !ok && !isList(name) {
			t.Errorf("%s: %s is there", prefix, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s: %s has %d bytes, want other %d", prefix, name, len(got[name]), len(want[name]))
		}
	}
}

// forms are the forms of output that are compared with a folder.
func forms() map[string][]string {
	return map[string][]string{
		"png":  {"--metadata", "huggingface"},
		"npy":  {"--format", "npy,npz", "--bank", "gabor", "--sheet"},
		"both": {"--format", "png,npy", "--label", "folder"},
	}
}

// TestSameAsFolder compares the objects of runs with the files of the same runs in a folder: new
// ones, the same again, with another stack, and with the first stack again.
func TestSameAsFolder(t *testing.T) {
	s := newServer(t)
	in := pictures(t, 3)
	for name, form := range forms() {
		folder := filepath.Join(t.TempDir(), "out")
		for _, more := range [][]string{nil, nil, {"--set", "layers.0.conv.activation=abs"}, {"--layers", "all"}, nil} {
			args := slices.Concat([]string{"run", in, "--reproducible", "-q"}, form, more)
			s.filterbank(t, s.address, 0, append(args, "-o", folder)...)
			s.filterbank(t, s.address, 0, append(args, "-o", "s3://photos/"+name)...)
			s.same(t, name, folder)
		}
	}
	table := filepath.Join(t.TempDir(), "out")
	for range 2 {
		s.filterbank(t, s.address, 0, "run", in, "--reproducible", "-o", table, "--features", filepath.Join(table, "f.csv"))
		s.filterbank(t, s.address, 0, "run", in, "--reproducible", "-o", "s3://photos/table", "--features", "s3://photos/table/f.csv")
	}
	got, want := tree(t, filepath.Join(s.root, "photos/table")), tree(t, table)
	for _, name := range []string{"f.csv", "features.rows", "manifest.jsonl"} {
		if got[name] != want[name] || len(want[name]) == 0 {
			t.Errorf("%s: %d bytes, want %d", name, len(got[name]), len(want[name]))
		}
	}
}

// TestDisturbedOutput writes through every fault. The outcome is the folder's.
func TestDisturbedOutput(t *testing.T) {
	s := newServer(t)
	in, folder := pictures(t, 4), filepath.Join(t.TempDir(), "out")
	args := []string{"run", in, "--reproducible", "-q", "--format", "png,npy"}
	s.filterbank(t, s.address, 0, append(args, "-o", folder)...)
	p := newProxy(t, s, some(5, busy, throttled, broken, refused, lost, slow, cut))
	s.filterbank(t, p.here(), 0, append(args, "-o", "s3://photos/disturbed")...)
	s.same(t, "disturbed", folder)
	s.filterbank(t, p.here(), 0, append(args, "-o", "s3://photos/disturbed")...)
	s.same(t, "disturbed", folder)
}

// TestServerRestarts kills the server in the middle of a run and starts it again.
func TestServerRestarts(t *testing.T) {
	s := newServer(t)
	in, folder := pictures(t, 20), filepath.Join(t.TempDir(), "out")
	args := []string{"run", in, "--reproducible", "-q"}
	s.filterbank(t, s.address, 0, append(args, "-o", folder)...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.objects(t, "restarted", 40)
		s.kill()
		time.Sleep(700 * time.Millisecond)
		s.start(t)
	}()
	s.filterbank(t, s.address, 0, append(args, "-o", "s3://photos/restarted")...)
	<-done
	s.same(t, "restarted", folder)
}

// objects waits until a prefix has a number of objects.
func (s *server) objects(t *testing.T, prefix string, n int) {
	for range 24_000 {
		found := 0
		_ = fs.WalkDir(os.DirFS(filepath.Join(s.root, "photos", prefix)), ".", func(_ string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				found++
			}
			return nil
		})
		if found >= n {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%s does not come to %d objects", prefix, n)
}

// TestKilledOutput kills runs in their middle. The last one does the rest: it makes no picture
// again that a checkpoint has.
func TestKilledOutput(t *testing.T) {
	s := newServer(t)
	t.Setenv("TMPDIR", t.TempDir())
	in, folder := pictures(t, 30), filepath.Join(t.TempDir(), "out")
	args := []string{"run", in, "--reproducible", "-q", "--features", "s3://photos/killed/f.csv"}
	s.filterbank(t, s.address, 0, append(args[:len(args)-2:len(args)-2], "-o", folder, "--features", filepath.Join(folder, "f.csv"), "--format", "png")...)
	out := []string{"-o", "s3://photos/killed", "--format", "png"}
	slowly := newProxy(t, s, slowMaps)
	slowly.late = 200 * time.Millisecond
	for i := range 3 {
		cmd := s.command(slowly.here(), append(args, out...)...)
		cmd.Env = append(cmd.Env, "FILTERBANK_CHECKPOINT=50ms")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for tries := 0; len(s.recorded(t, "killed")) < 20*(i+1); tries++ {
			if time.Sleep(10 * time.Millisecond); tries == 12_000 {
				t.Fatal("no checkpoint is made")
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		age(t, filepath.Join(s.root, "photos"), time.Minute) // what is as old as the next run is doubted
	}
	have := s.recorded(t, "killed")
	puts := newProxy(t, s, nil)
	s.filterbank(t, puts.here(), 0, append(args, out...)...)
	puts.mu.Lock()
	for _, r := range puts.requests {
		for name := range have {
			if strings.HasPrefix(r, "PUT /photos/killed/"+name+"/") {
				t.Errorf("%s is made again", name)
			}
		}
	}
	puts.mu.Unlock()
	s.same(t, "killed", s.withName(t, folder, "s3://photos/killed/f.csv"))
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), "filterbank-scratch-*"))
	if len(left) > 0 {
		t.Errorf("%q is left", left)
	}
}

// slowMaps makes the requests for maps slow, and not the ones for checkpoints.
func slowMaps(r *http.Request) fault {
	if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, ".png") {
		return slow
	}
	return none
}

// withName puts the name of the table of features into the account of a run in a folder.
func (s *server) withName(t *testing.T, folder, name string) string {
	t.Helper()
	file := filepath.Join(folder, "run.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.ReplaceAll(data, []byte(filepath.Join(folder, "f.csv")), []byte(name))
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return folder
}

// checkpoints waits until the n-th run in a prefix has made so many checkpoints.
func (s *server) checkpoints(t *testing.T, prefix string, n, many int) {
	t.Helper()
	s.objects(t, fmt.Sprintf("%s/.filterbank.run/%08d", prefix, n), many+1)
}

// recorded are the outputs of all records in checkpoints.
func (s *server) recorded(t *testing.T, prefix string) map[string]bool {
	t.Helper()
	outputs := map[string]bool{}
	for name, data := range tree(t, filepath.Join(s.root, "photos", prefix, ".filterbank.run")) {
		if !strings.HasSuffix(name, manifestName) {
			continue
		}
		for line := range strings.Lines(data) {
			var r record
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Error(err)
			}
			outputs[r.Output] = true
		}
	}
	return outputs
}

// TestKilledOverAnother kills a run with another stack in the middle of its work. The first stack's
// run then makes the pictures again whose objects the killed one has put, and those alone.
func TestKilledOverAnother(t *testing.T) {
	s := newServer(t)
	in, folder := pictures(t, 10), filepath.Join(t.TempDir(), "out")
	args := []string{"run", in, "--reproducible", "-q", "--format", "npy"}
	s.filterbank(t, s.address, 0, append(args, "-o", folder)...)
	args = append(args, "-o", "s3://photos/over")
	s.filterbank(t, s.address, 0, args...)
	age(t, filepath.Join(s.root, "photos"), 20*time.Minute)
	p := newProxy(t, s, nil)
	var put atomic.Int64
	amid := make(chan struct{})
	p.hold = func(r *http.Request) {
		if r.Method != http.MethodPut {
			return
		}
		n := put.Add(1)
		if n == 13 {
			close(amid)
		}
		if n >= 13 { // until the run is killed, which the server sees once it has read the body
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}
	}
	cmd := s.command(p.here(), append(args, "--set", "layers.0.conv.activation=none")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-amid
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	puts := newProxy(t, s, nil)
	if said := s.filterbank(t, puts.here(), 75, args...); !strings.Contains(said, "another run is writing to it") {
		t.Errorf("said %s", said)
	}
	age(t, filepath.Join(s.root, "photos"), 10*time.Minute)
	s.filterbank(t, puts.here(), 0, args...)
	s.same(t, "over", folder)
	if n, all := puts.seen("PUT"), 50; n < 4 || n > all {
		t.Errorf("%d objects are put, want some and not all of %d", n, all)
	}
}

// age makes the objects of the last minutes older, as if they had been put before.
func age(t *testing.T, dir string, by time.Duration) {
	t.Helper()
	for name := range tree(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err == nil && time.Since(info.ModTime()) < 5*time.Minute {
			then := info.ModTime().Add(-by)
			err = os.Chtimes(filepath.Join(dir, name), then, then)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestTwoRuns has two runs of the same command at work. The later one goes on.
func TestTwoRuns(t *testing.T) {
	s := newServer(t)
	in, folder := pictures(t, 30), filepath.Join(t.TempDir(), "out")
	args := []string{"run", in, "--reproducible", "-q"}
	s.filterbank(t, s.address, 0, append(args, "-o", folder)...)
	args = append(args, "-o", "s3://photos/two")
	slowly := newProxy(t, s, slowMaps)
	slowly.late = 300 * time.Millisecond
	first := s.command(slowly.here(), args...)
	first.Env = append(first.Env, "FILTERBANK_CHECKPOINT=50ms")
	var said bytes.Buffer
	first.Stderr = &said
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	s.checkpoints(t, "two", 1, 2)
	refused := s.filterbank(t, s.address, 75, append(args, "--bank", "sobel")...)
	if !strings.Contains(refused, "another run is writing to it") {
		t.Errorf("said %s", refused)
	}
	s.filterbank(t, s.address, 0, args...)
	s.same(t, "two", folder)
	_ = first.Wait()
	if code := first.ProcessState.ExitCode(); code != 75 || !strings.Contains(said.String(), "goes on in this one's place") {
		t.Errorf("exit %d, said %s", code, &said)
	}
	s.same(t, "two", folder)
}

// TestFailingStore has a store fail for good in the middle of a run. What was done is kept.
func TestFailingStore(t *testing.T) {
	s := newServer(t)
	in, folder := pictures(t, 20), filepath.Join(t.TempDir(), "out")
	args := []string{"run", in, "--reproducible", "-q"}
	s.filterbank(t, s.address, 0, append(args, "-o", folder)...)
	args = append(args, "-o", "s3://photos/failing")
	var down atomic.Bool
	failing := newProxy(t, s, func(r *http.Request) fault {
		if down.Load() && !strings.Contains(r.URL.String(), ".filterbank.run") {
			return busy
		}
		return none
	})
	cmd := s.command(failing.here(), args...)
	cmd.Env = append(cmd.Env, "AWS_MAX_ATTEMPTS=3")
	go func() {
		s.objects(t, "failing", 50)
		down.Store(true)
	}()
	said := ended(t, cmd, 75, s)
	if !strings.Contains(said, "503 SlowDown") || !strings.Contains(said, "(3 attempts") || !strings.Contains(said, "the same command goes on from here") {
		t.Errorf("said %s", said)
	}
	if len(s.recorded(t, "failing")) < 5 {
		t.Error("the records are lost")
	}
	s.filterbank(t, s.address, 0, args...)
	s.same(t, "failing", folder)
}

// TestInterrupted interrupts a run. Its manifest is whole, and the same command does the rest.
func TestInterrupted(t *testing.T) {
	s := newServer(t)
	in, folder := pictures(t, 20), filepath.Join(t.TempDir(), "out")
	args := []string{"run", in, "--reproducible", "-q"}
	s.filterbank(t, s.address, 0, append(args, "-o", folder)...)
	args = append(args, "-o", "s3://photos/interrupted")
	cmd := s.command(s.address, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.objects(t, "interrupted", 30)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit %d", code)
	}
	files := tree(t, filepath.Join(s.root, "photos/interrupted"))
	lines := 0
	for line := range strings.Lines(files[manifestName]) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Error(err)
		}
		for _, f := range r.Files {
			if _, ok := files[f.Path]; !ok {
				t.Errorf("%s is not there", f.Path)
			}
			delete(files, f.Path)
		}
		lines++
	}
	if lines < 5 || len(files) != 2 || files["run.json"] == "" {
		t.Errorf("%d records and %d files that none tells of", lines, len(files))
	}
	s.filterbank(t, s.address, 0, args...)
	s.same(t, "interrupted", folder)
}

// TestUnconditionalOutput refuses a store that ignores If-None-Match.
func TestUnconditionalOutput(t *testing.T) {
	s := newServer(t)
	p := newProxy(t, s, nil)
	p.forgets = true
	for _, more := range [][]string{nil, {"--shards", "2", "--shard", "1/2"}} {
		said := s.filterbank(t, p.here(), 2, append([]string{"run", pictures(t, 1), "-o", "s3://photos/out"}, more...)...)
		if !strings.Contains(said, "the store ignores If-None-Match") {
			t.Errorf("%q: said %s", more, said)
		}
	}
	if left := tree(t, filepath.Join(s.root, "photos")); len(left) > 0 {
		t.Errorf("%d objects are left", len(left))
	}
}

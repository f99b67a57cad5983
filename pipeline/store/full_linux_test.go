package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// fullDisk names the variable that makes TestSuiteFullDisk the process of which the files
// cannot grow beyond a size, as on a full disk.
const fullDisk = "FILTERBANK_TEST_FULL_DISK"

// TestSuiteFullDisk fills the disk: the error concerns every file, nothing is half
// written, and the next run goes on.
func TestSuiteFullDisk(t *testing.T) {
	overKinds(t, func(t *testing.T, open func(*Folder) (Store, error)) {
		list := pictures(10)
		if limit := os.Getenv(fullDisk); limit != "" {
			size, root, _ := strings.Cut(limit, " ")
			fillDisk(t, size, &run{t: t, root: root, open: open, records: map[string][]Written{}, digests: map[string]string{}}, list)
			return
		}
		want := undisturbed(t, open, list)
		for _, size := range []int{0, 50, 4000, 100_000, 263_000} {
			r := newRun(t, open)
			child := exec.Command(os.Args[0], "-test.run", "^TestSuiteFullDisk$/^"+filepath.Base(t.Name())+"$")
			child.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", fullDisk, size, r.root))
			if text, err := child.CombinedOutput(); err != nil {
				t.Errorf("%d bytes: %v: %s", size, err, text)
			}
			for name, sum := range contents(t, r.root) {
				if want[name] != sum {
					t.Errorf("%d bytes: %s is not whole", size, name)
				}
			}
			if err := r.work(list, 2, on); err != nil {
				t.Fatal(err)
			}
			same(t, "with room", contents(t, r.root), want)
		}
	})
}

// fillDisk works in the process with the limit.
func fillDisk(t *testing.T, size string, r *run, list []picture) {
	signal.Ignore(syscall.SIGXFSZ)
	number, err := strconv.ParseUint(size, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	limit := syscall.Rlimit{Cur: number, Max: number}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	err = r.work(list, 2, on)
	failed, ok := errors.AsType[*Error](err)
	if !ok || failed.OfOne() || !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("%s bytes: got %v", size, err)
	}
	if shards := filepath.Join(r.root, ShardsName); strings.Contains(t.Name(), "pack") && !strings.HasPrefix(failed.Path, shards) {
		t.Errorf("%s bytes: %v, which names nothing in %s", size, err, shards)
	}
}

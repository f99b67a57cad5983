package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// onDisk runs a command line in a folder with a file system of its own at disk, which has some
// kilobytes and is mounted with options. before is a command line that runs first.
func onDisk(t *testing.T, dir string, kilobytes int, options, before, line string) (code int, said string) {
	t.Helper()
	script := fmt.Sprintf("set -e; cd %s; mount -t tmpfs -o size=%dk,mode=777 none disk; %s\n", dir, kilobytes, before)
	if options != "" {
		script += "mount -o remount," + options + " disk\n"
	}
	cmd := exec.Command("bash", "-c", script+"set +e; exec ./"+line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
	}
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || strings.Contains(string(text), "mount: ") {
		t.Skip("no file system can be mounted here:", err, string(text))
	}
	return cmd.ProcessState.ExitCode(), string(text)
}

// TestFullDiskCodes has every command that writes files write to a file system that is full, and
// to one that is read-only: another try may do better.
func TestFullDiskCodes(t *testing.T) {
	dir := t.TempDir()
	program(t, dir)
	for _, name := range []string{"disk", "in"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"textbook.png", "text.png"} {
		picture, err := os.ReadFile(filepath.Join("../../samples", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "in", name), picture, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const fill = "head -c 300000 /dev/zero > disk/zeros || true"
	const done = "./filterbank run in -q --bank sobel -o disk/done; "
	for _, c := range []struct{ before, line, want string }{
		{"", "filterbank run in -q --bank sobel --format npy -o disk/out", "left, and the same command goes on from here"},
		{"", "filterbank run in -q --bank sobel --format npy --pack webdataset -o disk/out", "no space left on device"},
		{fill, "filterbank run in -q --bank sobel -o disk/out", "filterbank: "},
		{"mkdir disk/out; " + fill, "filterbank run in -q --bank sobel -o disk/out", "no space left on device"},
		{fill, "filterbank run in -q --bank sobel --features disk/f.csv -o out", "no space left on device"},
		{fill, "filterbank calibrate in -q --bank sobel -o disk/stats.json", "no space left on device"},
		{fill, "filterbank calibrate in -q --bank sobel -o stats.json --patches disk/patches", "no space left on device"},
		{"./filterbank run in -q --bank sobel -o done; " + fill, "filterbank report done -o disk/page.html", "no space left on device"},
		{fill, "filterbank man disk/man", "no space left on device"},
		{fill, "filterbank init edges -o disk", "no space left on device"},
		{fill, "filterbank banks gabor --export disk/k.npy", "no space left on device"},
		{fill, "filterbank banks gabor --png disk/k.png", "no space left on device"},
	} {
		code, said := onDisk(t, dir, 200, "", c.before, c.line)
		if code != exitAgain || !strings.Contains(said, c.want) {
			t.Errorf("full, %s: exit %d, want %d with %q: %s", c.line, code, exitAgain, c.want, said)
		}
	}
	for _, line := range []string{
		"filterbank run in -q --bank sobel --overwrite always -o disk/done", "filterbank run in -q --bank sobel -o disk/new", "filterbank calibrate in -q --bank sobel -o disk/stats.json",
		"filterbank report disk/done", "filterbank man disk/man", "filterbank init edges -o disk", "filterbank banks gabor --export disk/k.npy",
	} {
		code, said := onDisk(t, dir, 4000, "ro", done, line)
		if code != exitAgain || !strings.Contains(said, "read-only file system") {
			t.Errorf("read-only, %s: exit %d, want %d: %s", line, code, exitAgain, said)
		}
	}
}

// TestFullOutput writes results to a full device.
func TestFullOutput(t *testing.T) {
	dir := t.TempDir()
	name := program(t, dir)
	out := filepath.Join(dir, "out")
	for _, args := range [][]string{
		{"run", "--bank", "sobel", "-o", out, "../../samples/textbook.png"}, {"plan", "../../samples/textbook.png"}, {"digest", out}, {"digest", "--list", out},
		{"calibrate", "--bank", "sobel", "-o", filepath.Join(dir, "s.json"), "../../samples/textbook.png"}, {"diff", out, out}, {"report", out},
		{"banks"}, {"banks", "sobel"}, {"banks", "--json"}, {"init"}, {"schema"}, {"version"}, {"show", "../../samples/textbook.png"}, {"help"},
	} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(name, args...)
		cmd.Stdout = full
		cmd.Run()
		full.Close()
		if got := cmd.ProcessState.ExitCode(); got != exitAgain {
			t.Errorf("%v > /dev/full: exit %d, want %d", args, got, exitAgain)
		}
	}
}

package cluster

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hostile are words that a shell, a scheduler, YAML or Python may take for something else.
var hostile = []string{
	"", "-", "--", "a b", "it's", `back\slash`, "$HOME", "$(touch hit)", "`touch hit`", "a;touch hit", "a&b|c>d<e", "*?[a]{b,c}", "~",
	"!1", "#SBATCH --array=0", "a\nb", "a\n#SBATCH --array=0\ntouch hit", "\r\n", "\t", "\x1b[31mred", "\x07", "é", "\u2028", "\u200b", "\U0001f600", "\U000e0001",
	"\xff", "é\xffé\xfe", `"`, `""" + exit() + """`, "'''", `\'`, `\`, "{{.Out}}", "%s", "%A", "$$", "$(HOME)", "$$(HOME)", ": x", "- x", "yes", "null", "1e3", "0x10", "\u0085",
}

func job(command ...string) Job {
	return Job{
		Command: append([]string{"filterbank", "run"}, command...), Shards: 64, Tasks: 16, Workers: 2, Memory: 768 << 20,
		Grace: 25 * time.Second, Out: "maps", Folder: "/", Basis: "Basis.",
	}
}

// bash runs a script in an empty folder, which it must not change. A function stands for
// filterbank: it prints its arguments, each with a 0 byte.
func bash(t *testing.T, script string, more ...string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("bash", "-c", "filterbank() { printf '%s\\0' \"$@\"; }\n"+script)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), more...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Fatalf("%s left %v, %v", script, left, err)
	}
	return string(out)
}

func TestBashReadsEveryWord(t *testing.T) {
	line := bashWords(append([]string{"filterbank"}, hostile...))
	if strings.ContainsAny(line, "\n\r\x1b") {
		t.Errorf("%q is more than a line, or a terminal obeys it", line)
	}
	if got, want := bash(t, line), strings.Join(hostile, "\x00")+"\x00"; got != want {
		t.Errorf("bash reads\n%q\nwant\n%q", got, want)
	}
}

// The script hands every word on, from the right folder. Its comments and its options for sbatch
// are the same for all words, and the command that submits the merge can be copied.
func TestSlurmScriptRunsTheCommand(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a\n#SBATCH --array=0\n'b'")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	j := job(hostile...)
	j.Folder, j.Out = folder, "-out\n#SBATCH --array=1 'x'"
	script := slurm(t, j)
	if got, want := bash(t, script), strings.Join(append([]string{"run", "--shards=64", "--shard=auto", "--tasks=16"}, hostile...), "\x00")+"\x00"; got != want {
		t.Errorf("the script runs\n%q\nwant\n%q", got, want)
	}
	plain := slurm(t, job())
	if got, want := lines(script, "#SBATCH"), lines(plain, "#SBATCH"); got != want {
		t.Errorf("options\n%s\nwant\n%s", got, want)
	}
	for _, c := range []struct{ prefix, want string }{
		{"#   filterbank status", "status\x00./" + j.Out + "\x00"},
		{"#   sbatch --dependency", "--dependency=afterok:12345\x00--wrap=" + bashWords(j.merge()) + "\x00"},
	} {
		line, _ := strings.CutPrefix(lines(script, c.prefix), "#   ")
		if got := bash(t, "sbatch() { filterbank \"$@\"; }\n"+line); got != c.want {
			t.Errorf("%q does %q, want %q", line, got, c.want)
		}
	}
}

// lines are the lines with a prefix.
func lines(text, prefix string) string {
	var found strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			found.WriteString(line)
		}
	}
	return found.String()
}

func slurm(t *testing.T, j Job) string {
	t.Helper()
	var b bytes.Buffer
	if err := Slurm(&b, j); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What the script does with each exit code: only 75 and 130 go back into the queue, at most
// 5 times, and not if the job has been cancelled.
func TestSlurmScriptRequeues(t *testing.T) {
	for _, c := range []struct {
		code, restarts, state string
		requeued              bool
	}{
		{"0", "0", "RUNNING", false}, {"1", "0", "RUNNING", false}, {"2", "0", "RUNNING", false}, {"137", "0", "RUNNING", false},
		{"75", "0", "RUNNING", true}, {"130", "4", "RUNNING", true}, {"75", "5", "RUNNING", false}, {"130", "0", "COMPLETING", false},
		{"130", "", "RUNNING", true},
	} {
		script := slurm(t, job())
		out := bash(t, `filterbank() { return `+c.code+`; }
squeue() { echo `+c.state+`; }
scontrol() { echo "scontrol $*"; }
sleep() { echo "sleep $*"; }
trap 'echo "ends with $?"; trap - EXIT; exit 0' EXIT
`+script, "SLURM_JOB_ID=7", "SLURM_RESTART_COUNT="+c.restarts)
		want := "ends with " + c.code + "\n"
		if c.requeued {
			want = "exit code " + c.code + ": back into the queue\nscontrol requeue 7\nsleep 60\n" + want
		}
		if out != want {
			t.Errorf("%+v: %q, want %q", c, out, want)
		}
	}
}

// A node on which the folder is not mounted gives the task back.
func TestSlurmScriptWithoutFolder(t *testing.T) {
	j := job()
	j.Folder = filepath.Join(t.TempDir(), "gone")
	out := bash(t, `squeue() { echo RUNNING; }
scontrol() { echo "scontrol $*"; }
sleep() { :; }
trap 'echo "ends with $?"; trap - EXIT; exit 0' EXIT
`+slurm(t, j), "SLURM_JOB_ID=7")
	if !strings.Contains(out, "back into the queue\nscontrol requeue 7\nends with 75\n") {
		t.Errorf("%q", out)
	}
}

// SIGTERM to the script alone, or to the script and the program as at a requeue, reaches the
// program, and the script ends with the program's exit code.
func TestSlurmScriptHandsSIGTERMOn(t *testing.T) {
	for _, target := range []string{"", "-"} {
		dir := t.TempDir()
		program := "#!/bin/bash\ntrap 'echo got; sleep 0.2; exit 3' TERM\ntouch started\nwhile :; do sleep 0.05; done\n"
		if err := os.WriteFile(filepath.Join(dir, "filterbank"), []byte(program), 0o777); err != nil {
			t.Fatal(err)
		}
		j := job()
		j.Folder = dir
		if err := os.WriteFile(filepath.Join(dir, "job.sbatch"), []byte(slurm(t, j)), 0o777); err != nil {
			t.Fatal(err)
		}
		out := bash(t, `cd '`+dir+`'
set -m
PATH=$PWD:$PATH bash job.sbatch &
until [ -e started ]; do sleep 0.02; done
kill -TERM -- `+target+`$!
wait $!
echo "ends with $?"`)
		if !strings.Contains(out, "got\n") || !strings.HasSuffix(out, "ends with 3\n") {
			t.Errorf("signal to %q: %q", target, out)
		}
	}
}

func TestPythonReadsEveryWord(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	j := job(hostile...)
	j.Folder = "/\n'\xff"
	j.Out, j.Table = "\"\"\"\n\xff", "t'.csv"
	var b bytes.Buffer
	if err := Ray(&b, j); err != nil {
		t.Fatal(err)
	}
	program, _, found := strings.Cut(b.String(), "\n\n\n")
	if !found {
		t.Fatalf("the driver has no classes:\n%s", b.String())
	}
	program = strings.Replace(program, "import ray\n", "import os\n", 1) +
		"\nfor w in [FOLDER, *COMMAND, *MERGE]:\n    sys.stdout.buffer.write(os.fsencode(w) + b'\\0')\n"
	out, err := exec.Command(python, "-c", program).CombinedOutput()
	want := append([]string{j.Folder, "filterbank", "run", "--shards=64"}, append(hostile, "filterbank", "merge", j.Out, "--features=t'.csv")...)
	if err != nil || string(out) != strings.Join(want, "\x00")+"\x00" {
		t.Errorf("%v, python reads\n%q\nwant\n%q", err, out, want)
	}
}

func TestKubernetesRefusesWordsThatAreNoText(t *testing.T) {
	for _, p := range []Pod{
		{Job: job("\xff")}, {Job: job(), Image: "\xff"}, {Job: job(), Files: []File{{"a", "\xff"}}},
	} {
		if err := Kubernetes(&bytes.Buffer{}, p); err == nil || !strings.Contains(err.Error(), "is no UTF-8") {
			t.Error(err)
		}
	}
}

// Every name in the texts has its value. The words of the job have no braces.
func TestEveryNameHasAValue(t *testing.T) {
	plain, full := Pod{Job: job("photos")}, Pod{
		Job: job("photos"), Image: "filterbank:1", Bucket: true,
		Volumes: []Volume{{"data", "/data"}}, Files: []File{{"stack.yaml", "version: 1\n"}},
	}
	for name, write := range map[string]func(io.Writer) error{
		"slurm":                  func(w io.Writer) error { return Slurm(w, plain.Job) },
		"ray":                    func(w io.Writer) error { return Ray(w, plain.Job) },
		"kubernetes":             func(w io.Writer) error { return Kubernetes(w, plain) },
		"kubernetes with blocks": func(w io.Writer) error { return Kubernetes(w, full) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil || strings.Contains(b.String(), "{{") {
			t.Errorf("%s: %v\n%s", name, err, b.String())
		}
	}
}

// Package cluster owns the jobs that schedulers and engines take: a script for Slurm's sbatch, an
// indexed Job for Kubernetes, a driver program for Ray. It writes text from numbers and words that the
// caller has checked. It never submits a job, and reads no file.
package cluster

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"
)

// Job is a run that is dealt out in shards.
type Job struct {
	// Command is the run: filterbank, run, its flags and inputs, without the flags that choose a
	// shard.
	Command []string
	Shards  int // at least 1
	Tasks   int // at least 1 and at most Shards; Ray has a task a shard
	Workers int // processors of a task
	// Memory is the budget of a task's run in bytes. The engine is asked for a third more, so
	// that the budget is three quarters of it, as in a container without --max-memory.
	Memory int64
	Grace  time.Duration // from SIGTERM to the end of a run
	Out    string        // of the run, for status and merge
	Table  string        // of features, if it lies outside of Out
	Folder string        // in which relative paths begin; not for Kubernetes
	Basis  string        // one line: where Workers and Memory come from
}

// Retries is how often a task starts again after the exit codes 75 and 130.
func (j Job) Retries() int { return 5 }

// Slurm writes a script for sbatch.
func Slurm(w io.Writer, j Job) error { return write(w, "slurm.sbatch", j) }

// Ray writes a program in Python. Its words are strings of Python's, with bytes that are no UTF-8
// as surrogates, as Python has them in names of files.
func Ray(w io.Writer, j Job) error { return write(w, "ray.py", j) }

// Pod is what a Job for Kubernetes needs besides.
type Pod struct {
	Job
	Image   string   // that has the program as its entry point
	Volumes []Volume // claims that hold inputs and results
	Files   []File   // small files that the command names, by their paths in the pod
	Bucket  bool     // inputs or results lie in a bucket
}

// Volume is a claim of a volume and the folder where pods see it.
type Volume struct{ Claim, Path string }

// File is a text of a config map and its name below ConfigFolder.
type File struct{ Name, Text string }

// ConfigFolder is the folder where pods see the files of a Pod.
const ConfigFolder = "/etc/filterbank"

// Kubernetes writes a Job in YAML and, if the pod needs files, a ConfigMap before it. Words that
// are no UTF-8 cannot stand in YAML and are an error.
func Kubernetes(w io.Writer, p Pod) error {
	for _, word := range slices.Concat(p.Command, []string{p.Image}) {
		if !utf8.ValidString(word) {
			return fmt.Errorf("%q is no UTF-8, and a Job for Kubernetes is: use other names", word)
		}
	}
	for _, f := range p.Files {
		if !utf8.ValidString(f.Text) {
			return errors.New(f.Name + " is no UTF-8, and a Job for Kubernetes is")
		}
	}
	return write(w, "kubernetes.yaml", p)
}

//go:embed slurm.sbatch kubernetes.yaml ray.py
var templates embed.FS

func write(w io.Writer, name string, data any) error {
	t, err := template.New(name).Funcs(template.FuncMap{
		"bash": bashWords, "word": bashWord, "quoted": quoted, "argument": podArgument, "literal": literal, "count": counted,
	}).ParseFS(templates, name)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// LastTask is the index of the last task; the first is 0.
func (j Job) LastTask() int { return j.Tasks - 1 }

// Fixed is the command of all shards.
func (j Job) Fixed() []string { return j.with(fmt.Sprintf("--shards=%d", j.Shards)) }

// Sharded is the command of a task, which finds its shards by the engine's environment.
func (j Job) Sharded() []string {
	flags := []string{fmt.Sprintf("--shards=%d", j.Shards), "--shard=auto"}
	if j.Tasks < j.Shards {
		flags = append(flags, fmt.Sprintf("--tasks=%d", j.Tasks))
	}
	return j.with(flags...)
}

// with is the command with more flags, which stand before the flags of the caller.
func (j Job) with(flags ...string) []string {
	return slices.Concat(j.Command[:2], flags, j.Command[2:])
}

// Status and Merge are the commands after a run.
func (j Job) Status() []string { return []string{"filterbank", "status", j.out()} }

// Merge joins the shards.
func (j Job) Merge() []string {
	words := []string{"filterbank", "merge", j.out()}
	if j.Table != "" {
		words = append(words, "--features="+j.Table)
	}
	return words
}

// out is Out as an argument that is no flag.
func (j Job) out() string {
	if strings.HasPrefix(j.Out, "-") {
		return "./" + j.Out
	}
	return j.Out
}

// Request is the memory that the engine is asked for, in MiB.
func (j Job) Request() int64 { return (j.Memory*4/3 + 1<<20 - 1) >> 20 }

// Seconds are Grace in whole seconds and 5 for the end of the process.
func (j Job) Seconds() int { return int((j.Grace+time.Second-1)/time.Second) + 5 }

// Failing is how many tasks may fail before a Job for Kubernetes ends: a tenth.
func (j Job) Failing() int { return max(1, j.Tasks/10) }

// Parallel is how many pods there are at most at a time.
func (j Job) Parallel() int { return min(j.Tasks, 100) }

// ConfigFolder is the folder of the pod's files.
func (p Pod) ConfigFolder() string { return ConfigFolder }

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

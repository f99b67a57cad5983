// Package cluster owns the jobs that schedulers and engines take: a script for Slurm's sbatch, an
// indexed Job for Kubernetes, a driver program for Ray. It writes text from numbers and words that the
// caller has checked. It never submits a job, and reads no file.
package cluster

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
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

// retries is how often a task starts again after the exit codes 75 and 130.
const retries = 5

//go:embed slurm.sbatch
var slurmScript string

//go:embed ray.py
var rayProgram string

// Slurm writes a script for sbatch.
func Slurm(w io.Writer, j Job) error {
	return fill(w, slurmScript, append(j.values(),
		"{{tasks}}", counted(j.Tasks, "task"),
		"{{last task}}", strconv.Itoa(j.Tasks-1),
		"{{seconds to end}}", strconv.Itoa(j.seconds()),
		"{{folder}}", bashWord(j.Folder),
		"{{run command}}", bashWords(j.sharded()),
		"{{merge command as a word}}", bashWord(bashWords(j.merge())),
	))
}

// Ray writes a program in Python. Its words are strings of Python's, with bytes that are no UTF-8
// as surrogates, as Python has them in names of files.
func Ray(w io.Writer, j Job) error {
	return fill(w, rayProgram, append(j.values(),
		"{{number of shards}}", strconv.Itoa(j.Shards),
		"{{folder}}", quoted(j.Folder),
		"{{run command}}", quotedWords(j.fixed()),
		"{{merge command}}", quotedWords(j.merge()),
	))
}

// fill writes a text with values instead of names. The values are pairs: a name in double braces,
// and its value. A name within a value stays as it is.
//
// The package text/template finds methods by their names. With it, the linker keeps every exported
// method of every type that the program uses: 5.8 MB.
func fill(w io.Writer, text string, values []string) error {
	_, err := io.WriteString(w, strings.NewReplacer(values...).Replace(text))
	return err
}

// values are the values that all jobs have.
func (j Job) values() []string {
	return []string{
		"{{shards}}", counted(j.Shards, "shard"),
		"{{status command}}", bashWords(j.status()),
		"{{basis}}", j.Basis,
		"{{retries}}", strconv.Itoa(retries),
		"{{workers}}", strconv.Itoa(j.Workers),
		"{{MiB}}", strconv.FormatInt(j.request(), 10),
	}
}

// fixed is the command of all shards.
func (j Job) fixed() []string { return j.with(fmt.Sprintf("--shards=%d", j.Shards)) }

// sharded is the command of a task, which finds its shards by the engine's environment.
func (j Job) sharded() []string {
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

// status is the command that shows which shards are done.
func (j Job) status() []string { return []string{"filterbank", "status", j.out()} }

// merge joins the shards.
func (j Job) merge() []string {
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

// request is the memory that the engine is asked for, in MiB.
func (j Job) request() int64 { return (j.Memory*4/3 + 1<<20 - 1) >> 20 }

// seconds are Grace in whole seconds and 5 for the end of the process.
func (j Job) seconds() int { return int((j.Grace+time.Second-1)/time.Second) + 5 }

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

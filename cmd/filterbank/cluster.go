package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"filterbank/cmd/filterbank/cluster"
	"filterbank/pipeline/source"
)

// clusterFlags are run's flags and what the jobs of engines need besides.
type clusterFlags struct {
	runFlags
	image    string
	volumes  []string
	replaced map[string]string // values of flags as pods have them, by name
}

func newCluster(c console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cluster",
		Short: "Print a job for Slurm, Kubernetes or Ray that does a run in shards",
		Long: "Takes the flags and inputs of run, checks them as run does, and prints a job that is\n" +
			"ready to submit. Nothing is run. --shards N is fixed in the job: without the flag, a\n" +
			"shard has about 1,000 images or 4 GB of files. Memory is planned from the headers of at\n" +
			"most 1,000 images, spread over all. -j is the number of processors of a task.",
		Example: "  filterbank cluster slurm photos/ -o maps --shards 64 > job.sbatch\n" +
			"  filterbank cluster ray photos/ -o maps --bank gabor > job.py",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("cluster %s: it must be %s", source.Display(args[0]), strings.Join(commandNames(cmd), ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return writeHelp(c.out, cmd) },
	}
	cmd.AddCommand(newSlurm(c), newKubernetes(c), newRay(c))
	return cmd
}

// The tasks that an engine takes at most: Slurm's MaxArraySize is 1001 by default, and a Job of
// Kubernetes with backoffLimitPerIndex has 100,000 indexes.
const (
	slurmTasks      = 1000
	kubernetesTasks = 100_000
)

func newSlurm(c console) *cobra.Command {
	var f clusterFlags
	cmd := &cobra.Command{
		Use:     "slurm [run's flags] INPUT...",
		Short:   "Print a script for sbatch: an array of tasks that does a run in shards",
		Example: "  filterbank cluster slurm photos/ -o maps --shards 64 > job.sbatch",
		RunE: func(cmd *cobra.Command, inputs []string) error {
			j, err := f.clusterJob(cmd, c, inputs, slurmTasks)
			if err != nil {
				return err
			}
			return printJob(c, func(w io.Writer) error { return cluster.Slurm(w, j) })
		},
	}
	f.register(cmd)
	return cmd
}

func newRay(c console) *cobra.Command {
	var f clusterFlags
	cmd := &cobra.Command{
		Use:     "ray [run's flags] INPUT...",
		Short:   "Print a driver in Python for Ray that does a run in shards and merges them",
		Example: "  filterbank cluster ray photos/ -o maps --shards 64 > job.py",
		RunE: func(cmd *cobra.Command, inputs []string) error {
			if cmd.Flags().Changed("tasks") {
				return errors.New("--tasks: Ray has a task for each shard: leave it out")
			}
			j, err := f.clusterJob(cmd, c, inputs, 0)
			if err != nil {
				return err
			}
			return printJob(c, func(w io.Writer) error { return cluster.Ray(w, j) })
		},
	}
	f.register(cmd)
	return cmd
}

// printJob prints a job whole or not at all.
func printJob(c console, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	_, err := c.out.Write(b.Bytes())
	return unwritten(err)
}

// defaultWorkers are the processors of a task without -j.
const defaultWorkers = 4

// clusterJob checks the flags and inputs as run does, plans the run, and deals it out. An engine
// takes most tasks, or any number if it is 0.
func (f *clusterFlags) clusterJob(cmd *cobra.Command, c console, inputs []string, most int) (cluster.Job, error) {
	var none cluster.Job
	if err := f.checkTask(cmd, inputs); err != nil {
		return none, err
	}
	f.jobs, f.grace = cmp.Or(f.jobs, defaultWorkers), cmp.Or(f.grace, defaultGrace)
	f.shards.whole, f.shards.sample = true, true
	j, err := f.job(cmd, c, inputs)
	if err != nil {
		return none, err
	}
	dealt, err := f.dealOut(cmd, c, j, inputs, most)
	if err != nil {
		return none, err
	}
	dealt.Command = append([]string{"filterbank", "run"}, f.words(cmd, dealt)...)
	dealt.Command = append(dealt.Command, operands(inputs)...)
	dealt.Out = f.out
	if table := j.Output.Features; table != "" {
		_, inside, err := f.belowOut(table)
		if err != nil {
			return none, err
		}
		if !inside {
			dealt.Table = table
		}
	}
	dealt.Folder, err = os.Getwd()
	return dealt, err
}

// checkTask refuses what a task of an engine cannot do.
func (f *clusterFlags) checkTask(cmd *cobra.Command, inputs []string) error {
	for _, in := range inputs {
		if in == source.Stdin {
			return errors.New("-: tasks have no standard input: name files, folders or patterns")
		}
	}
	if f.from == "-" {
		return errors.New("files-from -: tasks have no standard input: name a file with the list")
	}
	for name, why := range map[string]string{
		"shard":      "the engine chooses each task's shards: leave it out",
		"dry-run":    "a job that only plans needs no engine: use filterbank plan",
		"cpuprofile": "all tasks would write the same file: profile a run without an engine",
	} {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s: %s", name, why)
		}
	}
	return nil
}

// words are the flags of a task's run: the given ones and the resources.
func (f *clusterFlags) words(cmd *cobra.Command, j cluster.Job) []string {
	words := []string{
		fmt.Sprintf("--jobs=%d", j.Workers), fmt.Sprintf("--max-memory=%dMiB", j.Memory>>20), "--grace=" + j.Grace.String(),
	}
	cmd.Flags().Visit(func(given *pflag.Flag) {
		switch given.Name {
		case "shards", "tasks", "jobs", "max-memory", "grace", "image", "volume":
			return
		}
		values := []string{given.Value.String()}
		if v, ok := f.replaced[given.Name]; ok {
			values = []string{v}
		} else if list, ok := given.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			if given.Value.Type() == "bool" && v == "true" {
				words = append(words, "--"+given.Name)
				continue
			}
			words = append(words, "--"+given.Name+"="+v)
		}
	})
	return words
}

// operands are inputs after flags.
func operands(inputs []string) []string {
	for _, in := range inputs {
		if strings.HasPrefix(in, "-") {
			return append([]string{"--"}, inputs...)
		}
	}
	return inputs
}

// defaultGrace is the time from SIGTERM to the end of a run without --grace.
const defaultGrace = 25 * time.Second

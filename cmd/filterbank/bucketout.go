package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// checkpointVariable is the environment variable with the time between two checkpoints of a run
// into a bucket, which is the most work that a kill loses.
const checkpointVariable = "FILTERBANK_CHECKPOINT"

// setBucket checks the name of an output in a bucket. The run makes the first request.
func (f *flags) setBucket(j *job) error {
	client, err := bucket.New(bucket.Options{})
	if err == nil {
		_, _, err = store.OpenPrefix(client, f.out)
	}
	if err != nil {
		return fmt.Errorf("output: %w", err)
	}
	j.opts.Client = client
	if every := os.Getenv(checkpointVariable); every != "" {
		j.opts.CheckpointEvery, err = time.ParseDuration(every)
		if err != nil || j.opts.CheckpointEvery <= 0 || j.opts.CheckpointEvery > store.Silent/2 {
			return fmt.Errorf("%s %q: it must be a time of at most %v, such as 30s", checkpointVariable, every, store.Silent/2)
		}
	}
	return nil
}

// belowBucket is belowOut for a table of features in a bucket.
func (f *flags) belowBucket(name string) (below string, inside bool, err error) {
	top := strings.TrimRight(f.out, "/") + "/"
	if below, inside = strings.CutPrefix(name, top); !inside || !bucket.IsURL(f.out) {
		return "", false, fmt.Errorf("a table in a bucket lies at the top of the output: name %sNAME with -o %s, or a file of this machine", bucketTop(f.out, name), bucketTop(f.out, name))
	}
	return below, true, nil
}

// bucketTop is the output with a slash, or an example of one in the bucket of a name.
func bucketTop(out, name string) string {
	if bucket.IsURL(out) {
		return strings.TrimRight(out, "/") + "/"
	}
	return name[:strings.LastIndexByte(name, '/')+1]
}

// onMachine is the Args of a command for runs and files of this machine.
func onMachine(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		for _, arg := range args {
			if bucket.IsURL(arg) {
				return copyDown(cmd.Name(), arg)
			}
		}
		return check(cmd, args)
	}
}

// copyDown refuses a command or a flag for a run in a bucket, and says what to do.
func copyDown(what, run string) error {
	if _, _, err := bucket.Split(run); err != nil { // the name may hold a password
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %s is in a bucket, and files of this machine are needed: copy it first, as in aws s3 sync %s DIR", what, source.Display(run), source.Display(strings.TrimRight(run, "/")))
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"filterbank/pipeline/parts"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

func newStatus(c console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [flags] OUT",
		Short: "Show how far a run in shards is, and what to submit again",
		Long: "Shows of a run with --shards which shards are done, which ones tasks work on, and which\n" +
			"are missing; the failed images by their code; the rate and the time left; and the array\n" +
			"indexes to submit again for the missing shards. Shards count from 0. Nothing is written.",
		Example: "  filterbank status maps/\n" +
			"  sbatch --array=$(filterbank status maps/ --json | jq -r .array) job.sh",
		Args: arguments{1, 1, "the output folder of a run with --shards", "maps/"}.check,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runStatus(cmd.Context(), c, args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return cmd
}

func runStatus(ctx context.Context, c console, dir string, asJSON bool) error {
	p, err := openPlace(dir, store.OpenExisting)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	defer p.release()
	s, err := parts.StatusOf(ctx, p, parts.StatusOptions{Held: p.held(), Now: time.Now()})
	if err != nil {
		return noShards("status", dir, damaged(err))
	}
	if asJSON {
		err = printJSON(c.out, struct {
			*parts.Status
			Array string `json:"array"`
		}{s, parts.Array(s.Resubmit)})
	} else {
		err = printStatus(c.out, s, dir, time.Now())
	}
	return unwritten(err)
}

// damaged gives the error of a damaged file its exit code.
func damaged(err error) error {
	if _, ok := errors.AsType[*parts.DamagedError](err); ok {
		return &exit{exitFailed, err}
	}
	return err
}

// noShards explains the error of a folder without a run in shards.
func noShards(command, dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s %s: there is no %s: name the output folder of a run with --shards", command, source.Display(dir), store.ConfigName)
	}
	return fmt.Errorf("%s %s: %w", command, source.Display(dir), err)
}

func printStatus(out io.Writer, s *parts.Status, dir string, now time.Time) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s of %s\n", source.Display(dir), counted(s.Shards, "shard"), counted(s.Inputs, "image"))
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "done\t%d\t%s\n", len(s.Done), doneText(s))
	fmt.Fprintf(t, "running\t%d\t%s\n", len(s.Running), runningText(s, now))
	fmt.Fprintf(t, "missing\t%d\t%s\n", len(s.Missing), short(parts.Array(s.Missing)))
	t.Flush()
	if s.Rate > 0 && s.Ended < s.Inputs {
		line := rateText(s.Rate)
		if s.Left > 0 {
			line += ", " + clock(time.Duration(s.Left*float64(time.Second))) + " left"
		}
		fmt.Fprintln(&b, line)
	}
	switch {
	case len(s.Resubmit) > 0:
		what := "shard"
		if s.Tasks > 0 {
			what = "task"
		}
		fmt.Fprintf(&b, "submit again, %s:\n  --array=%s\n", counted(len(s.Resubmit), what), parts.Array(s.Resubmit))
	case s.Merged:
		fmt.Fprintln(&b, "merged")
	case len(s.Done) == s.Shards:
		fmt.Fprintf(&b, "all shards are done: filterbank merge %s\n", shellWord(dir))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// doneText says what became of the images of shards that are done.
func doneText(s *parts.Status) string {
	text := counted(s.Ended, "image")
	if s.Failed > 0 {
		text += fmt.Sprintf(", %d failed: %s", s.Failed, codesText(s.Codes))
	}
	return text
}

// runningText says which shards are running, and when the one that is silent for longest has
// last written.
func runningText(s *parts.Status, now time.Time) string {
	if len(s.Running) == 0 {
		return ""
	}
	var indexes []int
	oldest := s.Running[0]
	for _, r := range s.Running {
		indexes = append(indexes, r.Shard)
		if r.Written.Before(oldest.Written) {
			oldest = r
		}
	}
	ago := max(0, now.Sub(oldest.Written)).Round(time.Second)
	if len(indexes) == 1 {
		return fmt.Sprintf("%d, last written %v ago", oldest.Shard, ago)
	}
	return fmt.Sprintf("%s, all written since %v ago, the last one of them shard %d", short(parts.Array(indexes)), ago, oldest.Shard)
}

// short cuts a long list of indexes. --json has all of them.
func short(array string) string {
	const most = 60
	if len(array) <= most {
		return array
	}
	return array[:strings.LastIndexByte(array[:most], ',')+1] + "…"
}

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/digest"
	"filterbank/pipeline/store"
)

func newDigest(c console) *cobra.Command {
	var jobs int
	var lines bool
	cmd := &cobra.Command{
		Use:   "digest [flags] RUN",
		Short: "Check the files of a run and print one digest of them all",
		Long: "Reads all files that the manifest in a run's output folder lists and prints one BLAKE3\n" +
			"digest of them: of the lines of --list. Runs of the same images by the same command\n" +
			"have the same digest on every machine, with any -j. It exits with 1 and prints no\n" +
			"digest if a file is missing or is not as the run wrote it.",
		Example: "  filterbank digest out\n" +
			"  filterbank digest s3://maps/2026\n" +
			"  filterbank digest --list out > out.b3 && (cd out && b3sum --check ../out.b3)",
		Args: arguments{1, 1, "the output folder of a run", "maps/"}.check,
		RunE: func(cmd *cobra.Command, args []string) error {
			if jobs < 0 {
				return fmt.Errorf("jobs must be at least 1, or 0 for one a processor, got %d", jobs)
			}
			return runDigest(cmd.Context(), c, args[0], lines, jobs)
		},
	}
	cmd.Flags().BoolVar(&lines, "list", false, "print a line for each file, sorted by path, as b3sum does")
	cmd.Flags().IntVarP(&jobs, "jobs", "j", 0, "files at a time (one a processor)")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return cmd
}

func runDigest(ctx context.Context, c console, dir string, lines bool, jobs int) error {
	r, err := digestOf(ctx, dir, digest.Options{Jobs: jobs})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	if len(r.Wrong) > 0 {
		return &exit{exitFailed, wrongFiles(dir, r)}
	}
	if lines {
		if n := r.NotUTF8(); n > 0 {
			fmt.Fprintf(c.err, "filterbank: digest: %s not UTF-8: b3sum --check refuses such names\n", counted(n, "name")+" "+verb(n, "is", "are"))
		}
		err = r.Write(c.out)
	} else if sum, sumErr := r.Digest(); sumErr != nil {
		err = sumErr
	} else {
		_, err = fmt.Fprintln(c.out, sum)
	}
	if err != nil {
		return unwritten(err)
	}
	return nil
}

// digestOf reads a run in a folder or a bucket.
func digestOf(ctx context.Context, run string, o digest.Options) (*digest.Report, error) {
	if !bucket.IsURL(run) {
		return digest.Run(ctx, run, o)
	}
	client, err := bucket.New(bucket.Options{})
	if err != nil {
		return nil, err
	}
	objects, prefix, err := store.OpenPrefix(client, run)
	if err != nil {
		return nil, err
	}
	return digest.RunIn(ctx, objects, prefix, o)
}

// wrongFiles names the files that are not as the run wrote them.
func wrongFiles(dir string, r *digest.Report) error {
	var text strings.Builder
	for i, p := range r.Wrong {
		if i == shownLines {
			fmt.Fprintf(&text, "… and %d more\n", len(r.Wrong)-i)
			break
		}
		fmt.Fprintf(&text, "%s: %v\n", shown(p.Path), p.Err)
	}
	return fmt.Errorf("digest: %s is not as its run wrote it: %d of %s differ; the run's command with --overwrite always makes them again\n%s",
		dir, len(r.Wrong), counted(len(r.Wrong)+len(r.Files), "file"), strings.TrimSuffix(text.String(), "\n"))
}

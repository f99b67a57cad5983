package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/parts"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

func newMerge(c console) *cobra.Command {
	var table string
	cmd := &cobra.Command{
		Use:   "merge [flags] OUT",
		Short: "Put the shards of a run together",
		Long: "Makes one run of the shards of a run with --shards: one manifest, one run.json, and the\n" +
			"table of features, the metadata and the index of packs if the run has them. They are the\n" +
			"same as of a run without --shards. The images' files stay where they are. All shards\n" +
			"must be done: otherwise the exit code is 1, and the indexes to submit again are named.",
		Example: "  filterbank merge maps/\n" +
			"  filterbank merge maps/ --features features.parquet",
		Args: arguments{1, 1, "the output folder of a run with --shards", "maps/"}.check,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runMerge(cmd.Context(), c, args[0], table)
		},
	}
	cmd.Flags().StringVar(&table, "features", "", "file for the table of features, if the run was given one outside of OUT")
	must(cmd.MarkFlagFilename("features", "parquet", "csv"))
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return cmd
}

func runMerge(ctx context.Context, c console, dir, table string) (err error) {
	p, err := openPlace(dir, store.OpenExisting)
	if err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	defer p.release()
	config, err := parts.ReadConfig(ctx, p)
	if err != nil {
		return noShards("merge", dir, err)
	}
	var done *parts.Merged
	err = p.alone(func() (err error) {
		done, err = mergeInto(ctx, p, dir, table, config)
		return err
	})
	if missing, ok := errors.AsType[*parts.MissingError](err); ok {
		return missingShards(ctx, p, dir, missing)
	}
	if err != nil && ctx.Err() != nil {
		return &exit{exitInterrupted, errors.New("interrupted; the same command merges anew")}
	}
	if err != nil {
		return fmt.Errorf("merge %s: %w", source.Display(dir), err)
	}
	return tellMerged(c, done, dir)
}

// mergeInto merges into an output folder that is this process's own, or a bucket.
func mergeInto(ctx context.Context, p *place, dir, table string, config *parts.Config) (*parts.Merged, error) {
	var o parts.MergeOptions
	f := config.Features
	switch {
	case table != "" && f == nil:
		return nil, errors.New("the run was not given --features: leave it out")
	case table != "" && filepath.Ext(table) != f.Kind:
		return nil, fmt.Errorf("features %s: the run was given a file that ends in %s: name such a file", source.Display(table), f.Kind)
	case bucket.IsURL(table):
		return nil, fmt.Errorf("features %s: name a file of this machine", source.Display(table))
	case table != "":
		file, err := store.OpenSingle(table)
		if err != nil {
			return nil, err
		}
		defer file.Release()
		o.Features = func(fill func(io.Writer) error) error {
			_, err := file.Write(fill)
			return err
		}
	case f != nil && f.File != "":
		table = inOutput(dir, f.File)
	}
	if table != "" {
		if err := p.checkTable(ctx, table); err != nil {
			return nil, fmt.Errorf("features %s: %w", source.Display(table), source.Shown(err))
		}
	}
	done, err := parts.Merge(ctx, p, o)
	if err == nil && done.Features != nil {
		done.Features.Path = table
	}
	return done, damaged(err)
}

// missingShards is the error of a run whose shards are not all done.
func missingShards(ctx context.Context, p *place, dir string, missing *parts.MissingError) error {
	text := fmt.Sprintf("merge %s: %s not done", source.Display(dir), verb(len(missing.Missing), "1 shard is", fmt.Sprintf("%d shards are", len(missing.Missing))))
	s, err := parts.StatusOf(ctx, p, parts.StatusOptions{Held: p.held(), Now: time.Now()})
	if err != nil {
		return &exit{exitFailed, fmt.Errorf("%s: %w", text, err)}
	}
	if n := len(s.Running); n > 0 {
		text += fmt.Sprintf("; tasks work on %d of them", n)
	}
	if len(s.Resubmit) > 0 {
		text += "; submit again --array=" + parts.Array(s.Resubmit)
	}
	return &exit{exitFailed, errors.New(text)}
}

// tellMerged says what has been merged.
func tellMerged(c console, done *parts.Merged, dir string) error {
	r := done.Run
	line := fmt.Sprintf("%s merged into %s: %s, %s, %d failed\n", counted(done.Config.Shards, "shard"), inOutput(dir, manifest.Name),
		counted(r.Images, "image"), counted(r.Maps, "map"), r.Failed)
	if done.Features != nil {
		line += featuresLine(done.Features) + "\n"
	}
	if done.Packs > 0 {
		line += fmt.Sprintf("%s: %s\n", inOutput(dir, store.IndexName), counted(done.Packs, "pack"))
	}
	_, err := io.WriteString(c.out, line)
	return unwritten(err)
}

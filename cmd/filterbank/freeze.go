package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// listEnding ends the names of frozen lists.
const listEnding = ".jsonl.gz"

func newList(c console) *cobra.Command {
	var f flags
	var hash bool
	cmd := &cobra.Command{
		Use:   "list [flags] INPUT...",
		Short: "Freeze the list of images, for the tasks of a large run",
		Long: "Lists images as run does and writes them to a file, with the place of each one's maps and\n" +
			"with its size and time, or its ETag in a bucket. run --files-from FILE takes the images of\n" +
			"the list in its order and lists no folder or bucket again. Tasks of --shards read their\n" +
			"own part of it alone. An image that has changed since then fails with the code changed.",
		Example: "  filterbank list photos/ -o photos.jsonl.gz\n" +
			"  filterbank list s3://bucket/photos/ -o photos.jsonl.gz\n" +
			"  filterbank run --files-from photos.jsonl.gz -o maps/ --shards 512 --shard auto",
		RunE: func(cmd *cobra.Command, inputs []string) error {
			return f.freeze(cmd.Context(), c, inputs, hash)
		},
	}
	f.registerLists(cmd)
	s := cmd.Flags()
	s.StringVarP(&f.out, "out", "o", "", "file for the list, which ends in "+listEnding)
	s.StringVar(&f.label, "label", "", "folder: an image's label is the first folder below its input")
	s.StringVar(&f.columns.Label, "label-column", "", "column of a .csv, .tsv or .jsonl list that has the images' labels")
	s.BoolVar(&hash, "hash", false, "read every image for its SHA-256, in place of its time: files may then be copied to other machines")
	s.IntVarP(&f.jobs, "jobs", "j", 0, "files that are looked at or read at a time (one per processor)")
	s.StringVar(&f.maxFailed, "max-failed", "", "inputs without an image before the exit code is 1: a number, or a share as in 1% (0)")
	f.registerMessages(cmd)
	must(cmd.RegisterFlagCompletionFunc("label", cobra.FixedCompletions([]string{labelFolder}, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

// freeze writes a frozen list.
func (f *flags) freeze(ctx context.Context, c console, inputs []string, hash bool) error {
	var passed string
	opts := source.Options{
		Include: f.include, Exclude: f.exclude, LabelFolders: f.label != "", Extensions: f.extensions(), Unread: unread(),
		PassedOver: func(kinds map[string]int) { passed = passedLine(kinds) },
	}
	if err := f.checkFreeze(ctx, inputs); err != nil {
		return err
	}
	if f.from != "" {
		in, err := f.openList(c)
		if err != nil {
			return err
		}
		defer in.Close()
		opts.Listed = f.rows(in)
	}
	log, err := newLogger(c.err, f.logs, f.level(), isTerminal(c.err))
	if err != nil {
		return err
	}
	w := &workplace{log: log, events: f.events(log, "")}
	file, err := store.OpenSingle(f.out)
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	defer file.Release()
	var account source.Account
	size, err := file.WriteBack(func(out *store.Readable) (err error) {
		account, err = source.Freeze(ctx, out, inputs, opts, source.FreezeOptions{Hash: hash, Jobs: f.jobs, MayPass: mayPass, Failed: func(p *source.Problem) {
			rec := &manifest.Record{Input: manifest.Path(p.Path)}
			rec.Fail(p)
			w.events.record(rec)
		}})
		if err == nil && account.Count == account.Failed {
			err = errors.New("there is no image among the inputs")
		}
		return err
	})
	w.events.sums()
	if err != nil {
		return err
	}
	images := account.Count - account.Failed
	line := fmt.Sprintf("%s of %s, listed in %s of %s", counted(images, "image"), byteCount(account.Bytes), source.Display(f.out), byteCount(size))
	if account.Failed > 0 {
		line += fmt.Sprintf("; %s without an image", counted(account.Failed, "input"))
	}
	if account.Labels > 0 {
		line += fmt.Sprintf("; %d %s", account.Labels, verb(account.Labels, "class", "classes"))
	}
	j := &job{passed: passed}
	if err := f.conclude(c, w, j, line, "event", "summary", "images", images, "failed", account.Failed, "bytes", account.Bytes, "digest", account.Digest, "out", f.out); err != nil {
		return err
	}
	return f.verdict(c, w, account.Failed, account.Count)
}

// checkFreeze checks the flags of list.
func (f *flags) checkFreeze(ctx context.Context, inputs []string) (err error) {
	switch {
	case f.out == "":
		return fmt.Errorf("list needs a file for the list: name one with -o, as in filterbank list photos/ -o photos%s", listEnding)
	case !strings.HasSuffix(f.out, listEnding) || filepath.Base(f.out) == listEnding:
		return fmt.Errorf("list %s: the file's name must end in %s", source.Display(f.out), listEnding)
	case f.jobs < 0:
		return fmt.Errorf("jobs must be at least 1, or 0 for one per processor, got %d", f.jobs)
	case f.label != "" && f.label != labelFolder:
		return fmt.Errorf("label %q: it must be %s", f.label, labelFolder)
	case len(inputs) == 0 && f.from == "":
		return errors.New("no input: name a file, a folder, a quoted pattern such as 'photos/**/*.jpg', or an object store's s3://bucket/prefix")
	}
	if f.tolerated, err = parseTolerance(f.maxFailed); err != nil {
		return err
	}
	if err = f.checkInputs(inputs); err != nil {
		return err
	}
	if err = f.checkListFile(ctx); err != nil {
		return fmt.Errorf("list %s: %w", source.Display(f.out), err)
	}
	return f.checkList(inputs)
}

// checkListFile refuses to replace anything but a frozen list.
func (f *flags) checkListFile(ctx context.Context) error {
	if bucket.IsURL(f.out) {
		return errors.New("a list is written to a file: name one here, and copy it to the bucket")
	}
	if err := regular(f.out); err != nil {
		return err
	}
	if err := folderThere(f.out); err != nil {
		return err
	}
	if there, err := os.Stat(f.out); err != nil || there.Size() == 0 {
		return nil
	}
	_, file, ok, err := source.FindFrozen(ctx, f.out)
	if ok {
		return file.Close()
	}
	return errors.Join(errors.New("another file has this name, which is no frozen list: move it away, or name another file with -o"), err)
}

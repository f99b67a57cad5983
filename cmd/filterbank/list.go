package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"filterbank/pipeline/source"
)

// checkList refuses flags about the list of --files-from that do not go together.
func (f *flags) checkList(inputs []string) error {
	columns := f.columns != source.Columns{}
	switch {
	case f.from == "" && f.nul:
		return errors.New("-0 describes the list of --files-from: add --files-from, or leave -0 out")
	case f.from == "" && columns:
		return errors.New("--column, --key-column and --label-column describe the list of --files-from: add --files-from, or leave them out")
	case f.from == "-" && slices.Contains(inputs, source.Stdin):
		return errors.New("standard input cannot be both an image and the list of --files-from")
	case f.columns.Label != "" && f.label != "":
		return errors.New("--label and --label-column both give labels: leave one out")
	case source.IsTable(f.from) && f.columns.Path == "":
		return fmt.Errorf("files-from %s: a list of this kind has a header: name the column of the images' paths with --column, or give a plain list another ending", source.Display(f.from))
	case columns && f.from != "" && !source.IsTable(f.from):
		return fmt.Errorf("files-from %s: a list with columns must end in .csv, .tsv or .jsonl: rename it, or leave --column, --key-column and --label-column out", source.Display(f.from))
	case columns && f.nul:
		return errors.New("-0 is for plain lists: leave it out with --column")
	}
	return nil
}

// openList opens the list of --files-from.
func (f *flags) openList(c console) (io.ReadCloser, error) {
	if f.from == "-" {
		return io.NopCloser(c.in), nil
	}
	file, err := os.Open(f.from)
	if err != nil {
		return nil, fmt.Errorf("read the list of inputs: %w", err)
	}
	return file, nil
}

// rows reads the list of --files-from. Its errors name the list.
func (f *flags) rows(r io.Reader) iter.Seq2[source.Row, error] {
	in := bufio.NewReader(r)
	rows := source.ReadList(in, f.nul)
	if source.IsTable(f.from) {
		rows = source.ReadTable(in, f.from, f.columns)
	}
	return func(yield func(source.Row, error) bool) {
		if begin, _ := in.Peek(2); source.IsFrozen(begin) {
			yield(source.Row{}, f.ofList(errors.New("it is compressed by gzip; of such lists, the ones of filterbank list are read, by the name of the file and not through a pipe; decompress others first")))
			return
		}
		for row, err := range rows {
			if !yield(row, f.ofList(err)) {
				return
			}
		}
	}
}

// registerLists registers the flags about lists of inputs and about what is taken of them.
func (f *flags) registerLists(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.from, "files-from", "", "file with a list of inputs, - for standard input; a .csv, .tsv or .jsonl has columns with names; filterbank list writes a .jsonl.gz")
	s.StringVar(&f.columns.Path, "column", "", "column of a .csv, .tsv or .jsonl list that has the images' paths")
	s.StringVar(&f.columns.Key, "key-column", "", "column of such a list that has a name for each image's folder below the output folder (the paths' last parts)")
	s.BoolVarP(&f.nul, "null", "0", false, "the list's names end with NUL, not with a newline")
	s.StringArrayVar(&f.include, "include", nil, "take only images whose path matches; repeatable")
	s.StringArrayVar(&f.exclude, "exclude", nil, "leave out images whose path matches; repeatable")
}

// frozen opens the list of --files-from if it is frozen. The caller closes the file if there is one.
func (f *flags) frozen(ctx context.Context, inputs []string) (*source.Frozen, io.Closer, error) {
	if f.from == "" || f.from == "-" {
		return nil, nil, nil
	}
	list, file, ok, err := source.FindFrozen(ctx, f.from)
	if err != nil || !ok {
		return nil, nil, f.ofList(err)
	}
	what := ""
	switch {
	case len(inputs) > 0:
		what = source.Display(inputs[0])
	case len(f.include)+len(f.exclude) > 0:
		what = "--include and --exclude"
	case f.label != "":
		what = "--label"
	case f.columns != source.Columns{}:
		what = "--column, --key-column and --label-column"
	case f.nul:
		what = "-0"
	}
	if what != "" {
		file.Close()
		return nil, nil, fmt.Errorf("files-from %s: it is a frozen list, which has every image with its place and label: give %s to filterbank list, which makes the list", source.Display(f.from), what)
	}
	return list, file, nil
}

// ofList names the list of --files-from in an error.
func (f *flags) ofList(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("read the list of inputs %s: %w", source.Display(f.from), err)
}

// listFrozen lists the images of a frozen list: of all of it, or of the shards that are done here.
func (f *flags) listFrozen(ctx context.Context, list *source.Frozen, opts source.Options, j *job) (entries []source.Entry, err error) {
	if list.Count() == 0 {
		return nil, fmt.Errorf("files-from %s: the list has no image", source.Display(f.from))
	}
	if f.shards.given() || f.shards.sample {
		j.inputs = list.Inputs()
	}
	for from, to := range f.shards.ranges(list.Count()) {
		part, err := list.All(ctx, from, to, opts)
		if err != nil {
			return nil, f.ofList(err)
		}
		entries = append(entries, part...)
	}
	return entries, nil
}

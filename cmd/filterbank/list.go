package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

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
	rows := source.ReadList(r, f.nul)
	if source.IsTable(f.from) {
		rows = source.ReadTable(r, f.from, f.columns)
	}
	return func(yield func(source.Row, error) bool) {
		for row, err := range rows {
			if err != nil {
				err = fmt.Errorf("read the list of inputs %s: %w", source.Display(f.from), err)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

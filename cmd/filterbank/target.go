package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"filterbank/pipeline/source"
)

// inputFile is a file that a command reads: its path, and what it is to the command.
type inputFile struct{ path, what string }

// stackInputs are the stack file and its files of weights. The stack file may have no path.
func stackInputs(stackFile string, weights []string) []inputFile {
	all := []inputFile{{stackFile, "the stack file"}}
	for _, path := range weights {
		all = append(all, inputFile{path, "a file of weights that the stack reads"})
	}
	return all
}

// notRead refuses to write to a file that the command reads, under whichever name.
func notRead(target string, inputs []inputFile) error {
	there, err := os.Stat(target)
	if err != nil {
		return nil // it is not there, or writing says why not
	}
	for _, in := range inputs {
		if info, err := os.Stat(in.path); err == nil && os.SameFile(info, there) {
			return fmt.Errorf("%s is %s: name another file with -o", source.Display(target), in.what)
		}
	}
	return nil
}

// replaceable refuses to replace a file unless it is empty or ours by its beginning. otherwise
// says what is wrong with other files.
func replaceable(path string, ours func(beginning []byte) bool, otherwise string) error {
	if err := regular(path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := folderThere(path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer file.Close()
	beginning := make([]byte, 128)
	n, err := io.ReadFull(file, beginning)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if n > 0 && !ours(beginning[:n]) {
		return fmt.Errorf("%s is there already and %s: name another file with -o, or move it", source.Display(path), otherwise)
	}
	return nil
}

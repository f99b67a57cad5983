package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"filterbank/filters/config"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
	"filterbank/samples"
)

// schemaName is the name of the JSON Schema that the first line of every sample gives.
const schemaName = "stack.schema.json"

func newInit(c console) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "init [SAMPLE]",
		Short: "Print a commented stack file to start from, or write it with all that it needs",
		Long: "Prints a stack file with comments: the starter stack, which run uses if no other is named, or one of " +
			strings.Join(samples.Names(), ", ") + ". -o DIR writes the file, the arrays that it reads and the JSON Schema for editors " +
			"into a folder. No file that is there already is changed.",
		Example: "  filterbank init > stack.yaml && filterbank run photos/ -c stack.yaml\n" +
			"  filterbank init edges -o .\n" +
			"  filterbank init alexnet -o . && filterbank run photos/ -c alexnet.yaml",
		Args:      arguments{0, 1, "the name of one sample", "edges"}.check,
		ValidArgs: samples.Names(),
		RunE: func(_ *cobra.Command, args []string) error {
			name := "starter"
			if len(args) > 0 {
				name = strings.TrimSuffix(args[0], ".yaml")
			}
			text := samples.File(name + ".yaml")
			if text == nil {
				return unknownSample(name)
			}
			if dir != "" {
				return writeSample(c, dir, name)
			}
			if arrays := samples.Arrays(name); len(arrays) > 0 {
				return fmt.Errorf("the sample %s reads %s: write both into a folder with -o, as in filterbank init %s -o stacks", name, strings.Join(arrays, ", "), name)
			}
			if _, err := c.out.Write(text); err != nil {
				return unwritten(err)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&dir, "out", "o", "", "folder to write the file, its arrays and the schema into")
	must(cmd.MarkFlagDirname("out"))
	return cmd
}

func unknownSample(name string) error {
	if near, ok := config.Nearest(name, samples.Names()); ok {
		return fmt.Errorf("unknown sample %q: did you mean %q?", name, near)
	}
	return fmt.Errorf("unknown sample %q: the samples are %s", name, strings.Join(samples.Names(), ", "))
}

// writeSample writes a sample and the files that it names into a folder.
func writeSample(c console, dir, name string) error {
	files := map[string][]byte{schemaName: config.Schema()}
	order := append([]string{name + ".yaml"}, samples.Arrays(name)...)
	for _, file := range order {
		files[file] = samples.File(file)
	}
	order = append(order, schemaName)
	for _, file := range order { // before the first one is written
		path := filepath.Join(dir, file)
		if err := regular(path); err != nil { // reading a pipe would wait for a writer
			return fmt.Errorf("init: write %s: %w", source.Display(path), err)
		}
		there, err := os.ReadFile(path)
		switch {
		case errors.Is(err, syscall.ENOTDIR):
			return fmt.Errorf("init: output folder %s: it is a file; name a folder with -o", source.Display(dir))
		case err == nil && !bytes.Equal(there, files[file]):
			return fmt.Errorf("%s is there already with other content: choose another folder with -o, or move the file", source.Display(path))
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("init: %w", err)
		}
	}
	folder, err := store.Open(dir)
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	defer folder.Release()
	for _, file := range order {
		if err := folder.WriteFile(file, files[file]); err != nil {
			return fmt.Errorf("init: %w", err)
		}
		if _, err := fmt.Fprintln(c.out, source.Display(filepath.Join(dir, file))); err != nil {
			return unwritten(err)
		}
	}
	return nil
}

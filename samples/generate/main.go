// Command generate owns the sample pictures, matrices and the weights of alexnet.yaml, and the
// pictures that the network of net.yaml learns from: it makes them and writes them into a folder.
// It never touches other files. It is a module of its own, so that its fonts and its slow tests are
// not part of the program.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

const weightsName = "alexnet.npy"

func main() {
	dir := flag.String("o", "..", "folder to write into")
	lessons := flag.String("lessons", "", "write the pictures that net/train.py learns from into this folder, and nothing else")
	flag.Parse()
	write, into := generate, *dir
	if *lessons != "" {
		write, into = writeLessons, *lessons
	}
	if err := write(into); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// generate writes every file into dir and replaces older ones.
func generate(dir string) error {
	for _, p := range pictures {
		data, err := p.encode(p.draw())
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, p.name), data, 0o644); err != nil {
			return err
		}
	}
	for _, m := range matrices {
		if err := os.WriteFile(filepath.Join(dir, m.name), m.make(), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, weightsName), npy("32, 3, 11, 11", firstLayer()), 0o644)
}

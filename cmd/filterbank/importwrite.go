package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filterbank/filters/config"
	"filterbank/filters/onnx/stackfile"
	"filterbank/filters/volume"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// write writes the weights and the stack file that reads them. Both are written into a folder
// of their own, and get their names once the stack has been built: a failure keeps the files of
// an earlier import.
func (o *importOptions) write(net *stackfile.Network, model, weights string) (err error) {
	if err := o.mayReplace(weights); err != nil {
		return err
	}
	removeStale(filepath.Dir(o.out))
	dir, err := os.MkdirTemp(filepath.Dir(o.out), workFolder)
	if err != nil {
		return fmt.Errorf("write %s: %w", o.out, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	text := net.YAML(filepath.Base(model), filepath.Base(weights))
	stack := filepath.Join(dir, filepath.Base(o.out))
	if err := writeFile(stack, text); err != nil {
		return err
	}
	moves := [][2]string{{stack, o.out}}
	if net.Weights() > 0 {
		// The weights get their name first: a stack file never lacks them.
		moves = [][2]string{{filepath.Join(dir, filepath.Base(weights)), weights}, moves[0]}
		if err := writeWeights(moves[0][0], net); err != nil {
			if _, writing := errors.AsType[*store.Error](err); writing {
				err = fmt.Errorf("its weights cannot be written to %s: %w", source.Display(weights), err)
			}
			return fmt.Errorf("%s: %w", source.Display(model), err)
		}
	}
	if err := works(stack, text, net.Input); err != nil {
		return fmt.Errorf("%s: a stack cannot be made of all of it, and --until names an earlier end: %w",
			source.Display(model), inModel(err, net, text, filepath.Base(weights)))
	}
	for _, m := range moves {
		if err := os.Rename(m[0], m[1]); err != nil {
			return err
		}
	}
	return nil
}

func writeWeights(path string, net *stackfile.Network) error {
	file, err := store.OpenSingle(path)
	if err != nil {
		return err
	}
	defer file.Release()
	_, err = file.Write(net.WriteWeights)
	return err
}

// inModel names the node of a mistake in place of a line of the stack file, which nobody will
// see. Each layer is one line there.
func inModel(err error, net *stackfile.Network, text []byte, weights string) error {
	var at *config.Error
	if !errors.As(err, &at) {
		return err
	}
	lines := strings.Split(string(text), "\n")
	layer := -1
	for _, line := range lines[:min(at.Line, len(lines))] {
		if strings.HasPrefix(line, "  - ") {
			layer++
		}
	}
	reason := strings.ReplaceAll(at.Err.Error(), weights+"#", "")
	if layer < 0 || layer >= len(net.Layers) {
		return errors.New(reason)
	}
	var nodes []string
	for _, n := range net.Layers[layer].Nodes {
		nodes = append(nodes, fmt.Sprintf("%.60s %.100q", n.Operator, n.Name))
	}
	return fmt.Errorf("%s: %s", strings.Join(nodes, ", "), reason)
}

// works builds a stack file, and plans it for a picture if the size is known.
func works(path string, text []byte, in stackfile.Input) error {
	file, err := config.Parse(path, text)
	if err != nil {
		return err
	}
	built, err := file.Build()
	size := in.Size
	if err != nil || size[0] == 0 || size[1] == 0 {
		return err
	}
	_, err = built.Stacks[0].Plan(volume.Shape{C: in.Read, H: size[0], W: size[1]})
	return err
}

// madeByImport says whether an import has written the beginning of a file.
func madeByImport(beginning []byte) bool {
	return bytes.Contains(beginning, []byte(stackfile.MadeBy))
}

// mayReplace refuses to replace files that no import has made, a stack file that was edited since,
// and weights that another stack file reads: n.yaml and n.yml have one n.safetensors.
func (o *importOptions) mayReplace(weights string) error {
	for _, path := range []string{o.out, weights} {
		if err := replaceable(path, madeByImport, "no import has made it"); err != nil {
			return err
		}
	}
	there, err := beginningOf(o.out)
	if err != nil {
		return err
	}
	if len(there) > 0 && stackfile.Edited(there) {
		return fmt.Errorf("%s has been edited since an import made it: name another file with -o, or move it", source.Display(o.out))
	}
	ending := filepath.Ext(o.out)
	for _, other := range []string{".yaml", ".yml"} {
		path := strings.TrimSuffix(o.out, ending) + other
		if strings.EqualFold(other, ending) {
			continue
		}
		if text, err := beginningOf(path); err == nil && bytes.Contains(text, []byte(filepath.Base(weights)+"#")) {
			return fmt.Errorf("%s reads %s, which this import would replace: name another file with -o, or move both", source.Display(path), source.Display(weights))
		}
	}
	return nil
}

// beginningOf is a file's text, at most 64 MiB of it. A file that is not there has none.
func beginningOf(path string) ([]byte, error) {
	if regular(path) != nil { // opening a named pipe would wait for a writer
		return nil, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, 64<<20))
}

// workFolder begins the names of the folders that files are written in.
const workFolder = ".filterbank-import-"

// removeStale removes the folders that killed imports have left. Those of a running one are
// younger than an hour.
func removeStale(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && e.IsDir() && strings.HasPrefix(e.Name(), workFolder) && time.Since(info.ModTime()) > time.Hour {
			os.RemoveAll(filepath.Join(dir, e.Name())) // what cannot be removed stays
		}
	}
}

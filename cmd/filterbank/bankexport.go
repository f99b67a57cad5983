package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filterbank/filters/bank"
	"filterbank/filters/config"
	"filterbank/filters/tensor"
	"filterbank/pipeline/store"
)

// exported describes an array of filters. It is also the JSON form of the description.
type exported struct {
	File    string   `json:"file"`
	Shape   [4]int   `json:"shape"` // K×C/groups×kH×kW
	Groups  int      `json:"groups"`
	Filters []string `json:"filters"` // in the order of the array

	weights []float32
}

// exportBank writes a bank's kernels to a .npy file and lists them.
func exportBank(w io.Writer, f config.Filter, kernels []bank.Kernel, o bankOptions) error {
	e, err := asArray(kernels), error(nil)
	if o.channels != "" {
		e, err = overChannels(f, o.channels)
	}
	if err != nil {
		return err
	}
	e.File = o.export
	data := tensor.AppendFloats(tensor.NPYHeader(e.Shape[:]...), e.weights)
	if err := writeFile(o.export, data); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if o.json {
		return printJSON(w, e)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %d×%d×%d×%d, float32", o.export, e.Shape[0], e.Shape[1], e.Shape[2], e.Shape[3])
	if e.Groups > 1 {
		fmt.Fprintf(&s, ", groups: %d", e.Groups)
	}
	s.WriteByte('\n')
	for i, name := range e.Filters {
		fmt.Fprintf(&s, "%3d  %s\n", i, name)
	}
	_, err = io.WriteString(w, s.String())
	return err
}

// asArray puts kernels of one channel into an array.
func asArray(kernels []bank.Kernel) exported {
	e := exported{Shape: [4]int{len(kernels), 1, kernels[0].H, kernels[0].W}, Groups: 1}
	for _, k := range kernels {
		e.Filters = append(e.Filters, k.Name)
		e.weights = append(e.weights, k.Weights...)
	}
	return e
}

// overChannels returns the array of a stack file's layer with these filters and channels.
func overChannels(f config.Filter, channels string) (exported, error) {
	factors, err := config.ParseChannels(channels)
	if err != nil {
		return exported{}, fmt.Errorf("--channels %s: %w", channels, err)
	}
	if n := len(factors.Factors); n > 0 && n != 3 {
		return exported{}, fmt.Errorf("--channels %s: there are %d numbers and must be 3, for red, green and blue", channels, n)
	}
	file := config.File{Version: 1, Layers: []config.Layer{{Conv: &config.Conv{Filters: []config.Filter{f}, Channels: factors}}}}
	model, err := file.Build()
	if err != nil {
		return exported{}, err
	}
	layer := model.Stacks[0].Layers()[0]
	kernels, _ := layer.Kernels()
	return exported{
		Shape:   [4]int{len(layer.Filters()), kernels.Channels, kernels.Size[0], kernels.Size[1]},
		Groups:  kernels.Groups,
		Filters: slices.Clone(layer.Filters()),
		weights: kernels.Weights,
	}, nil
}

// writeFile writes a file at path, whole or not at all, and replaces a file that is there.
func writeFile(path string, data []byte) error {
	if err := regular(path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := folderThere(path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	tree, err := store.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer tree.Release()
	return tree.WriteFile(filepath.Base(path), data)
}

// folderThere returns an error if the folder of a file is missing.
func folderThere(path string) error {
	dir, err := os.Stat(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !dir.IsDir() {
		return fmt.Errorf("there is no folder %s", filepath.Dir(path))
	}
	return nil
}

// regular returns an error if path is something other than a regular file.
func regular(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil || info.Mode().IsRegular():
		return nil
	case info.Mode()&fs.ModeSymlink != 0:
		return errors.New("it is a link, and links are not followed; name the file that it leads to, or remove the link")
	}
	return errors.New("it is not a regular file; choose another name")
}

package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"filterbank/filters/onnx/arch"
	"filterbank/filters/onnx/stackfile"
	"filterbank/filters/weights"
	"filterbank/pipeline/source"
)

// isCheckpoint says whether a file's name is one of arrays without a graph.
func isCheckpoint(path string) bool {
	return slices.Contains([]string{".pth", ".pt", ".npz", ".safetensors"}, strings.ToLower(filepath.Ext(path)))
}

// openCheckpoint makes layers of a checkpoint and the network with a name. The file must stay open
// as long as weights are read.
func openCheckpoint(path, name string, options stackfile.Options) (*stackfile.Network, io.Closer, error) {
	file, err := weights.Open(path)
	if err != nil {
		return nil, nil, err
	}
	net, err := checkpoint(file, name, options)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", source.Display(path), err), file.Close())
	}
	return net, file, nil
}

func checkpoint(file *weights.File, name string, options stackfile.Options) (*stackfile.Network, error) {
	if file.Format == "onnx" {
		return nil, errors.New("an ONNX model has a graph: leave --arch out")
	}
	if name != "" {
		return arch.Import(name, file.Arrays, options)
	}
	const none = "it has arrays and no graph"
	if fitting := arch.Fitting(file.Arrays); len(fitting) > 0 {
		return nil, fmt.Errorf("%s: name its network, whose arrays these are: --arch %s", none, strings.Join(fitting, " or --arch "))
	}
	return nil, fmt.Errorf("%s, and fits no network that --arch knows: %s; export the network with torch.onnx.export, or write the layers and name the arrays with weights: %s#NAME",
		none, strings.Join(arch.Names(), ", "), filepath.Base(file.Path))
}

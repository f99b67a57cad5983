// Package config owns the format of stack files, YAML or JSON: it turns a file into the
// preparation of a picture and the stacks of layers that the picture runs through. It
// never computes a layer or opens a picture.
//
//	f, err := config.Load("edges.yaml", "layers.0.conv.stride=2")
//	…
//	model, err := f.Build()
//
// Load and Parse read the text and check everything that needs no other file. Build loads
// weights, computes built-in filters, spreads 2-D kernels over the channels and folds
// batch normalization. After Build, only a picture's size can still be wrong.
//
// Mistakes are reported as
//
//	edges.yaml:7:12: stride must be at least 1, got 0
//
// with the lines around them, and unknown keys with the nearest known one. All mistakes of a
// file are found together, up to ten. Schema is the format as a JSON Schema, for editors.
//
// A stack file has at most 16 MiB and about half a million values, 1,000 layers, 65,536
// filters a layer, kernels of 1,024×1,024 and 2²⁸ weights in all. Larger files are
// refused before they cost memory.
package config

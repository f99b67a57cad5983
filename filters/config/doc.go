// Package config turns a stack file, YAML or JSON, into the preparation of a
// picture and the stacks of layers that it runs through.
//
//	f, err := config.Load("edges.yaml", "layers.0.conv.stride=2")
//	…
//	model, err := f.Build()
//
// Load and Parse read the text and check everything that needs no other file;
// Build loads weights, computes built-in filters, spreads 2-D kernels over the
// channels and folds batch normalization. After Build nothing can be wrong but a picture's size.
//
// Mistakes are reported as
//
//	edges.yaml:7:12: stride must be at least 1, got 0
//
// with the lines around them, unknown keys with the nearest known one. Schema is
// the format as a JSON Schema, for editors.
//
// A stack file has at most 16 MiB and about half a million values, 1,000 layers,
// 65,536 filters a layer, kernels of 1,024×1,024 and 2²⁸ weights in all; what goes
// beyond is refused before it costs memory.
package config

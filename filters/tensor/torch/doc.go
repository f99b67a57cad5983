// Package torch owns PyTorch's checkpoints, .pt and .pth: where the tensors of a file lie. It
// never runs what a file asks for.
//
// torch.save writes a pickle, a program for a small stack machine, with the tensors' values
// beside it: in a ZIP file since PyTorch 1.6, in a stream before. The machine here knows the
// plain values, ordered dictionaries, tensors, parameters and storages. A file that asks for
// any other class or function is refused, and the error names it.
//
// Sources: pickletools of Python, and torch/serialization.py and torch/_utils.py of PyTorch
// for the forms of files and the arguments of tensors.
package torch

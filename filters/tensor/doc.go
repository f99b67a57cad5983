// Package tensor owns arrays of numbers in files, in the formats .npy, .npz and safetensors.
// It never knows what an array is for.
//
// The first two formats are NumPy's (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html),
// the third is Hugging Face's (https://github.com/huggingface/safetensors).
// Every array becomes float32 in C order, whatever its type, byte order and memory order
// in the file. A reader believes a header only as far as bytes follow: a header that
// claims more than the file holds costs no memory.
package tensor

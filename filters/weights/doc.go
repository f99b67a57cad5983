// Package weights reads arrays of numbers from files: the weights and biases of
// convolution layers, in NumPy's .npy format (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
//
// Every array becomes float32 in C order, whatever its type, byte order and
// memory order in the file. A file is not believed before its bytes are there: a
// header that claims more than follows costs no memory.
package weights

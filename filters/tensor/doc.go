// Package tensor owns arrays of numbers in files, the .npy format today; it never knows
// what an array is for.
//
// The format is NumPy's (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
// Every array becomes float32 in C order, whatever its type, byte order and memory order
// in the file. A reader believes a header only as far as bytes follow: a header that
// claims more than the file holds costs no memory.
package tensor

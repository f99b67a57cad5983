// Package bank holds the built-in filter banks: named sets of 2-D kernels from
// the literature, from the identity to Gabor filters, each with its source.
//
// A bank is asked for by its name, "sobel", which gives all its filters, or by
// the name of a single one, "sobel-x". Names are lower case letters, digits and
// hyphens, so that they can stand in file names. A parameter that is not given
// takes its default.
//
// # Conventions
//
// Kernels are written for cross-correlation: the weight at row i, column j
// multiplies the pixel i rows below and j columns to the right of the window's
// upper left corner, as in every CNN framework. Nothing is flipped.
//
// x runs to the right and y down. An x filter answers to change along x, that
// is, to vertical edges, and is positive where the picture gets brighter to the
// right; a y filter is positive where it gets brighter downward. OpenCV's signs
// are the same. Angles are in degrees from x towards y, so that they agree with
// atan2(sobel-y, sobel-x). Compass points are those of a map with north above,
// and a compass filter is positive where the picture is brighter on that side.
// Where a published set has other signs, its About says so.
//
// Edge masks are the integers that were published, unnormalised: sobel-x
// answers to a ramp of one unit a pixel with 8, prewitt-x with 6. The smoothing
// kernels sum to one. Sampled kernels (gaussian, log, dog, gabor, steerable, dct and
// the texture banks) are rounded to float32 such that the sum they should have, one
// or zero, is met without error.
//
// Weights have the same bits on every machine: exponentials, sines and cosines
// are computed here from single IEEE operations, never fused, and not by
// package math, whose results depend on the architecture.
package bank

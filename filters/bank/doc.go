// Package bank owns the built-in filter banks: named sets of 2-D kernels from the
// literature, from the identity to Gabor filters, each with its source. It never applies
// a kernel.
//
// The name of a bank, "sobel", selects all its filters; the name of a filter, "sobel-x",
// selects one. Names are lower case letters, digits and hyphens, so that they can stand
// in file names. A parameter that is not given has its default.
//
// # Conventions
//
// Kernels are written for cross-correlation: the weight at row i, column j multiplies the
// pixel i rows below and j columns to the right of the window's upper left corner, as in
// every CNN framework. Nothing is flipped.
//
// x runs to the right and y down. An x filter answers to change along x, that is, to
// vertical edges, and is positive where the picture gets brighter to the right. A y
// filter is positive where it gets brighter downward. OpenCV has the same signs. Angles
// are in degrees from x towards y, so that they agree with atan2(sobel-y, sobel-x).
// Compass points are as on a map with north above, and a compass filter is positive where
// the picture is brighter on that side. A published set with other signs says so in its
// About.
//
// Edge masks are the published integers, unnormalised: sobel-x answers to a ramp of one
// unit a pixel with 8, prewitt-x with 6. The smoothing kernels sum to one. Sampled
// kernels (gaussian, log, dog, gabor, steerable, dct and the texture banks) are rounded
// to float32 in such a way that their sum, one or zero, is exact.
//
// Weights have the same bits on every machine. Exponentials, sines and cosines are
// computed here from single IEEE operations, never fused, since the results of package
// math depend on the architecture.
package bank

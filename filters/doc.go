// Package filters owns layers, their stacks and the arithmetic of both; it never reads a
// file and knows nothing of pictures or outputs.
//
// Layers are convolutions, each followed by its activation, pools, normalizations across
// channels, and activations, scales, joins and enlargements alone, over volumes of float32. A
// layer is described by a spec, such as a ConvSpec, and checked by its constructor, such as
// NewConv. A graph of layers is a Stack. Stack.Plan computes every shape for an input before any
// pixel. A Runner computes the outputs in bands of rows, and a Team does so with several
// goroutines. Stack.Apply does all of it for a volume in memory.
//
// # Arithmetic
//
// Convolution is cross-correlation, as in every CNN framework, and the parameters are
// PyTorch's: output (k, y, x) is the bias of filter k plus, for every channel c of its
// group, kernel row i and kernel column j,
//
//	weight[k][c][i][j] · padded[c][y·stride + i·dilation][x·stride + j·dilation]
//
// summed in float32 in just that order, c outermost and j innermost, starting from the
// bias. Each step is one fused multiply-add: rounded once, to nearest, ties to even. The
// activation follows. PoolKind and NormSpec specify pools and norms. Nothing is
// reordered, so results have the same bits on every machine, for any number of workers
// and any size of bands. Every NaN comes out as 0x7fc00000.
package filters

// Package filters runs stacks of layers over volumes of float32: convolutions, each
// followed by its activation, pools, and normalization across channels.
//
// A layer is described by a ConvSpec, a PoolSpec or a NormSpec and checked by NewConv,
// NewPool or NewNorm; layers in order are a Stack; Stack.Plan works out every shape
// for an input before any pixel; a Runner computes the outputs in bands of rows.
// Stack.Apply does all of it for a volume in memory.
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
// bias, each step one fused multiply-add: rounded once, to nearest, ties to even. Then
// comes the activation. PoolKind and NormSpec say how pools and norms compute. Nothing
// is reordered, so the results have the same bits on every machine, whatever the number
// of workers and the size of the bands. Any NaN comes out as 0x7fc00000.
package filters

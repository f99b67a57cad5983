// Package stackfile owns the way from an ONNX model to a stack file: which nodes become which
// layers, and where the network cannot be expressed any more. It never runs a model or a layer.
//
// The operators are those of https://onnx.ai/onnx/operators/ at every version of the operator
// set. A node is taken whole or not at all: a node that is not taken is a Stop with its reason,
// and the nodes behind it are left out.
package stackfile

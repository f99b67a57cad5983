// Package onnx owns models in the ONNX format, read and written: graphs of nodes, and where the
// values of their tensors lie. It never runs a model.
//
// The format is a protocol buffer, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. The
// values of tensors stay in the file until they are asked for, so that memory is in proportion
// to the nodes and names and not to the weights.
package onnx

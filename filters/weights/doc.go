// Package weights owns references to arrays in files, FILE#NAME: which formats hold arrays, and
// which array a name means. It never knows what an array is for.
//
// The formats are .npy, .npz, safetensors, PyTorch's .pt and .pth, and ONNX. The content of a file says its
// format. Files are opened to list their arrays, and values are read when they are asked for.
package weights

package config

// File is a stack file: how a picture is prepared and the layers that it runs
// through, either as layers or, several of them, as stacks.
type File struct {
	place
	// Version of the format: 1.
	Version int `json:"version" jsonschema:"required,minimum=1,maximum=1"`
	// What is done to a picture before the first layer.
	Input *Input `json:"input,omitempty"`
	// The default of the layers' strict_size.
	StrictSize *bool `json:"strict_size,omitempty" jsonschema:"default=false"`
	// The layers of the only stack, the first one first.
	Layers []Layer `json:"layers,omitempty"`
	// Several stacks by name, over one decoded picture.
	Stacks Stacks `json:"stacks,omitempty"`

	dir      string // that weights files are relative to
	warnings []error
}

// Input is how a picture becomes a volume of 3 channels: resize, then crop, then
// (v − mean) / std with v from 0 to 1. A matrix becomes a volume of its own channels, without
// resizing.
type Input struct {
	place
	// Scale the picture to a size in pixels.
	Resize *Resize `json:"resize,omitempty"`
	// Cut a window out of the picture, after resizing.
	Crop *Crop `json:"crop,omitempty"`
	// What transparent pixels lie on: "#rrggbb" or "#rgb", in quotes.
	Background Color `json:"background"`
	// Subtracted from the red, green and blue values, which run from 0 to 1: three numbers, or one for all.
	Mean Triple `json:"mean"`
	// What the difference is divided by, above 0: three numbers, or one for all.
	Std Deviation `json:"std"`
	// Channels of the inputs. Other numbers than 3 are for matrices: pictures are then refused, and mean and std are one number. Without it the run's first input decides.
	Channels int `json:"channels,omitempty" jsonschema:"minimum=1,maximum=65536"`
	// The order of a matrix of three dimensions in a .npy file: channels, rows, columns, or rows, columns, channels.
	MatrixLayout string `json:"matrix_layout,omitempty" jsonschema:"enum=chw,enum=hwc,default=chw"`
	// What the numbers of matrices are divided by, above 0. Without it uint8 is divided by 255, uint16 by 65535, and other types are taken as they are.
	MatrixScale float64 `json:"matrix_scale,omitempty" jsonschema:"exclusiveMinimum=0"`
}

// Resize scales a picture.
type Resize struct {
	place
	// Width in pixels.
	Width int `json:"width" jsonschema:"required,minimum=1,maximum=65536"`
	// Height in pixels.
	Height int `json:"height" jsonschema:"required,minimum=1,maximum=65536"`
	// How the picture meets the size: fit keeps its shape inside the size, fill keeps it and cuts off what is over, stretch does not keep it.
	Mode string `json:"mode,omitempty" jsonschema:"enum=fit,enum=fill,enum=stretch,default=fit"`
	// The resampling filter.
	Filter string `json:"filter,omitempty" jsonschema:"enum=lanczos,enum=linear,enum=nearest,default=lanczos"`
}

// Crop cuts a window out of a picture.
type Crop struct {
	place
	// Width in pixels.
	Width int `json:"width" jsonschema:"required,minimum=1,maximum=65536"`
	// Height in pixels.
	Height int `json:"height" jsonschema:"required,minimum=1,maximum=65536"`
	// Where in the picture the window lies.
	Anchor string `json:"anchor,omitempty" jsonschema:"enum=center,enum=top-left,enum=top,enum=top-right,enum=left,enum=right,enum=bottom-left,enum=bottom,enum=bottom-right,default=center"`
}

// Section is one of several stacks.
type Section struct {
	place
	// The stack's name: its key.
	Name string `json:"-"`
	// The default of the layers' strict_size in this stack.
	StrictSize *bool `json:"strict_size,omitempty" jsonschema:"default=false"`
	// The layers, the first one first.
	Layers []Layer `json:"layers" jsonschema:"required"`
}

// Layer is one layer of a stack: one of its keys.
type Layer struct {
	place
	// A convolution layer.
	Conv *Conv `json:"conv,omitempty"`
	// The largest value of each window.
	MaxPool *MaxPool `json:"max_pool,omitempty"`
	// The mean of each window.
	AvgPool *AvgPool `json:"avg_pool,omitempty"`
	// Division by the strength of neighbouring channels, as in AlexNet.
	LocalResponseNorm *LocalResponseNorm `json:"local_response_norm,omitempty"`
	// A function of every value.
	Activation *Activation `json:"activation,omitempty"`
	// A factor and a shift for each channel.
	Scale *Scale `json:"scale,omitempty"`
	// The sum of layers of the same shape.
	Add *Add `json:"add,omitempty"`
	// The channels of several layers, one after the other.
	Concat *Concat `json:"concat,omitempty"`
	// Maps enlarged by whole factors.
	Upsample *Upsample `json:"upsample,omitempty"`
}

// Conv is a convolution layer. Its weights come from exactly one of filters,
// kernels and weights; the other keys have the names and meanings of PyTorch's Conv2d.
type Conv struct {
	place
	// The layer's name, which its output is filed under; conv0, conv1, … if there is none.
	Name string `json:"name,omitempty"`
	// The layer that it reads: a list of one name of an earlier layer, or input for the picture; the layer before if there is none.
	Inputs []string `json:"inputs,omitempty"`
	// Built-in filters and banks of them, by name.
	Filters []Filter `json:"filters,omitempty"`
	// Filters written out.
	Kernels []Kernel `json:"kernels,omitempty"`
	// An array of [K, C/groups, kH, kW] weights: FILE or FILE#NAME, relative to the stack file. FILE is a .npy, .npz, .safetensors or .onnx file, or a .pt or .pth file of PyTorch. NAME may be left out if the file has one array of 4 dimensions.
	Weights string `json:"weights,omitempty"`
	// Names of the filters of weights, one for each; f0, f1, … if there are none.
	FilterNames []string `json:"filter_names,omitempty"`
	// Added to each filter's sum: a number for all filters, a list with one for each, or an array of [K] in a file: FILE or FILE#NAME.
	Bias *PerFilter `json:"bias,omitempty"`
	// How a 2-D kernel spreads over the input channels.
	Channels Channels `json:"channels,omitzero"`
	// The size that the kernels are expected to have; it is only checked.
	KernelSize Pair `json:"kernel_size,omitzero"`
	// Step of the kernels in pixels.
	Stride Pair `json:"stride,omitzero"`
	// Pixels laid around the input: n, [h, w], [top, left, bottom, right], same (the output keeps the input's size; stride 1), same_upper or same_lower (ceil(size/stride), an odd rest below and right or above and left), or valid (none).
	Padding *Padding `json:"padding,omitempty"`
	// What stands in the padding.
	PaddingMode string `json:"padding_mode,omitempty" jsonschema:"enum=zeros,enum=reflect,enum=replicate,enum=circular,default=zeros"`
	// Distance of the kernel's taps in pixels.
	Dilation Pair `json:"dilation,omitzero"`
	// Channels are split into so many groups; each filter sees one of them. Divides the input channels and the filters.
	Groups int `json:"groups,omitempty" jsonschema:"minimum=1,maximum=65536,default=1"`
	// Applied to every sum before the activation; it is folded into weights and bias.
	BatchNorm *BatchNorm `json:"batch_norm,omitempty"`
	// Compute rows, then columns: kernels of rank one, such as Sobel's and Gauss's, as two layers of 1×kW and of kH×1, the first with the layer's name and -rows. That takes fewer multiply-adds and rounds sums otherwise. Other kernels are an error.
	Separable bool `json:"separable,omitempty" jsonschema:"default=false"`
	// Applied to every output.
	Activation string `json:"activation,omitempty" jsonschema:"enum=relu,enum=none,enum=leaky_relu,enum=relu6,enum=abs,enum=square,enum=sigmoid,enum=tanh,enum=silu,enum=gelu,enum=gelu_tanh,enum=elu,enum=hardsigmoid,enum=hardswish,enum=prelu,default=relu"`
	// Slope below 0: a number with leaky_relu, 0.01 if there is none; with prelu a number for all filters, a list with one for each, or an array of [K] in a file: FILE or FILE#NAME.
	NegativeSlope *PerFilter `json:"negative_slope,omitempty"`
	// Factor of elu below 0, not 0.
	Alpha *float64 `json:"alpha,omitempty" jsonschema:"default=1"`
	// Rows or columns at the far edge that no output covers are an error.
	StrictSize *bool `json:"strict_size,omitempty" jsonschema:"default=false"`
}

// BatchNorm is batch normalization with a network's running statistics, as PyTorch's
// BatchNorm2d: (x − running_mean) / √(running_var + eps) · weight + bias. Each value is a
// number for all filters, a list with one for each, or an array of [K] in a file: FILE or FILE#NAME.
type BatchNorm struct {
	place
	// What the quotient is multiplied by; 1 if there is none.
	Weight *PerFilter `json:"weight,omitempty"`
	// Added to the product; 0 if there is none.
	Bias *PerFilter `json:"bias,omitempty"`
	// The mean of each filter's sums.
	RunningMean *PerFilter `json:"running_mean,omitempty" jsonschema:"required"`
	// The variance of each filter's sums.
	RunningVar *PerFilter `json:"running_var,omitempty" jsonschema:"required"`
	// Added to the variance.
	Eps *float64 `json:"eps,omitempty" jsonschema:"default=0.00001"`
}

// MaxPool is max pooling of each channel; the keys have the names and meanings of
// PyTorch's MaxPool2d.
type MaxPool struct {
	place
	// The layer's name, which its output is filed under; pool0, pool1, … if there is none.
	Name string `json:"name,omitempty"`
	// The layer that it reads: a list of one name of an earlier layer, or input for the picture; the layer before if there is none.
	Inputs []string `json:"inputs,omitempty"`
	// The window's size in pixels.
	KernelSize Pair `json:"kernel_size" jsonschema:"required"`
	// Step of the window in pixels; kernel_size if there is none.
	Stride Pair `json:"stride,omitzero"`
	// Pixels of −∞ laid around the input, at most half of kernel_size: n, [h, w] or [top, left, bottom, right].
	Padding Margin `json:"padding"`
	// Distance of the window's values in pixels.
	Dilation Pair `json:"dilation,omitzero"`
	// Round the output's size up, so that the last window may reach beyond the padding.
	CeilMode bool `json:"ceil_mode" jsonschema:"default=false"`
	// Rows or columns at the far edge that no output covers are an error.
	StrictSize *bool `json:"strict_size,omitempty" jsonschema:"default=false"`
}

// AvgPool is average pooling of each channel; the keys have the names and meanings of
// PyTorch's AvgPool2d.
type AvgPool struct {
	place
	// The layer's name, which its output is filed under; pool0, pool1, … if there is none.
	Name string `json:"name,omitempty"`
	// The layer that it reads: a list of one name of an earlier layer, or input for the picture; the layer before if there is none.
	Inputs []string `json:"inputs,omitempty"`
	// The window's size in pixels.
	KernelSize Pair `json:"kernel_size" jsonschema:"required"`
	// Step of the window in pixels; kernel_size if there is none.
	Stride Pair `json:"stride,omitzero"`
	// Pixels of zeros laid around the input, at most half of kernel_size: n, [h, w] or [top, left, bottom, right].
	Padding Margin `json:"padding"`
	// Round the output's size up, so that the last window may reach beyond the padding.
	CeilMode bool `json:"ceil_mode" jsonschema:"default=false"`
	// Whether the zeros of the padding count in the mean.
	CountIncludePad *bool `json:"count_include_pad,omitempty" jsonschema:"default=true"`
	// Rows or columns at the far edge that no output covers are an error.
	StrictSize *bool `json:"strict_size,omitempty" jsonschema:"default=false"`
}

// LocalResponseNorm divides each value by a power of the squares of its neighbours in
// other channels, x / (k + alpha/size · Σ x²)^beta; the keys have the names and meanings of
// PyTorch's LocalResponseNorm.
type LocalResponseNorm struct {
	place
	// The layer's name, which its output is filed under; norm0, norm1, … if there is none.
	Name string `json:"name,omitempty"`
	// The layer that it reads: a list of one name of an earlier layer, or input for the picture; the layer before if there is none.
	Inputs []string `json:"inputs,omitempty"`
	// How many channels the sum is over, with the value's own in the middle.
	Size int `json:"size" jsonschema:"required,minimum=1,maximum=65536"`
	// Factor of the sum's mean, from 0 up.
	Alpha *float64 `json:"alpha,omitempty" jsonschema:"default=0.0001"`
	// Exponent, from 0 to 64.
	Beta *float64 `json:"beta,omitempty" jsonschema:"default=0.75"`
	// Added to the mean, from 0 up.
	K *float64 `json:"k,omitempty" jsonschema:"default=1"`
}

// Activation is a function of every value.
type Activation struct {
	place
	// The layer's name, which its output is filed under; activation0, activation1, … if there is none.
	Name string `json:"name,omitempty"`
	// The layer that it reads: a list of one name of an earlier layer, or input for the picture; the layer before if there is none.
	Inputs []string `json:"inputs,omitempty"`
	// The function's name.
	Function string `json:"function" jsonschema:"required,enum=relu,enum=none,enum=leaky_relu,enum=relu6,enum=abs,enum=square,enum=sigmoid,enum=tanh,enum=silu,enum=gelu,enum=gelu_tanh,enum=elu,enum=hardsigmoid,enum=hardswish,enum=prelu"`
	// Slope below 0: a number with leaky_relu, 0.01 if there is none; with prelu a number for all channels, a list with one for each, or an array of [C] in a file: FILE or FILE#NAME.
	NegativeSlope *PerFilter `json:"negative_slope,omitempty"`
	// Factor of elu below 0, not 0.
	Alpha *float64 `json:"alpha,omitempty" jsonschema:"default=1"`
}

// Scale multiplies each channel by a factor and adds a shift. Each value is a number for all
// channels, a list with one for each, or an array of [C] in a file: FILE or FILE#NAME.
type Scale struct {
	place
	// The layer's name, which its output is filed under; scale0, scale1, … if there is none.
	Name string `json:"name,omitempty"`
	// The layer that it reads: a list of one name of an earlier layer, or input for the picture; the layer before if there is none.
	Inputs []string `json:"inputs,omitempty"`
	// What each channel is multiplied by; 1 if there is none.
	Factor *PerFilter `json:"factor,omitempty"`
	// What is added to the product; 0 if there is none.
	Shift *PerFilter `json:"shift,omitempty"`
	// Batch normalization of the input, in place of factor and shift.
	BatchNorm *BatchNorm `json:"batch_norm,omitempty"`
}

// Add is the sum of earlier layers of the same shape.
type Add struct {
	place
	// The layer's name, which its output is filed under; add0, add1, … if there is none.
	Name string `json:"name,omitempty"`
	// The layers that are added, in this order: names of earlier layers, or input for the picture.
	Inputs []string `json:"inputs" jsonschema:"required"`
}

// Concat is the channels of earlier layers with the same rows and columns, one layer after the
// other.
type Concat struct {
	place
	// The layer's name, which its output is filed under; concat0, concat1, … if there is none.
	Name string `json:"name,omitempty"`
	// The layers whose channels are taken, in this order: names of earlier layers, or input for the picture.
	Inputs []string `json:"inputs" jsonschema:"required"`
}

// Upsample enlarges maps by whole factors, as PyTorch's Upsample with align_corners=False.
type Upsample struct {
	place
	// The layer's name, which its output is filed under; upsample0, upsample1, … if there is none.
	Name string `json:"name,omitempty"`
	// The layer that it reads: a list of one name of an earlier layer, or input for the picture; the layer before if there is none.
	Inputs []string `json:"inputs,omitempty"`
	// How many times as many rows and columns there are: n or [h, w].
	ScaleFactor Pair `json:"scale_factor" jsonschema:"required"`
	// nearest repeats values, bilinear weighs neighbours.
	Mode string `json:"mode,omitempty" jsonschema:"enum=nearest,enum=bilinear,default=nearest"`
}

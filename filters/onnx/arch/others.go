package arch

import (
	"fmt"

	"filterbank/filters/onnx"
	"filterbank/filters/onnx/stackfile"
)

// others are networks of other packages than torchvision.
func others() []network {
	centered := &stackfile.Preparation{
		By:   "facenet-pytorch takes 127.5 from red, green and blue between 0 and 255 and divides by 128, at several sizes",
		Mean: [3]float32{0.5, 0.5, 0.5}, Std: [3]float32{128.0 / 255, 128.0 / 255, 128.0 / 255},
	}
	const mean, std = float32(127) / 255, float32(128) / 255
	return []network{
		{"efficientnet_lite0", &stackfile.Preparation{
			By:   "EfficientNet-Lite takes 127 from red, green and blue between 0 and 255 and divides by 128",
			Mean: [3]float32{mean, mean, mean}, Std: [3]float32{std, std, std}, Size: [2]int{224, 224},
		}, efficientnet},
		{"pnet", centered, pnet},
		{"rnet", centered, rnet},
		{"onet", centered, onet},
		{"waifu2x_vgg7", &stackfile.Preparation{By: "waifu2x takes red, green and blue, or brightness, from 0 to 1", Std: [3]float32{1, 1, 1}}, waifu2x},
	}
}

// efficientnet is EfficientNet-Lite0: inverted blocks without squeeze-and-excitation, padded as in
// TensorFlow.
func efficientnet(b *builder) {
	const eps = 1e-3
	v := b.bare(b.picture(3), "_conv_stem", 32, window{size: 3, stride: 2, same: true})
	v = b.relu6(b.norm(v, "_bn0", eps), "_swish0")
	at := 0
	for _, s := range []stage{
		{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3}, {6, 40, 2, 2, 5}, {6, 80, 3, 2, 3}, {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5}, {6, 320, 1, 1, 3},
	} {
		for k := range s.blocks {
			name := fmt.Sprintf("_blocks.%d", at)
			in, wide := v, v.channels*s.expand
			if s.expand > 1 {
				v = b.bare(v, name+"._expand_conv", wide, window{size: 1})
				v = b.relu6(b.norm(v, name+"._bn0", eps), name+"._swish0")
			}
			v = b.bare(v, name+"._depthwise_conv", wide, window{size: s.size, stride: s.strideOf(k), same: true, groups: wide})
			v = b.relu6(b.norm(v, name+"._bn1", eps), name+"._swish1")
			v = b.norm(b.bare(v, name+"._project_conv", s.filters, window{size: 1}), name+"._bn2", eps)
			if k > 0 {
				v = b.add(name, v, in)
			}
			at++
		}
	}
	v = b.relu6(b.norm(b.bare(v, "_conv_head", 1280, window{size: 1}), "_bn1", eps), "_swish1")
	v = b.flat(b.node("GlobalAveragePool", "_avg_pooling", v.channels, []string{v.name}))
	b.classes(v, "_fc", 1280)
}

// sloped is the k-th convolution of a network of MTCNN, without padding, with its slopes.
func (b *builder) sloped(in value, k, filters, size int) value {
	return b.prelu(b.conv(in, fmt.Sprintf("conv%d", k), filters, window{size: size}), fmt.Sprintf("prelu%d", k))
}

// pnet, rnet and onet are the three networks of MTCNN as facenet-pytorch has them.
func pnet(b *builder) {
	v := b.maxPool(b.sloped(b.picture(3), 1, 10, 3), "pool1", window{size: 2, stride: 2}, true)
	v = b.sloped(b.sloped(v, 2, 16, 3), 3, 32, 3)
	face := b.conv(v, "conv4_1", 2, window{size: 1})
	b.node("Softmax", "softmax4_1", 2, []string{face.name})
	b.conv(v, "conv4_2", 4, window{size: 1})
}

func rnet(b *builder) {
	v := b.maxPool(b.sloped(b.picture(3), 1, 28, 3), "pool1", window{size: 3, stride: 2}, true)
	v = b.maxPool(b.sloped(v, 2, 48, 3), "pool2", window{size: 3, stride: 2}, true)
	v = b.flat(b.sloped(v, 3, 64, 2))
	v = b.dense(v, "dense4", "prelu4", 576, 128)
	face := b.linear(v, "dense5_1", 128, 2)
	b.node("Softmax", "softmax5_1", 2, []string{face.name})
	b.linear(v, "dense5_2", 128, 4)
}

func onet(b *builder) {
	v := b.maxPool(b.sloped(b.picture(3), 1, 32, 3), "pool1", window{size: 3, stride: 2}, true)
	v = b.maxPool(b.sloped(v, 2, 64, 3), "pool2", window{size: 3, stride: 2}, true)
	v = b.maxPool(b.sloped(v, 3, 64, 3), "pool3", window{size: 2, stride: 2}, true)
	v = b.flat(b.sloped(v, 4, 128, 2))
	v = b.dense(v, "dense5", "prelu5", 1152, 256)
	face := b.linear(v, "dense6_1", 256, 2)
	b.node("Softmax", "softmax6_1", 2, []string{face.name})
	b.linear(v, "dense6_2", 256, 4)
	b.linear(v, "dense6_3", 256, 10)
}

// dense is a fully connected layer with its slopes.
func (b *builder) dense(in value, name, slopes string, inputs, outputs int) value {
	v := b.linear(in, name, inputs, outputs)
	b.wants = append(b.wants, want{name: slopes + ".weight", shape: []int{outputs}, head: true})
	return b.node("PRelu", slopes, outputs, []string{v.name, slopes + ".weight"})
}

// waifu2x is waifu2x's VGG7 in Chainer's naming. Its first and last channels are the picture's: 3, or
// 1 for brightness alone.
func waifu2x(b *builder) {
	channels := b.open("conv1/W", 1, 3)
	v := b.picture(channels)
	for k, filters := range []int{32, 32, 64, 64, 128, 128, channels} {
		name := fmt.Sprintf("conv%d", k+1)
		v = b.convolution(v, name, filters, window{size: 3}, name+"/W", name+"/b")
		if k < 6 {
			v = b.node("LeakyRelu", fmt.Sprintf("relu%d", k+1), filters, []string{v.name}, onnx.Attribute{Name: "alpha", Type: onnx.FloatAttribute, Float: 0.1})
		}
	}
}

package arch

import "fmt"

// mobile are networks of depthwise convolutions.
func mobile() []network {
	return []network{{name: "mobilenet_v2", build: mobilenet}}
}

// stage is blocks of one kind: the factor by which a block widens its input, the filters that it
// ends with, the number of blocks, the first one's stride, and the size of depthwise kernels.
type stage struct{ expand, filters, blocks, stride, size int }

// strideOf is the stride of the k-th block.
func (s stage) strideOf(k int) int {
	if k == 0 {
		return s.stride
	}
	return 1
}

func mobilenet(b *builder) {
	three := window{size: 3, stride: 2, padding: 1}
	v := b.normed(b.picture(3), "features.0.0", "features.0.1", "features.0.2", 32, three)
	at := 1
	for _, s := range []stage{
		{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3}, {6, 32, 3, 2, 3}, {6, 64, 4, 2, 3}, {6, 96, 3, 1, 3}, {6, 160, 3, 2, 3}, {6, 320, 1, 1, 3},
	} {
		for k := range s.blocks {
			v = b.inverted(v, fmt.Sprintf("features.%d", at), s, s.strideOf(k))
			at++
		}
	}
	v = b.normed(v, "features.18.0", "features.18.1", "features.18.2", 1280, window{size: 1})
	v = b.flat(b.node("GlobalAveragePool", "avgpool", v.channels, []string{v.name}))
	b.classes(v, "classifier.1", 1280)
}

// normed is a convolution with a batch normalization and relu6.
func (b *builder) normed(in value, conv, norm, relu string, filters int, w window) value {
	return b.relu6(b.norm(b.bare(in, conv, filters, w), norm, epsilon), relu)
}

// inverted is a block of MobileNetV2, which is wide inside.
func (b *builder) inverted(in value, name string, s stage, stride int) value {
	v, k, wide := in, 0, in.channels*s.expand
	then := func(w window) {
		part := fmt.Sprintf("%s.conv.%d", name, k)
		v = b.normed(v, part+".0", part+".1", part+".2", wide, w)
		k++
	}
	if s.expand > 1 {
		then(window{size: 1})
	}
	then(window{size: s.size, stride: stride, padding: s.size / 2, groups: wide})
	v = b.bare(v, fmt.Sprintf("%s.conv.%d", name, k), s.filters, window{size: 1})
	v = b.norm(v, fmt.Sprintf("%s.conv.%d", name, k+1), epsilon)
	if stride == 1 && in.channels == s.filters {
		v = b.add(name, in, v)
	}
	return v
}

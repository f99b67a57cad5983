package arch

import "fmt"

// resnet is a residual network: the blocks of its four parts, whether a block has a bottleneck,
// and the groups and the width of each of the bottleneck's convolutions of 3×3.
type resnet struct {
	name          string
	blocks        [4]int
	bottleneck    bool
	groups, width int
}

// residual are ResNet, ResNeXt and wide ResNet.
func residual() []network {
	var all []network
	for _, r := range []resnet{
		{"resnet18", [4]int{2, 2, 2, 2}, false, 1, 64},
		{"resnet34", [4]int{3, 4, 6, 3}, false, 1, 64},
		{"resnet50", [4]int{3, 4, 6, 3}, true, 1, 64},
		{"resnet101", [4]int{3, 4, 23, 3}, true, 1, 64},
		{"resnet152", [4]int{3, 8, 36, 3}, true, 1, 64},
		{"resnext50_32x4d", [4]int{3, 4, 6, 3}, true, 32, 4},
		{"resnext101_32x8d", [4]int{3, 4, 23, 3}, true, 32, 8},
		{"wide_resnet50_2", [4]int{3, 4, 6, 3}, true, 1, 128},
		{"wide_resnet101_2", [4]int{3, 4, 23, 3}, true, 1, 128},
	} {
		all = append(all, network{name: r.name, build: r.build})
	}
	return all
}

func (r resnet) build(b *builder) {
	v := b.bare(b.picture(3), "conv1", 64, window{size: 7, stride: 2, padding: 3})
	v = b.relu(b.norm(v, "bn1", epsilon), "relu")
	v = b.maxPool(v, "maxpool", window{size: 3, stride: 2, padding: 1}, false)
	for part, blocks := range r.blocks {
		for k := range blocks {
			stride := 1
			if part > 0 && k == 0 {
				stride = 2
			}
			v = r.block(b, v, fmt.Sprintf("layer%d.%d", part+1, k), 64<<part, stride)
		}
	}
	v = b.flat(b.node("GlobalAveragePool", "avgpool", v.channels, []string{v.name}))
	b.classes(v, "fc", v.channels)
}

// block is a residual block. Bottlenecks have their stride in the convolution of 3×3.
func (r resnet) block(b *builder, in value, name string, planes, stride int) value {
	v, out := in, planes
	then := func(k, filters int, w window) {
		v = b.norm(b.bare(v, fmt.Sprintf("%s.conv%d", name, k), filters, w), fmt.Sprintf("%s.bn%d", name, k), epsilon)
	}
	relu := func(k int) { v = b.relu(v, fmt.Sprintf("%s.relu%d", name, k)) }
	three := window{size: 3, stride: stride, padding: 1, groups: r.groups}
	if r.bottleneck {
		out = 4 * planes
		width := planes * r.width / 64 * r.groups
		then(1, width, window{size: 1})
		relu(1)
		then(2, width, three)
		relu(2)
		then(3, out, window{size: 1})
	} else {
		then(1, planes, three)
		relu(1)
		then(2, planes, window{size: 3, padding: 1})
	}
	short := in
	if stride != 1 || in.channels != out {
		short = b.norm(b.bare(in, name+".downsample.0", out, window{size: 1, stride: stride}), name+".downsample.1", epsilon)
	}
	return b.relu(b.add(name+".add", v, short), name)
}

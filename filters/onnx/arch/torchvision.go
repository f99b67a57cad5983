package arch

import "fmt"

// epsilon is PyTorch's default of batch normalization.
const epsilon = 1e-5

// plain are networks that are one chain: AlexNet and VGG.
func plain() []network {
	all := []network{{name: "alexnet", build: alexnet}}
	for _, v := range []struct {
		name  string
		parts [5]int // convolutions before each pool
	}{
		{"vgg11", [5]int{1, 1, 2, 2, 2}},
		{"vgg13", [5]int{2, 2, 2, 2, 2}},
		{"vgg16", [5]int{2, 2, 3, 3, 3}},
		{"vgg19", [5]int{2, 2, 4, 4, 4}},
	} {
		all = append(all,
			network{name: v.name, build: func(b *builder) { vgg(b, v.parts, false) }},
			network{name: v.name + "_bn", build: func(b *builder) { vgg(b, v.parts, true) }})
	}
	return all
}

func alexnet(b *builder) {
	v := b.picture(3)
	pool := window{size: 3, stride: 2}
	v = b.relu(b.conv(v, "features.0", 64, window{size: 11, stride: 4, padding: 2}), "features.1")
	v = b.maxPool(v, "features.2", pool, false)
	v = b.relu(b.conv(v, "features.3", 192, window{size: 5, padding: 2}), "features.4")
	v = b.maxPool(v, "features.5", pool, false)
	v = b.relu(b.conv(v, "features.6", 384, window{size: 3, padding: 1}), "features.7")
	v = b.relu(b.conv(v, "features.8", 256, window{size: 3, padding: 1}), "features.9")
	v = b.relu(b.conv(v, "features.10", 256, window{size: 3, padding: 1}), "features.11")
	v = b.maxPool(v, "features.12", pool, false)
	v = b.flat(b.node("AdaptiveAveragePool", "avgpool", v.channels, []string{v.name}))
	v = b.relu(b.linear(v, "classifier.1", 256*6*6, 4096), "classifier.2")
	v = b.relu(b.linear(v, "classifier.4", 4096, 4096), "classifier.5")
	b.classes(v, "classifier.6", 4096)
}

func vgg(b *builder, parts [5]int, norm bool) {
	v := b.picture(3)
	k := 0
	next := func() string { k++; return fmt.Sprintf("features.%d", k-1) }
	for part, convolutions := range parts {
		for range convolutions {
			v = b.conv(v, next(), min(64<<part, 512), window{size: 3, padding: 1})
			if norm {
				v = b.norm(v, next(), epsilon)
			}
			v = b.relu(v, next())
		}
		v = b.maxPool(v, next(), window{size: 2, stride: 2}, false)
	}
	v = b.flat(b.node("AdaptiveAveragePool", "avgpool", v.channels, []string{v.name}))
	v = b.relu(b.linear(v, "classifier.0", 512*7*7, 4096), "classifier.1")
	v = b.relu(b.linear(v, "classifier.3", 4096, 4096), "classifier.4")
	b.classes(v, "classifier.6", 4096)
}

// squeezed are the two versions of SqueezeNet.
func squeezed() []network {
	return []network{
		{name: "squeezenet1_0", build: func(b *builder) {
			squeezenet(b, 96, 7, []int{0, 16, 16, 32, 0, 32, 48, 48, 64, 0, 64})
		}},
		{name: "squeezenet1_1", build: func(b *builder) {
			squeezenet(b, 64, 3, []int{0, 16, 16, 0, 32, 32, 0, 48, 48, 64, 64})
		}},
	}
}

// squeezenet has fire modules behind its first convolution: squeezes are the filters that each
// begins with, and 0 is a pool. Four times as many follow in 1×1, and as many again in 3×3.
func squeezenet(b *builder, filters, size int, squeezes []int) {
	v := b.relu(b.conv(b.picture(3), "features.0", filters, window{size: size, stride: 2}), "features.1")
	for k, squeeze := range squeezes {
		name := fmt.Sprintf("features.%d", k+2)
		if squeeze == 0 {
			v = b.maxPool(v, name, window{size: 3, stride: 2}, true)
			continue
		}
		v = b.relu(b.conv(v, name+".squeeze", squeeze, window{size: 1}), name+".squeeze_activation")
		one := b.relu(b.conv(v, name+".expand1x1", 4*squeeze, window{size: 1}), name+".expand1x1_activation")
		three := b.relu(b.conv(v, name+".expand3x3", 4*squeeze, window{size: 3, padding: 1}), name+".expand3x3_activation")
		v = b.concat(name, one, three)
	}
	classes := b.open("classifier.1.weight", 0, 1000)
	v = b.relu(b.conv(v, "classifier.1", classes, window{size: 1}), "classifier.2")
	b.node("GlobalAveragePool", "classifier.3", v.channels, []string{v.name})
}

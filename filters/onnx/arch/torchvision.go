package arch

import (
	"fmt"
	"strings"
)

// epsilon is PyTorch's default of batch normalization.
const epsilon = 1e-5

// plain are networks that are one chain: AlexNet and VGG.
func plain() []network {
	all := []network{{name: "alexnet", build: alexnet}}
	for _, v := range []struct {
		name, layout string // a number of filters, or a pool
	}{
		{"vgg11", "64 M 128 M 256 256 M 512 512 M 512 512 M"},
		{"vgg13", "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M"},
		{"vgg16", "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M"},
		{"vgg19", "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M"},
	} {
		all = append(all,
			network{name: v.name, build: func(b *builder) { vgg(b, v.layout, false) }},
			network{name: v.name + "_bn", build: func(b *builder) { vgg(b, v.layout, true) }})
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

func vgg(b *builder, layout string, norm bool) {
	v := b.picture(3)
	k := 0
	next := func() string { k++; return fmt.Sprintf("features.%d", k-1) }
	for word := range strings.FieldsSeq(layout) {
		if word == "M" {
			v = b.maxPool(v, next(), window{size: 2, stride: 2}, false)
			continue
		}
		filters := 0
		fmt.Sscan(word, &filters)
		v = b.conv(v, next(), filters, window{size: 3, padding: 1})
		if norm {
			v = b.norm(v, next(), epsilon)
		}
		v = b.relu(v, next())
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
			squeezenet(b, 96, 7, "pool 16,64 16,64 32,128 pool 32,128 48,192 48,192 64,256 pool 64,256")
		}},
		{name: "squeezenet1_1", build: func(b *builder) {
			squeezenet(b, 64, 3, "pool 16,64 16,64 pool 32,128 32,128 pool 48,192 48,192 64,256 64,256")
		}},
	}
}

// squeezenet has pools and fire modules behind its first convolution. A fire module is written as
// its filters of 1×1 before, and those of 1×1 and of 3×3 behind them.
func squeezenet(b *builder, filters, size int, layout string) {
	v := b.relu(b.conv(b.picture(3), "features.0", filters, window{size: size, stride: 2}), "features.1")
	for k, word := range strings.Fields(layout) {
		name := fmt.Sprintf("features.%d", k+2)
		if word == "pool" {
			v = b.maxPool(v, name, window{size: 3, stride: 2}, true)
			continue
		}
		squeeze, expand := 0, 0
		fmt.Sscanf(word, "%d,%d", &squeeze, &expand)
		v = b.relu(b.conv(v, name+".squeeze", squeeze, window{size: 1}), name+".squeeze_activation")
		one := b.relu(b.conv(v, name+".expand1x1", expand, window{size: 1}), name+".expand1x1_activation")
		three := b.relu(b.conv(v, name+".expand3x3", expand, window{size: 3, padding: 1}), name+".expand3x3_activation")
		v = b.concat(name, one, three)
	}
	classes := b.open("classifier.1.weight", 0, 1000)
	v = b.relu(b.conv(v, "classifier.1", classes, window{size: 1}), "classifier.2")
	b.node("GlobalAveragePool", "classifier.3", v.channels, []string{v.name})
}

package arch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/onnx/stackfile"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
)

// checkpoint are all tensors of a network. Their values are 1.
func checkpoint(t testing.TB, name string) []tensor.Member {
	k := slices.Index(Names(), name)
	if k < 0 {
		t.Fatalf("no network %s", name)
	}
	b := &builder{}
	networks()[k].build(b)
	var all []tensor.Member
	for _, w := range b.wants {
		all = append(all, ones(w.name, w.shape...))
	}
	return all
}

func ones(name string, shape ...int) tensor.Member {
	return tensor.Member{Name: name, Type: "float32", Shape: shape, Scan: func(take func(int, []float32) error) error {
		n, _ := volume.Product(shape...)
		return take(0, slices.Repeat([]float32{1}, n))
	}}
}

// TestSizes compares the number of learned values with the published one: torchvision's
// num_params (https://pytorch.org/vision/stable/models.html), EfficientNet-Lite's 4.7 million
// (https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite), and else the
// sum over the layers of the packages' own code. It also has all convolutions taken, and only what
// needs the whole picture left out.
func TestSizes(t *testing.T) {
	want := map[string]int{
		"alexnet": 61_100_840, "vgg11": 132_863_336, "vgg11_bn": 132_868_840, "vgg13": 133_047_848, "vgg13_bn": 133_053_736,
		"vgg16": 138_357_544, "vgg16_bn": 138_365_992, "vgg19": 143_667_240, "vgg19_bn": 143_678_248,
		"resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032, "resnet101": 44_549_160, "resnet152": 60_192_808,
		"resnext50_32x4d": 25_028_904, "resnext101_32x8d": 88_791_336, "wide_resnet50_2": 68_883_240, "wide_resnet101_2": 126_886_696,
		"squeezenet1_0": 1_248_424, "squeezenet1_1": 1_235_496, "mobilenet_v2": 3_504_872, "efficientnet_lite0": 4_652_008,
		"pnet": 6_632, "rnet": 100_178, "onet": 389_040, "waifu2x_vgg7": 290_467,
	}
	for _, name := range Names() {
		all := checkpoint(t, name)
		learned := 0
		for _, m := range all {
			if !strings.Contains(m.Name, ".running_") {
				n, _ := volume.Product(m.Shape...)
				learned += n
			}
		}
		if learned != want[name] {
			t.Errorf("%s has %d learned values, want %d", name, learned, want[name])
		}
		n, err := Import(name, all, stackfile.Options{InputSize: [2]int{96, 96}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n.TakenConvolutions != n.Convolutions {
			t.Errorf("%s: %d of %d convolutions", name, n.TakenConvolutions, n.Convolutions)
		}
		for _, s := range n.Stops {
			if !slices.Contains([]string{"GlobalAveragePool", "AdaptiveAveragePool", "Flatten", "Softmax"}, s.Operator) {
				t.Errorf("%s: %s", name, s)
			}
		}
		if fitting := Fitting(all); !slices.Equal(fitting, []string{name}) {
			t.Errorf("the tensors of %s fit %v", name, fitting)
		}
	}
}

// TestContainers finds a network inside the dictionaries of training scripts, with other numbers of
// classes, without its head, and among other tensors.
func TestContainers(t *testing.T) {
	all := checkpoint(t, "resnet18")
	inside := func(container string, all []tensor.Member) []tensor.Member {
		var out []tensor.Member
		for _, m := range all {
			m.Name = container + m.Name
			out = append(out, m)
		}
		return out
	}
	var classes []tensor.Member
	for _, m := range all {
		if strings.HasPrefix(m.Name, "fc.") {
			m.Shape = append([]int{10}, m.Shape[1:]...)
		}
		classes = append(classes, m)
	}
	headless := slices.DeleteFunc(slices.Clone(all), func(m tensor.Member) bool { return strings.HasPrefix(m.Name, "fc.") })
	for name, stored := range map[string][]tensor.Member{
		"as it is":           all,
		"counters":           append(slices.Clone(all), ones("bn1.num_batches_tracked")),
		"a container":        inside("state_dict.module.", all),
		"two":                append(inside("ema.", all), inside("state_dict.", all)...),
		"other tensors":      append(inside("model.", all), ones("optimizer.state.0.momentum", 3), ones("epoch")),
		"10 classes":         classes,
		"no head":            headless,
		"no head, contained": inside("backbone.body.", headless),
	} {
		n, err := Import("resnet18", stored, stackfile.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if n.TakenConvolutions != 20 {
			t.Errorf("%s: %d convolutions", name, n.TakenConvolutions)
		}
		if fitting := Fitting(stored); !slices.Equal(fitting, []string{"resnet18"}) {
			t.Errorf("%s: it fits %v", name, fitting)
		}
	}
}

// TestMisfits has the messages of checkpoints that do not fit.
func TestMisfits(t *testing.T) {
	change := func(name string, edit func(*tensor.Member)) []tensor.Member {
		all := checkpoint(t, "squeezenet1_1")
		for k := range all {
			if all[k].Name == name {
				edit(&all[k])
			}
		}
		return all
	}
	for _, c := range []struct {
		network string
		stored  []tensor.Member
		want    string
	}{
		{"squeezenet1_1", checkpoint(t, "squeezenet1_1")[1:], "the tensors do not fit squeezenet1_1: features.0.weight of 64×3×3×3 is missing"},
		{"squeezenet1_1", change("features.4.squeeze.bias", func(m *tensor.Member) { m.Name = "features.4.squeeze.shift" }),
			`the tensors do not fit squeezenet1_1: features.4.squeeze.bias of 16 is missing; "features.4.squeeze.shift" is surplus`},
		{"squeezenet1_1", change("features.4.squeeze.weight", func(m *tensor.Member) { m.Shape = []int{16, 128} }),
			"the tensors do not fit squeezenet1_1: features.4.squeeze.weight is 16×128, and squeezenet1_1 has 16×128×1×1"},
		{"squeezenet1_1", change("features.4.squeeze.bias", func(m *tensor.Member) { m.Shape = nil }),
			"the tensors do not fit squeezenet1_1: features.4.squeeze.bias is one number, and squeezenet1_1 has 16"},
		{"resnet18", slices.DeleteFunc(checkpoint(t, "resnet18"), func(m tensor.Member) bool { return m.Name == "fc.bias" }), "the tensors do not fit resnet18: fc.bias of 1000 is missing"},
		{"vgg11", checkpoint(t, "vgg13"), "the tensors do not fit vgg11: features.3.weight of 128×64×3×3 is missing; features.3.bias of 128 is missing; features.6.weight of 256×128×3×3 is missing; and 29 more; it fits vgg13"},
		{"rnet", []tensor.Member{ones("a", 1)}, "the tensors do not fit rnet: none has a name of that network, such as conv1.weight"},
		{"rnet", nil, "the tensors do not fit rnet: none has a name of that network, such as conv1.weight"},
		{"restnet18", nil, `"restnet18" is no network that is known, did you mean resnet18?`},
		{"x", nil, `"x" is no network that is known: these are ` + strings.Join(Names(), ", ")},
	} {
		_, err := Import(c.network, c.stored, stackfile.Options{})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s\ngot  %v\nwant %s", c.network, err, c.want)
		}
	}
}

// FuzzFit compares networks with checkpoints of any names and shapes: a line has a name and sides.
func FuzzFit(f *testing.F) {
	for k, name := range []string{"pnet", "waifu2x_vgg7", "squeezenet1_0"} {
		var text strings.Builder
		for _, m := range checkpoint(f, name) {
			fmt.Fprintln(&text, m.Name, strings.Trim(fmt.Sprint(m.Shape), "[]"))
		}
		f.Add(slices.Index(Names(), name), text.String(), k)
	}
	f.Fuzz(func(t *testing.T, network int, text string, size int) {
		var stored []tensor.Member
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			if len(words) == 0 {
				continue
			}
			var shape []int
			for _, word := range words[1:] {
				side := 0
				fmt.Sscan(word, &side)
				shape = append(shape, max(side, 0))
			}
			stored = append(stored, tensor.Member{Name: words[0], Shape: shape, Scan: func(func(int, []float32) error) error { return nil }})
		}
		name := Names()[max(0, network)%len(Names())]
		f := networks()[max(0, network)%len(Names())].fit(stored)
		if f.err(name) != nil { // Import compares the checkpoint with all networks then
			return
		}
		n, err := Import(name, stored, stackfile.Options{InputSize: [2]int{max(0, size) % 512, max(0, size) % 512}})
		if (n == nil) == (err == nil) {
			t.Errorf("%v and %v", n, err)
		}
	})
}

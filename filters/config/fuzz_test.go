package config

import (
	"encoding/json"
	"testing"

	"filterbank/filters"
)

// Parse never panics. A model that builds is complete and finite, makes layers, and has a
// resolved form that builds the same model.
func FuzzParse(f *testing.F) {
	for _, text := range []string{everything, twoLayers, twoStacks, "", "{", "a: &a [*a]", conv(one), conv(one + ", channels: each"),
		conv(one + ", batch_norm: {running_mean: 1, running_var: [2], weight: 3}, activation: square"),
		"version: 1\nlayers: [conv: {name: a, filters: [box], stride: 2}, upsample: {scale_factor: 2, mode: bilinear}, scale: {factor: 2, inputs: [a]}, add: {inputs: [a, scale2]}, concat: {inputs: [add3, a]}]",
		"version: 1\nlayers: [activation: {function: prelu, negative_slope: [1, 2, 3]}, scale: {factor: 2, shift: [1, 2, 3]}, conv: {filters: [box], activation: elu, alpha: 2}]",
		"version: 1\nlayers: [max_pool: {kernel_size: 3}, avg_pool: {kernel_size: [2, 1]}, local_response_norm: {size: 5}]",
		conv("filters: [{gabor: {wavelength: 8}}], channels: luma, padding: same_lower, stride: 2"), "%YAML 1.2\n---\nversion: 1\n...\n",
		`{"version":1,"layers":[{"conv":{"kernels":[[[1e-3,.5],[-0,+1]]],"bias":-1}}]}`} {
		f.Add(text, "layers.0.conv.stride=2")
		f.Add(text, "input.background=#fff")
	}
	f.Fuzz(func(t *testing.T, text, set string) {
		file, err := Parse("none/stack.yaml", []byte(text), set)
		if err != nil {
			file, err = Parse("none/stack.yaml", []byte(text))
		}
		if err != nil {
			return
		}
		m, err := file.Build()
		if err != nil {
			return
		}
		for _, s := range m.Stacks {
			before, counts := 3, map[string]int{filters.InputName: 3}
			for _, l := range s.Layers() {
				channels := before
				for i, name := range l.Inputs() {
					if i == 0 {
						channels = 0
					}
					if channels += counts[name]; l.Kind() == "add" {
						channels = counts[name]
					}
				}
				if conv, ok := l.(*filters.Conv); ok {
					checkSpec(t, conv.Spec(), channels)
				} else if len(l.Filters()) != channels {
					t.Errorf("layer %s: %d channels of %d", l.Name(), len(l.Filters()), channels)
				}
				before = len(l.Filters())
				counts[l.Name()] = before
			}
		}
		resolved, err := json.Marshal(file.Resolved())
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("none/stack.json", resolved)
		if err != nil {
			t.Fatalf("resolved to %s: %v", resolved, err)
		}
		if second, _ := json.Marshal(again.Resolved()); string(second) != string(resolved) {
			t.Errorf("resolved to\n%s\nand that to\n%s", resolved, second)
		}
	})
}

func checkSpec(t *testing.T, l filters.ConvSpec, channels int) {
	k, size := len(l.Filters), l.KernelSize[0]*l.KernelSize[1]
	if l.InChannels != channels || l.Groups < 1 || channels%l.Groups != 0 || k%l.Groups != 0 {
		t.Errorf("layer %s: %d channels of %d, %d groups, %d filters", l.Name, l.InChannels, channels, l.Groups, k)
	}
	if k == 0 || len(l.Weights) != k*(channels/l.Groups)*size || (l.Bias != nil && len(l.Bias) != k) {
		t.Errorf("layer %s: %d weights, %d biases", l.Name, len(l.Weights), len(l.Bias))
	}
	for _, v := range append(l.Weights, l.Bias...) {
		if !finite(v) {
			t.Errorf("layer %s has %v", l.Name, v)
		}
	}
	if fileName(l.Name) != nil {
		t.Errorf("layer name %q", l.Name)
	}
	names := map[string]bool{}
	for _, name := range l.Filters {
		if names[name] {
			t.Errorf("layer %s has two filters %q", l.Name, name)
		}
		names[name] = true
	}
	if _, err := filters.NewConv(l); err != nil {
		t.Errorf("layer %s: %v", l.Name, err)
	}
}

// ParseBanks never panics, and ForBanks makes a file of everything that it accepts, except
// for names that cannot be files.
func FuzzParseBanks(f *testing.F) {
	for _, spec := range []string{"sobel", "sobel,prewitt", "gabor:orientations=4,wavelength=12,sobel", "gabor,wavelength=1e1", ",", ":", "=", "a:b=c"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		banks, err := ParseBanks(spec)
		if err != nil {
			return
		}
		file, err := ForBanks([]string{spec})
		if err != nil {
			return
		}
		layers := len(file.Layers)
		for _, s := range file.Stacks {
			layers += len(s.Layers)
		}
		if layers != len(banks) {
			t.Errorf("%q: %d layers of %d banks", spec, layers, len(banks))
		}
		resolved, err := json.Marshal(file.Resolved())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse("stack.json", resolved); err != nil {
			t.Errorf("%q resolves to %s: %v", spec, resolved, err)
		}
	})
}

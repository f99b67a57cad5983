package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const twoLayers = `version: 1
layers:
  - conv: &first {name: a, filters: [box, {gabor: {orientations: 4}}], padding: [1, 1]}
  - conv: *first
`

const twoStacks = `version: 1
stacks:
  v1: {layers: [conv: {filters: [box]}]}
  v1.5: {layers: [conv: {filters: [box]}]}
`

// The JSON of the resolved file must show the override.
func resolvedText(t *testing.T, text string, sets ...string) string {
	t.Helper()
	f, err := Parse("edges.yaml", []byte(text), sets...)
	if err != nil {
		return err.Error()
	}
	b, err := json.Marshal(f.Resolved())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOverride(t *testing.T) {
	distinct := "layers.1.conv.name=b" // both layers have one name otherwise
	for _, c := range []struct {
		text string
		sets []string
		want string // in the resolved JSON
	}{
		{twoLayers, []string{distinct, "layers.0.conv.stride=2"}, `"stride":[2,2]`},
		{twoLayers, []string{distinct, "layers.0={max_pool: {kernel_size: 3}}", "layers.0.max_pool.stride=2"}, `{"max_pool":{"name":"pool0","kernel_size":[3,3],"stride":[2,2]`},
		{twoLayers, []string{distinct, "layers.0.conv.stride=[2, 3]"}, `"stride":[2,3]`},
		{twoLayers, []string{distinct, "layers.0.conv.padding=same"}, `"padding":"same"`},
		{twoLayers, []string{distinct, "layers.0.conv.padding.1=7"}, `"padding":[1,7,1,7]`},
		{twoLayers, []string{distinct, "layers.0.conv.filters.1.gabor.orientations=6"}, `{"gabor":{"orientations":6}}`},
		{twoLayers, []string{distinct, "layers.0.conv.filters=[box, sobel]"}, `["box","sobel"]`},
		{twoLayers, []string{distinct, "layers.0.conv.bias=1e-1"}, `"bias":0.1`},
		{twoLayers, []string{distinct, "layers.0.conv={name: x, filters: [log]}"}, `{"name":"x","filters":["log"]`},
		{twoLayers, []string{distinct, "layers.0.conv.padding=null"}, `"padding":[0,0,0,0]`},
		{twoLayers, []string{distinct, "layers.0.conv.name=null"}, `"name":"conv0"`},
		{twoLayers, []string{distinct, "layers.0.conv.bias=null"}, `"name":"a"`}, // nothing to remove
		{twoLayers, []string{distinct, "strict_size=true"}, `"strict_size":true`},
		{twoLayers, []string{distinct, "input.resize={width: 3, height: 4}"}, `"resize":{"width":3,"height":4,"mode":"fit","filter":"lanczos"}`},
		{twoLayers, []string{distinct, "input.crop.width=3", "input.crop.height=4"}, `"crop":{"width":3,"height":4,"anchor":"center"}`},
		{twoLayers, []string{distinct, "input.background=#fa0"}, `"background":"#ffaa00"`},
		{twoLayers, []string{distinct, "input.mean=0.5", "input.mean=0.25"}, `"mean":[0.25,0.25,0.25]`},
		{twoLayers, []string{"layers.0.conv.name=x=y"}, `"name":"x=y"`},
		{twoStacks, []string{"stacks.v1.layers.0.conv.stride=2"}, `{"v1":{"layers":[{"conv":{"name":"conv0","filters":["box"],"channels":"mean","stride":[2,2]`},
		{twoStacks, []string{"stacks.v1.5.layers.0.conv.stride=2"}, `"v1.5":{"layers":[{"conv":{"name":"conv0","filters":["box"],"channels":"mean","stride":[2,2]`},
		{twoStacks, []string{"stacks.v1=null"}, `"stacks":{"v1.5":`},

		// An alias of the changed value stays the same.
		{twoLayers, []string{distinct, "layers.1.conv.stride=2"}, `"conv":{"name":"a","filters":["box",{"gabor":{"orientations":4}}],"channels":"mean","stride":[1,1]`},

		{twoLayers, []string{"layers.0.conv.stride=0"}, "--set layers.0.conv.stride=0: stride must be at least 1, got 0"},
		{twoLayers, []string{"layers.0.conv.strid=2"}, `--set layers.0.conv.strid=2: unknown key "strid", did you mean "stride"?`},
		{twoLayers, []string{"layer.0.conv.stride=2"}, `--set layer.0.conv.stride=2: unknown key "layer", did you mean "layers"?`},
		{twoLayers, []string{"layers.2.conv.stride=2"}, "--set layers.2.conv.stride=2: layers has 2 entries, 0 to 1: there is no 2"},
		{twoLayers, []string{"layers.-1.conv.stride=2"}, "--set layers.-1.conv.stride=2: layers has 2 entries, 0 to 1: there is no -1"},
		{twoLayers, []string{"layers.conv.stride=2"}, "--set layers.conv.stride=2: layers has 2 entries, 0 to 1: there is no conv"},
		{twoLayers, []string{"layers.0.conv.name.x=2"}, "--set layers.0.conv.name.x=2: layers.0.conv.name is a string: there is no x in it"},
		{twoLayers, []string{"layers..0=2"}, `--set layers..0=2: "layers..0" has an empty key`},
		{twoLayers, []string{"stride"}, "--set stride: an override is written path=value, such as layers.0.conv.stride=2"},
		{twoLayers, []string{"stride="}, "--set stride=: an override is written path=value, such as layers.0.conv.stride=2"},
		{twoLayers, []string{"=2"}, "--set =2: an override is written path=value, such as layers.0.conv.stride=2"},
		{twoLayers, []string{"layers.=2"}, "--set layers.=2: an override is written path=value, such as layers.0.conv.stride=2"},
		{twoLayers, []string{"layers.0.conv.stride=[1"}, "--set layers.0.conv.stride=[1: [ is not closed: ] is missing"},
		{twoLayers, []string{"version=null", distinct}, `{"version":1,`},
		{"version: 1\nlayers: []\n", []string{"layers.0.conv.stride=1"}, "--set layers.0.conv.stride=1: layers is empty: there is no 0"},
		{twoStacks, []string{"stacks.v2.layers.0=1"}, "--set stacks.v2.layers.0=1: layers wants a list, got a mapping"},
	} {
		if got := resolvedText(t, c.text, c.sets...); !strings.Contains(got, c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", c.sets, got, c.want)
		}
	}
}

func TestForBanks(t *testing.T) {
	layer := func(name string) string {
		return `{"layers":[{"conv":{"name":"` + name + `","filters":["` + name + `"],"channels":"mean","stride":[1,1],"padding":"same",` +
			`"padding_mode":"zeros","dilation":[1,1],"groups":1,"activation":"relu","strict_size":false}}]}`
	}
	input := `{"version":1,"input":{"background":"#000000","mean":[0,0,0],"std":[1,1,1]},`
	for _, c := range []struct {
		names, sets []string
		want        string
	}{
		{[]string{"sobel"}, nil, input + layer("sobel")[1:]},
		{[]string{"sobel", "box"}, nil, input + `"stacks":{"sobel":` + layer("sobel") + `,"box":` + layer("box") + `}}`},
		{[]string{"sobel"}, []string{"layers.0.conv.channels=luma"}, input + strings.Replace(layer("sobel"), "mean", "luma", 1)[1:]},
		{[]string{"sobel", "sobel"}, nil, "--bank sobel: sobel is there twice with the same parameters: leave one out"},
		{[]string{"gabor-a/b"}, nil, `--bank gabor-a/b: layer name "gabor-a/b" cannot be a file name: it contains '/'`},
		{[]string{"sobel"}, []string{"layers.0.conv.strid=2"}, `--set layers.0.conv.strid=2: unknown key "strid", did you mean "stride"?`},
		{nil, nil, "no bank was named"},
	} {
		f, err := ForBanks(c.names, c.sets...)
		got := ""
		if err != nil {
			got = err.Error()
		} else if b, err := json.Marshal(f.Resolved()); err != nil {
			t.Error(err)
		} else {
			got = string(b)
		}
		if got != c.want {
			t.Errorf("%s %s\ngot  %s\nwant %s", c.names, c.sets, got, c.want)
		}
	}
}

func TestParseBanks(t *testing.T) {
	for _, c := range []struct{ spec, want string }{
		{"sobel", `["sobel"]`},
		{"sobel,prewitt , box", `["sobel","prewitt","box"]`},
		{"gabor:orientations=4,wavelength=12,sobel", `[{"gabor":{"orientations":4,"wavelength":12}},"sobel"]`},
		{"sobel,gabor-045:orientations=4", `["sobel",{"gabor-045":{"orientations":4}}]`},
		{"gabor,wavelength=1.2e1", `[{"gabor":{"wavelength":12}}]`},
		{"", "a name is missing: banks are separated by single commas, as in sobel,prewitt"},
		{"sobel,,box", "a name is missing: banks are separated by single commas, as in sobel,prewitt"},
		{"wavelength=3,gabor", "wavelength=3 has no bank before it: write it behind one, as in gabor:orientations=4"},
		{"gabor:", `parameter "" of gabor is not name=number, as in gabor:orientations=4`},
		{"gabor:wavelength", `parameter "wavelength" of gabor is not name=number, as in gabor:orientations=4`},
		{"gabor:wavelength=long", `parameter "wavelength=long" of gabor is not name=number, as in gabor:orientations=4`},
		{"gabor:wavelength=0x10", `parameter "wavelength=0x10" of gabor is not name=number, as in gabor:orientations=4`},
		{"gabor:wavelength=3,wavelength=4", "parameter wavelength of gabor is there twice"},
		{"gabor:wavelenth=3", `gabor: unknown parameter "wavelenth": did you mean "wavelength"?`},
		{"sobel:size=3", `sobel: unknown parameter "size": the bank has none`},
		{"sobl", `unknown filter or bank "sobl": did you mean "sobel"?`},
	} {
		banks, err := ParseBanks(c.spec)
		got := fmt.Sprint(err)
		if err == nil {
			text, _ := json.Marshal(banks)
			got = string(text)
		}
		if got != c.want {
			t.Errorf("%q\ngot  %s\nwant %s", c.spec, got, c.want)
		}
	}
}

// One bank with two sets of parameters is two stacks.
func TestForBanksAgain(t *testing.T) {
	f, err := ForBanks([]string{"gabor:wavelength=4,gabor:wavelength=8", "sobel"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.Build()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range m.Stacks {
		names = append(names, s.Name()+"/"+s.Layers()[0].Name())
	}
	if want := []string{"gabor/gabor", "gabor-2/gabor", "sobel/sobel"}; !slices.Equal(names, want) {
		t.Errorf("got %s, want %s", names, want)
	}
}

package config

import (
	"archive/zip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"filterbank/filters/tensor"
	"filterbank/filters/weights"
)

// TestWeightsWhereTheyAre builds one layer from files of each format. All of them, and the same
// arrays in .npy files, give the same layer.
func TestWeightsWhereTheyAre(t *testing.T) {
	dir := t.TempDir()
	network := "../tensor/torch/testdata/network-zip.pth"
	f, err := weights.Open(network)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	packed, err := os.Create(filepath.Join(dir, "net.npz"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(packed)
	for i, m := range f.Arrays {
		values, err := f.Array(i).Values(1000)
		if err != nil {
			t.Fatal(err)
		}
		if m.Name == "1.running_var" {
			for k := range values {
				values[k] = float32(k) + 0.5
			}
		}
		data := tensor.AppendFloats(tensor.NPYHeader(m.Shape...), values)
		w, err := z.Create(m.Name + ".npy")
		if err == nil {
			_, err = w.Write(data)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, m.Name+".npy"), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"network-zip.pth", "network-stream.pth", "nested-zip.pth"} {
		data, err := os.ReadFile("../tensor/torch/testdata/" + name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	build := func(array func(name string) string) any {
		t.Helper()
		conv := "weights: 0.weight, bias: 0.bias, batch_norm: {weight: 1.weight, bias: 1.bias, running_mean: 1.running_mean, running_var: 1.running_var}"
		for _, name := range []string{"0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"} {
			file := array(name)
			if name == "1.running_var" { // the file's own is negative
				file = "net.npz#1.running_var"
			}
			conv = strings.Replace(conv, ": "+name, ": '"+file+"'", 1)
		}
		path := filepath.Join(dir, "stack.yaml")
		if err := os.WriteFile(path, []byte("version: 1\nlayers:\n  - conv: {"+conv+"}\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		file, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		model, err := file.Build()
		if err != nil {
			t.Fatal(err)
		}
		kernels, _ := model.Stacks[0].Layers()[0].Kernels()
		var print strings.Builder
		model.Stacks[0].Layers()[0].Fingerprint(&print)
		return []any{kernels, print.String()}
	}
	want := build(func(name string) string { return name + ".npy" })
	for _, file := range []string{"net.npz", "network-zip.pth", "network-stream.pth", "nested-zip.pth"} {
		if got := build(func(name string) string { return file + "#" + name }); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: another layer", file)
		}
	}
	one := build(func(name string) string {
		if name == "0.weight" {
			return "net.npz" // its only array of 4 dimensions
		}
		return "net.npz#" + name
	})
	if !reflect.DeepEqual(one, want) {
		t.Error("the only array of 4 dimensions: another layer")
	}
}

// TestErrorsOfNamedWeights has errors of references, at their place in the stack file.
func TestErrorsOfNamedWeights(t *testing.T) {
	const folder = "../tensor/torch/testdata/"
	for _, c := range []struct{ keys, want string }{
		{"weights: FOLDERnetwork-zip.pth#2.weight", `3:21: read weights FOLDERnetwork-zip.pth: it has no array "2.weight"; its arrays are 0.weight, 0.bias, 1.weight, `},
		{"weights: FOLDERnetwork-zip.pth#0.bias", "3:21: weights FOLDERnetwork-zip.pth#0.bias have shape [4], want [K, 3, kH, kW] for 3 input channels with groups 1"},
		{"weights: FOLDERnetwork-zip.pth, bias: FOLDERnetwork-zip.pth", "read weights FOLDERnetwork-zip.pth: it has 7 arrays: name one behind a #, as in FOLDERnetwork-zip.pth#0.weight; "},
		{"weights: FOLDERnetwork-zip.pth#0.weight, bias: FOLDERnetwork-zip.pth#0.weight", "bias FOLDERnetwork-zip.pth#0.weight has shape [4, 3, 3, 3], want [4], one value for each filter"},
		{"weights: FOLDERevil-zip.pth#weight", `3:21: read weights FOLDERevil-zip.pth: pytorch: pickle, byte 177: it asks for "posix.system", and nothing of a file is ever run`},
		{"weights: FOLDERnetwork-zip.pth#0.weight, filter_names: [a, b]", "3:86: filter_names has 2 names, but weights FOLDERnetwork-zip.pth#0.weight have 4 filters"},
		{"weights: FOLDERnone.pth#0.weight", "3:21: read weights: stat FOLDERnone.pth: no such file or directory"},
	} {
		keys := strings.ReplaceAll(c.keys, "FOLDER", folder)
		file, err := Parse("edges.yaml", []byte("version: 1\nlayers:\n  - conv: {"+keys+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(c.want, "FOLDER", folder)
		if _, err := file.Build(); err == nil || !strings.Contains(filepath.ToSlash(err.Error()), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

package weights

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/tensor"
)

const (
	checkpoints = "../tensor/torch/testdata/"
	models      = "../onnx/testdata/"
)

// write writes a file into a folder.
func write(t *testing.T, folder, name, data string) string {
	t.Helper()
	path := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// npy is a .npy file of the values 0, 1, 2, ….
func npy(shape ...int) string {
	n := 1
	for _, d := range shape {
		n *= d
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i)
	}
	return string(tensor.AppendFloats(tensor.NPYHeader(shape...), values))
}

// npz is a ZIP file of members, names and contents in turn.
func npz(t testing.TB, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err == nil {
			_, err = w.Write([]byte(members[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFormats(t *testing.T) {
	folder := t.TempDir()
	arrays := npz(t, "conv1/W.npy", npy(2, 3, 1, 2), "conv1/b.npy", npy(2), "readme.txt", "text")
	for _, c := range []struct{ path, format, first string }{
		{write(t, folder, "w.npy", npy(2, 3)), "npy", ""},
		{write(t, folder, "w.npz", arrays), "npz", "conv1/W"},
		{write(t, folder, "renamed.bin", arrays), "npz", "conv1/W"},
		{checkpoints + "network-zip.pth", "pytorch", "0.weight"},
		{checkpoints + "network-stream.pth", "pytorch", "0.weight"},
		{checkpoints + "views5-stream.pth", "pytorch", "transposed"},
		{"testdata/types.safetensors", "safetensors", "uint64"},
		{models + "raw.onnx", "onnx", "plain"},
		{models + "external.onnx", "onnx", "plain"},
	} {
		f, err := Open(c.path)
		if err != nil {
			t.Error(err)
			continue
		}
		if f.Format != c.format || f.Arrays[0].Name != c.first || f.Array(0).Path() != c.path {
			t.Errorf("%s: %s, first array %q", c.path, f.Format, f.Arrays[0].Name)
		}
		for i := range f.Arrays {
			if err := f.Array(i).Check(); err != nil {
				t.Error(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", "the file is empty"},
		{"text", "a text", "its content is of no format that weights are read from: .npy, .npz, .safetensors, .pt and .pth of torch.save, and .onnx"},
		{"pointer.pth", "version https://git-lfs.github.com/spec/v1\noid sha256:…", "it is a pointer of Git LFS and not the file itself: git lfs pull fetches that"},
		{"keras.h5", "\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes: save its arrays with numpy.savez"},
		{"old.pth", strings.Repeat("\x00", 257) + "ustar\x00" + strings.Repeat("\x00", 300), "a tar file, as PyTorch wrote before 0.1.10"},
		{"net.pkl", "\x80\x04\x95\x00", "a pickle that torch.save did not write: save the arrays with numpy.savez"},
		{"cut.npz", npz(t, "a.npy", npy(2))[:100], "it begins as a ZIP file, as .npz and .pth are: zip: not a valid zip file"},
		{"cut.npy", npy(2)[:20], "the .npy file ends inside its header: it is cut short"},
		{"cut.safetensors", "\x37\x00\x00\x00\x00\x00\x00\x00" + `{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} ` + "123", "read safetensors: the file has 66 bytes, and 67 by its header: it is cut short, or something follows it"},
		{"text.onnx", "a text", "onnx: byte 0: "},
	} {
		path := write(t, folder, c.name, c.data)
		if _, err := Open(path); err == nil || !strings.HasPrefix(err.Error(), "read weights "+path+": "+c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	if _, err := Open(filepath.Join(folder, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := Open(folder); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v", err)
	}
}

// TestUnread lists what cannot be read beside what can.
func TestUnread(t *testing.T) {
	cut := npy(4)
	path := write(t, t.TempDir(), "w.npz", npz(t, "good.npy", npy(2), "cut.npy", cut[:len(cut)-1], "text.npy", "text", "objects.npy", strings.Replace(npy(2), "<f4", "|O'", 1)))
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, want := range []string{"", "it is cut short", "not a .npy file", ".npy header"} {
		err := f.Array(i).Check()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path+": array "+f.Arrays[i].Name)) {
			t.Errorf("%s: %v, want %q", f.Arrays[i].Name, err, want)
		}
	}
}

// TestFind looks for arrays in a checkpoint of nested dictionaries.
func TestFind(t *testing.T) {
	f, err := Open(checkpoints + "nested-zip.pth")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, c := range []struct {
		name       string
		dimensions int
		want       string // a name, or an error after a !
	}{
		{"state_dict.module.0.weight", 0, "state_dict.module.0.weight"},
		{"0.weight", 0, "state_dict.module.0.weight"},
		{"module.0.bias", 1, "state_dict.module.0.bias"},
		{"model.1.bias", 1, "state_dict.module.1.bias"},
		{"", 4, "state_dict.module.0.weight"},
		{"optimizer.state.0.exp_avg", 0, "optimizer.state.0.exp_avg"},
		{"exp_avg", 0, `!it has no array "exp_avg"; its arrays are state_dict.module.0.weight, state_dict.module.0.bias, `},
		{"", 1, "!it has 9 arrays: name one behind a #, as in " + f.Path + "#state_dict.module.0.weight; its arrays are state_dict.module.0.weight, "},
		{"", 3, "!it has 9 arrays"},
	} {
		a, err := f.Find(c.name, c.dimensions)
		if wrong, ok := strings.CutPrefix(c.want, "!"); ok {
			if err == nil || !strings.HasPrefix(err.Error(), "read weights "+f.Path+": "+wrong) {
				t.Errorf("%q:\ngot  %v\nwant %s", c.name, err, wrong)
			}
			continue
		}
		if err != nil || a.Name != c.want {
			t.Errorf("%q: %v, %v", c.name, a, err)
		}
	}
}

// TestFindInMany has arrays of one name, and too many to list.
func TestFindInMany(t *testing.T) {
	folder := t.TempDir()
	var many []string
	for _, c := range "abcdefghijklmnop" {
		many = append(many, string(c)+".npy", npy(1))
	}
	for _, c := range []struct{ path, name, want string }{
		{write(t, folder, "twice.npz", npz(t, "a.npy", npy(1), "a.npy", npy(2))), "a", `2 arrays have the name "a"; its arrays are a, a`},
		{write(t, folder, "model.npz", npz(t, "model.a.npy", npy(1), "module.a.npy", npy(2))), "a", `2 arrays have the name "a"; its arrays are model.a, module.a`},
		{write(t, folder, "many.npz", npz(t, many...)), "x", `it has no array "x"; its arrays are a, b, c, d, e, f, g, h, i, j, k, l and 4 more; filterbank inspect lists them`},
		{write(t, folder, "none.npz", npz(t, "a.txt", "")), "", "it has no array"},
	} {
		f, err := Open(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Find(c.name, 0); err == nil || err.Error() != "read weights "+c.path+": "+c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
		f.Close()
	}
}

func TestSplit(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"w.npz", "a#b.npz", "sub/w.npz"} {
		write(t, folder, name, "")
	}
	for _, c := range []struct{ reference, file, name string }{
		{"w.npz", "w.npz", ""},
		{"w.npz#conv1/W", "w.npz", "conv1/W"},
		{"w.npz#", "w.npz", ""},
		{"sub/w.npz#a#b", "sub/w.npz", "a#b"},
		{"a#b.npz", "a#b.npz", ""},
		{"a#b.npz#c", "a#b.npz", "c"},
		{"w.npz#../x//y", "w.npz", "../x//y"},
		{"none.npz#a#b", "none.npz", "a#b"},
		{filepath.Join(folder, "w.npz") + "#a", "w.npz", "a"},
	} {
		if path, name := Split(folder, c.reference); path != filepath.Join(folder, filepath.FromSlash(c.file)) || name != c.name {
			t.Errorf("%s is %s and %q", c.reference, path, name)
		}
	}
}

// TestSet opens a file once.
func TestSet(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "w.npz", npz(t, "conv1/W.npy", npy(2, 3, 1, 2), "conv1/b.npy", npy(2)))
	s := Set{Folder: folder}
	w, err := s.Find("w.npz#conv1/W", 4)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Find("w.npz", 1)
	if err != nil {
		t.Fatal(err)
	}
	if w.file != b.file || len(s.files) != 1 {
		t.Errorf("%d files", len(s.files))
	}
	if values, err := b.Values(2); err != nil || !slices.Equal(values, []float32{0, 1}) {
		t.Errorf("%v, %v", values, err)
	}
	if _, err := w.Values(11); err == nil || !strings.HasSuffix(err.Error(), "w.npz: array conv1/W: shape [2 3 1 2]: at most 11 values are read") {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Values(12); err == nil {
		t.Error("a closed file is read")
	}
}

package torch

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tensors "filterbank/filters/tensor"
)

// wanted is a tensor as PyTorch has it; see testdata/make.py.
type wanted struct {
	Name, Type string
	Shape      []int
	Bits       string // of the values as float32, in hexadecimal digits
}

// read reads a checkpoint of either form.
func read(data []byte) ([]tensors.Member, error) {
	file := io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
	if !bytes.HasPrefix(data, []byte("PK")) {
		return ReadStream(file)
	}
	z, err := zip.NewReader(file, file.Size())
	if err != nil {
		return nil, err
	}
	return ReadZip(z, file)
}

// TestReadsPyTorch compares all files that PyTorch wrote, bit for bit.
func TestReadsPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/want.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]wanted
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for file, all := range want {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			got, err := read(data)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(all) {
				t.Fatalf("%d tensors, want %d", len(got), len(all))
			}
			for i, w := range all {
				same(t, &got[i], w)
			}
			if stream := strings.HasSuffix(file, "-stream.pth"); stream != IsStream(string(data)) {
				t.Errorf("IsStream is %t", !stream)
			}
		})
	}
	if len(want) < 20 {
		t.Errorf("only %d files", len(want))
	}
}

// same compares a tensor with PyTorch's. All NaNs are equal.
func same(t *testing.T, got *tensors.Member, want wanted) {
	t.Helper()
	a, err := got.Read(1000)
	if err != nil {
		t.Errorf("%s: %v", want.Name, err)
		return
	}
	if got.Name != want.Name || got.Type != want.Type || !slices.Equal(a.Shape, want.Shape) {
		t.Errorf("%s: %s %v, want %s: %s %v", got.Name, got.Type, a.Shape, want.Name, want.Type, want.Shape)
	}
	bits, err := hex.DecodeString(want.Bits)
	if err != nil || len(bits) != 4*len(a.Data) {
		t.Fatalf("%s: %d values, want %d bytes, %v", want.Name, len(a.Data), len(bits), err)
	}
	for i, v := range a.Data {
		w := math.Float32frombits(binary.BigEndian.Uint32(bits[4*i:]))
		if math.Float32bits(v) != math.Float32bits(w) && (v == v || w == w) {
			t.Errorf("%s: value %d is %g, want %g", want.Name, i, v, w)
		}
	}
}

// TestRefusesClasses reads files of PyTorch that would run something. The pickle of evil calls
// os.system.
func TestRefusesClasses(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"evil-zip.pth", `it asks for "posix.system", and nothing of a file is ever run: save only tensors, with torch.save(model.state_dict(), …)`},
		{"evil-stream.pth", `it asks for "posix.system"`},
		{"evil4-zip.pth", `it asks for "posix.system"`},
		{"evil4-stream.pth", `it asks for "posix.system"`},
		{"module-zip.pth", `it asks for "torch.nn.modules.container.Sequential"`},
		{"script-zip.pth", `it asks for "__torch__.Scale"`},
		{"script-zip.pth", `a file of TorchScript: load it with torch.jit.load and save its state_dict()`},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", c.file))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := read(data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.file, err, c.want)
		}
	}
	if _, err := os.Stat("evil-was-here"); err == nil {
		t.Error("the file's command was run")
	}
}

// TestUnreadTensors has a tensor that is not read beside a good one.
func TestUnreadTensors(t *testing.T) {
	for _, file := range []string{"expanded-zip.pth", "expanded-stream.pth"} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		all, err := read(data)
		if err != nil || len(all) != 2 {
			t.Fatalf("%d tensors, %v", len(all), err)
		}
		if _, err := all[0].Read(10); err != nil {
			t.Errorf("the good one: %v", err)
		}
		if _, err := all[1].Read(10); err == nil || err.Error() != "shape [4] with strides [0]: values share a place; save the array with .contiguous()" {
			t.Errorf("the expanded one: %v", err)
		}
	}
}

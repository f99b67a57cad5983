package weights

import (
	"bytes"
	"io"
	"os"
	"testing"
)

// FuzzList lists and reads files of any format.
func FuzzList(f *testing.F) {
	for _, path := range []string{
		checkpoints + "types-zip.pth", checkpoints + "views-stream.pth", models + "raw.onnx", models + "constants.onnx",
		"../tensor/testdata/fortran-f2.npy", "testdata/types.safetensors",
	} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(npz(f, "conv1/W.npy", npy(2, 3, 1, 2), "readme.txt", "text")))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, all, err := list(opened{
			path: "none/file", beginning: string(data[:min(beginning, len(data))]), file: io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))),
		})
		if err != nil {
			return
		}
		for _, m := range all[:min(len(all), 50)] {
			const limit = 1 << 16
			if a, err := m.Read(limit); err == nil && len(a.Data) > limit {
				t.Errorf("%s: %d values", m.Name, len(a.Data))
			}
		}
	})
}

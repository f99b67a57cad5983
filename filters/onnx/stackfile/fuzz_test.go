package stackfile

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filterbank/filters/onnx"
)

// FuzzImport imports models. What is imported is a stack file that can be built, if it has few
// weights.
func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("../testdata/*.onnx")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, graph := range [][]string{
		{kernels, vector, conv, node("BatchNormalization a v4 v4 v4 v4 -> b"), node("Relu b -> c"), node("Conv x w -> d", attribute("pads", []int{1, 1, 1, 1})), node("Add c d -> e"), node("Concat e x -> f", attribute("axis", 1))},
		{kernels, scales, node("Conv x w -> a", attribute("pads", []int{1, 1, 1, 1}), attribute("strides", []int{2, 2})), node("Resize a - scales -> r", attribute("mode", "linear")), node("Sigmoid r -> s"), node("Mul r s -> m")},
		{three, zero, six, two, node("Mul x two -> x2"), node("Add x2 three -> p"), node("Clip p zero six -> q"), node("Mul x2 q -> r"), node("Div r six -> s"), node("LRN s -> t", attribute("size", 3))},
		{ints("p", 0, 0, 1, 1, 0, 0, 1, 1), node("Pad x p -> q", attribute("mode", "edge")), node("MaxPool q -> a", attribute("kernel_shape", []int{3, 3}), attribute("ceil_mode", 1)), node("AveragePool q -> b", attribute("kernel_shape", []int{3, 3})), node("GlobalMaxPool b -> c")},
		{kernels, conv, ints("s5", 1, 2, 2, 12, 16), ints("s4", -1, 4, 0, 0), node("Reshape a s5 -> p"), node("Transpose p -> q", attribute("perm", []int{0, 2, 1, 3, 4})), node("Reshape q s4 -> r")},
		{ints("s", 4, 3, 3, 3), node("ConstantOfShape s -> w"), node("Transpose x -> t", attribute("perm", []int{0, 3, 1, 2})), node("Conv t w -> a")},
	} {
		f.Add([]byte(model(append([]string{picture()}, graph...)...)))
		f.Add([]byte(modelOf(9, append([]string{info(11, "x", 0, 3, 0, 0)}, graph...)...)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := onnx.Read(io.NewSectionReader(strings.NewReader(string(data)), 0, int64(len(data))), "")
		if err != nil {
			return
		}
		n, err := Import(m, Options{})
		if err != nil || n.Weights() > 1<<16 || n.Input.Size[0] > 1<<10 || n.Input.Size[1] > 1<<10 {
			return
		}
		if err := n.WriteWeights(io.Discard); err == nil && allFinite(n) {
			built(t, n)
		}
	})
}

// allFinite says whether a stack takes the stored arrays, which are read when they are written.
func allFinite(n *Network) bool {
	for _, a := range n.arrays {
		if a.member == nil {
			continue
		}
		bad := false
		err := a.member.Scan(func(_ int, values []float32) error {
			for _, v := range values {
				bad = bad || !finite(v)
			}
			return nil
		})
		if bad || err != nil {
			return false
		}
	}
	return true
}

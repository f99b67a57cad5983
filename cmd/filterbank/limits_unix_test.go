//go:build unix

package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"runtime"
	"strings"
	"testing"
)

// limited is the largest number of bytes that a refusal may allocate in all. The refused work
// would take more.
const limited = 256 << 20

// bomb is a gray PNG with a large size in its header, whose pixels inflate to a few zeros.
func bomb(width, height uint32, inflated int) []byte {
	var pixels bytes.Buffer
	z := zlib.NewWriter(&pixels)
	for zeros := make([]byte, 1<<20); inflated > 0; inflated -= len(zeros) {
		z.Write(zeros)
	}
	z.Close()
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	out := []byte("\x89PNG\r\n\x1a\n")
	for _, c := range []struct {
		kind    string
		content []byte
	}{{"IHDR", append(head, 8, 0, 0, 0, 0)}, {"IDAT", pixels.Bytes()}, {"IEND", nil}} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(c.content)))
		chunk := append([]byte(c.kind), c.content...)
		out = binary.BigEndian.AppendUint32(append(out, chunk...), crc32.ChecksumIEEE(chunk))
	}
	return out
}

// npy is a .npy file whose header claims a shape of float32 values.
func npy(shape string, data string) []byte {
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': %s, }\n", shape)
	return []byte("\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header + data)
}

// stackOf is a stack file of one layer.
func stackOf(conv string) string { return "version: 1\nlayers:\n  - conv: {" + conv + "}\n" }

// TestLimits gives the program inputs that would take all memory or time. They are refused at
// once, with their place and the limit.
func TestLimits(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write := func(name string, data []byte) {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 9, 9))); err != nil {
		t.Fatal(err)
	}
	write("x.png", picture.Bytes())
	write("header.png", bomb(100_000, 100_000, 0))
	write("inflates.png", bomb(10, 10, 64<<20))
	write("wide.png", bomb(1<<31-1, 1<<31-1, 0))
	write("half.png", bomb(16384, 16384, 10<<20))
	write("kernel.npy", npy("(1, 3, 10001, 10001)", ""))
	write("lies.npy", npy("(1, 3, 3, 3)", "1234"))
	write("overflows.npy", npy("(4294967296, 4294967296, 1, 1)", ""))
	write("line.yaml", nil)
	if err := os.Truncate("line.yaml", 1<<30); err != nil {
		t.Fatal(err)
	}
	aliases := "version: 1\na0: &a0 [1, 1]\n"
	for i := range 40 {
		aliases += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	for _, c := range []struct {
		stack string   // content of stack.yaml; empty for no stack file
		args  []string // after the stack file
		code  int
		want  string
	}{
		{"", []string{"header.png"}, 1, "header.png: picture of 100000×100000 has 10000000000 pixels, over the limit of 268435456; raise it with --limit-pixels"},
		{"", []string{"wide.png", "--limit-pixels", "9223372036854775807"}, 1, "wide.png: PNG has more pixels than can be addressed, and no --limit-pixels helps"},
		{"", []string{"half.png", "--max-memory", "64MB"}, 1, " MB of memory and the run may have 64 MB; raise --max-memory"}, // how many depends on the processor's cache
		{"", []string{"inflates.png"}, 0, ""}, // more than its pixels is a warning, as libpng's
		{"", []string{"-c", "line.yaml", "x.png"}, 2, "line.yaml: larger than 16 MiB; keep large weights in a file of their own"},
		{"", []string{"-c", "/dev/zero", "x.png"}, 2, "/dev/zero: larger than 16 MiB"},
		{"", []string{"--scale", "dataset:/dev/zero", "x.png"}, 2, "read statistics: /dev/zero: it is not a regular file"},
		{"", []string{"--scale", "dataset:line.yaml", "x.png"}, 2, "read statistics: line.yaml: it has 1073741824 bytes, and at most 67108864 are read"},
		{"", []string{"--files-from", "/dev/zero"}, 2, "/dev/zero: read list of inputs: line 1 is longer than 131072 bytes"},
		{"", []string{"--bank", "sobel", "--set", "layers.0.conv.stride=99999999999999999999", "x.png"}, 2, "stride wants a whole number or [h, w], got 99999999999999999999"},
		{aliases, []string{"x.png"}, 2, "stack.yaml:20:11: more than 1048576 values once aliases are expanded"},
		{"version: 1\nlayers: " + strings.Repeat("[", 100_000), []string{"x.png"}, 2, "stack.yaml:2:72: nested more than 64 deep"},
		{"version: 1\nlayers:\n" + strings.Repeat("  - conv: {filters: [identity]}\n", 5000), []string{"x.png"}, 2, "stack.yaml:3:3: more than 1000 layers in a file"},
		{stackOf("filters: [{box: {size: 10001}}]"), []string{"x.png"}, 2, "stack.yaml:3:35: box: size must be an integer between 1 and 255, got 10001"},
		{stackOf("kernels: [[[" + strings.Repeat("1, ", 10_000) + "1]]]"), []string{"x.png"}, 2, "stack.yaml:3:22: kernel of 1×10001, at most 1024×1024 is possible"},
		{stackOf("weights: kernel.npy"), []string{"x.png"}, 2, "stack.yaml:3:21: kernels of 10001×10001, at most 1024×1024 is possible"},
		{stackOf("weights: lies.npy"), []string{"x.png"}, 2, "lies.npy: shape [1 3 3 3] of type <f4: 27 values take 108 bytes, but only 4 follow the header"},
		{stackOf("weights: overflows.npy"), []string{"x.png"}, 2, "weights overflows.npy have shape [4294967296, 4294967296, 1, 1], want [K, 3, kH, kW]"},
		{stackOf("filters: [{box: {size: 255}}], dilation: 1048576"), []string{"x.png"}, 2, "dilation 1048576 makes the kernel span 266338305 pixels, at most 1048576 are possible"},
		{stackOf("filters: [box], padding: 1048577"), []string{"x.png"}, 2, "padding"},
		{stackOf("filters: [box], padding: 1048576"), []string{"x.png"}, 1, "x.png: layer conv0: map of 2097159×2097159 has 4398075871281 pixels, over the limit of 268435456; raise it with --limit-pixels or use less padding"},
		{"version: 1\nlayers:\n" + strings.Repeat("  - conv: {filters: [sobel], padding: 1048576}\n", 600), []string{"x.png"}, 1, "x.png: layer conv512: output: shape 2×1075837959×1075837959: more values than this machine can address"},
		{"version: 1\nlayers: [max_pool: {kernel_size: 1048576, padding: 524288, stride: 1}]\n", []string{"x.png"}, 2, "kernels of 1048576×1048576, at most 1024×1024 is possible"},
		{"version: 1\nlayers: [local_response_norm: {size: 1048576}]\n", []string{"x.png"}, 2, "size must be at most 65536, got 1048576"},
		{"version: 1\nlayers: [max_pool: {name: ../../x, kernel_size: 2}]\n", []string{"x.png"}, 2, `layer name "../../x" cannot be a file name: it contains '/'`},
		{stackOf("filters: [sobel], batch_norm: {running_mean: [0, 0, 0], running_var: [1, 1]}"), []string{"x.png"}, 2, "running_mean has shape [3], want [2], one value for each filter"},
		{"version: 1\ninput: {resize: {width: 65536, height: 65536, mode: stretch}}\nlayers: [conv: {filters: [box]}]\n", []string{"x.png"}, 2, "resized picture of 65536×65536 has 4294967296 pixels, over the limit of 268435456"},
	} {
		args := []string{"run", "-q", "-o", "out"}
		if c.stack != "" {
			write("stack.yaml", []byte(c.stack))
			args = append(args, "-c", "stack.yaml")
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var stdout, stderr bytes.Buffer
		code := execute(t.Context(), console{strings.NewReader(""), &stdout, &stderr}, append(args, c.args...))
		runtime.ReadMemStats(&after)
		if code != c.code || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%.80q %q: exit %d, want %d with %q: %.500s", c.stack, c.args, code, c.code, c.want, &stderr)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > limited {
			t.Errorf("%.80q %q: allocated %d bytes, want at most %d", c.stack, c.args, took, limited)
		}
	}
}

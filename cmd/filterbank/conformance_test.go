package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"filterbank/filters/simd"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
)

// TestConformance runs every case through the command line. The expected values were
// computed in float64 and agree with PyTorch's; a float32 result is right when it is
// within 1e-5 of the sum of the magnitudes that went into it, plus 1e-6.
func TestConformance(t *testing.T) {
	cases, err := filepath.Glob("testdata/conformance/conv/*")
	if err != nil || len(cases) != 24 {
		t.Fatalf("found %d cases, want 24 (%v)", len(cases), err)
	}
	for _, dir := range cases {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			out := t.TempDir()
			var stdout, stderr bytes.Buffer
			code := execute(context.Background(), console{strings.NewReader(""), &stdout, &stderr},
				[]string{"run", "-c", filepath.Join(dir, "case.yaml"), "--format", "npy", "-o", out, filepath.Join(dir, "in.png")})
			if code != 0 {
				t.Fatalf("exit %d: %s", code, &stderr)
			}
			checkConformance(t, dir, filepath.Join(out, lastFile(t, out)))
		})
	}
}

// TestLayerConformance runs stacks with other layers between. Pools and activations have the bits
// of PyTorch's float32 results. Other layers are as near to its float64 results as
// TestConformance demands. A single normalization is rounded once: it differs by at most half of
// the last bit, and a thousandth of it for the exponent's binary places. Functions differ by at
// most one unit in the last place from the rounded result.
func TestLayerConformance(t *testing.T) {
	for name, want := range map[string]int{"exact": 84, "close": 20} {
		dir := "testdata/conformance/layers"
		out := t.TempDir()
		var stdout, stderr bytes.Buffer
		args := []string{"run", "-c", filepath.Join(dir, name+".yaml"), "--format", "npy", "-o", out, filepath.Join(dir, name+".png")}
		if code := execute(context.Background(), console{strings.NewReader(""), &stdout, &stderr}, args); code != 0 {
			t.Fatalf("%s: exit %d: %s", name, code, &stderr)
		}
		stacks, err := os.ReadDir(filepath.Join(out, name))
		if err != nil || len(stacks) != want {
			t.Fatalf("%s: %d stacks, want %d (%v)", name, len(stacks), want, err)
		}
		for _, stack := range stacks {
			t.Run(name+"/"+stack.Name(), func(t *testing.T) {
				files, err := filepath.Glob(filepath.Join(out, name, stack.Name(), "*.npy"))
				if err != nil || len(files) != 1 {
					t.Fatalf("files %v, want one (%v)", files, err)
				}
				checkLayer(t, filepath.Join(dir, name, stack.Name()), files[0])
			})
		}
	}
}

// checkLayer compares a file with expected.npy, bit by bit unless there is a bound.
func checkLayer(t *testing.T, expected, file string) {
	t.Helper()
	shape, got := readNPY(t, file)
	wantShape, want := readNPY(t, expected+".npy")
	if shape != wantShape || len(got) != len(want) {
		t.Fatalf("shape %s with %d values, want %s with %d", shape, len(got), wantShape, len(want))
	}
	allowed := make([]float64, len(want))
	switch {
	case strings.HasPrefix(filepath.Base(expected), "lrn"):
		for i, w := range want {
			allowed[i] = 1.001 * 0x1p-24 * math.Abs(w)
		}
	case strings.HasPrefix(filepath.Base(expected), "function"):
		for i, w := range want { // as if a correctly rounded result had moved by its last bit
			allowed[i] = 1.5*0x1p-23*math.Abs(w) + 0x1p-149
		}
	case strings.Contains(expected, "close"):
		_, bound := readNPY(t, expected+".bound.npy")
		for i := range want {
			allowed[i] = 1e-5*bound[i] + 1e-6
		}
	}
	for i, w := range want {
		same := math.Float64bits(got[i]) == math.Float64bits(w) // the bits distinguish the signs of zeros
		if !same && !(math.Abs(got[i]-w) <= allowed[i] && allowed[i] > 0) {
			t.Fatalf("value %d: got %v, want %v within %v", i, got[i], w, allowed[i])
		}
	}
}

// lastFile returns the only file in the manifest.
func lastFile(t *testing.T, out string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(out, manifest.Name))
	if err != nil {
		t.Fatal(err)
	}
	var r manifest.Record
	if err := json.Unmarshal(data, &r); err != nil || len(r.Files) != 1 {
		t.Fatalf("manifest: %v, %d files, want 1", err, len(r.Files))
	}
	return string(r.Files[0].Path)
}

func checkConformance(t *testing.T, dir, file string) {
	t.Helper()
	shape, got := readNPY(t, file)
	wantShape, want := readNPY(t, filepath.Join(dir, "expected.npy"))
	_, bound := readNPY(t, filepath.Join(dir, "bound.npy"))
	if shape != wantShape || len(got) != len(want) || len(bound) != len(want) {
		t.Fatalf("shape %s with %d values, want %s with %d", shape, len(got), wantShape, len(want))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= 1e-5*bound[i]+1e-6) {
			t.Fatalf("value %d: got %v, want %v within %v", i, got[i], w, 1e-5*bound[i]+1e-6)
		}
	}
}

// readNPY reads a little-endian float32 or float64 array in C order, as written by numpy and by
// this program.
func readNPY(t *testing.T, file string) (shape string, values []float64) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	header, body := data[10:10+int(binary.LittleEndian.Uint16(data[8:]))], data[10+int(binary.LittleEndian.Uint16(data[8:])):]
	_, shape, _ = strings.Cut(string(header), "'shape': ")
	shape, _, _ = strings.Cut(shape, ")")
	switch {
	case bytes.Contains(header, []byte("'<f4'")):
		for i := 0; i < len(body); i += 4 {
			values = append(values, float64(math.Float32frombits(binary.LittleEndian.Uint32(body[i:]))))
		}
	case bytes.Contains(header, []byte("'<f8'")):
		for i := 0; i < len(body); i += 8 {
			values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(body[i:])))
		}
	default:
		t.Fatalf("%s: unexpected type in %s", file, header)
	}
	return shape, values
}

// TestKernelsGiveTheSameFiles runs the starter stack, and one with negative values, with every
// kernel of the processor. It compares the manifests, which have every file's digest.
func TestKernelsGiveTheSameFiles(t *testing.T) {
	inputs := kernelInputs(t)
	for _, settings := range [][]string{
		{"--format", "npy", "--format", "png", "--format", "sheet", "--format", "overlay"},
		{"--format", "npy", "--format", "png", "--set", "layers.0.conv.activation=none", "--scale", "percentile:0.5,99"},
		{"--format", "png16", "--scale", "layer"},
	} {
		var first string
		for _, name := range simd.Names() {
			t.Setenv(kernelVariable, name)
			out := t.TempDir()
			var stdout, stderr bytes.Buffer
			args := slices.Concat([]string{"run", "--layers", "all", "-o", out}, settings, inputs)
			if code := execute(context.Background(), console{strings.NewReader(""), &stdout, &stderr}, args); code != 0 {
				t.Fatalf("%s %v: exit %d: %s", name, settings, code, &stderr)
			}
			manifest, err := os.ReadFile(filepath.Join(out, manifest.Name))
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = withoutSeconds(string(manifest))
			}
			if strings.Count(first, "\n") < 11 {
				t.Fatalf("the manifest has too few pictures:\n%s", first)
			}
			if withoutSeconds(string(manifest)) != first {
				t.Errorf("%v: kernel %s gives other files than %s", settings, name, simd.Names()[0])
			}
		}
	}
}

// kernelInputs are pictures of widths odd and even, less than half of the cases', and a wide strip of
// a photo. With FILTERBANK_LONG they are all cases and the photo.
func kernelInputs(t *testing.T) []string {
	t.Helper()
	const cases, photo = "testdata/conformance", "../../samples/balloon.jpg"
	if os.Getenv("FILTERBANK_LONG") != "" {
		return []string{cases, photo}
	}
	strip := filepath.Join(t.TempDir(), "strip.jpg")
	data, err := cutPicture(photo, 400, 40)
	if err == nil {
		err = os.WriteFile(strip, data, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	return []string{cases, strip, "--include", "conv/*[0369]/in.png", "--include", "*.jpg"}
}

// TestKernelVariableReachesEveryLoop checks the instruction set of everything that has loops.
func TestKernelVariableReachesEveryLoop(t *testing.T) {
	for _, want := range simd.Sets() {
		t.Setenv(kernelVariable, want.String())
		var f flags
		cmd := new(cobra.Command)
		f.register(cmd)
		must(cmd.ParseFlags([]string{"-o", t.TempDir()}))
		j, err := f.prepare(context.Background(), console{}, []string{"../../samples/scene.jpg"})
		if err != nil {
			t.Fatal(err)
		}
		if j.res.Kernel.SIMD() != want || j.Decoder.Options().SIMD != want {
			t.Errorf("%v: convolution, rendering and encoding have %v, decoding %v", want, j.res.Kernel.SIMD(), j.Decoder.Options().SIMD)
		}
	}
}

// TestHelpNamesEveryFormat checks that the help of run lists the formats that folders give.
func TestHelpNamesEveryFormat(t *testing.T) {
	var stdout bytes.Buffer
	if code := execute(context.Background(), console{out: &stdout, err: &stdout}, []string{"run", "--help"}); code != 0 {
		t.Fatalf("exit %d", code)
	}
	text := strings.Join(strings.Fields(stdout.String()), " ") // lines are broken anywhere
	for _, f := range decode.Formats() {
		if !strings.Contains(text, f.About) || !strings.Contains(text, strings.Join(f.Extensions, " ")) {
			t.Errorf("the help of run does not have %+v", f)
		}
	}
}

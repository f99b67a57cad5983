package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoldenFiles checks the bytes of all files that runs over samples/ write. A changed digest
// breaks a promise to everybody who compares runs. The inputs are PNG, because JPEG decoders
// change. Without FILTERBANK_LONG the runs are over four of them.
func TestGoldenFiles(t *testing.T) {
	const samples = "../../samples"
	for _, c := range []struct{ name, four, all, flags string }{
		{"starter", "20a8bea6ffeb351289b4515ec9085ccf6467e51c3257a788735575007ceef70e", "eb8f282bbec1a4ff5302d3d30494c8301392425757531b910d85ea944ee42237", ""},
		{"png16", "b1ed4d95535e021657942c8498caa8b655538ac16dd7e2abbde47b7087e8edf9", "e4a84271b7b499e4700a11fa64e824fa3ff0289326fe068891601a64b06f199e", "--format png16 --scale layer"},
		{"npy", "01e0f8336562a524310b4cafd766565e8d05b032dd75e6eba149e55bdd30b1aa", "de0a63888c04af9c830841967b14d3a6e4e0ea62c2a6722dbf67709113a77a7f", "--format npy --format png -c edges.yaml --layers all"},
		{"sheets and overlays", "b4c464da3bf77509aa2b31a24eb80ce1796adff3cb47e744a1f9a874aae8d31c", "4f848a309b5dfdca6c292db1b1b3c07d8dbe1cfff9b9f05335c9a015c732081f", "--sheet --overlay -c alexnet.yaml --layers all"},
		{"signed", "4ab581160a8772818313e2aa3ba2c33f7c4b822e2c7c25c0e2fc56f2f6459bdc", "343250d60cd1918ec15caefe5432f148c55f41afa4f4ebf21cada000b2eb0d65", "--set layers.0.conv.activation=none --sheet --overlay --format png --format npy"},
		{"percentiles", "7561ac7eead4d8283b2610f34af1789bda5bf47cc6a7f065aca6ccd761de833f", "a076185283fd18b7ae03551941cb21183a26567fae3de2cae8c275d0a6d2fbeb", "-c textures.yaml --scale percentile:1,99 --colormap viridis --sheet"},
		{"one scale", "a59e67b6c1a760e2a55cd7fca33a3015fcf8e75fb84a62bf5aeabebd2804e121", "4b107af161e809987fad917511247e86fb9a9f239ac8b1a6f6c7c64b3ecedcef", "-c depthwise.yaml --scale image --colormap gray-inverted --overlay"},
		{"network", "19aa5f2a4fce0d4878b36294f7774ee74159a5a762bb1956907e3ec1bb8b9dc6", "a61811f282686bccaaa4c6e61642da60ce99f54115e6137eccc6e4ad93be1522", "-c net.yaml --set input.resize.width=96 --set input.resize.height=96 --layers conv1,block2.add,head --format npy"},
		{"given scale", "57a7eed2bea7219bb3ab920addee65df9ce3f2194492ca934815febf9e337760", "57a7eed2bea7219bb3ab920addee65df9ce3f2194492ca934815febf9e337760", "-c textbook.yaml --scale 0:2 --layers all --format sheet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := t.TempDir()
			var stderr bytes.Buffer
			include, want := "{logo,mosaic,ramp,textbook}.png", c.four
			if os.Getenv("FILTERBANK_LONG") != "" {
				include, want = "*.png", c.all
			}
			args := []string{"run", samples, "--include", include, "-q", "-o", out}
			for _, a := range strings.Fields(c.flags) {
				if strings.HasSuffix(a, ".yaml") {
					a = filepath.Join(samples, a)
				}
				args = append(args, a)
			}
			// Exit 1: some samples are too small for some stacks.
			if code := execute(context.Background(), console{strings.NewReader(""), &stderr, &stderr}, args); code > 1 {
				t.Fatalf("exit %d: %s", code, &stderr)
			}
			if got := digestTree(t, out); got != want {
				t.Errorf("digest %s, want %s", got, want)
			}
		})
	}
}

// TestGoldenMatrices does the same for the matrices among the samples, whose sheets have numbers on
// their inputs.
func TestGoldenMatrices(t *testing.T) {
	const samples = "../../samples/"
	for _, c := range []struct{ input, stack, digest string }{
		{"seven.csv", "strides.yaml", "3235caddb34315d7303a1cc51c1653ddb14fb7648aef6a6b2e81591b61aacfd6"},
		{"volume.npy", "volumes.yaml", "fca98398bd4048209534e48cf1c85902c8c68ea11413b5173a2137f804871ed1"},
	} {
		out := t.TempDir()
		var stderr bytes.Buffer
		args := []string{"run", samples + c.input, "-c", samples + c.stack, "--format", "npy,png,sheet,overlay", "-q", "-o", out}
		if code := execute(context.Background(), console{strings.NewReader(""), &stderr, &stderr}, args); code != 0 {
			t.Fatalf("exit %d: %s", code, &stderr)
		}
		if got := digestTree(t, out); got != c.digest {
			t.Errorf("%s: digest %s, want %s", c.input, got, c.digest)
		}
	}
}

// digestTree is the SHA-256 of the names and contents of all files below dir, without the files
// that describe the run.
func digestTree(t *testing.T, dir string) string {
	t.Helper()
	sum := sha256.New()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "manifest.jsonl" || name == "run.json" {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		fmt.Fprintf(sum, "%s %x\n", name, sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

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
// change.
func TestGoldenFiles(t *testing.T) {
	const samples = "../../samples"
	for _, c := range []struct{ name, digest, flags string }{
		{"starter", "eb8f282bbec1a4ff5302d3d30494c8301392425757531b910d85ea944ee42237", ""},
		{"png16", "e4a84271b7b499e4700a11fa64e824fa3ff0289326fe068891601a64b06f199e", "--format png16 --scale layer"},
		{"npy", "de0a63888c04af9c830841967b14d3a6e4e0ea62c2a6722dbf67709113a77a7f", "--format npy --format png -c edges.yaml --layers all"},
		{"sheets and overlays", "439583ba5d1cdc3ef114ab33a8e20b7e831470519aa7acce684622dead24f5b0", "--sheet --overlay -c alexnet.yaml --layers all"},
		{"signed", "96eb7be6e7527a10f62aec01d3dbd097c8fa49623444940faa11a91d79cf8e61", "--set layers.0.conv.activation=none --sheet --overlay --format png --format npy"},
		{"percentiles", "d742f984b2e1c068cc603c78470e9059f094add2bea6f69f09d03db125713fab", "-c textures.yaml --scale percentile:1,99 --colormap viridis --sheet"},
		{"one scale", "4b107af161e809987fad917511247e86fb9a9f239ac8b1a6f6c7c64b3ecedcef", "-c depthwise.yaml --scale image --colormap gray-inverted --overlay"},
		{"network", "a61811f282686bccaaa4c6e61642da60ce99f54115e6137eccc6e4ad93be1522", "-c net.yaml --set input.resize.width=96 --set input.resize.height=96 --layers conv1,block2.add,head --format npy"},
		{"given scale", "2cc57506caac8d7c2c2533fc31d3bd9ac3a532e7b675b739dea745ab525df42a", "-c textbook.yaml --scale 0:2 --layers all --format sheet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := t.TempDir()
			var stderr bytes.Buffer
			args := []string{"run", samples, "--include", "*.png", "-q", "-o", out}
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
			if got := digestTree(t, out); got != c.digest {
				t.Errorf("digest %s, want %s", got, c.digest)
			}
		})
	}
}

// TestGoldenMatrices does the same for the matrices among the samples, whose sheets have numbers on
// their inputs.
func TestGoldenMatrices(t *testing.T) {
	const samples = "../../samples/"
	for _, c := range []struct{ input, stack, digest string }{
		{"seven.csv", "strides.yaml", "6cc1fe2e750dba30f28ad056a6e0f280b53ee354061326bd8b4e997a095b9286"},
		{"volume.npy", "volumes.yaml", "c00d0dec4ff9a5bc8f3d811c3b987d59a067da0fb1207febc59914c38c86aa3e"},
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

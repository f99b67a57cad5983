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
		{"sheets and overlays", "057e38c17d5c01ad61a8f884689a2775e0f9007cb7dbe0e466ec4189989e9726", "--sheet --overlay -c alexnet.yaml --layers all"},
		{"signed", "264539fb260f870631545be2e7449c63ff94e84218ffef8de3e02d8f1606cac0", "--set layers.0.conv.activation=none --sheet --overlay --format png --format npy"},
		{"percentiles", "962d02decd6112a9a28dd2e859ebaea37cbfa728203849706552ddf2b07f53de", "-c textures.yaml --scale percentile:1,99 --colormap viridis --sheet"},
		{"one scale", "4b107af161e809987fad917511247e86fb9a9f239ac8b1a6f6c7c64b3ecedcef", "-c depthwise.yaml --scale image --colormap gray-inverted --overlay"},
		{"given scale", "c21c2c93e7ebb0b3d532ebd6059c11ca48c20467eae66a74699e3a1c2879a362", "-c textbook.yaml --scale 0:2 --layers all --format sheet"},
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

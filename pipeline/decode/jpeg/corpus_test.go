package jpeg

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"filterbank/filters/simd"
)

// corpusFile is a file that libjpeg-turbo wrote, and the digest of the PNM that it reads
// (testdata/make).
type corpusFile struct {
	name   string
	data   []byte
	digest string
}

// corpus is every file of testdata/corpus.tar.gz.
func corpus(t testing.TB) []corpusFile {
	t.Helper()
	packed, err := os.Open("testdata/corpus.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	digests := corpusDigests(t)
	var files []corpusFile
	for r := tar.NewReader(unpacked); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, corpusFile{head.Name, data, digests[head.Name]})
	}
	if len(files) != len(digests) || len(files) < 500 {
		t.Fatalf("%d files for %d digests", len(files), len(digests))
	}
	return files
}

func corpusDigests(t testing.TB) map[string]string {
	f, err := os.Open("testdata/corpus.sha256")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	digests := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var digest, name string
		if _, err := fmt.Sscan(lines.Text(), &digest, &name); err != nil {
			t.Fatal(err)
		}
		digests[name] = digest
	}
	return digests
}

// TestCorpus decodes files of every sampling and kind with every set of instructions, and
// bit by bit: the pictures are those of djpeg.
func TestCorpus(t *testing.T) {
	files := corpus(t)
	for _, set := range simd.Sets() {
		t.Run(set.String(), func(t *testing.T) {
			d := New(Options{SIMD: set})
			for _, f := range files {
				for _, careful := range []bool{false, true} {
					m, err := d.decode(context.Background(), f.data, careful)
					if err != nil {
						t.Errorf("%s, careful %t: %v", f.name, careful, err)
						continue
					}
					if len(m.Warnings) > 0 {
						t.Errorf("%s, careful %t: warnings %q", f.name, careful, m.Warnings)
					}
					if got := fmt.Sprintf("%x", sha256.Sum256(pnm(m))); got != f.digest {
						t.Errorf("%s, careful %t: digest %s, want %s", f.name, careful, got, f.digest)
					}
					d.Recycle(m)
				}
			}
		})
	}
}

// TestCorpusOfThisMachine compares the files with what the installed djpeg makes of them.
func TestCorpusOfThisMachine(t *testing.T) {
	d := new(Decoder)
	for _, f := range corpus(t) {
		want, strict := djpeg(t, f.data)
		if !strict {
			t.Fatalf("%s: the installed djpeg refuses it", f.name)
		}
		m, err := d.Decode(context.Background(), f.data)
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		if !bytes.Equal(pnm(m), want) {
			t.Errorf("%s: other pixels than the installed djpeg's", f.name)
		}
		d.Recycle(m)
	}
}

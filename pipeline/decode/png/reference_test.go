package png

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"filterbank/filters/simd"
	"filterbank/pipeline/decode/png/pngcases"
)

// TestOpenCV compares verdicts and pixels with OpenCV's, which _peers/check.py has
// written down.
func TestOpenCV(t *testing.T) {
	text, err := os.ReadFile("testdata/opencv.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	const mutants = 1000
	all := pngcases.Reference(mutants)
	everything := sha256.New()
	for _, s := range all {
		everything.Write(s.Data)
	}
	if sum := fmt.Sprintf("%x", everything.Sum(nil)); len(lines) != len(all)+1 || !strings.HasPrefix(lines[0], sum) {
		t.Fatalf("OpenCV has read other files than these %d; have it read them again: _peers/check.py --write", len(all))
	}
	for i, s := range all {
		name, want, _ := strings.Cut(lines[i+1], " ")
		if name != s.Name {
			t.Fatalf("line %d is of %s, want %s", i+2, name, s.Name)
		}
		digits, opaque := strings.CutSuffix(want, "o")
		var first string
		for _, set := range simd.Sets() {
			m, err := Decode(context.Background(), s.Data, Options{SIMD: set})
			got, words := "-", fmt.Sprint(err)
			if err == nil {
				got = bgra(m, opaque)[:12]
				words = fmt.Sprint(m.Warnings)
			}
			if got != digits {
				t.Errorf("%s, %v: verdict %s, OpenCV's %s: %v", s.Name, set, got, digits, err)
			}
			if first == "" {
				first = words
			} else if words != first {
				t.Errorf("%s, %v: %s, by another set %s", s.Name, set, words, first)
			}
		}
	}
}

// bgra is the SHA-256 of a picture as OpenCV has it in memory.
func bgra(m *Image, opaque bool) string {
	px, full := pixels(m)
	var out bytes.Buffer
	for i := 0; i < len(px); i += 4 {
		q := []uint16{px[i+2], px[i+1], px[i], px[i+3]}
		if opaque {
			q[3] = full
		}
		for _, v := range q {
			if full == 255 {
				out.WriteByte(byte(v))
			} else {
				binary.Write(&out, binary.LittleEndian, v)
			}
		}
	}
	return fmt.Sprintf("%x", sha256.Sum256(out.Bytes()))
}

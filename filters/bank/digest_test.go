package bank

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

// TestWeightsHaveTheSameBitsEverywhere pins the weights on every architecture. A change
// here changes every feature map that was made with the bank, so a release has to
// announce it.
func TestWeightsHaveTheSameBitsEverywhere(t *testing.T) {
	tests := []struct {
		name   string
		params map[string]float64
		want   string // the first 16 digits of SHA-256
	}{
		{"box", nil, "79532cf30a3f1f15"},
		{"dct", nil, "0b7b2b5ab4a9caeb"},
		{"dog", nil, "113313c5cf034721"},
		{"emboss", nil, "9bdfecc4daa1c356"},
		{"frei-chen", nil, "49897f673521c3c8"},
		{"gabor", nil, "75cbb7c35533715b"},
		{"gaussian", nil, "3a5d76a3bed14018"},
		{"haar", nil, "1fcc53b12137d479"},
		{"identity", nil, "8b8bd4a02a8519ae"},
		{"kirsch", nil, "f61d68dfd1e220af"},
		{"laplacian", nil, "b424bfdcbccdbe6a"},
		{"laws", nil, "ccd3ebb0e9bd9fdb"},
		{"leung-malik", nil, "c8f9e86caadad5ed"},
		{"log", nil, "c4031e602be75542"},
		{"mr8", nil, "2071e38ea4b432c6"},
		{"prewitt", nil, "666462d2a805edf6"},
		{"roberts", nil, "34e70fa147776818"},
		{"robinson", nil, "f8e5ebf0f7224226"},
		{"scharr", nil, "ca4b54f7cded5dfa"},
		{"schmid", nil, "51aabc823161cd10"},
		{"sharpen", nil, "c5e6491db02ca09d"},
		{"sobel", nil, "696f8d4f55989631"},
		{"steerable", nil, "d5c1f170b79bfd17"},
		{"gaussian", map[string]float64{"sigma": 3.3}, "88049acbed25dcfe"},
		{"log", map[string]float64{"sigma": 2.7}, "f68a797537490115"},
		{"dog", map[string]float64{"sigma": 2.2, "ratio": 3}, "2d2d0801a9a60502"},
		{"sharpen", map[string]float64{"amount": 0.3}, "014468735e15401a"},
		{"gabor", map[string]float64{"wavelength": 11.3, "orientations": 7, "phase": 17, "phases": 4, "aspect": 0.7, "bandwidth": 1.7}, "b5e3a7c4960573cd"},
		{"leung-malik", map[string]float64{"scale": 1, "orientations": 7, "size": 41}, "3857e1bf6d8c8b01"},
		{"mr8", map[string]float64{"orientations": 5, "size": 33}, "907107b5421c4552"},
		{"schmid", map[string]float64{"size": 65}, "65910fcbfe270e99"},
		{"dct", map[string]float64{"size": 13}, "5d2ad0ffaaa08ebf"},
		{"steerable", map[string]float64{"sigma": 2.3}, "f7267934bd05be87"},
	}
	pinned := map[string]bool{}
	for _, tt := range tests {
		pinned[tt.name] = pinned[tt.name] || tt.params == nil
		if got := digest(kernels(t, tt.name, tt.params)); got != tt.want {
			t.Errorf("digest of %s %v is %s, want %s", tt.name, tt.params, got, tt.want)
		}
	}
	for _, b := range Banks() {
		if !pinned[b.Name] {
			t.Errorf("%s with its defaults is not pinned; its digest is %s", b.Name, digest(kernels(t, b.Name, nil)))
		}
	}
}

// digest covers each filter's name, a zero byte, height, width and weights. Numbers are
// 32 bits, the least significant byte first.
func digest(all []Kernel) string {
	h := sha256.New()
	word := func(x uint32) { h.Write(binary.LittleEndian.AppendUint32(nil, x)) }
	for _, k := range all {
		h.Write(append([]byte(k.Name), 0))
		word(uint32(k.H))
		word(uint32(k.W))
		for _, w := range k.Weights {
			word(math.Float32bits(w))
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

package inflate

import (
	"bytes"
	"compress/zlib"
	"testing"
)

// FuzzInflate holds streams against compress/zlib.
func FuzzInflate(f *testing.F) {
	for _, data := range sources() {
		for _, level := range []int{0, 1, 9, zlib.HuffmanOnly} {
			var out bytes.Buffer
			z, _ := zlib.NewWriterLevel(&out, level)
			z.Write(data[:min(len(data), 3000)])
			z.Close()
			f.Add(out.Bytes())
		}
	}
	f.Fuzz(func(t *testing.T, stream []byte) { checkOracle(t, "fuzzed", stream) })
}

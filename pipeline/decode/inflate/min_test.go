package inflate

import (
	"bytes"
	"compress/zlib"
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"filterbank/filters/simd"
)

func TestMin(t *testing.T) {
	if os.Getenv("PNG_PHOTOS") == "" {
		t.Skip()
	}
	b := new(testing.B)
	streams, sizes := photos(b)
	dst := make([]byte, 8<<20)
	rounds, _ := strconv.Atoi(os.Getenv("ROUNDS"))
	if rounds == 0 {
		rounds = 15
	}
	var zr io.ReadCloser
	zr, _ = zlib.NewReader(bytes.NewReader(streams[0]))
	best := map[string][]time.Duration{}
	d := new(Decoder)
	for r := 0; r < rounds; r++ {
		for i := range streams {
			for _, set := range []simd.Set{simd.Generic, simd.AVX2, 99} {
				start := time.Now()
				if set == 99 {
					if r%4 != 0 {
						continue
					}
					zr.(zlib.Resetter).Reset(bytes.NewReader(streams[i]), nil)
					io.ReadFull(zr, dst[:sizes[i]])
				} else {
					d.Reset(set)
					d.Feed(streams[i])
					if _, err := d.Inflate(dst[:sizes[i]], 0, sizes[i]); err != nil || !d.Done() {
						t.Fatal(err)
					}
				}
				el := time.Since(start)
				name := "zlib"
				if set != 99 {
					name = set.String()
				}
				if best[name] == nil {
					best[name] = make([]time.Duration, len(streams))
				}
				if best[name][i] == 0 || el < best[name][i] {
					best[name][i] = el
				}
			}
		}
	}
	for name, b := range best {
		var sum time.Duration
		for _, x := range b {
			sum += x
		}
		t.Logf("%s: %.3f ms a photo", name, sum.Seconds()*1000/float64(len(b)))
	}
}

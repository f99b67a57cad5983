package jpeg

import (
	"bytes"
	"context"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"filterbank/filters/simd"
)

// photos are the files of the folder that FILTERBANK_PHOTOS names, the baseline or the
// progressive ones.
func photos(b *testing.B, progressive bool) (files [][]byte) {
	names, _ := filepath.Glob(filepath.Join(os.Getenv("FILTERBANK_PHOTOS"), "*.jpg"))
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		h, err := ReadHeader(data)
		if err != nil {
			b.Fatal(err)
		}
		if h.Progressive == progressive {
			files = append(files, data)
		}
	}
	if len(files) == 0 {
		b.Skip("FILTERBANK_PHOTOS names no folder with such JPEGs")
	}
	return files
}

// shortest runs decode for all files in turn and reports milliseconds a file, the shortest
// of each: other work on the machine lengthens some.
func shortest(b *testing.B, files [][]byte, decode func(data []byte) error) {
	best := make([]time.Duration, len(files))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		n := i % len(files)
		start := time.Now()
		if err := decode(files[n]); err != nil {
			b.Fatal(err)
		}
		if took := time.Since(start); best[n] == 0 || took < best[n] {
			best[n] = took
		}
	}
	var sum time.Duration
	for _, t := range best {
		sum += t
	}
	b.ReportMetric(sum.Seconds()*1e3/float64(len(files)), "best-ms/op")
}

// BenchmarkPlanes decodes photos to planes, with every set of instructions and with
// image/jpeg. An operation is one photo, of all in turn.
func BenchmarkPlanes(b *testing.B) {
	for _, kind := range []string{"baseline", "progressive"} {
		for _, set := range simd.Sets() {
			b.Run(kind+"/"+set.String(), func(b *testing.B) {
				d := New(Options{SIMD: set})
				shortest(b, photos(b, kind == "progressive"), func(data []byte) error {
					m, err := d.Decode(context.Background(), data)
					if err == nil {
						d.Recycle(m)
					}
					return err
				})
			})
		}
		b.Run(kind+"/image-jpeg", func(b *testing.B) {
			shortest(b, photos(b, kind == "progressive"), func(data []byte) error {
				_, err := stdjpeg.Decode(bytes.NewReader(data))
				return err
			})
		})
	}
}

// large is a picture of 24 megapixels, mirrored copies of a photo side by side, as a JPEG
// of quality 90 and 4:2:0.
func large(b *testing.B) []byte {
	data, err := os.ReadFile("../../../samples/still-life.jpg")
	if err != nil {
		b.Fatal(err)
	}
	photo, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	img := image.NewRGBA(image.Rect(0, 0, 6000, 4000))
	size := photo.Bounds().Size()
	mirrored := func(v, n int) int { return min(v%(2*n), 2*n-1-v%(2*n)) }
	for y := range 4000 {
		for x := range 6000 {
			img.Set(x, y, photo.At(mirrored(x, size.X), mirrored(y, size.Y)))
		}
	}
	var out bytes.Buffer
	if err := stdjpeg.Encode(&out, img, &stdjpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkTeam decodes a picture of 24 megapixels with 1 and 2 goroutines. If jpegtran is
// installed, it also decodes the picture with a restart marker a row, and as progressive.
func BenchmarkTeam(b *testing.B) {
	data := large(b)
	for _, kind := range []struct {
		name string
		args []string
	}{{"baseline", nil}, {"restart", []string{"-restart", "1"}}, {"progressive", []string{"-progressive"}}} {
		file := data
		if kind.args != nil {
			cmd := exec.Command("jpegtran", kind.args...)
			cmd.Stdin = bytes.NewReader(data)
			var err error
			if file, err = cmd.Output(); err != nil {
				b.Logf("no %s: %v", kind.name, err)
				continue
			}
		}
		for _, n := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d", kind.name, n), func(b *testing.B) {
				d := &Decoder{Workers: n}
				shortest(b, [][]byte{file}, func(data []byte) error {
					m, err := d.Decode(context.Background(), data)
					if err == nil {
						d.Recycle(m)
					}
					return err
				})
			})
		}
	}
}

// BenchmarkIDCT does the inverse DCT of 64 blocks, as queues have them.
func BenchmarkIDCT(b *testing.B) {
	blocks := coefficients("ordinary", queued, rand.New(rand.NewPCG(1, 2)))
	var quant [blockSize]uint16
	for i := range quant {
		quant[i] = uint16(1 + i/8)
	}
	at := make([]int, queued)
	for i := range at {
		at[i] = 8 * i
	}
	pix := make([]uint8, queued*blockSize)
	for _, set := range simd.Sets() {
		b.Run(set.String(), func(b *testing.B) {
			best := time.Hour
			for b.Loop() {
				start := time.Now()
				idct(pix, 8*queued, at, blocks, &quant, set)
				best = min(best, time.Since(start))
			}
			b.ReportMetric(float64(best.Nanoseconds())/queued, "best-ns/block")
		})
	}
}

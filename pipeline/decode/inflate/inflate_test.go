package inflate

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"filterbank/filters/simd"
)

// decoded decompresses a stream that has n bytes, feeding it in parts and asking for parts.
func decoded(t *testing.T, set simd.Set, stream []byte, n, feed, ask int) ([]byte, error) {
	t.Helper()
	d := new(Decoder)
	d.Reset(set)
	dst := make([]byte, n)
	at := 0
	for {
		if d.Left() == 0 {
			part := stream[:min(len(stream), feed)]
			stream = stream[len(part):]
			if len(part) == 0 {
				return dst[:at], io.ErrUnexpectedEOF
			}
			d.Feed(part)
		}
		var err error
		if at, err = d.Inflate(dst, at, min(at+ask, n)); err != nil {
			return dst[:at], err
		}
		if d.Done() {
			return dst[:at], nil
		}
		if at == n && d.Left() > 0 {
			return dst[:at], errors.New("more data")
		}
	}
}

// sources are data that give every kind of block and of match.
func sources() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 100_000)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	skewed := make([]byte, 200_000)
	for i := range skewed {
		skewed[i] = byte(r.ExpFloat64() * 8)
	}
	far := append(bytes.Clone(random[:32768]), random[:5000]...)
	text := bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog; "), 3000)
	periods := []byte{}
	for p := 1; p < 40; p++ {
		periods = append(periods, bytes.Repeat(random[p*50:p*50+p], 700/p)...)
	}
	return map[string][]byte{
		"empty": {}, "one": {7}, "random": random, "skewed": skewed, "far": far, "text": text,
		"zeros": make([]byte, 150_000), "periods": periods,
	}
}

func TestStreams(t *testing.T) {
	for name, data := range sources() {
		for _, level := range []int{0, 1, 6, 9, zlib.HuffmanOnly} {
			var out bytes.Buffer
			z, err := zlib.NewWriterLevel(&out, level)
			if err != nil {
				t.Fatal(err)
			}
			z.Write(data)
			z.Close()
			for _, set := range simd.Sets() {
				for _, feed := range []int{1, 7, 100, 8192, 1 << 30} {
					for _, ask := range []int{1, 333, 65536, 1 << 30} {
						if feed*ask < 100 && len(data) > 1000 {
							continue
						}
						got, err := decoded(t, set, out.Bytes(), len(data), feed, ask)
						if err != nil || !bytes.Equal(got, data) {
							t.Fatalf("%s, level %d, %v, fed %d, asked %d: %d bytes, %v", name, level, set, feed, ask, len(got), err)
						}
					}
				}
			}
		}
	}
}

// TestSeams feeds a stream in two parts, cut at every byte, so that each part of a code and
// of a block's head stands at a seam. Every block has so many literals that the code of its
// end is long.
func TestSeams(t *testing.T) {
	data := sources()["skewed"][:9000]
	var out bytes.Buffer
	z, _ := zlib.NewWriterLevel(&out, 9)
	for p := data; len(p) > 0; p = p[3000:] {
		z.Write(p[:3000])
		z.Flush()
	}
	z.Close()
	d, dst := new(Decoder), make([]byte, len(data))
	for cut := range out.Len() {
		for _, set := range simd.Sets() {
			d.Reset(set)
			d.Feed(out.Bytes()[:cut])
			at, err := d.Inflate(dst, 0, len(dst))
			if err == nil {
				d.Feed(out.Bytes()[cut:])
				at, err = d.Inflate(dst, at, len(dst))
			}
			if err != nil || !d.Done() || !bytes.Equal(dst[:at], data) {
				t.Fatalf("cut at %d: %d bytes, %v", cut, at, err)
			}
		}
	}
}

// TestTruncated cuts a stream at every byte.
func TestTruncated(t *testing.T) {
	data := sources()["text"][:2000]
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	z.Write(data)
	z.Close()
	for n := range out.Len() {
		got, err := decoded(t, simd.Fastest, out.Bytes()[:n], len(data), 1<<30, 1<<30)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.Equal(got, data[:len(got)]) {
			t.Fatalf("of %d bytes: %v", n, err)
		}
	}
}

// oracle is what compress/zlib makes of a stream.
func oracle(stream []byte, most int) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(stream))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(z, int64(most)))
	return data, err
}

// TestDamaged flips bits, of more streams with FILTERBANK_LONG. A stream that both take gives the same data.
func TestDamaged(t *testing.T) {
	all := sources()
	r := rand.New(rand.NewPCG(3, 4))
	rounds := 50
	if os.Getenv("FILTERBANK_LONG") != "" {
		rounds = 200
	}
	for _, name := range []string{"text", "skewed", "periods", "far"} {
		data := all[name][:min(len(all[name]), 20000)]
		for _, level := range []int{0, 1, 9, zlib.HuffmanOnly} {
			var out bytes.Buffer
			z, _ := zlib.NewWriterLevel(&out, level)
			z.Write(data)
			z.Close()
			for range rounds {
				bad := bytes.Clone(out.Bytes())
				bad[r.IntN(min(len(bad), 200+r.IntN(len(bad))))] ^= 1 << r.IntN(8)
				checkOracle(t, fmt.Sprintf("%s, level %d", name, level), bad)
			}
		}
	}
}

// checkOracle holds a stream against compress/zlib, however it is fed.
func checkOracle(t *testing.T, name string, stream []byte) {
	t.Helper()
	const most = 1 << 18
	want, wantErr := oracle(stream, most)
	if len(want) == most {
		return
	}
	var first string
	for i, set := range append(simd.Sets(), simd.Generic) {
		feed := []int{1 << 30, 100, 1, 8}[i%4]
		got, err := decoded(t, set, stream, most, feed, 1<<20)
		if n := min(len(got), len(want)); !bytes.Equal(got[:n], want[:n]) {
			t.Fatalf("%s: %v gives other data than compress/zlib", name, set)
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%s: %v says %v, compress/zlib %v", name, set, err, wantErr)
		}
		text := fmt.Sprint(len(got), err)
		if first == "" {
			first = text
		} else if text != first {
			t.Fatalf("%s: %v says %q, another set %q", name, set, text, first)
		}
	}
}

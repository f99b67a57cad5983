package inflate

import (
	"bytes"
	"compress/zlib"
	"hash/adler32"
	"testing"

	"filterbank/filters/simd"
)

func TestAdler(t *testing.T) {
	data := sources()["random"]
	ones := bytes.Repeat([]byte{0xff}, 3<<20)
	for _, set := range simd.Sets() {
		for n := range 300 {
			p := data[n : 3*n]
			if got, want := uint32(adler(1).add(p[:n], set).add(p[n:], set)), adler32.Checksum(p); got != want {
				t.Fatalf("%v: sum of %d bytes is %08x, want %08x", set, len(p), got, want)
			}
		}
		if got, want := uint32(adler(1).add(ones, set)), adler32.Checksum(ones); got != want {
			t.Fatalf("%v: sum of %d bytes is %08x, want %08x", set, len(ones), got, want)
		}
	}
}

// TestLoops holds the loop in assembly against plain Go after every stretch of a stream:
// the same bytes, and the same bits left.
func TestLoops(t *testing.T) {
	if !simd.Fastest.AVX2() {
		t.Log("this processor or build has plain Go alone")
	}
	for name, data := range sources() {
		var out bytes.Buffer
		z, _ := zlib.NewWriterLevel(&out, 9)
		z.Write(data)
		z.Close()
		plain, fast := new(Decoder), new(Decoder)
		a, b := make([]byte, len(data)), make([]byte, len(data))
		plain.Reset(simd.Generic)
		fast.Reset(simd.Fastest)
		plain.Feed(out.Bytes())
		fast.Feed(out.Bytes())
		for at := 0; !plain.Done(); {
			n, err := plain.Inflate(a, at, at+500)
			m, fastErr := fast.Inflate(b, at, at+500)
			if err != nil || fastErr != nil {
				t.Fatal(name, err, fastErr)
			}
			// Loops may stop in other places, but none before it has enough.
			for n != m || plain.in != fast.in || plain.n != fast.n {
				behind, dst, at := plain, a, &n
				if n > m || n == m && plain.in > fast.in {
					behind, dst, at = fast, b, &m
				}
				if *at, err = behind.Inflate(dst, *at, *at+1); err != nil {
					t.Fatal(name, err)
				}
			}
			if plain.buf != fast.buf || !bytes.Equal(a[:n], b[:m]) {
				t.Fatalf("%s: different after %d bytes", name, n)
			}
			at = n
		}
	}
}

// TestSteadyState decompresses without allocation.
func TestSteadyState(t *testing.T) {
	data := sources()["skewed"]
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	z.Write(data)
	z.Close()
	d, dst := new(Decoder), make([]byte, len(data))
	if n := testing.AllocsPerRun(10, func() {
		d.Reset(simd.Fastest)
		d.Feed(out.Bytes())
		d.Inflate(dst, 0, len(dst))
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

package mapng

import (
	stdadler "hash/adler32"
	"math/rand/v2"
	"testing"
)

func TestAdler(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	noise, white := make([]byte, 1<<16), make([]byte, 1<<16)
	for i := range noise {
		noise[i], white[i] = byte(rng.Uint32()), 255
	}
	black := make([]byte, 1<<16)
	for _, p := range [][]byte{noise, white, black} {
		for n := 0; n <= len(p); n += 1 + n/5 {
			cut := rng.IntN(n + 1)
			plain, weighted := loopsBuilt.sums(p[:n])
			if p0, w0 := sumsGeneric(p[:n]); plain != p0 || weighted != w0 {
				t.Errorf("%d bytes: sums %d, %d, in plain Go %d, %d", n, plain, weighted, p0, w0)
			}
			got := adler(1).add(loopsBuilt, p[:cut]).add(loopsBuilt, p[cut:n])
			if want := stdadler.Checksum(p[:n]); uint32(got) != want {
				t.Errorf("%d bytes, cut at %d: %08x, want %08x", n, cut, got, want)
			}
		}
	}
}

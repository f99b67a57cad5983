package store

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"lukechampine.com/blake3"
)

// piece is a part of a file.
type piece struct{ at, end int }

// cut cuts n bytes into pieces of random sizes, in random order.
func cut(rng *rand.Rand, n, most int) (pieces []piece) {
	for at := 0; at < n; {
		end := min(n, at+1+rng.IntN(most))
		pieces = append(pieces, piece{at, end})
		at = end
	}
	rng.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
	return pieces
}

// TestHashTree compares digests of pieces in any order with the library's own.
func TestHashTree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var tree hashTree
	check := func(n, most, goroutines int) {
		defer tree.reset()
		data := counting(n)
		pieces := make(chan piece, n)
		for _, p := range cut(rng, n, most) {
			pieces <- p
		}
		close(pieces)
		var group sync.WaitGroup
		for range goroutines {
			group.Go(func() {
				for p := range pieces {
					tree.WriteAt(data[p.at:p.end], int64(p.at))
				}
			})
		}
		group.Wait()
		want := blake3.Sum256(data)
		if got, err := tree.sum(int64(n)); got != hex.EncodeToString(want[:]) || err != nil {
			t.Errorf("%d bytes in pieces of at most %d from %d goroutines: %s, %v, want %x", n, most, goroutines, got, err, want)
		}
	}
	for leaves := range 20 {
		for _, n := range []int{-1024, -1, 0, 1, 1023, 1024, 1025, 5000} {
			if n += leaves * leafBytes; n >= 0 {
				check(n, 1+rng.IntN(3*leafBytes), 1)
			}
		}
	}
	for range 20 {
		check(rng.IntN(70*leafBytes), 1+rng.IntN(2*leafBytes), 2)
	}
}

// TestHashTreeRefuses takes bytes that are not a file's.
func TestHashTreeRefuses(t *testing.T) {
	data := counting(3*leafBytes + 100)
	for _, c := range []struct {
		name   string
		size   int
		pieces []piece
	}{
		{"nothing", len(data), nil},
		{"no end", len(data), []piece{{0, len(data) - 1}}},
		{"no beginning", len(data), []piece{{1, len(data)}}},
		{"no second leaf", len(data), []piece{{0, leafBytes}, {2 * leafBytes, len(data)}}},
		{"more", len(data) - 1, []piece{{0, len(data)}}},
		{"twice", len(data), []piece{{0, len(data)}, {100, 200}}},
		{"twice and a gap", len(data), []piece{{0, leafBytes}, {0, leafBytes}, {2 * leafBytes, len(data)}}},
		{"twice and a gap at the end", len(data), []piece{{0, 3 * leafBytes}, {0, 100}}},
	} {
		var tree hashTree
		for _, p := range c.pieces {
			tree.WriteAt(data[p.at:p.end], int64(p.at))
		}
		if sum, err := tree.sum(int64(c.size)); sum != "" || err == nil || !strings.Contains(err.Error(), "were written to a file of") {
			t.Errorf("%s: %q, %v", c.name, sum, err)
		}
		tree.reset()
		tree.Write(data[:10])
		if sum, err := tree.sum(10); sum != DigestOf(data[:10]) || err != nil {
			t.Errorf("after %s: %q, %v", c.name, sum, err)
		}
	}
}

// TestHeldApart counts the leaves that wait while the maps of an array grow band by band.
func TestHeldApart(t *testing.T) {
	for _, c := range []struct{ header, maps, bands, band int }{
		{128, 8, 24, 32 << 10}, {128, 16, 12, 4000}, {128, 300, 4, 700}, {0, 5, 40, leafBytes}, {80, 1, 50, 10_000},
	} {
		size := int64(c.header + c.maps*c.bands*c.band)
		data := make([]byte, c.band)
		var tree hashTree
		most := 0
		tree.WriteAt(data[:c.header], 0)
		for y := range c.bands {
			for k := range c.maps {
				tree.WriteAt(data, int64(c.header+(k*c.bands+y)*c.band))
				most = max(most, len(tree.parts))
			}
		}
		if _, err := tree.sum(size); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if held := Held(size) + HeldApart(size, c.maps); int64(most)*leafBytes > held {
			t.Errorf("%+v: %d leaves wait, but %d bytes are held", c, most, held)
		}
	}
}

package source

import (
	"fmt"
	"os"
	"testing"
)

// BenchmarkList lists 200,000 pictures in one folder, like a dataset.
func BenchmarkList(b *testing.B) {
	const n = 200_000
	plant(b, "p/", "out/")
	names := make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("p/IMG_%06d.jpg", i)
		f, err := os.Create(names[i])
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
	for _, bm := range []struct {
		name   string
		inputs []string
		opts   Options
	}{
		{"folder", []string{"p"}, Options{Out: "out"}},
		{"pattern", []string{"**/*_*.jpg"}, Options{Out: "out"}},
		{"filtered shard", []string{"p"}, Options{Out: "out", Include: []string{"*.jpg"}, Exclude: []string{"*_9*.jpg"}, Shard: Shard{1, 8}}},
		{"listed", nil, Options{Out: "out", Listed: listOf(names)}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if entries, err := list(b.Context(), bm.inputs, bm.opts); err != nil || len(entries) < n/10 {
					b.Fatal(len(entries), err)
				}
			}
		})
	}
}

package source

import (
	"fmt"
	"os"
	"testing"
)

// BenchmarkList lists 200,000 pictures in one folder, like a dataset.
func BenchmarkList(b *testing.B) {
	const n = 200_000
	names := plantMany(b, n)
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

func plantMany(b *testing.B, n int) (names []string) {
	plant(b, "p/", "out/")
	for i := range n {
		name := fmt.Sprintf("p/IMG_%06d.jpg", i)
		f, err := os.Create(name)
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
		names = append(names, name)
	}
	return names
}

// BenchmarkFreeze freezes the list of a folder, and reads a task's part of it.
func BenchmarkFreeze(b *testing.B) {
	const n = 200_000
	plantMany(b, n)
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			freezeTo(b, "list.jsonl.gz")
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/image")
	})
	freezeTo(b, "list.jsonl.gz")
	list, file, ok, err := FindFrozen(b.Context(), "list.jsonl.gz")
	if err != nil || !ok {
		b.Fatal(ok, err)
	}
	defer file.Close()
	info, err := os.Stat("list.jsonl.gz")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("part of 1000", func(b *testing.B) {
		for b.Loop() {
			if part, err := list.All(b.Context(), n/2, n/2+1000, Options{Out: "out"}); err != nil || len(part) != 1000 {
				b.Fatal(len(part), err)
			}
		}
		b.ReportMetric(float64(info.Size())/n, "listbytes/image")
	})
}

func freezeTo(b *testing.B, name string) {
	out, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	if _, err := Freeze(b.Context(), out, []string{"p"}, Options{Out: "out"}, FreezeOptions{}); err != nil {
		b.Fatal(err)
	}
}

package parts

import (
	"fmt"
	"testing"
	"time"

	"filterbank/pipeline/store"
)

// BenchmarkScale finds out how far a run in many shards is, and merges it. What an image costs must
// not depend on the number of shards or of images.
func BenchmarkScale(b *testing.B) {
	for _, c := range []struct{ shards, images int }{{100, 100_000}, {1000, 100_000}, {10_000, 100_000}, {1000, 1_000_000}} {
		dir := b.TempDir()
		folder, err := store.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		defer folder.Release()
		synthetic(b, folder.Place(), dir, c.shards, c.images)
		name := fmt.Sprintf("%d shards of %d images", c.shards, c.images)
		b.Run("status of "+name, func(b *testing.B) {
			for b.Loop() {
				if s, err := StatusOf(b.Context(), folder.Place(), StatusOptions{Now: time.Now()}); err != nil || len(s.Done) != c.shards {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.shards), "ns/shard")
		})
		b.Run("merge of "+name, func(b *testing.B) {
			var bytes int64
			for b.Loop() {
				done, err := Merge(b.Context(), folder.Place(), MergeOptions{})
				if err != nil {
					b.Fatal(err)
				}
				bytes = done.Bytes
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.images), "ns/image")
			b.ReportMetric(float64(bytes)/float64(c.images), "manifestbytes/image")
		})
	}
}

package render

import (
	"math/rand/v2"
	"testing"

	"filterbank/filters/simd"
)

// benchmarkRow is a band of a map after ReLU, 46% zeros.
func benchmarkRow() []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	row := make([]float32, 1024)
	for i := range row {
		row[i] = max(0, rng.Float32()-0.46)
	}
	return row
}

func perValue(b *testing.B, values int) {
	b.SetBytes(int64(4 * values))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(values), "ns/value")
}

func BenchmarkGray8(b *testing.B) {
	row := benchmarkRow()
	dst := make([]byte, len(row))
	for _, c := range []struct {
		name string
		gray Gray
	}{
		{"map", Gray8(Range{0, 0.54}, simd.Fastest)},
		{"exact", Gray8(Range{0.1, 0x1p127}, simd.Fastest)},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.gray.Row(dst, row)
			}
			perValue(b, len(row))
		})
	}
	b.Run("ties", func(b *testing.B) {
		ties := make([]float32, len(row))
		for i := range ties {
			ties[i] = float32(i%255) + 0.5
		}
		g := Gray8(Range{0, 255}, simd.Fastest)
		for b.Loop() {
			g.Row(dst, ties)
		}
		perValue(b, len(row))
	})
}

func BenchmarkGray16(b *testing.B) {
	row := benchmarkRow()
	dst := make([]byte, 2*len(row))
	g := Gray16(Range{0, 0.54}, simd.Fastest)
	for b.Loop() {
		g.Row(dst, row)
	}
	perValue(b, len(row))
}

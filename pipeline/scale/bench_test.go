package scale

import (
	"cmp"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
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

func BenchmarkExtremes(b *testing.B) {
	row := benchmarkRow()
	k := kernel.Best()
	var e Extremes
	for b.Loop() {
		e.Add(k, row)
	}
	perValue(b, len(row))
}

func BenchmarkPercentiles(b *testing.B) {
	row := benchmarkRow()
	k := kernel.Best()
	var p Percentiles
	for pass, name := range []string{"first", "second", "third"} {
		b.Run(name, func(b *testing.B) {
			p.Reset(1, 99, mostKept+1)
			p.most = 0
			for range pass {
				p.Add(k, row)
				p.EndPass()
			}
			for b.Loop() {
				p.Add(k, row)
			}
			perValue(b, len(row))
		})
	}
}

// BenchmarkRanges finds the ranges of the maps of 8 filters of 3×3 on photos: on scale map,
// and from every value of the maps. FILTERBANK_PHOTOS names another folder of JPEGs than
// samples, and FILTERBANK_KERNEL chooses the loops, as for the command.
func BenchmarkRanges(b *testing.B) {
	set, err := simd.Select(os.Getenv("FILTERBANK_KERNEL"))
	if err != nil {
		b.Fatal(err)
	}
	spec := filters.ConvSpec{
		Name: "maps", InChannels: 3, KernelSize: [2]int{3, 3}, Weights: make([]float32, 8*27),
		Padding: filters.Padding{Top: 1, Left: 1, Bottom: 1, Right: 1},
	}
	rng := rand.New(rand.NewPCG(0, 0))
	for i := range spec.Weights {
		spec.Weights[i] = float32(0.2 * rng.NormFloat64())
	}
	conv, err := filters.NewConv(spec)
	if err != nil {
		b.Fatal(err)
	}
	stack, err := filters.NewStack("", 3, conv)
	if err != nil {
		b.Fatal(err)
	}
	e := engine.New([]engine.Selected{{Stack: stack, Layers: []bool{true}}}, &engine.Shared{Kernel: kernel.New(set), Memory: engine.NewMemory(0, 0, 0)})
	photos := readPhotos(b, set)
	var f Finder
	for _, way := range []struct {
		name string
		find func(pic engine.Picture) error
	}{
		{"map", func(pic engine.Picture) error {
			_, err := f.Find(b.Context(), e, pic, &Scale{})
			return err
		}},
		{"every value", func(pic engine.Picture) error {
			found := make([]Extremes, 8)
			return e.Run(b.Context(), 0, pic, func(_, _ int, rows volume.Rows) error {
				for k := range rows.C {
					found[k].Add(e.Kernel, rows.Data[k*rows.ChannelStride:][:rows.N*rows.W])
				}
				return nil
			})
		}},
	} {
		b.Run(way.name, func(b *testing.B) {
			pixels := 0
			for b.Loop() {
				for _, pic := range photos {
					plan, err := stack.Plan(pic.Size())
					if err != nil {
						b.Fatal(err)
					}
					e.Plans = []*filters.Plan{plan}
					if err := way.find(pic); err != nil {
						b.Fatal(err)
					}
					pixels += pic.Width * pic.Height
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(pixels), "ns/pixel")
		})
	}
}

func readPhotos(b *testing.B, set simd.Set) (photos []*decode.Picture) {
	d, err := decode.New(decode.Options{SIMD: set})
	if err != nil {
		b.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(cmp.Or(os.Getenv("FILTERBANK_PHOTOS"), "../../samples"), "*.jpg"))
	if err != nil || len(names) == 0 {
		b.Fatal("no photos: ", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		pic, err := d.Decode(b.Context(), data)
		if err != nil {
			b.Fatal(err)
		}
		photos = append(photos, pic)
	}
	return photos
}

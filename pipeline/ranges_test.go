package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/scale"
)

// percentile is numpy.percentile by its definition, on sorted values.
func percentile(sorted []float64, q float64) float64 {
	at := float64(float64(len(sorted)-1) * (q / 100))
	below := math.Floor(at)
	a, b, t := sorted[int(below)], sorted[min(int(below)+1, len(sorted)-1)], at-below
	if t >= 0.5 {
		return b - float64((b-a)*(1-t))
	}
	return a + float64((b-a)*t)
}

// TestPercentileScale compares the scales of a run with the percentiles of the values
// that it writes, for any number of workers: one picture is large enough for several to
// work on.
func TestPercentileScale(t *testing.T) {
	entries, opts := job(t, 3)
	m := image.NewNRGBA64(image.Rect(0, 0, 700, 500))
	for y := range 500 {
		for x := range 700 {
			m.SetNRGBA64(x, y, color.NRGBA64{R: uint16(x * y), G: uint16(x), B: uint16(97 * y), A: 65535})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entries[1].Path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	opts.Output.Scale = scale.Scale{Per: scale.Percentile, Percentiles: [2]float64{2, 97.5}}
	opts.Overwrite = Always
	for _, jobs := range []int{1, 2, 8} {
		opts.Workers = jobs
		if _, err := runAll(context.Background(), entries, opts); err != nil {
			t.Fatal(err)
		}
		records, _ := readManifest(t, opts)
		checked := 0
		for _, r := range records {
			checked += checkPercentileScales(t, opts, r)
		}
		if want := len(entries) * 3; checked != want {
			t.Errorf("%d scales are in the manifest, want %d", checked, want)
		}
	}
}

// TestScaleForTheEye holds that overlays have the ranges that a run on their scale alone
// gives, and that maps beside them keep theirs, to the byte.
func TestScaleForTheEye(t *testing.T) {
	entries, opts := job(t, 1)
	opts.Overwrite = Always
	scales := func(eye *scale.Scale, s scale.Scale, names ...string) map[string]string {
		opts.Output.Formats, opts.Output.Scale, opts.Output.EyeScale = formats(t, names...), s, eye
		if _, err := runAll(context.Background(), entries, opts); err != nil {
			t.Fatal(err)
		}
		records, _ := readManifest(t, opts)
		found := map[string]string{}
		for _, f := range records[0].Files {
			if f.Scale != nil {
				found[string(f.Path)] = fmt.Sprint(*f.Scale, f.BLAKE3)
			}
		}
		return found
	}
	stretched := scale.Scale{Per: scale.Stretched}
	want := scales(nil, scale.Scale{Per: scale.PerLayer}, "png")
	maps.Copy(want, scales(nil, stretched, "overlay"))
	if got := scales(&stretched, scale.Scale{Per: scale.PerLayer}, "png", "overlay"); !maps.Equal(got, want) || len(got) != 6 {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestPercentilesTakeMemory: they are counted once for each map, whatever is written of
// it, and not for every stack, since these run one after the other.
func TestPercentilesTakeMemory(t *testing.T) {
	_, opts := job(t, 1)
	opts.Stacks = append(opts.Stacks, opts.Stacks[0])
	plans, err := opts.Plan("p", volume.Shape{C: 3, H: 40, W: 50})
	if err != nil {
		t.Fatal(err)
	}
	maps := 0
	for _, l := range plans[0].Layers {
		maps += l.Out.C
	}
	for _, names := range [][]string{{"png"}, {"sheet"}, {"overlay"}, {"png", "npy", "sheet", "overlay"}} {
		opts.Output.Formats, opts.Output.Scale = formats(t, names...), scale.Scale{}
		memory := func() int64 {
			v := opts.view(opts.Output.Formats)
			v.Plans = plans
			return v.Memory()
		}
		without := memory()
		opts.Output.Scale = scale.Scale{Per: scale.Percentile, Percentiles: [2]float64{1, 99}}
		if got, want := memory()-without, int64(maps*scale.PercentilesBytes); got != want {
			t.Errorf("%q: the percentiles of %d maps count %d bytes, want %d", names, maps, got, want)
		}
	}
}

func checkPercentileScales(t *testing.T, opts options, r manifest.Record) (checked int) {
	t.Helper()
	for _, f := range r.Files {
		if f.Scale == nil {
			continue
		}
		file, err := os.Open(filepath.Join(opts.Out, string(r.Output), f.Layer+".npy"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		array, err := tensor.ReadNPY(file, 0)
		if err != nil {
			t.Fatal(err)
		}
		size := array.Shape[1] * array.Shape[2]
		var sorted []float64
		for _, v := range array.Data[*f.Index*size : (*f.Index+1)*size] {
			sorted = append(sorted, float64(v))
		}
		slices.Sort(sorted)
		want := [2]float64{percentile(sorted, 2), percentile(sorted, 97.5)}
		if want[0] == want[1] {
			t.Fatalf("%s: both percentiles are %v, the test shows nothing", f.Path, want[0])
		}
		if *f.Scale != want {
			t.Errorf("%s, %d workers: the scale is %v, want %v", f.Path, opts.Workers, *f.Scale, want)
		}
		checked++
	}
	return checked
}

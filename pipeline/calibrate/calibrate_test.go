package calibrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"filterbank/filters"
	"filterbank/filters/config"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
	"filterbank/pipeline/stats"
)

// options are all arguments of a calibration.
type options struct {
	pipeline.Job
	pipeline.Resources
	pipeline.Policy
}

// job writes n pictures and cuts the ones in broken short. It returns their entries and a
// stack of two layers: the first copies red and blue, and the second takes their difference.
func job(t *testing.T, n int, broken ...int) ([]source.Entry, options) {
	t.Helper()
	dir := t.TempDir()
	var entries []source.Entry
	for i := range n {
		m := image.NewRGBA(image.Rect(0, 0, 5+i%3*40, 4))
		for p := range m.Pix {
			m.Pix[p] = byte(p*7) | 3
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(broken, i) {
			b.Truncate(b.Len() / 2)
		}
		file := filepath.Join(dir, fmt.Sprintf("p%03d.png", i))
		if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, source.Entry{Job: source.Job{Path: file, Rel: fmt.Sprintf("p%03d", i)}})
	}
	file, err := config.Parse("stack.yaml", []byte("version: 1\nlayers:\n"+
		"  - conv: {name: copy, kernels: [[[[1]], [[0]], [[0]]], [[[0]], [[0]], [[1]]]]}\n"+
		"  - conv: {name: less, kernels: [[[[1]], [[-1]]]]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	model, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	selected, err := engine.Select(model.Stacks, "all")
	if err != nil {
		t.Fatal(err)
	}
	return entries, options{Job: pipeline.Job{Stacks: selected, Decoder: decoder}}
}

// calibrated returns the statistics and their bytes.
func calibrated(t *testing.T, entries []source.Entry, opts options) (*stats.File, []byte) {
	t.Helper()
	file, _, err := Run(context.Background(), entries, opts.Job, opts.Resources, opts.Policy, 0.98)
	if err != nil {
		t.Fatal(err)
	}
	data, err := file.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return file, data
}

// TestCalibrateIsDeterministic checks that the bytes do not depend on the number of workers, on
// workers that help each other, or on little memory, and that failed pictures are only counted.
func TestCalibrateIsDeterministic(t *testing.T) {
	entries, opts := job(t, 23, 4, 11)
	opts.Workers = 1
	want, data := calibrated(t, entries, opts)
	if want.Pictures != 21 || want.Failed != 2 {
		t.Errorf("%d pictures and %d failed, want 21 and 2", want.Pictures, want.Failed)
	}
	for _, jobs := range []int{2, 5, 40} {
		opts.Workers = jobs
		if _, got := calibrated(t, entries, opts); !bytes.Equal(got, data) {
			t.Errorf("%d workers give other statistics", jobs)
		}
	}
	opts.Workers, opts.Memory = 3, 8<<20
	if _, got := calibrated(t, entries, opts); !bytes.Equal(got, data) {
		t.Error("little memory gives other statistics")
	}
	var whole []source.Entry
	for i := range entries {
		if i != 4 && i != 11 {
			whole = append(whole, entries[i])
		}
	}
	file, _ := calibrated(t, whole, opts)
	file.Failed = want.Failed
	if got, err := file.Encode(); err != nil || !bytes.Equal(got, data) {
		t.Errorf("pictures that failed are in the statistics: %v", err)
	}
	one, alone := calibrated(t, entries[1:2], opts)
	opts.Workers = 1
	if _, got := calibrated(t, entries[1:2], opts); !bytes.Equal(got, alone) {
		t.Error("workers that help on one picture give other statistics")
	}
	var values uint64
	for _, f := range one.Layers[0].Filters {
		values += f.Values
	}
	if want := uint64(2 * 4 * 45); values != want { // filters, rows, columns
		t.Errorf("%d values, want %d", values, want)
	}
}

// TestCalibrateCountsMaps compares the statistics with the maps that a run writes.
func TestCalibrateCountsMaps(t *testing.T) {
	entries, opts := job(t, 6)
	out, npy := t.TempDir(), opts.Job
	npy.Output.Formats = []*output.Format{output.Find("npy")}
	if _, err := pipeline.Run(context.Background(), entries, npy, opts.Resources, pipeline.RunOptions{Out: out}); err != nil {
		t.Fatal(err)
	}
	file, _ := calibrated(t, entries, opts)
	for _, l := range file.Layers {
		want := make([]stats.Filter, len(l.Filters))
		for _, e := range entries {
			array, err := tensor.Load(filepath.Join(out, e.Rel, l.Layer+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			size := len(array.Data) / array.Shape[0]
			for k := range want {
				maps := array.Data[k*size:][:size]
				if want[k].Values == 0 {
					want[k].Min, want[k].Max = float64(maps[0]), float64(maps[0])
				}
				for _, v := range maps {
					f := &want[k]
					f.Min, f.Max = min(f.Min, float64(v)), max(f.Max, float64(v))
					f.Values++
					if v == 0 {
						f.Zeros++
					}
				}
			}
		}
		for k, f := range l.Filters {
			w := want[k]
			if f.Values != w.Values || f.Zeros != w.Zeros || f.Min != w.Min || f.Max != w.Max || f.Fires != len(entries) {
				t.Errorf("%s: filter %d: got %+v, want %+v", l.Layer, k, f, w)
			}
		}
	}
}

// TestStrongestPatch runs the strongest patch through the stack without padding. Its one output
// is the value in the statistics.
func TestStrongestPatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	random := func(n int) []float32 {
		w := make([]float32, n)
		for i := range w {
			w[i] = rng.Float32() - 0.4
		}
		return w
	}
	first, err := filters.NewConv(filters.ConvSpec{Name: "first", InChannels: 3, KernelSize: [2]int{3, 2}, Stride: [2]int{2, 1}, Weights: random(4 * 18)})
	if err != nil {
		t.Fatal(err)
	}
	second, err := filters.NewConv(filters.ConvSpec{Name: "second", InChannels: 4, KernelSize: [2]int{2, 3}, Dilation: [2]int{2, 1}, Stride: [2]int{1, 3}, Weights: random(5 * 24)})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "p.png")
	m := image.NewRGBA(image.Rect(0, 0, 61, 47))
	for i := range m.Pix {
		m.Pix[i] = byte(rng.IntN(256)) | byte(i%4/3*255)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	decoder, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, layers := range [][]filters.Layer{{first}, {first, second}} {
		stack, err := filters.NewStack("", 3, layers...)
		if err != nil {
			t.Fatal(err)
		}
		selected, err := engine.Select([]*filters.Stack{stack}, "last")
		if err != nil {
			t.Fatal(err)
		}
		entries := []source.Entry{{Job: source.Job{Path: file, Rel: "p"}}}
		found, _ := calibrated(t, entries, options{Job: pipeline.Job{Stacks: selected, Decoder: decoder}})
		pic, err := decoder.Decode(context.Background(), b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for k, f := range found.Layers[0].Filters {
			box := f.Strongest[0].Box
			whole, err := volume.New(pic.Size())
			if err == nil {
				err = pic.ReadRows(whole.Rows(0, whole.H))
			}
			if err != nil {
				t.Fatal(err)
			}
			patch, err := volume.New(volume.Shape{C: 3, H: box[2], W: box[3]})
			if err != nil {
				t.Fatal(err)
			}
			for c := range 3 {
				for y := range box[2] {
					copy(patch.Data[(c*box[2]+y)*box[3]:][:box[3]], whole.Data[(c*whole.H+box[0]+y)*whole.W+box[1]:])
				}
			}
			out, err := stack.Apply(patch)
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Data) != len(found.Layers[0].Filters) || float64(out.Data[k]) != f.Strongest[0].Value || f.Max != f.Strongest[0].Value {
				t.Errorf("%d layers, filter %d: the patch at %v gives %v, want the one value %v", len(layers), k, box, out.Data, f.Strongest[0].Value)
			}
		}
	}
}

// TestWritePatches checks that the files do not depend on the number of workers, and that a
// missing picture is reported.
func TestWritePatches(t *testing.T) {
	entries, opts := job(t, 5)
	file, _ := calibrated(t, entries, opts)
	if err := os.Remove(entries[2].Path); err != nil {
		t.Fatal(err)
	}
	var first []byte
	for _, jobs := range []int{1, 4} {
		var failed []string
		opts.Workers = jobs
		each := func(r *manifest.Record) { failed = append(failed, r.Code) }
		dir := t.TempDir()
		if err := WritePatches(context.Background(), file, opts.Job, opts.Resources, dir, PatchWatch{Failed: each}); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(failed) != "[missing]" {
			t.Errorf("%d workers: got failures %v, want one", jobs, failed)
		}
		var all []byte
		for _, name := range []string{"copy.png", "less.png", "copy/000-f0.png", "copy/001-f1.png", "less/000-f0.png"} {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := png.Decode(bytes.NewReader(data)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			all = append(all, data...)
		}
		if first == nil {
			first = all
		}
		if !bytes.Equal(first, all) {
			t.Errorf("%d workers give other pictures", jobs)
		}
	}
}

// TestCropInPadding crops at a corner. Everything outside the picture is gray.
func TestCropInPadding(t *testing.T) {
	entries, opts := job(t, 1)
	data, err := os.ReadFile(entries[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	pic, err := opts.Decoder.Decode(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := crop(pic, [4]int{-1, -2, 3, 4})
	if err != nil || got.Width != 4 || got.Height != 3 || got.Zoom != patchSide/4 {
		t.Fatalf("got %d×%d at %d, %v", got.Width, got.Height, got.Zoom, err)
	}
	row := make([]byte, 3*pic.Size().W)
	for y := range 3 {
		for x := range 4 {
			want := []byte{outside, outside, outside}
			if y >= 1 && x >= 2 {
				if err := pic.ReadRGB(row, y-1); err != nil {
					t.Fatal(err)
				}
				want = row[3*(x-2):][:3]
			}
			if pixel := got.Pix[3*(4*y+x):][:3]; !bytes.Equal(pixel, want) {
				t.Errorf("pixel %d, %d is %v, want %v", y, x, pixel, want)
			}
		}
	}
	if got, err := crop(pic, [4]int{-1 << 40, -1 << 40, 1 << 41, 1 << 41}); err != nil || max(got.Width, got.Height)*got.Zoom > patchSide {
		t.Errorf("a box beyond all sizes: got %d×%d at %d, %v", got.Width, got.Height, got.Zoom, err)
	}
	size := pic.Size()
	for _, box := range [][4]int{{-size.H - 3, 0, 3, 3}, {0, 2 * size.W, 3, 3}, {-1 << 40, -1 << 40, 1, 1}} {
		if got, err := crop(pic, box); err != nil || !bytes.Equal(got.Pix, []byte{outside, outside, outside}) {
			t.Errorf("the box %v, far from the picture: got %v, %v", box, got.Pix, err)
		}
	}
}

// TestPanicWhileCropping checks that a panic ends the picture and not the process.
func TestPanicWhileCropping(t *testing.T) {
	entries, opts := job(t, 2)
	opts.Workers = 1
	var codes []string
	opts.Each = func(r *manifest.Record) { codes = append(codes, string(r.Status)+r.Code) }
	_, err := pipeline.Visit(context.Background(), entries, opts.Job, opts.Resources, opts.Policy, func(*engine.Engine) pipeline.Visitor {
		return cropper(func(input string, _ *decode.Picture) error {
			if input == entries[0].Path {
				panic("on purpose")
			}
			return nil
		})
	})
	if got := fmt.Sprint(codes); err != nil || got != "[failedinternal ok]" {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestCalibrateStops checks that an interrupted or stopped calibration has no statistics.
func TestCalibrateStops(t *testing.T) {
	entries, opts := job(t, 30, 3)
	ctx, cancel := context.WithCancel(context.Background())
	opts.Workers, opts.Ended = 4, func(int, pipeline.Outcome) { cancel() }
	if file, _, err := Run(ctx, entries, opts.Job, opts.Resources, opts.Policy, 0.98); file != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: got %v, %v", file, err)
	}
	opts.Ended, opts.StopOnError = nil, true
	if file, s, err := Run(context.Background(), entries, opts.Job, opts.Resources, opts.Policy, 0.98); file != nil || !errors.Is(err, pipeline.ErrStopped) || s.Failed != 1 {
		t.Errorf("stopped: got %v, %+v, %v", file, s, err)
	}
	opts.Memory = 1 << 10
	for _, bad := range []float64{0, -1, 1.5, math.NaN()} {
		if file, s, err := Run(context.Background(), entries, opts.Job, opts.Resources, opts.Policy, bad); file != nil || err == nil || s.Left != len(entries) {
			t.Errorf("duplicates %v: %+v, %v", bad, s, err)
		}
	}
	if _, s, err := Run(context.Background(), entries, opts.Job, opts.Resources, opts.Policy, 0.98); err == nil || s.Left != len(entries) {
		t.Errorf("without memory: got %+v, %v", s, err)
	}
}

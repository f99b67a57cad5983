package diff

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

var (
	nan = float32(math.NaN())
	inf = float32(math.Inf(1))
)

// fixture builds the output folder of a run.
type fixture struct {
	t        *testing.T
	dir      string
	manifest bytes.Buffer
}

func newFixture(t *testing.T) *fixture { return &fixture{t: t, dir: t.TempDir()} }

// record adds a line to the manifest.
func (f *fixture) record(r manifest.Record) {
	f.t.Helper()
	if err := json.NewEncoder(&f.manifest).Encode(&r); err != nil {
		f.t.Fatal(err)
	}
}

// done adds a picture with layer l of the given shape.
func (f *fixture) done(name string, out volume.Shape, files ...manifest.File) {
	f.t.Helper()
	f.record(manifest.Record{
		Input: manifest.Path("in/" + name + ".png"), Output: manifest.Path(name), Status: manifest.OK,
		Layers: []manifest.Layer{{Layer: "l", Out: out}}, Files: files,
	})
}

func (f *fixture) write(name string, data []byte) (sum string) {
	f.t.Helper()
	path := filepath.Join(f.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, data, 0o666)); err != nil {
		f.t.Fatal(err)
	}
	return store.DigestOf(data)
}

// npy writes a layer's values.
func (f *fixture) npy(name string, shape volume.Shape, values ...float32) manifest.File {
	f.t.Helper()
	data := tensor.NPYHeader(shape.C, shape.H, shape.W)
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return manifest.File{Path: manifest.Path(name), Layer: "l", Bytes: int64(len(data)), BLAKE3: f.write(name, data)}
}

// png writes a map.
func (f *fixture) png(name string, index int, lo, hi float64, m image.Image) manifest.File {
	f.t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		f.t.Fatal(err)
	}
	return manifest.File{
		Path: manifest.Path(name), Layer: "l", Filter: fmt.Sprint("f", index), Index: &index, Scale: &[2]float64{lo, hi}, Bytes: int64(b.Len()), BLAKE3: f.write(name, b.Bytes()),
	}
}

func (f *fixture) close() string {
	f.write(manifest.Name, f.manifest.Bytes())
	return f.dir
}

func gray(pixels ...uint8) image.Image {
	return &image.Gray{Pix: pixels, Stride: len(pixels), Rect: image.Rect(0, 0, len(pixels), 1)}
}

func gray16(pixels ...uint16) image.Image {
	m := image.NewGray16(image.Rect(0, 0, len(pixels), 1))
	for x, p := range pixels {
		m.SetGray16(x, 0, color.Gray16{Y: p})
	}
	return m
}

func paletted(pixels ...uint8) image.Image {
	palette := make(color.Palette, 256)
	for i := range palette {
		palette[i] = color.RGBA{uint8(3 * i), uint8(255 - i), 9, 255}
	}
	return &image.Paletted{Pix: pixels, Stride: len(pixels), Rect: image.Rect(0, 0, len(pixels), 1), Palette: palette}
}

func compareRuns(t *testing.T, a, b *fixture, jobs int) *Report {
	t.Helper()
	r, err := Run(context.Background(), a.close(), b.close(), Options{Jobs: jobs})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Maps {
		r.Maps[i].sum = 0
	}
	return r
}

// TestFiles compares two runs of one picture. Each run wrote one file.
func TestFiles(t *testing.T) {
	row, two := volume.Shape{C: 1, H: 1, W: 3}, volume.Shape{C: 2, H: 1, W: 3}
	type side func(f *fixture) manifest.File
	numbers := func(shape volume.Shape, values ...float32) side {
		return func(f *fixture) manifest.File { return f.npy("p/l.npy", shape, values...) }
	}
	pixels := func(lo, hi float64, m image.Image) side {
		return func(f *fixture) manifest.File { return f.png("p/l/000-f0.png", 0, lo, hi, m) }
	}
	npyMap := func(m Map) Map { m.Layer, m.Format = "l", "npy"; return m }
	pngMap := func(m Map) Map { m.Layer, m.Format, m.Filter, m.Values = "l", "png", "f0", 3; return m }
	for _, c := range []struct {
		name  string
		shape volume.Shape
		a, b  side
		want  []Map
		same  int
	}{
		{"the same numbers", two, numbers(two, 1, 2, 3, 4, 5, 6), numbers(two, 1, 2, 3, 4, 5, 6),
			[]Map{npyMap(Map{Values: 3}), npyMap(Map{Index: 1, Values: 3})}, 1},
		{"other numbers", two, numbers(two, 1, 2, 3, 4, 5, 6), numbers(two, 1, 2, 3, 4.5, 4.75, 6),
			[]Map{npyMap(Map{Values: 3}), npyMap(Map{Index: 1, Values: 3, Largest: 0.5, Mean: 0.25, Worst: "in/p.png"})}, 0},
		{"zeros of both signs", row, numbers(row, 0, 0, 0), numbers(row, float32(math.Copysign(0, -1)), 0, 0),
			[]Map{npyMap(Map{Values: 3})}, 0},
		{"NaN and infinity in both", row, numbers(row, nan, inf, 1), numbers(row, -nan, inf, 2),
			[]Map{npyMap(Map{Values: 3, Largest: 1, Mean: 1. / 3, Worst: "in/p.png"})}, 0},
		{"NaN and infinity in one", row, numbers(row, nan, -inf, 1), numbers(row, 1, inf, 3),
			[]Map{npyMap(Map{Values: 3, Largest: 2, Mean: 2, NotFinite: 2, Worst: "in/p.png"})}, 0},
		{"pixels", row, pixels(0, 255, gray(0, 10, 255)), pixels(0, 255, gray(0, 12, 255)),
			[]Map{pngMap(Map{Largest: 2, Mean: 2. / 3, Worst: "in/p.png"})}, 0},
		{"scales", row, pixels(0, 255, gray(0, 10, 255)), pixels(-51, 459, gray(26, 30, 153)),
			[]Map{pngMap(Map{Largest: 1, Mean: 2. / 3, Worst: "in/p.png"})}, 0},
		{"depths", row, pixels(0, 255, gray(0, 10, 255)), pixels(0, 255, gray16(0, 10*257, 65535)),
			[]Map{pngMap(Map{})}, 0},
		{"a palette", row, pixels(0, 255, gray(0, 10, 255)), pixels(0, 255, paletted(0, 10, 251)),
			[]Map{pngMap(Map{Largest: 4, Mean: 4. / 3, Worst: "in/p.png"})}, 0},
		{"a constant map", row, pixels(7, 7, gray(0, 0, 0)), pixels(7.5, 7.5, gray(0, 0, 0)),
			[]Map{pngMap(Map{Largest: 0.5, Mean: 0.5, Worst: "in/p.png"})}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newFixture(t), newFixture(t)
			a.done("p", c.shape, c.a(a))
			b.done("p", c.shape, c.b(b))
			got := compareRuns(t, a, b, 1)
			want := &Report{Pictures: 1, Files: 1, Same: c.same, Maps: c.want}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			equal := !slices.ContainsFunc(c.want, func(m Map) bool { return m.Worst != "" })
			if got.Equal(0) != equal {
				t.Errorf("equal is %v", got.Equal(0))
			}
		})
	}
}

// TestSameDigestIsNotRead checks that files with equal digests are not read, but have to be
// there with their size.
func TestSameDigestIsNotRead(t *testing.T) {
	a, b := newFixture(t), newFixture(t)
	info := manifest.File{Path: "p/l.npy", Layer: "l", Bytes: 3, BLAKE3: "ab"}
	sheet := manifest.File{Path: "p/sheet.png", Layer: "of no shape", Bytes: 3, BLAKE3: "cd"}
	for _, f := range []*fixture{a, b} {
		f.done("p", volume.Shape{C: 1, H: 2, W: 3}, info, sheet)
		f.write("p/l.npy", []byte("abc")) // no array
		f.write("p/sheet.png", []byte("abc"))
	}
	r := compareRuns(t, a, b, 1)
	if !r.Equal(0) || r.Same != 2 || len(r.Maps) != 1 || r.Maps[0].Values != 6 {
		t.Errorf("got %+v", r)
	}
	for name, damage := range map[string]func(path string) error{
		"it has 1 bytes, the manifest says 3": func(path string) error { return os.Truncate(path, 1) },
		"no such file":                        os.Remove,
	} {
		if err := damage(filepath.Join(b.dir, "p/l.npy")); err != nil {
			t.Fatal(err)
		}
		r := compareRuns(t, a, b, 1)
		if r.Equal(9) || r.Unreadable.Count != 1 || !strings.Contains(r.Unreadable.First[0].Error, b.dir) {
			t.Errorf("%s: got %+v", name, r)
		}
		b.write("p/l.npy", []byte("abc"))
	}
}

// TestProblems checks that a file that cannot be compared is a difference with a reason.
func TestProblems(t *testing.T) {
	row := volume.Shape{C: 1, H: 1, W: 3}
	for _, c := range []struct {
		name   string
		change func(f *fixture, info *manifest.File)
		want   string
	}{
		{"gone", func(f *fixture, info *manifest.File) { os.Remove(filepath.Join(f.dir, "p/l.npy")) }, "no such file"},
		{"a folder", func(f *fixture, info *manifest.File) { info.Path = "p" }, "only"},
		{"cut short", func(f *fixture, info *manifest.File) { os.Truncate(filepath.Join(f.dir, "p/l.npy"), 130) }, "cut short"},
		{"of another shape than its manifest says", func(f *fixture, info *manifest.File) {
			*info = f.npy("p/l.npy", volume.Shape{C: 3, H: 1, W: 1}, 1, 2, 4)
		}, "its shape is [3 1 1], but 1×1×3 in the manifest"},
		{"larger than its manifest says", func(f *fixture, info *manifest.File) {
			*info = f.npy("p/l.npy", volume.Shape{C: 1, H: 1, W: 4}, 1, 2, 3, 4)
		}, "at most 3 values are read"},
		{"of no layer", func(f *fixture, info *manifest.File) { info.Layer = "m" }, `does not have the shape of its layer, "m"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newFixture(t), newFixture(t)
			a.done("p", row, a.npy("p/l.npy", row, 1, 2, 3))
			info := b.npy("p/l.npy", row, 1, 2, 4)
			c.change(b, &info)
			b.done("p", row, info)
			r := compareRuns(t, a, b, 1)
			if c.want == "only" {
				if r.OnlyA.Count != 1 || r.OnlyB.Count != 1 {
					t.Errorf("got %+v", r)
				}
			} else if r.Unreadable.Count != 1 || !strings.HasPrefix(r.Unreadable.First[0].Error, b.dir+": ") || !strings.Contains(r.Unreadable.First[0].Error, c.want) {
				t.Errorf("got %+v, want %q", r.Unreadable, c.want)
			}
			if r.Equal(math.Inf(1)) {
				t.Error("the runs are equal")
			}
		})
	}
}

// TestPathsStayInside checks that a manifest's names do not lead out of its folder.
func TestPathsStayInside(t *testing.T) {
	row := volume.Shape{C: 1, H: 1, W: 3}
	outside := newFixture(t)
	outside.npy("secret.npy", row, 7, 7, 7)
	secret := filepath.Join(outside.dir, "secret.npy")
	a, b := newFixture(t), newFixture(t)
	for i, f := range []*fixture{a, b} {
		relative, err := filepath.Rel(f.dir, secret)
		if err != nil || !strings.HasPrefix(relative, "..") {
			t.Fatal(relative, err)
		}
		if err := os.Symlink(secret, filepath.Join(f.dir, "link.npy")); err != nil {
			t.Skip(err)
		}
		for j, name := range []string{filepath.ToSlash(relative), secret, "link.npy"} {
			f.done(fmt.Sprint(j), row, manifest.File{Path: manifest.Path(name), Layer: "l", BLAKE3: fmt.Sprint(i)})
		}
	}
	r := compareRuns(t, a, b, 2)
	if r.Unreadable.Count != 3 || len(r.Maps) > 0 {
		t.Errorf("got %+v", r)
	}
	for _, p := range r.Unreadable.First {
		if !strings.Contains(p.Error, "escapes") {
			t.Errorf("got %q", p.Error)
		}
	}
}

func TestPNGProblems(t *testing.T) {
	row := volume.Shape{C: 1, H: 1, W: 3}
	for _, c := range []struct {
		name string
		m    image.Image
		want string
	}{
		{"another size", gray(1, 2, 3, 4), "it is 1×4, but 1×3 in the manifest"},
		{"colours", &image.NRGBA{Pix: make([]byte, 12), Stride: 12, Rect: image.Rect(0, 0, 3, 1)}, "a map's are gray or of a palette"},
		{"no scale", gray(1, 2, 4), "no scale"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newFixture(t), newFixture(t)
			a.done("p", row, a.png("p/l/000-f0.png", 0, 0, 1, gray(1, 2, 3)))
			info := b.png("p/l/000-f0.png", 0, 0, 1, c.m)
			if c.name == "no scale" {
				info.Scale = nil
			}
			b.done("p", row, info)
			r := compareRuns(t, a, b, 1)
			if r.Unreadable.Count != 1 || !strings.Contains(r.Unreadable.First[0].Error, c.want) {
				t.Errorf("got %+v, want %q", r.Unreadable, c.want)
			}
		})
	}
}

func TestShapes(t *testing.T) {
	a, b := newFixture(t), newFixture(t)
	one, two := volume.Shape{C: 1, H: 1, W: 3}, volume.Shape{C: 1, H: 1, W: 2}
	a.done("p", one, a.npy("p/l.npy", one, 1, 2, 3))
	b.done("p", two, b.npy("p/l.npy", two, 1, 2))
	r := compareRuns(t, a, b, 1)
	if want := (List[Shapes]{1, []Shapes{{"p/l.npy", one, two}}}); !reflect.DeepEqual(r.Shapes, want) || r.Equal(9) {
		t.Errorf("got %+v, want %+v", r.Shapes, want)
	}
}

// TestPictures checks the status of pictures, in the order of A's manifest and then of B's.
func TestPictures(t *testing.T) {
	row := volume.Shape{C: 1, H: 1, W: 1}
	a, b := newFixture(t), newFixture(t)
	failed := func(name, why string) manifest.Record {
		return manifest.Record{Input: manifest.Path("in/" + name + ".png"), Output: manifest.Path(name), Status: manifest.Failed, Error: why}
	}
	same := manifest.File{Path: "both/l.npy", Layer: "l", BLAKE3: a.write("both/l.npy", nil)}
	b.write("both/l.npy", nil)
	a.done("both", row, same, manifest.File{Path: "both/a.npy", Layer: "l"})
	b.done("late", row)
	b.done("both", row, manifest.File{Path: "both/b.npy", Layer: "l"}, same)
	a.record(failed("x", "cut short"))
	b.done("x", row)
	a.record(failed("neither", "no"))
	b.record(failed("neither", "no, too"))
	a.done("y", row)
	b.record(manifest.Record{Input: "in/y.png", Output: "y", Status: manifest.Kept})
	a.done("only", row)
	r := compareRuns(t, a, b, 3)
	want := []Unmatched{
		{"in/x.png", "failed", "ok", "cut short"}, {"in/y.png", "ok", "kept", ""}, {"in/only.png", "ok", "missing", ""}, {"in/late.png", "missing", "ok", ""},
	}
	if !reflect.DeepEqual(r.Unmatched.First, want) || r.Unmatched.Count != len(want) {
		t.Errorf("got %+v, want %+v", r.Unmatched, want)
	}
	if r.Pictures != 1 || r.Same != 1 || !slices.Equal(r.OnlyA.First, []manifest.Path{"both/a.npy"}) || !slices.Equal(r.OnlyB.First, []manifest.Path{"both/b.npy"}) {
		t.Errorf("got %+v", r)
	}
}

// TestManyPictures checks the worst picture, and that sums have the same bits with any number
// of workers.
func TestManyPictures(t *testing.T) {
	shape := volume.Shape{C: 2, H: 3, W: 4}
	a, b := newFixture(t), newFixture(t)
	for i := range 40 {
		name := fmt.Sprintf("p%02d", i)
		va, vb := make([]float32, 24), make([]float32, 24)
		for j := range va {
			va[j] = float32(i*24+j) / 7
			vb[j] = va[j] + float32((i*13+j*5)%37)/1000
		}
		va[13], vb[13] = 0, float32(i%31) // p30 has the second map's largest difference
		a.done(name, shape, a.npy(name+"/l.npy", shape, va...))
		b.done(name, shape, b.npy(name+"/l.npy", shape, vb...))
	}
	first := compareRuns(t, a, b, 1)
	if len(first.Maps) != 2 || first.Maps[1].Worst != "in/p30.png" || first.Maps[1].Largest != 30 || first.Maps[0].Values != 480 {
		t.Errorf("got %+v", first.Maps)
	}
	if w := first.Largest(); w != &first.Maps[1] {
		t.Errorf("the largest is %+v", w)
	}
	for _, tolerance := range []float64{29.99, 30} {
		if first.Equal(tolerance) != (tolerance == 30) {
			t.Errorf("tolerance %v: equal is %v", tolerance, first.Equal(tolerance))
		}
	}
	for _, jobs := range []int{2, 7, 100} {
		if r := compareRuns(t, a, b, jobs); !reflect.DeepEqual(r, first) {
			t.Errorf("%d jobs: got %+v, want %+v", jobs, r, first)
		}
	}
}

func TestManifests(t *testing.T) {
	good := `{"input":"in/p.png","output":"p","status":"ok"}` + "\n"
	for _, c := range []struct {
		name, text string
		want       string // the error; if empty, one picture
	}{
		{"one picture", good, ""},
		{"a torn last line", good + `{"input":"in/q.png","outp`, ""},
		{"a torn first line", good[:20], "pictures"},
		{"the newest line counts", `{"input":"in/p.png","output":"p","status":"failed"}` + "\n" + good, ""},
		{"a line of something else", good + "{}\n", "line 2 is not the record of a picture"},
		{"no JSON", "PNG\n" + good, "line 1: invalid character"},
		{"a type that is wrong", `{"input":"p","output":"p","files":7}` + "\n", "cannot unmarshal number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newFixture(t), newFixture(t)
			a.manifest.WriteString(c.text)
			b.manifest.WriteString(good)
			r, err := Run(context.Background(), a.close(), b.close(), Options{})
			switch {
			case c.want == "":
				if err != nil || r.Pictures != 1 || !r.Equal(0) {
					t.Errorf("got %+v, %v", r, err)
				}
			case c.want == "pictures":
				if err != nil || r.Pictures != 0 || r.Unmatched.Count != 1 {
					t.Errorf("got %+v, %v", r, err)
				}
			case err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), a.dir):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestFoldersThatAreNoRuns(t *testing.T) {
	run := newFixture(t)
	run.close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		t.TempDir():                    "there is none: name the output folder of a run",
		filepath.Join(run.dir, "none"): "none",
		file:                           "file",
	} {
		for _, pair := range [][2]string{{dir, run.dir}, {run.dir, dir}} {
			if r, err := Run(context.Background(), pair[0], pair[1], Options{}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: got %+v, %v, want %q", pair, r, err, want)
			}
		}
	}
}

func TestRunIsInterrupted(t *testing.T) {
	a := newFixture(t)
	for i := range 50 {
		a.done(fmt.Sprint(i), volume.Shape{C: 1, H: 1, W: 1})
	}
	dir := a.close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := Run(ctx, dir, dir, Options{}); r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestListKeepsTheFirst(t *testing.T) {
	var l List[int]
	for i := range listed - 1 {
		l.add(i)
	}
	l.add(1, 2, 3)
	l.join(List[int]{Count: 5000, First: []int{9}})
	if l.Count != listed+2+5000 || len(l.First) != listed || l.First[listed-1] != 1 {
		t.Errorf("%d of %d, the last %d", len(l.First), l.Count, l.First[listed-1])
	}
}

package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/config"
	"filterbank/filters/tensor"
	"filterbank/pipeline"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
	"filterbank/pipeline/source"
)

const stackFile = `
version: 1
input: {std: 0.5}
layers:
  - conv: {name: edges, filters: [sobel, box], channels: mean, padding: same, activation: none}
  - max_pool: {name: pool, kernel_size: 2}
`

// awkward names break out of attributes, scripts and addresses that do not escape them.
var awkward = []string{
	"plain.png", `quotes"'.png`, "</script><!-- .png", "percent%41#hash?query&amp;.png", "line\nbreak.png", "bytes\xff\xfe.png", "ü 例.png", " blank.png",
}

// usable are the awkward names that the file system accepts.
func usable(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	names := slices.DeleteFunc(slices.Clone(awkward), func(name string) bool {
		file := filepath.Join(dir, name)
		return errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, nil, 0o666)) != nil
	})
	if len(names) == 0 {
		t.Fatal("not even a plain name is taken")
	}
	return names
}

// newRun runs the stack on pictures with the given names, and on a file that is not a picture.
func newRun(t *testing.T, names []string, formats ...string) (Options, string) {
	t.Helper()
	return newRunIn(t, stackFile, output.Settings{}, names, formats...)
}

// newRunIn is newRun with a stack and settings.
func newRunIn(t *testing.T, stack string, looks output.Settings, names []string, formats ...string) (Options, string) {
	t.Helper()
	var err error
	if looks.Formats, err = output.Parse(formats); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var entries []source.Entry
	for i, name := range append(slices.Clone(names), "broken.png") {
		path := filepath.Join(dir, name)
		var b bytes.Buffer
		if err := png.Encode(&b, testPicture(i)); err != nil {
			t.Fatal(err)
		}
		if name == "broken.png" {
			b.Truncate(60)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, b.Bytes(), 0o666)); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, source.Entry{Job: source.Job{Path: path, Rel: strings.TrimSuffix(name, ".png")}})
	}
	file, err := config.Parse("stack.yaml", []byte(stack))
	if err != nil {
		t.Fatal(err)
	}
	model, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	selected, err := engine.Select(model.Stacks, "all")
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := decode.New(decode.Options{Std: model.Input.Std})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	summary, err := pipeline.Run(context.Background(), entries, pipeline.Job{Stacks: selected, Decoder: decoder, Output: looks}, pipeline.Resources{}, pipeline.RunOptions{Out: out})
	if err != nil || summary.Failed != 1 {
		t.Fatal(summary, err)
	}
	return Options{Run: out, Out: filepath.Join(dir, "page.html"), Stacks: selected, Decoder: decoder, Looks: looks}, dir
}

// testPicture is a gradient of 16 bits, one with transparent pixels, or one of 8 bits.
func testPicture(i int) image.Image {
	r := image.Rect(0, 0, 19+i, 14)
	set := func(m interface{ Set(x, y int, c color.Color) }) {
		for y := range r.Dy() {
			for x := range r.Dx() {
				m.Set(x, y, color.NRGBA64{uint16(x * 3001), uint16(y * 4001), uint16(x * y * 77), uint16(65535 - x*y*50*(i%3&1))})
			}
		}
	}
	switch i % 3 {
	case 0:
		m := image.NewNRGBA64(r)
		set(m)
		return m
	case 1:
		m := image.NewNRGBA(r)
		set(m)
		return m
	}
	m := image.NewRGBA(r)
	set(m)
	return m
}

// read returns a page's own data, its gallery and its pictures.
func read(t *testing.T, page string) (p page, gallery []entry, pictures map[int]*pictureData) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?s)<script type="application/json" id="page">(.*?)</script>`).FindSubmatch(text)
	if m == nil {
		t.Fatal("the page has no data")
	}
	unmarshal(t, m[1], &p)
	data := func(name string, v any) bool {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(page), filepath.FromSlash(p.Base), filepath.FromSlash(name)+".js"))
		if err != nil {
			return false
		}
		unmarshal(t, text[len("filterbank(")+len(name)+3:len(text)-2], v)
		return true
	}
	if !data("gallery", &gallery) {
		t.Fatal("the page has no gallery")
	}
	pictures = map[int]*pictureData{}
	for i := range gallery {
		if d := new(pictureData); data(fmt.Sprintf("p/%06d", i), d) {
			pictures[i] = d
		}
	}
	return p, gallery, pictures
}

func unmarshal(t *testing.T, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%v in %.200q", err, data)
	}
}

// TestLinks checks that every address leads to a file, whatever the names, and that every map
// has one.
func TestLinks(t *testing.T) {
	names := usable(t)
	opts, dir := newRun(t, names, "png", "npy")
	s, err := Write(context.Background(), opts)
	if err != nil || s.Pictures != len(names) || s.Failed != 1 || s.Gone != 0 {
		t.Fatal(s, err)
	}
	p, gallery, pictures := read(t, opts.Out)
	seen := 0
	follow := func(address string) {
		t.Helper()
		u, err := url.Parse(address)
		if err != nil || u.RawQuery != "" || u.Fragment != "" || u.IsAbs() {
			t.Fatalf("address %s: %v", address, err)
		}
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(u.Path))); err != nil {
			t.Error(err)
		}
		seen++
	}
	for i, e := range gallery {
		if e.Error != "" {
			if e.Code != string(decode.Truncated) {
				t.Errorf("%+v", e)
			}
			continue
		}
		follow(p.Base + e.Thumb)
		for _, maps := range pictures[i].Maps[0] {
			for _, m := range maps {
				follow(m.URL)
			}
		}
		for _, f := range pictures[i].Files { // the .npy files
			follow(f.URL)
		}
	}
	if want := len(names) * (1 + 6 + 2); seen != want {
		t.Errorf("followed %d addresses, want %d", seen, want)
	}
}

// TestTextEndsNothing checks that no name ends an element of the page or a line of its data.
func TestTextEndsNothing(t *testing.T) {
	names := usable(t)
	opts, _ := newRun(t, names)
	opts.Run = strings.TrimSuffix(opts.Run, "out") + "./out" // the name must be cleaned before links work
	for _, embed := range []bool{false, true} {
		opts.Embed = embed
		if _, err := Write(context.Background(), opts); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(opts.Out)
		if err != nil {
			t.Fatal(err)
		}
		opened, closed := bytes.Count(text, []byte("<script")), bytes.Count(text, []byte("</script"))
		if want := 3 + map[bool]int{true: 3 + 1 + len(names)}[embed]; opened != want || closed != want {
			t.Errorf("embed %v: %d script elements begin and %d end, want %d", embed, opened, closed, want)
		}
		if bytes.Contains(text, []byte("<!--")) {
			t.Errorf("embed %v: a comment begins", embed)
		}
	}
}

// TestSameBytes checks that a report does not depend on the number of jobs or on earlier files.
func TestSameBytes(t *testing.T) {
	names := usable(t)
	opts, dir := newRun(t, names, "npy")
	var first map[string]string
	for _, jobs := range []int{1, 4, 3} {
		opts.Jobs = jobs
		if _, err := Write(context.Background(), opts); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		err := filepath.WalkDir(DataFolder(opts.Out), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				var data []byte
				data, err = os.ReadFile(path)
				files[path] = string(data)
			}
			return err
		})
		page, pageErr := os.ReadFile(opts.Out)
		if err != nil || pageErr != nil {
			t.Fatal(err, pageErr)
		}
		files["page"] = string(page)
		if first == nil {
			first = files
		}
		if len(files) != len(first) || len(files) < 2*len(names) {
			t.Fatalf("%d jobs: %d files, %d before", jobs, len(files), len(first))
		}
		for name, data := range files {
			if data != first[name] {
				t.Errorf("%d jobs: %s differs", jobs, strings.TrimPrefix(name, dir))
			}
		}
	}
}

// TestStatistics compares the page's statistics of maps with the .npy files.
func TestStatistics(t *testing.T) {
	opts, _ := newRun(t, awkward[:3], "npy")
	if _, err := Write(context.Background(), opts); err != nil {
		t.Fatal(err)
	}
	p, gallery, pictures := read(t, opts.Out)
	type sums struct {
		values, zeros int64
		sum           float64
		min, max      float32
	}
	for l, layer := range p.Stacks[0].Layers {
		all := make([]sums, len(layer.Filters))
		for i := range gallery {
			d := pictures[i]
			if d == nil {
				continue
			}
			name := strings.TrimSuffix(awkward[i], ".png")
			file, err := tensor.Load(filepath.Join(opts.Run, name, layer.Name+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			plane := len(file.Data) / len(all)
			for k := range all {
				m, values := d.Maps[0][l][k], file.Data[k*plane:][:plane]
				s := sums{min: slices.Min(values), max: slices.Max(values)}
				for _, v := range values {
					s.values++
					s.sum += float64(v)
					if v == 0 {
						s.zeros++
					}
				}
				counted := int64(0)
				for _, n := range *m.Bins {
					counted += n
				}
				if m.Min != s.min || m.Max != s.max || m.Values != s.values || m.Zeros != s.zeros || counted != s.values-s.zeros || !near(m.Mean, s.sum/float64(s.values)) {
					t.Errorf("%s %s %d: %+v, want %+v", name, layer.Name, k, m, s)
				}
				a := &all[k]
				if a.values == 0 {
					a.min, a.max = s.min, s.max
				}
				a.min, a.max = min(a.min, s.min), max(a.max, s.max)
				a.values, a.zeros, a.sum = a.values+s.values, a.zeros+s.zeros, a.sum+s.sum
			}
		}
		for k, a := range all {
			s := layer.Stats[k]
			if s.Pictures != 3 || s.Min != a.min || s.Max != a.max || s.Values != a.values || s.Zeros != a.zeros || !near(s.Mean, a.sum/float64(a.values)) {
				t.Errorf("%s %d: %+v, want %+v", layer.Name, k, s, a)
			}
			if len(s.Top) != 3 || s.Top[0].Max != a.max || s.Top[0].Max < s.Top[1].Max || s.Top[1].Max < s.Top[2].Max {
				t.Errorf("%s %d: strongest %+v", layer.Name, k, s.Top)
			}
		}
	}
}

// near allows for sums in a different order.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*(1+math.Abs(a)) }

// TestDrawnMaps checks that the report of a run with only .npy files has the pictures that
// --format png writes.
func TestDrawnMaps(t *testing.T) {
	for _, name := range []string{"auto", "viridis"} {
		t.Run(name, func(t *testing.T) {
			colormap, err := render.ParseColormap(name)
			if err != nil {
				t.Fatal(err)
			}
			drawnMaps(t, stackFile, output.Settings{Colormap: colormap})
		})
	}
}

// TestZeroMapsAreDrawnAsTheRunDoes has a signed layer of zeros. Its maps must be pale, since
// the colours have 0 in the middle.
func TestZeroMapsAreDrawnAsTheRunDoes(t *testing.T) {
	drawnMaps(t, "version: 1\nlayers:\n  - conv: {name: zeros, kernels: [[[0]], [[1]]], activation: none}\n", output.Settings{})
}

// TestGivenScaleIsTheRuns: on a scale that is given, a signed layer is gray or coolwarm as in
// the run.
func TestGivenScaleIsTheRuns(t *testing.T) {
	for _, r := range []render.Range{{Lo: 0, Hi: 1}, {Lo: -2, Hi: 2}} {
		drawnMaps(t, stackFile, output.Settings{Scale: scale.Scale{Per: scale.Fixed, Fixed: r}})
	}
}

// drawnMaps compares the maps that a report draws with the maps of a run.
func drawnMaps(t *testing.T, stack string, looks output.Settings) {
	with, _ := newRunIn(t, stack, looks, awkward[:2], "png")
	without, _ := newRunIn(t, stack, looks, awkward[:2], "npy")
	with.Embed = true
	for _, o := range []Options{with, without} {
		if _, err := Write(context.Background(), o); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(with.Out)
	if err != nil {
		t.Fatal(err)
	}
	_, _, drawn := read(t, without.Out)
	for i := range 2 {
		block := regexp.MustCompile(fmt.Sprintf(`(?s) id="p/%06d">(.*?)</script>`, i)).FindSubmatch(text)
		var written pictureData
		unmarshal(t, block[1], &written)
		for l := range written.Maps[0] {
			for k := range written.Maps[0][l] {
				a, b := written.Maps[0][l][k], drawn[i].Maps[0][l][k]
				pa, errA := png.Decode(bytes.NewReader(a.PNG))
				pb, errB := png.Decode(bytes.NewReader(b.PNG))
				if errA != nil || errB != nil {
					t.Fatal(errA, errB)
				}
				if a.Of != b.Of || fmt.Sprint(pa) != fmt.Sprint(pb) {
					t.Errorf("picture %d, layer %d, map %d: of %v and %v", i, l, k, a.Of, b.Of)
				}
			}
		}
	}
}

// TestMapsThatWent checks that a map is drawn, not linked, if its file is gone or cut short.
func TestMapsThatWent(t *testing.T) {
	opts, _ := newRun(t, awkward[:1], "png")
	maps, err := filepath.Glob(filepath.Join(opts.Run, "plain", "edges", "*.png"))
	if err != nil || len(maps) != 3 {
		t.Fatal(maps, err)
	}
	if err := errors.Join(os.Remove(maps[0]), os.Truncate(maps[1], 30)); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(context.Background(), opts); err != nil {
		t.Fatal(err)
	}
	_, _, pictures := read(t, opts.Out)
	for k, m := range pictures[0].Maps[0][0] {
		if drawn := k < 2; (m.URL == "") != drawn || (m.PNG != nil) != drawn || m.Of[1] <= m.Of[0] {
			t.Errorf("map %d: %q, %d bytes, of %v", k, m.URL, len(m.PNG), m.Of)
		}
	}
}

// TestInputsThatWent checks that a picture is shown by the levels of its maps if its file is
// gone or replaced.
func TestInputsThatWent(t *testing.T) {
	opts, dir := newRun(t, awkward[:1], "png")
	if _, err := Write(context.Background(), opts); err != nil {
		t.Fatal(err)
	}
	_, _, before := read(t, opts.Out)
	input := filepath.Join(dir, awkward[0])
	for want, change := range map[string]func() error{
		"the picture's file has changed since the run": func() error { return os.WriteFile(input, []byte("other"), 0o666) },
		"the picture's file is no longer there":        func() error { return os.Remove(input) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		s, err := Write(context.Background(), opts)
		if err != nil || s.Gone != 1 {
			t.Fatal(s, err)
		}
		_, _, after := read(t, opts.Out)
		if after[0].Gone != want || after[0].Samples != nil {
			t.Errorf("gone is %q, want %q", after[0].Gone, want)
		}
		a, b := before[0].Maps[0][0][0], after[0].Maps[0][0][0]
		if step := float32(b.Of[1]-b.Of[0]) / 255; b.PNG == nil || b.Values != a.Values || max(a.Min-b.Min, b.Min-a.Min, a.Max-b.Max, b.Max-a.Max) > step {
			t.Errorf("%q: the levels give %v to %v, the map is from %v to %v", want, b.Min, b.Max, a.Min, a.Max)
		}
		if err := os.WriteFile(input, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLimit checks that pictures beyond the limit are counted and failed ones are shown.
func TestLimit(t *testing.T) {
	opts, _ := newRun(t, awkward[:3])
	opts.Limit = 2
	s, err := Write(context.Background(), opts)
	if err != nil || s.Pictures != 2 || s.LeftOut != 1 || s.Failed != 1 {
		t.Fatal(s, err)
	}
	if p, gallery, pictures := read(t, opts.Out); len(gallery) != 3 || len(pictures) != 2 || p.Summary.LeftOut != 1 {
		t.Errorf("%d in the gallery, %d with data, %+v", len(gallery), len(pictures), p.Summary)
	}
}

// TestOtherStacks checks that maps made by other stacks are shown from their files, and not as
// the report's.
func TestOtherStacks(t *testing.T) {
	opts, _ := newRun(t, awkward[:1])
	opts.Decoder, _ = decode.New(decode.Options{Mean: [3]float32{1, 1, 1}})
	if _, err := Write(context.Background(), opts); err != nil {
		t.Fatal(err)
	}
	p, gallery, pictures := read(t, opts.Out)
	d := pictures[0]
	if d == nil || !gallery[0].Other || gallery[0].Thumb == "" || p.Summary.Others != 1 || len(d.Maps)+len(d.Plans) != 0 || !strings.Contains(d.Note, "other stacks") {
		t.Fatalf("%+v, %+v", gallery, d)
	}
	if p.Stacks[0].Layers[0].Stats[0].Pictures != 0 {
		t.Error("they count in the page's statistics")
	}
	first := d.Others[0]
	if len(d.Others) != 6 || first.Layer != "edges" || first.Filter != "sobel-x" || first.Of[0] >= first.Of[1] {
		t.Errorf("%+v", d.Others)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(opts.Out), first.URL)); err != nil {
		t.Error(err)
	}
}

// TestStretched checks that maps whose scale was not given are shown on a narrower range: gray
// PNGs of the run through a filter, and coloured maps drawn anew. If the input is gone, their
// colours stay.
func TestStretched(t *testing.T) {
	opts, dir := newRunIn(t, strings.Replace(stackFile, "  - max_pool", "  - conv: {name: again, filters: [sobel], channels: mean, padding: same, activation: abs}\n  - max_pool", 1), output.Settings{}, awkward[:1])
	opts.Looks.EyeScale = &scale.Scale{Per: scale.Stretched}
	for _, gone := range []bool{false, true} {
		if gone {
			if err := os.RemoveAll(filepath.Join(dir, awkward[0])); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Write(context.Background(), opts); err != nil {
			t.Fatal(err)
		}
		p, _, pictures := read(t, opts.Out)
		shown, drawn, maps, narrow := 0, 0, 0, gone
		for _, layers := range pictures[0].Maps {
			for l, layer := range layers {
				for _, m := range layer {
					maps++
					coloured := p.Stacks[0].Layers[l].Signed
					switch {
					case m.Shown != nil && coloured:
						t.Errorf("layer %d: a filter for colours: %+v", l, m)
					case m.Shown != nil:
						shown++
						if m.Shown[0] < m.Of[0] || m.Shown[1] > m.Of[1] || m.URL == "" {
							t.Errorf("layer %d: %v of %v, address %q", l, *m.Shown, m.Of, m.URL)
						}
					case m.URL == "":
						drawn++
						if narrow = narrow || m.Of[1] < float64(max(m.Max, -m.Min)); !coloured || m.Of[1] > float64(max(m.Max, -m.Min)) {
							t.Errorf("layer %d: from %v to %v, drawn on %v", l, m.Min, m.Max, m.Of)
						}
					}
				}
			}
		}
		if !p.Stretch || !narrow || shown == 0 || (drawn == 0) != gone {
			t.Errorf("gone %v: of %d maps %d are shown through a filter and %d drawn", gone, maps, shown, drawn)
		}
	}
}

// TestInterrupt checks that an interrupted report leaves the earlier one unchanged.
func TestInterrupt(t *testing.T) {
	names := usable(t)
	opts, _ := newRun(t, names)
	if _, err := Write(context.Background(), opts); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(opts.Out)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	opts.Ended, opts.Limit, opts.Jobs = cancel, 3, 2
	if _, err := Write(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	after, err := os.ReadFile(opts.Out)
	if err != nil || !bytes.Equal(before, after) {
		t.Error("the page has changed", err)
	}
	if entries, err := os.ReadDir(DataFolder(opts.Out)); err != nil || len(entries) != 2 {
		t.Errorf("its folder holds %v (%v)", entries, err)
	}
	if _, _, pictures := read(t, opts.Out); len(pictures) != len(names) {
		t.Errorf("%d pictures have data", len(pictures))
	}
}

// TestOutsideTheRun checks that a forged manifest leads nowhere outside the run.
func TestOutsideTheRun(t *testing.T) {
	opts, dir := newRun(t, awkward[:1])
	name := filepath.Join(opts.Run, manifest.Name)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte(`"path":"plain/`), []byte(`"path":"../plain/`))
	if err := os.WriteFile(name, text, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(context.Background(), opts); err != nil {
		t.Fatal(err)
	}
	_, _, pictures := read(t, opts.Out)
	if m := pictures[0].Maps[0][0][0]; m.URL != "" || len(pictures[0].Files) != 0 {
		t.Errorf("%s: leads to %q and %v", dir, m.URL, pictures[0].Files)
	}
}

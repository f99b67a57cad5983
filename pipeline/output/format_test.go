package output

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/goregular"

	"filterbank/filters"
	"filterbank/filters/tensor"
	"filterbank/filters/volume"
	"filterbank/pipeline/drawing"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
)

// TestTable checks that every row has everything that the rest of the program derives from it.
func TestTable(t *testing.T) {
	plan, v := described(t, allKinds)
	v.Plans = []*filters.Plan{plan}
	for _, f := range All() {
		if Find(f.Name) != f || f.Files == nil || f.Key == nil || f.Open == nil {
			t.Errorf("%s: the row is not whole: %+v", f.Name, f)
		}
		v.Formats, v.Todo = []*Format{f}, []*Format{f}
		files := v.Files()
		if len(files) == 0 || v.Memory() <= 0 {
			t.Errorf("%s: %d files, %d bytes of memory", f.Name, len(files), v.Memory())
		}
		names := map[string]bool{}
		for _, p := range files {
			if p.Bytes <= 0 || p.File.Format != f.Name || names[p.Suffix] || !strings.HasPrefix(p.Suffix, "/") && !strings.HasPrefix(p.Suffix, ".") {
				t.Errorf("%s: planned %+v", f.Name, p)
			}
			names[p.Suffix] = true
		}
	}
	if Find("gif") != nil {
		t.Error("a format that there is none of was found")
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ names, want string }{
		{"", "png"},
		{"npy,png,npy", "npy png"},
		{"png,png16", "formats png and png16 write files of the same names: choose one"},
		{"png,gif", `format "gif": it must be png, png16, npy, npz, safetensors, sheet or overlay`},
	} {
		formats, err := Parse(strings.FieldsFunc(c.names, func(r rune) bool { return r == ',' }))
		s := Settings{Formats: formats}.WithDefaults()
		var names []string
		for _, f := range s.Formats {
			names = append(names, f.Name)
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.names, got, c.want)
		}
	}
}

// TestOptions checks that options are whole, and that their defaults are not in keys.
func TestOptions(t *testing.T) {
	for _, o := range Options() {
		if o.Name == "" || o.Word == "" && o.Default() != "false" || o.Help == "" || o.Set == nil {
			t.Errorf("the option is not whole: %+v", o)
		}
		for _, f := range All() {
			var b bytes.Buffer
			if (&View{}).Key(&b, f); strings.Contains(b.String(), o.Name) {
				t.Errorf("the key of %s has the default of %s: %q", f.Name, o.Name, b.String())
			}
		}
		s := Settings{Formats: []*Format{&png8}}
		if err := s.SetOption(o, o.Default()); err != nil {
			t.Errorf("the default of %s is refused: %v", o.Name, err)
		}
		if err := s.SetOption(o, "1"); err == nil || !strings.Contains(err.Error(), "--"+o.Name+" is an option of the format") {
			t.Errorf("%s beside png: %v", o.Name, err)
		}
	}
}

// TestKeys changes one setting at a time. Only the keys of formats whose files change may change.
func TestKeys(t *testing.T) {
	_, v := described(t, allKinds)
	font, err := drawing.ParseFont(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	keys := func() map[string]string {
		keys := map[string]string{}
		for _, f := range All() {
			var b bytes.Buffer
			v.Key(&b, f)
			keys[f.Name] = b.String()
		}
		return keys
	}
	v.Formats = []*Format{&png8, &npy}
	for _, c := range []struct {
		what    string
		change  func()
		formats string
	}{
		{"nothing", func() {}, ""},
		{"another format", func() { v.Formats = append(v.Formats, &overlay) }, ""},
		{"a format without colours", func() { v.Formats = []*Format{&npy, &overlay, &png16} }, ""},
		{"formats as before", func() { v.Formats = []*Format{&png8, &npy} }, ""},
		{"scale", func() { v.Scale = scale.Scale{Per: scale.PerLayer} }, "overlay png png16 sheet"},
		{"given scale", func() { v.Scale = scale.Scale{Per: scale.Fixed, Fixed: render.Range{Lo: -1, Hi: 1}} }, "overlay png png16 sheet"},
		{"range", func() { v.Scale.Fixed = render.Range{Lo: -2, Hi: 2} }, "overlay png png16 sheet"},
		{"percentiles", func() { v.Scale = scale.Scale{Per: scale.Percentile, Percentiles: [2]float64{1, 99}} }, "overlay png png16 sheet"},
		{"dataset", func() { v.Scale = scale.Scale{Per: scale.Dataset, Dataset: [][][]render.Range{{{{Lo: 0, Hi: 1}}}}} }, "overlay png png16 sheet"},
		{"statistics", func() { v.Scale.Dataset = [][][]render.Range{{{{Lo: 0, Hi: 2}}}} }, "overlay png png16 sheet"},
		{"scale for the eye", func() { v.EyeScale = &scale.Scale{Per: scale.Stretched} }, "overlay sheet"},
		{"another one", func() { v.EyeScale = &scale.Scale{Per: scale.PerLayer} }, "overlay sheet"},
		{"scale behind it", func() { v.Scale = scale.Scale{} }, "png png16"},
		{"colormap", func() { v.Colormap, _ = render.ParseColormap("viridis") }, "overlay png sheet"},
		{"tiles", func() { v.Sheet.Tile = 64 }, "sheet"},
		{"columns", func() { v.Sheet.Columns = 3 }, "sheet"},
		{"pairs", func() { v.Sheet.Pair = true }, "sheet"},
		{"numbers", func() { v.Numbers = tensor.Float16 }, "npy npz safetensors"},
		{"font", func() { v.Sheet.Font = font }, "sheet"},
		{"layers", func() { v.Stacks[0].Layers[0] = false }, "npy npz overlay png png16 safetensors sheet"},
	} {
		before := keys()
		c.change()
		var changed []string
		for name, key := range keys() {
			if before[name] != key {
				changed = append(changed, name)
			}
		}
		slices.Sort(changed)
		if got := strings.Join(changed, " "); got != c.formats {
			t.Errorf("%s changes the keys of %q, want %q", c.what, got, c.formats)
		}
	}
}

func TestCombineCRC(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		a, b := make([]byte, rng.IntN(100)), make([]byte, rng.IntN(5000))
		for _, p := range [][]byte{a, b} {
			for i := range p {
				p[i] = byte(rng.Uint32())
			}
		}
		got := combineCRC(crc32.ChecksumIEEE(a), crc32.ChecksumIEEE(b), int64(len(b)))
		if want := crc32.ChecksumIEEE(append(a, b...)); got != want {
			t.Fatalf("%d and %d bytes: %08x, want %08x", len(a), len(b), got, want)
		}
	}
}

// sparse is a file of any size that keeps only what is written. The rest is zeros.
type sparse struct {
	size   int64
	pieces map[int64][]byte
}

func (s *sparse) WriteAt(p []byte, at int64) (int, error) {
	if len(p) > 0 {
		s.pieces[at] = bytes.Clone(p)
		s.size = max(s.size, at+int64(len(p)))
	}
	return len(p), nil
}

func (s *sparse) ReadAt(p []byte, at int64) (int, error) {
	clear(p)
	for from, piece := range s.pieces {
		if lo, hi := max(at, from), min(at+int64(len(p)), from+int64(len(piece))); lo < hi {
			copy(p[lo-at:], piece[lo-from:hi-from])
		}
	}
	if at+int64(len(p)) > s.size {
		return int(max(0, s.size-at)), io.EOF
	}
	return len(p), nil
}

// TestLargeNPZ lays out arrays of 5 GiB, more than ZIP without its 64-bit extension can hold.
func TestLargeNPZ(t *testing.T) {
	arrays := []*array{
		{name: "a", shape: volume.Shape{C: 5, H: 1 << 14, W: 1 << 14}, sums: make([]uint32, 5)},
		{name: "stack/ü", shape: volume.Shape{C: 1, H: 2, W: 3}, sums: make([]uint32, 1)},
	}
	s := &sparse{pieces: map[int64][]byte{}}
	size, err := zipArrays(s, arrays)
	if err != nil || size != s.size || size < 5<<30 || npzBytes(arrays) < size || npzBytes(arrays) > size+1000 {
		t.Fatalf("%d bytes, the file has %d and %d were planned, %v", size, s.size, npzBytes(arrays), err)
	}
	z, err := zip.NewReader(s, size)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range z.File {
		if f.NonUTF8 || (f.Flags&(1<<11) != 0) != (i == 1) {
			t.Errorf("member %s: flags %x", f.Name, f.Flags)
		}
		at, err := f.DataOffset()
		if err != nil || f.Name != arrays[i].name+".npy" || at != arrays[i].at-int64(len(arrays[i].header())) || int64(f.UncompressedSize64) != npyBytes(arrays[i].numbers, arrays[i].shape) {
			t.Errorf("member %d: %+v at %d, %v", i, f.FileHeader, at, err)
		}
	}
}

// TestSmallNPZIsPlannedExactly compares the planned size with the size of the file.
func TestSmallNPZIsPlannedExactly(t *testing.T) {
	for n := range 4 {
		var arrays []*array
		for i := range n {
			arrays = append(arrays, &array{name: strings.Repeat("x", 1+40*i), shape: volume.Shape{C: 1 + i, H: 2, W: 3}, sums: make([]uint32, 1+i)})
		}
		size, err := zipArrays(nowhere{}, arrays)
		if err != nil || size != npzBytes(arrays) {
			t.Errorf("%d arrays take %d bytes, %d were planned, %v", n, size, npzBytes(arrays), err)
		}
	}
}

// TestReadHostile reads files that do not match the manifest.
func TestReadHostile(t *testing.T) {
	layers := []manifest.Layer{{Layer: "l", Out: volume.Shape{C: 1, H: 2, W: 3}}, {Layer: "huge", Out: volume.Shape{C: 1 << 21, H: 1, W: 1}}}
	zipped := func(name string, content []byte) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	tensors := func(header string) []byte {
		return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), 0)
	}
	for _, c := range []struct {
		format *Format
		layer  string
		data   []byte
		want   string
	}{
		{&npz, "", []byte("no zip"), "read .npz: zip: not a valid zip file"},
		{&npz, "", zipped("other.npy", nil), `the manifest has no layer for its array "other"`},
		{&npz, "", zipped("l.txt", nil), `read .npz: its member "l.txt" is no array`},
		{&npz, "", zipped("l.npy", []byte("x")), `array "l": `},
		{&npz, "", zipped("huge.npy", nil), "the manifest gives its layer the shape 2097152×1×1"},
		{&safetensors, "", []byte("no safetensors"), "read safetensors: a header of"},
		{&safetensors, "", []byte("\x02\x00\x00\x00\x00\x00\x00\x00[]"), "read safetensors header: byte 1: want {"},
		{&safetensors, "", tensors(`{"other":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`), `the manifest has no layer for its array "other"`},
		{&safetensors, "", tensors(`{"l":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`), `array "l": its shape is [1], but 1×2×3 in the manifest`},
		{&safetensors, "", tensors(`{"huge":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`), "the manifest gives its layer the shape 2097152×1×1"},
		{&npy, "l", []byte("x"), ""},
		{&npy, "none", nil, `the manifest does not have the shape of its layer, "none"`},
		{&png8, "l", nil, "it has no scale"},
	} {
		f := &manifest.File{Path: "p", Layer: c.layer}
		_, err := c.format.Read(io.NewSectionReader(bytes.NewReader(c.data), 0, int64(len(c.data))), f, layers)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: got %v, want %q", c.format.Name, c.layer, err, c.want)
		}
	}
}

// TestFamily checks that a later run in either format of a family replaces the files of the other.
func TestFamily(t *testing.T) {
	suffix := func(f *Format) string { return f.Files(example())[0].Suffix }
	for _, a := range All() {
		for _, b := range All() {
			same := Family(&manifest.File{Format: a.Name}) == Family(&manifest.File{Format: b.Name})
			if same != (suffix(a) == suffix(b)) {
				t.Errorf("%s and %s are of the same family: %t, and their files have the names %s and %s", a.Name, b.Name, same, suffix(a), suffix(b))
			}
		}
		for _, p := range a.Files(example()) {
			if p.Ext == "" || !strings.HasSuffix(p.Suffix, p.Ext) {
				t.Errorf("%s: %s has the extension %q", a.Name, p.Suffix, p.Ext)
			}
		}
	}
	for _, c := range []struct {
		a, b manifest.File
		same bool
	}{
		{manifest.File{Format: "png"}, manifest.File{Format: "png16"}, true},
		{manifest.File{Format: "png"}, manifest.File{Format: "overlay"}, false},
		{manifest.File{Format: "npy"}, manifest.File{Format: "npz"}, false},
		{manifest.File{Path: "a/l.npy"}, manifest.File{Format: "other", Path: "a/m.npy"}, true},
		{manifest.File{Path: "a/l.npy"}, manifest.File{Format: "npy"}, false},
		{manifest.File{Format: "new", Path: "shards/000000.tar", Member: "a.l.zarr"}, manifest.File{Format: "new", Path: "a/l.zarr"}, true},
	} {
		if same := Family(&c.a) == Family(&c.b); same != c.same {
			t.Errorf("%+v and %+v: %t, want %t", c.a, c.b, same, c.same)
		}
	}
}

// TestColoursOfZeros checks that zeros of a signed layer are level 128 in every format.
func TestColoursOfZeros(t *testing.T) {
	_, v := described(t, "  - conv: {name: l, filters: [sobel], activation: none}\n")
	layer := v.layer(0, 0)
	gray := v.Levels(layer, v.RangeOf(layer, render.Range{}), 0)
	level := []byte{0}
	if gray.Row(level, []float32{0}); level[0] != 128 || !v.ColormapOf(layer).Diverging() {
		t.Errorf("level %d, want 128 in coolwarm", level[0])
	}
	v.Scale = scale.Scale{Per: scale.Fixed, Fixed: render.Range{Lo: 0, Hi: 1}}
	if v.RangeOf(layer, v.Scale.Fixed) != v.Scale.Fixed || v.ColormapOf(layer).Diverging() {
		t.Error("a given scale does not stay as it is")
	}
}

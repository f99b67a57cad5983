package samples_test

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"filterbank/filters"
	"filterbank/filters/config"
	"filterbank/filters/volume"
	"filterbank/samples"
)

func TestStarterIsItsFile(t *testing.T) {
	want, err := os.ReadFile("starter.yaml")
	if err != nil {
		t.Fatal(err)
	}
	first := samples.Starter()
	if !bytes.Equal(first, want) {
		t.Error("Starter differs from starter.yaml")
	}
	clear(first)
	if !bytes.Equal(samples.Starter(), want) {
		t.Error("writing to what Starter returned changed what it returns next")
	}
}

// Every stack file and array of the folder is in the program, and each stack has its arrays.
func TestEmbedded(t *testing.T) {
	for _, pattern := range []string{"*.yaml", "*.npy", "*.csv", "*.safetensors"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range found {
			want, err := os.ReadFile(name)
			if err != nil || !bytes.Equal(samples.File(name), want) {
				t.Errorf("%s differs from its file: %v", name, err)
			}
		}
	}
	dir := t.TempDir()
	for _, name := range samples.Names() {
		for _, file := range append(samples.Arrays(name), name+".yaml") {
			if err := os.WriteFile(filepath.Join(dir, file), samples.File(file), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		f, err := config.Load(filepath.Join(dir, name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Build(); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "alexnet.npy")); err != nil {
			t.Fatal(err)
		}
	}
	if got := samples.Arrays("alexnet"); !slices.Equal(got, []string{"alexnet.npy"}) {
		t.Errorf("alexnet needs %q", got)
	}
	if samples.File("none.yaml") != nil || samples.Arrays("none") != nil {
		t.Error("there is a file none.yaml")
	}
}

// shapes are the shapes in the comments of the stack files, by stack and layer. Only stride3 leaves
// rows and columns uncovered, which its file says.
var shapes = []struct {
	file  string
	in    volume.Shape
	stack string
	out   []volume.Shape
}{
	{"starter.yaml", volume.Shape{C: 3, H: 400, W: 640}, "", []volume.Shape{{C: 16, H: 400, W: 640}, {C: 4, H: 200, W: 320}}},
	{"starter.yaml", volume.Shape{C: 3, H: 187, W: 253}, "", []volume.Shape{{C: 16, H: 187, W: 253}, {C: 4, H: 94, W: 127}}},
	{"starter.yaml", volume.Shape{C: 3, H: 1, W: 1}, "", []volume.Shape{{C: 16, H: 1, W: 1}, {C: 4, H: 1, W: 1}}},
	{"textbook.yaml", volume.Shape{C: 3, H: 5, W: 5}, "", []volume.Shape{{C: 2, H: 3, W: 3}}},
	{"edges.yaml", volume.Shape{C: 3, H: 360, W: 480}, "sobel", []volume.Shape{{C: 2, H: 360, W: 480}, {C: 1, H: 360, W: 480}}},
	{"edges.yaml", volume.Shape{C: 3, H: 360, W: 480}, "scharr", []volume.Shape{{C: 2, H: 360, W: 480}, {C: 1, H: 360, W: 480}}},
	{"edges.yaml", volume.Shape{C: 3, H: 360, W: 480}, "prewitt", []volume.Shape{{C: 2, H: 360, W: 480}, {C: 1, H: 360, W: 480}}},
	{"edges.yaml", volume.Shape{C: 3, H: 360, W: 480}, "roberts", []volume.Shape{{C: 2, H: 360, W: 480}, {C: 1, H: 360, W: 480}}},
	{"edges.yaml", volume.Shape{C: 3, H: 360, W: 480}, "kirsch", []volume.Shape{{C: 8, H: 360, W: 480}, {C: 1, H: 360, W: 480}}},
	{"edges.yaml", volume.Shape{C: 3, H: 360, W: 480}, "laplacian", []volume.Shape{{C: 3, H: 360, W: 480}}},
	{"gabor.yaml", volume.Shape{C: 3, H: 187, W: 253}, "fine", []volume.Shape{{C: 6, H: 187, W: 253}, {C: 6, H: 94, W: 127}}},
	{"gabor.yaml", volume.Shape{C: 3, H: 187, W: 253}, "medium", []volume.Shape{{C: 6, H: 187, W: 253}, {C: 6, H: 47, W: 64}}},
	{"gabor.yaml", volume.Shape{C: 3, H: 187, W: 253}, "coarse", []volume.Shape{{C: 6, H: 94, W: 127}, {C: 6, H: 24, W: 32}}},
	{"textures.yaml", volume.Shape{C: 3, H: 288, W: 432}, "energy", []volume.Shape{{C: 25, H: 288, W: 432}, {C: 25, H: 288, W: 432}}},
	{"textures.yaml", volume.Shape{C: 3, H: 400, W: 400}, "steered", []volume.Shape{
		{C: 7, H: 400, W: 400}, {C: 8, H: 400, W: 400}, {C: 4, H: 400, W: 400}}},
	{"alexnet.yaml", volume.Shape{C: 3, H: 227, W: 227}, "", []volume.Shape{{C: 32, H: 55, W: 55}, {C: 32, H: 55, W: 55}, {C: 32, H: 27, W: 27}}},
	{"depthwise.yaml", volume.Shape{C: 3, H: 187, W: 253}, "", []volume.Shape{
		{C: 6, H: 187, W: 253}, {C: 6, H: 187, W: 253}, {C: 3, H: 94, W: 127}}},
	{"strides.yaml", volume.Shape{C: 1, H: 7, W: 7}, "stride1", []volume.Shape{{C: 1, H: 5, W: 5}}},
	{"strides.yaml", volume.Shape{C: 1, H: 7, W: 7}, "stride2", []volume.Shape{{C: 1, H: 3, W: 3}}},
	{"strides.yaml", volume.Shape{C: 1, H: 7, W: 7}, "stride3", []volume.Shape{{C: 1, H: 2, W: 2}}},
	{"volumes.yaml", volume.Shape{C: 3, H: 32, W: 32}, "padding0", []volume.Shape{{C: 3, H: 28, W: 28}}},
	{"volumes.yaml", volume.Shape{C: 3, H: 32, W: 32}, "padding2", []volume.Shape{{C: 3, H: 32, W: 32}}},
	{"net.yaml", volume.Shape{C: 3, H: 187, W: 253}, "", []volume.Shape{
		{C: 16, H: 187, W: 253}, {C: 16, H: 187, W: 253}, {C: 16, H: 187, W: 253}, {C: 16, H: 187, W: 253}, {C: 16, H: 187, W: 253},
		{C: 16, H: 94, W: 127}, {C: 24, H: 94, W: 127}, {C: 24, H: 94, W: 127}, {C: 24, H: 94, W: 127}, {C: 24, H: 94, W: 127}, {C: 24, H: 94, W: 127},
		{C: 16, H: 94, W: 127}}},
}

func TestStackFilesGiveTheirShapes(t *testing.T) {
	tested := map[string]bool{} // by file and stack
	for _, test := range shapes {
		stack, ok := build(t, test.file)[test.stack]
		if !ok {
			t.Errorf("%s has no stack %q", test.file, test.stack)
			continue
		}
		tested[test.file+":"+test.stack] = true
		plan, err := stack.Plan(test.in)
		if err != nil {
			t.Errorf("%s %s on %v: %v", test.file, test.stack, test.in, err)
			continue
		}
		var got []volume.Shape
		for _, layer := range plan.Layers {
			got = append(got, layer.Out)
			if rest := layer.Uncovered(); (rest != "") != (test.stack == "stride3") {
				t.Errorf("%s %s on %v: %s", test.file, test.stack, test.in, rest)
			}
		}
		if !slices.Equal(got, test.out) {
			t.Errorf("%s %s on %v gives %v, want %v", test.file, test.stack, test.in, got, test.out)
		}
	}
	for _, file := range stackFiles(t) {
		for name := range build(t, file) {
			if !tested[file+":"+name] {
				t.Errorf("%s: stack %q is not in the table", file, name)
			}
		}
	}
}

func TestStackFilesNameTheirSchema(t *testing.T) {
	for _, file := range stackFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		const want = "# yaml-language-server: $schema=stack.schema.json"
		if first, _, _ := strings.Cut(string(text), "\n"); first != want {
			t.Errorf("%s begins with %q, want %q", file, first, want)
		}
	}
}

// The numbers in the comments of textbook.yaml were summed by hand. Small integers are exact in
// float32, so the results must be equal.
func TestTextbookFigures(t *testing.T) {
	f, err := os.Open("textbook.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	in, err := volume.New(volume.Shape{C: 3, H: img.Bounds().Dy(), W: img.Bounds().Dx()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range in.H * in.W {
		r, g, b, _ := img.At(i%in.W, i/in.W).RGBA()
		for c, v := range [3]uint32{r, g, b} {
			if v != 0 && v != 0xffff {
				t.Fatalf("pixel %d has %d in channel %d, want 0 or 65535", i, v, c)
			}
			in.Data[c*in.H*in.W+i] = float32(v / 0xffff)
		}
	}
	out, err := build(t, "textbook.yaml")[""].Apply(in)
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{
		0, 1, 2,
		-1, 6, 1,
		2, 2, 2,

		2, 3, 0,
		2, -3, -1,
		-1, -1, -1,
	}
	if !slices.Equal(out.Data, want) {
		t.Errorf("got %v\nwant %v", out.Data, want)
	}
}

// TestStrides compares the outputs in the comments of strides.yaml with what its stacks give.
func TestStrides(t *testing.T) {
	var in volume.Volume
	in.Shape = volume.Shape{C: 1, H: 7, W: 7}
	for line := range strings.Lines(string(samples.File("seven.csv"))) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for field := range strings.SplitSeq(strings.TrimSpace(line), ",") {
			v, err := strconv.ParseFloat(field, 32)
			if err != nil {
				t.Fatal(err)
			}
			in.Data = append(in.Data, float32(v))
		}
	}
	for name, want := range map[string][]float32{"stride2": {-3, 3, -1, 0, 1, 2, -7, 4, 0}, "stride3": {-3, 6, -6, 3}} {
		out, err := build(t, "strides.yaml")[name].Apply(&in)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(out.Data, want) {
			t.Errorf("%s gives %v, want %v", name, out.Data, want)
		}
	}
}

// TestSteeredAgreesWithTheStar checks that on the spokes of a star the energy of an angle is
// largest where the spokes run across it.
func TestSteeredAgreesWithTheStar(t *testing.T) {
	out, err := build(t, "textures.yaml")["steered"].Apply(star(t))
	if err != nil {
		t.Fatal(err)
	}
	// A patch right of the middle has horizontal spokes, which change along y, at 90°. The other
	// patches follow clockwise.
	for want, at := range [4]image.Point{{0, 60}, {-42, 42}, {60, 0}, {42, 42}} {
		if best := strongest(out, at, 10); best != want {
			t.Errorf("at %v from the middle the most energy is at %d°, want %d°", at, 45*best, 45*want)
		}
	}
}

// TestNetKnowsTheStar checks that the network of net.yaml tells how the spokes of the star run,
// which are none of the patterns that it learned from.
func TestNetKnowsTheStar(t *testing.T) {
	out, err := build(t, "net.yaml")[""].Apply(standardized(star(t)))
	if err != nil {
		t.Fatal(err)
	}
	// An output stands for two rows and columns.
	for want, at := range [4]image.Point{{0, 30}, {-21, 21}, {30, 0}, {21, 21}} {
		const vertical = 1
		if best := strongest(maps(out, vertical, 4), at, 4); best != want {
			t.Errorf("at %v from the middle the net tells direction %d, want %d", at, best, want)
		}
	}
}

// TestNetKnowsHues has the network tell plain pictures of seven hues.
func TestNetKnowsHues(t *testing.T) {
	net := build(t, "net.yaml")[""]
	const dark, bright, size = 0.1, 0.8, 24
	for want, colour := range [7][3]float32{{dark, dark, dark}, {bright, dark, dark}, {bright, bright, dark}, {dark, bright, dark},
		{dark, bright, bright}, {dark, dark, bright}, {bright, dark, bright}} {
		in, err := volume.New(volume.Shape{C: 3, H: size, W: size})
		if err != nil {
			t.Fatal(err)
		}
		for i := range in.Data {
			in.Data[i] = colour[i/(size*size)]
		}
		out, err := net.Apply(standardized(in))
		if err != nil {
			t.Fatal(err)
		}
		const patterns, hues, plain = 9, 7, 0
		if best := strongest(maps(out, 0, patterns), image.Point{}, 2); best != plain {
			t.Errorf("the net sees pattern %d in plain %v", best, colour)
		}
		if best := strongest(maps(out, patterns, hues), image.Point{}, 2); best != want {
			t.Errorf("the net sees hue %d in %v, want %d", best, colour, want)
		}
	}
}

// star is siemens-star.png as a volume.
func star(t *testing.T) *volume.Volume {
	t.Helper()
	f, err := os.Open("siemens-star.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	in, err := volume.New(volume.Shape{C: 3, H: img.Bounds().Dy(), W: img.Bounds().Dx()})
	if err != nil {
		t.Fatal(err)
	}
	size := in.H * in.W
	for i := range size {
		r, g, b, _ := img.At(i%in.W, i/in.W).RGBA()
		for c, v := range [3]uint32{r, g, b} {
			in.Data[c*size+i] = float32(v) / 0xffff
		}
	}
	return in
}

// standardized is a volume as the input of net.yaml has it. A stack does not know its input's mean
// and deviation.
func standardized(v *volume.Volume) *volume.Volume {
	for i := range v.Data {
		v.Data[i] = (v.Data[i] - 0.5) / 0.25
	}
	return v
}

// maps are n maps of a volume from one of them on.
func maps(v *volume.Volume, from, n int) *volume.Volume {
	size := v.H * v.W
	return &volume.Volume{Shape: volume.Shape{C: n, H: v.H, W: v.W}, Data: v.Data[from*size : (from+n)*size]}
}

// strongest is the map with the largest sum within a distance of a place, which is given from the
// middle.
func strongest(v *volume.Volume, at image.Point, distance int) (best int) {
	most := math.Inf(-1)
	for k := range v.C {
		sum := 0.0
		for y := v.H/2 + at.Y - distance; y <= v.H/2+at.Y+distance; y++ {
			for x := v.W/2 + at.X - distance; x <= v.W/2+at.X+distance; x++ {
				sum += float64(v.Data[(k*v.H+y)*v.W+x])
			}
		}
		if sum > most {
			best, most = k, sum
		}
	}
	return best
}

func TestPicturesHaveNamesOfTheirOwn(t *testing.T) {
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, name := range files {
		ext := filepath.Ext(name)
		if ext != ".png" && ext != ".jpg" {
			continue
		}
		stem := strings.TrimSuffix(name, ext)
		if other, ok := seen[stem]; ok {
			t.Errorf("%s and %s would write the same maps", other, name)
		}
		seen[stem] = name
	}
	if len(seen) < 12 {
		t.Errorf("%d pictures, want a dozen", len(seen))
	}
}

func stackFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stack files (%v)", err)
	}
	return files
}

// build returns the stacks of a stack file by name.
func build(t *testing.T, file string) map[string]*filters.Stack {
	t.Helper()
	parsed, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	model, err := parsed.Build()
	if err != nil {
		t.Fatal(err)
	}
	stacks := map[string]*filters.Stack{}
	for _, s := range model.Stacks {
		stacks[s.Name()] = s
	}
	return stacks
}

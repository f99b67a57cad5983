package stats

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/volume"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/render"
)

// known is a case of testdata/make.py.
type known struct {
	Name string
	Bits string
	Filter
}

func (k *known) floats(t *testing.T) []float32 {
	t.Helper()
	data, err := hex.DecodeString(k.Bits)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, len(data)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return values
}

func readCases(t *testing.T) (cases []known) {
	t.Helper()
	data, err := os.ReadFile("testdata/values.json")
	if err == nil {
		err = json.Unmarshal(data, &cases)
	}
	if err != nil || len(cases) < 10 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	return cases
}

// tally runs pictures, each with the same number of the values, through a Tally of one filter.
func tally(t *testing.T, values []float32, pictures int) *Tally {
	t.Helper()
	all := NewTally(1)
	var part Part
	for i := range pictures {
		some := values[i*len(values)/pictures : (i+1)*len(values)/pictures]
		if len(some) == 0 {
			continue
		}
		part.Begin(volume.Shape{C: 1, H: 1, W: len(some)})
		part.AddRows(kernel.Best(), volume.Rows{C: 1, N: 1, W: len(some), Data: some}, 0)
		all.AddOrdered(all.Merge(&part), "picture", &filters.LayerPlan{})
	}
	return all
}

type namedLayer struct{ filters.Layer }

func (namedLayer) Name() string      { return "layer" }
func (namedLayer) Filters() []string { return []string{"filter"} }

// TestFigures compares with exact arithmetic and numpy. Counts, extremes and the mean are exact.
// The deviation is rounded once more than the exact one. Percentiles lie within 1/256 of the
// values next to them.
func TestFigures(t *testing.T) {
	for _, c := range readCases(t) {
		values := c.floats(t)
		for _, pictures := range []int{1, 3} {
			got := tally(t, values, pictures).Layer("", namedLayer{}, "").Filters[0]
			if got.Values != uint64(len(values)) || got.NaN != c.NaN || got.Infinite != c.Infinite || got.Zeros != c.Zeros || got.AtMax != c.AtMax {
				t.Errorf("%s: got %d values, %d NaN, %d infinite, %d zeros, %d at the largest; want %d, %d, %d, %d, %d", c.Name,
					got.Values, got.NaN, got.Infinite, got.Zeros, got.AtMax, len(values), c.NaN, c.Infinite, c.Zeros, c.AtMax)
			}
			if got.Min != c.Min || got.Max != c.Max || got.Mean != c.Mean {
				t.Errorf("%s: got %v to %v, mean %v, want %v to %v, mean %v", c.Name, got.Min, got.Max, got.Mean, c.Min, c.Max, c.Mean)
			}
			if got.Std < math.Nextafter(c.Std, -1) || got.Std > math.Nextafter(c.Std, math.Inf(1)) {
				t.Errorf("%s: got deviation %v, want %v", c.Name, got.Std, c.Std)
			}
			checkPercentiles(t, c.Name, values, got.Percentiles, c.Percentiles)
		}
	}
}

func checkPercentiles(t *testing.T, name string, values []float32, got, want Percentiles) {
	t.Helper()
	finite := slices.DeleteFunc(slices.Clone(values), func(v float32) bool { return v-v != 0 })
	slices.Sort(finite)
	for i, p := range percents {
		tolerance := 0.0
		if len(finite) > 0 {
			at := (len(finite) - 1) * int(p.permille) / 1000
			next := min(at+1, len(finite)-1)
			tolerance = max(math.Abs(float64(finite[at])), math.Abs(float64(finite[next]))) / 256
			if finite[at] == 0 && finite[next] == 0 || finite[0] == finite[len(finite)-1] {
				tolerance = 0
			} else {
				tolerance = max(tolerance, 0x1p-134) // a subnormal's bin
			}
		}
		if math.Abs(got[i]-want[i]) > tolerance {
			t.Errorf("%s: percentile %s is %v, want %v ± %v", name, p.name, got[i], want[i], tolerance)
		}
	}
}

// TestPeaks keeps the strongest nine of twelve pictures. Ties are in the order of the pictures.
// A picture without a value above 0 has no patch.
func TestPeaks(t *testing.T) {
	all := NewTally(1)
	plan := &filters.LayerPlan{Field: [2]int{5, 3}, FieldStart: [2]int{-2, -1}, Jump: [2]int{2, 4}}
	largest := []float32{1, 5, 0, 5, 9, -1, 5, 2, 2, 7, 2, 2}
	var parts [12]Part
	var ordered [12]Ordered
	for i, v := range largest { // a map of 3×4 whose largest value is at row 1, column 2, and again later
		values := []float32{-3, -3, -3, -3, -3, -3, v, -3, -3, -3, v, -3}
		parts[i].Begin(volume.Shape{C: 1, H: 3, W: 4})
		for y := range 3 {
			parts[i].AddRows(kernel.Best(), volume.Rows{C: 1, N: 1, W: 4, Y: y, Data: values[4*y:], RowStride: 4}, 0)
		}
	}
	for i := range parts { // workers end in any order
		j := (i*5 + 3) % len(parts)
		ordered[j] = all.Merge(&parts[j])
	}
	for i, r := range ordered {
		all.AddOrdered(r, manifest.Path(strconv.Itoa(i)), plan)
	}
	got := all.Layer("", namedLayer{}, "").Filters[0]
	var order []string
	for _, p := range got.Strongest {
		order = append(order, string(p.Input))
		if p.At != [2]int{1, 2} || p.Box != [4]int{0, 7, 5, 3} {
			t.Errorf("picture %s: got %v and box %v, want [1 2] and [0 7 5 3]", p.Input, p.At, p.Box)
		}
	}
	if want := []string{"4", "9", "1", "3", "6", "7", "8", "10", "11"}; !slices.Equal(order, want) {
		t.Errorf("got pictures %v, want %v", order, want)
	}
	if got.Fires != 12 || got.Constant != 0 {
		t.Errorf("fires on %d pictures and is constant on %d, want 12 and 0", got.Fires, got.Constant)
	}
}

// TestFindings has every kind of finding except near duplicates, at its limit and beside it.
func TestFindings(t *testing.T) {
	repeated := func(n int, value float32) []float32 { // the first n of 2000 values, half of these 1
		values := make([]float32, 2000)
		for i := range n {
			values[i] = value
			if i%2 == 1 {
				values[i] = 1
			}
		}
		return values
	}
	for _, c := range []struct {
		values []float32
		want   Kind
	}{
		{repeated(1, float32(math.NaN())), NotFinite}, {repeated(2000, float32(math.Inf(1))), NotFinite},
		{repeated(0, 0), Dead}, {repeated(1, 6), Rare}, {repeated(2, 6), ""},
		{repeated(1000, 6), Saturated}, {repeated(998, 6), ""}, {repeated(1000, 5), ""}, {repeated(2000, 1), Constant},
		{[]float32{3, 3}, Constant}, {[]float32{3}, ""},
	} {
		all := tally(t, c.values, 1)
		l := all.Layer("", namedLayer{}, "")
		var got Kind
		for _, f := range all.Findings(&l, 1, 6, 0.98) {
			got = f.Kind
		}
		if got != c.want {
			t.Errorf("%d of %v: got %q, want %q", len(c.values), c.values[:min(2, len(c.values))], got, c.want)
		}
	}
}

// TestPositions checks that places are scattered over maps of any shape, that none is twice,
// and that a small map has all of its places.
func TestPositions(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 1000}, {1000, 1}, {16, 16}, {15, 17}, {20, 5}, {3, 400}, {427, 640}, {5000, 7}} {
		h, w := size[0], size[1]
		p := NewPositions(h, w, 256)
		if n := p.Len(); n > 256 || n < min(h*w, 128) || h*w <= 256 && n != h*w {
			t.Errorf("%d×%d: got %d places", h, w, n)
		}
		seen := map[[2]int]bool{}
		quarters := map[[2]bool]bool{}
		for y := range h {
			for _, x := range p.columns[p.rows[y]:p.rows[y+1]] {
				if x < 0 || x >= w || seen[[2]int{y, x}] {
					t.Fatalf("%d×%d: place %d, %d is outside or there twice", h, w, y, x)
				}
				seen[[2]int{y, x}], quarters[[2]bool{y < h/2, x < w/2}] = true, true
			}
		}
		if h > 1 && w > 1 && len(quarters) != 4 {
			t.Errorf("%d×%d: a quarter is left out", h, w)
		}
	}
}

// TestCorrelation compares with the textbook formula, with means far from 0 and pictures of two
// sizes.
func TestCorrelation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const filters = 5
	c := newCorrelation(filters)
	var columns [filters][]float64
	for _, width := range []int{40, 90} {
		s := NewSample(NewPositions(1, width, 256), filters)
		data := make([]float32, filters*width)
		for x := range width {
			v := rng.Float32()
			for f, value := range []float32{v, -2*v + 1000, v + rng.Float32(), rng.Float32(), 3} {
				data[f*width+x] = value
				columns[f] = append(columns[f], float64(value))
			}
		}
		for f := range filters {
			s.AddRows(volume.Rows{C: filters, N: 1, W: width, Data: data, ChannelStride: width, RowStride: width}, f)
		}
		c.add(s)
	}
	for i := range filters {
		for j := i; j < filters; j++ {
			got, ok := c.between(i, j)
			if j == filters-1 {
				if ok {
					t.Errorf("a constant filter correlates with %d: %v", i, got)
				}
				continue
			}
			if want := pearson(columns[i], columns[j]); !ok || math.Abs(got-want) > 1e-9 {
				t.Errorf("%d and %d: got %v, %v, want %v", i, j, got, ok, want)
			}
		}
	}
}

func pearson(a, b []float64) float64 {
	var meanA, meanB, ab, aa, bb float64
	for i := range a {
		meanA += a[i] / float64(len(a))
		meanB += b[i] / float64(len(b))
	}
	for i := range a {
		ab += (a[i] - meanA) * (b[i] - meanB)
		aa += (a[i] - meanA) * (a[i] - meanA)
		bb += (b[i] - meanB) * (b[i] - meanB)
	}
	return ab / math.Sqrt(aa*bb)
}

// TestFileRoundTrip reads a file that was written, and refuses other files.
func TestFileRoundTrip(t *testing.T) {
	file := File{Version: Version, Pictures: 1, Layers: []Layer{tally(t, []float32{0, 1, -2.5, 1e-40}, 1).Layer("s", namedLayer{}, "ab")}}
	name := filepath.Join(t.TempDir(), "stats.json")
	data, err := file.Encode()
	if err == nil {
		err = os.WriteFile(name, data, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	back, err := Read(name)
	if err != nil || !reflect.DeepEqual(back.Layers, file.Layers) {
		t.Errorf("got %+v, %v, want %+v", back, err, file)
	}
	for _, text := range []string{
		"", "{}", "[1]", `{"version":2,"layers":[{"layer":"a"}]}`, `{"version":1}`,
		`{"version":1,"layers":[{"layer":"a","filters":[{"percentiles":{"1":0}}]}]}`, string(data[:len(data)/2]),
	} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(name); !errors.Is(err, ErrForeign) {
			t.Errorf("%.40q: got %v", text, err)
		}
	}
}

func TestRange(t *testing.T) {
	f := Filter{Min: 1, Max: 3, Percentiles: Percentiles{0, 1, 2, 3, 4, 5, 6, 7, 8}}
	low := Filter{Min: -2, Max: -1}
	flat := Filter{Min: 5, Max: 5}
	rare := Filter{Min: 1, Max: 3, Percentiles: Percentiles{2, 2, 2, 2, 2, 2, 2, 2, 2}} // other values are below and above all percentiles
	bounds, err := ParseBounds("1,99.9")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		f    Filter
		b    Bounds
		want render.Range
	}{
		{f, Bounds{}, render.Range{Lo: 0, Hi: 3}}, {low, Bounds{}, render.Range{Lo: -2, Hi: -1}},
		{flat, Bounds{}, render.Range{Lo: 5, Hi: 5}}, {f, bounds, render.Range{Lo: 1, Hi: 8}},
		{rare, bounds, render.Range{Lo: 0, Hi: 3}},
	} {
		if got, err := c.f.Range(c.b); got != c.want || err != nil {
			t.Errorf("%+v: got %v, %v, want %v", c.f, got, err, c.want)
		}
	}
	if _, err := (&Filter{Min: 2, Max: 1}).Range(Bounds{}); err == nil {
		t.Error("a range from 2 to 1 is taken")
	}
	for _, s := range []string{"", "1", "99,1", "1,1", "2,99", "1,99,99.9"} {
		if _, err := ParseBounds(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

func BenchmarkAddRows(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 4))
	for name, value := range map[string]func() float32{
		"signed": func() float32 { return float32(rng.NormFloat64()) },
		"relu":   func() float32 { return max(0, float32(rng.NormFloat64())) },
		"zeros":  func() float32 { return 0 },
	} {
		b.Run(name, func(b *testing.B) {
			row := make([]float32, 1024)
			for i := range row {
				row[i] = value()
			}
			var v Values
			b.SetBytes(4 * int64(len(row)))
			for b.Loop() {
				v.AddRows(kernel.Best(), volume.Rows{C: 1, N: 1, W: len(row), Data: row}, 0)
			}
		})
	}
}

// FuzzRead reads files that anyone may have made: whatever is read has ranges or is refused.
func FuzzRead(f *testing.F) {
	good := File{Version: Version, Layers: []Layer{{Layer: "l", SHA256: "h", Filters: []Filter{{Filter: "f0", Min: -1, Max: 2}}}}}
	data, err := good.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("null"))
	conv, err := filters.NewConv(filters.ConvSpec{Name: "l", InChannels: 1, KernelSize: [2]int{1, 1}, Weights: []float32{1}})
	if err != nil {
		f.Fatal(err)
	}
	percentiles, err := ParseBounds("1,99")
	if err != nil {
		f.Fatal(err)
	}
	name := filepath.Join(f.TempDir(), "stats.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
		file, err := Read(name)
		if err != nil {
			return
		}
		file.layerNames()
		for _, b := range []Bounds{{}, percentiles} {
			ranges, err := file.ranges("", conv, "h", b)
			if err == nil && (len(ranges) != 1 || !(ranges[0].Lo <= ranges[0].Hi)) {
				t.Errorf("got ranges %v", ranges)
			}
		}
		if _, err := file.Encode(); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}

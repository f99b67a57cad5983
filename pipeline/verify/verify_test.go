package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"filterbank/filters"
	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
	"filterbank/pipeline/mapng"
	"filterbank/pipeline/render"
)

// TestRun also fixes the digest, which Run itself compares with Digest.
func TestRun(t *testing.T) {
	r, err := Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	names := simd.Names()
	if len(r.Checks) != 7+len(names)-1 {
		t.Errorf("%d checks, want 7 and one for each of the kernels %v but the plain one", len(r.Checks), names)
	}
	for _, c := range r.Checks {
		if c.Cases == 0 || c.Wrong > 0 {
			t.Errorf("%s: %d of %d cases are wrong: %s", c.What, c.Wrong, c.Cases, c.First)
		}
	}
	if !r.Right() || r.Digest != Digest {
		t.Errorf("right is %v, the digest %s", r.Right(), r.Digest)
	}
}

func TestRunIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := Run(ctx); r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestReportRight(t *testing.T) {
	r := Report{Checks: []Check{{Cases: 3}, {Cases: 2, Wrong: 1}, {Cases: 1}}}
	if r.Right() {
		t.Error("a case is wrong, the report is right")
	}
	if c := checkDigest("00"); c.Wrong != 1 || !strings.Contains(c.First, "it is 00,") || !strings.Contains(c.First, Digest) {
		t.Errorf("another digest gives %+v", c)
	}
}

// TestSequence compares the generator with the first numbers of SplitMix64's reference
// implementation (prng.di.unimi.it/splitmix64.c) for the seed 1234567.
func TestSequence(t *testing.T) {
	s := sequence(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821} {
		if got := s.next(); got != want {
			t.Errorf("number %d is %d, want %d", i, got, want)
		}
	}
}

func plainRun(t *testing.T) runFunc {
	t.Helper()
	k := kernel.New(simd.Generic)
	r := filters.Runner{Kernel: k}
	return r.Run
}

// spoil runs like run, but changes one value of the first row of a layer.
func spoil(run runFunc, layer int, change func(float32) float32) runFunc {
	return func(ctx context.Context, plan *filters.Plan, taps []bool, src filters.RowReader, emit filters.Emit) error {
		return run(ctx, plan, taps, src, func(l int, rows volume.Rows) error {
			if row := rows.Row(0, 0); l == layer && rows.Y == 0 {
				row[len(row)-1] = change(row[len(row)-1])
			}
			return emit(l, rows)
		})
	}
}

func lastBit(v float32) float32 { return math.Float32frombits(math.Float32bits(v) ^ 1) }

func TestKernelsThatAreWrong(t *testing.T) {
	cases, err := loadConvCases()
	if err != nil {
		t.Fatal(err)
	}
	plain := plainRun(t)
	refuse := func(context.Context, *filters.Plan, []bool, filters.RowReader, filters.Emit) error {
		return errors.New("no")
	}
	for _, c := range []struct {
		name  string
		run   runFunc
		wrong bool
		first string
	}{
		{"plain Go", plain, false, ""},
		{"one bit", spoil(plain, 0, lastBit), true, "stack 0 on 4×6×7: layer 0 of 1: value 4 is 0x"},
		{"an error", refuse, true, "stack 0 on 4×6×7: no"},
	} {
		other := &contender{Check{What: c.name}, c.run}
		if err := checkKernels(context.Background(), cases[:3], 10, plain, []*contender{other}, sha256.New()); err != nil {
			t.Fatal(err)
		}
		if (other.Wrong == other.Cases) != c.wrong || !strings.HasPrefix(other.First, c.first) {
			t.Errorf("%s: %d of %d wrong: %s", c.name, other.Wrong, other.Cases, other.First)
		}
	}
}

func TestExtremesThatAreWrong(t *testing.T) {
	k := kernel.New(simd.Generic)
	short := func(row []float32) (lo, hi float32) { return k.Extremes(row[:len(row)-1]) }
	var right, wrong Check
	checkExtremes(&right, k.Extremes, k.Extremes)
	checkExtremes(&wrong, short, k.Extremes)
	if right.Wrong > 0 || wrong.Wrong == 0 || !strings.HasPrefix(wrong.First, "smallest and largest of 1 values: ") {
		t.Errorf("got %+v and %+v", right, wrong)
	}
}

func TestConvolutionThatIsWrong(t *testing.T) {
	cases, err := loadConvCases()
	if err != nil {
		t.Fatal(err)
	}
	plain := plainRun(t)
	for _, c := range []struct {
		name   string
		change func(float32) float32
		wrong  int
	}{
		{"a rounding", lastBit, 0},
		{"more than roundings", func(v float32) float32 { return v + 1 }, len(cases)},
		{"NaN", func(float32) float32 { return nan }, len(cases)},
		{"infinity", func(float32) float32 { return inf }, len(cases)},
	} {
		// The last layer is layer 0 in all cases except the last four, which have three layers.
		if got := checkConvolution(context.Background(), cases[:len(cases)-4], spoil(plain, 0, c.change)); got.Wrong != max(0, c.wrong-4) {
			t.Errorf("%s: %d wrong, want %d: %s", c.name, got.Wrong, max(0, c.wrong-4), got.First)
		}
		if got := checkConvolution(context.Background(), cases[len(cases)-4:], spoil(plain, 2, c.change)); got.Wrong != min(4, c.wrong) {
			t.Errorf("%s, three layers: %d wrong, want %d: %s", c.name, got.Wrong, min(4, c.wrong), got.First)
		}
	}
}

// TestBoundsAreOfUse checks that no bound is far above its value, since it would pass anything.
func TestBoundsAreOfUse(t *testing.T) {
	cases, err := loadConvCases()
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		for j, b := range c.bound {
			// 3 layers of at most 4·9, 6·20 and 6 taps of magnitude 1 at most, and a bias each.
			if !(b >= float32(math.Abs(float64(c.expected[j])))*(1-1e-6) && b < 37*121*7) {
				t.Fatalf("case %d: value %d is %v, its bound %v", i, j, c.expected[j], b)
			}
		}
	}
}

func TestPicturesThatAreWrong(t *testing.T) {
	pictures, err := loadPictures()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*picture)
		first  string
	}{
		{func(p *picture) { p.SHA256 = "00" }, "rgb.png: its values have the digest "},
		{func(p *picture) { p.Shape.W++ }, "rgb.png: it is 3×19×23, want 3×19×24"},
		{func(p *picture) { p.data = p.data[:100] }, "rgb.png: "},
	} {
		changed := slices.Clone(pictures)
		c.change(&changed[0])
		if got := checkDecoding(changed, sha256.New()); got.Wrong != 1 || !strings.HasPrefix(got.First, c.first) {
			t.Errorf("%d wrong: %s, want %s…", got.Wrong, got.First, c.first)
		}
	}
}

func TestPixelsThatAreWrong(t *testing.T) {
	unit, row := render.Range{Lo: 0, Hi: 1}, []float32{0, 0.25, 1}
	for _, c := range []struct {
		eight   []uint8
		sixteen []uint16
		want    string
	}{
		{[]uint8{0, 64, 255}, []uint16{0, 16384, 65535}, ""},
		{[]uint8{0, 63, 255}, []uint16{0, 16384, 65535}, "0.25 on the scale 0 1 is pixel 64 of 255, want 63"},
		{[]uint8{0, 64, 255}, []uint16{0, 16384, 65534}, "1 on the scale 0 1 is pixel 65535 of 65535, want 65534"},
	} {
		got := ""
		if err := sameRow(unit, row, c.eight, c.sixteen, sha256.New()); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	for _, c := range []struct {
		got   render.Range
		right bool
	}{{render.Range{Lo: 0, Hi: 1}, true}, {render.Range{Lo: 0, Hi: 2}, false}, {render.Range{Lo: 0.25, Hi: 1}, false}} {
		if err := sameRange(c.got, []float32{0.25, 1, inf, nan}); (err == nil) != c.right {
			t.Errorf("scale %v: %v", c.got, err)
		}
	}
}

func TestFilesThatAreWrong(t *testing.T) {
	gray := &image.Gray{Pix: []byte{1, 2}, Stride: 2, Rect: image.Rect(0, 0, 2, 1)}
	h := mapng.Header{Width: 2, Height: 1, Depth: 8}
	if err := samePixels(gray, h, []byte{1, 2}); err != nil {
		t.Error(err)
	}
	if err := samePixels(gray, h, []byte{1, 3}); err == nil {
		t.Error("other pixels pass")
	}
	if err := roundTrip(h, []byte{1}, sha256.New()); err == nil {
		t.Error("an encoder's error passes")
	}
	if err := roundTripNPY([]int{2, 2}, []float32{1, 2, 3}, sha256.New()); err == nil {
		t.Error("a short array passes")
	}
	for _, c := range []struct{ got, want []float32 }{
		{[]float32{1}, []float32{1, 2}},
		{[]float32{0}, []float32{minusZero}},
		{[]float32{nan}, []float32{math.Float32frombits(0x7fc00001)}},
	} {
		if sameBits(c.got, c.want) == nil {
			t.Errorf("%v passes for %v", c.got, c.want)
		}
	}
}

// TestCasesAreComplete checks that every mode has a case, since the digest cannot.
func TestCasesAreComplete(t *testing.T) {
	cases, err := loadConvCases()
	if err != nil {
		t.Fatal(err)
	}
	type combination struct {
		mode     filters.PaddingMode
		kind     filters.PaddingKind
		stride   [2]int
		dilation [2]int
		groups   int
	}
	seen := map[combination]bool{}
	for _, c := range cases {
		s := c.plan.Layers[0].Layer.(*filters.Conv).Spec()
		seen[combination{s.Padding.Mode, s.Padding.Kind, s.Stride, s.Dilation, s.Groups}] = true
	}
	for mode := filters.Zeros; mode <= filters.Circular; mode++ {
		for _, dilation := range [][2]int{{1, 1}, {2, 1}} {
			for _, groups := range []int{1, 2, 4} {
				for _, stride := range [][2]int{{1, 1}, {2, 2}, {1, 3}} {
					if want := (combination{mode, filters.Explicit, stride, dilation, groups}); !seen[want] {
						t.Errorf("no case has %+v", want)
					}
				}
			}
			if want := (combination{mode, filters.Same, [2]int{1, 1}, dilation, 4}); !seen[want] {
				t.Errorf("no case has %+v", want)
			}
		}
		for _, kind := range []filters.PaddingKind{filters.SameUpper, filters.SameLower} {
			if want := (combination{mode, kind, [2]int{2, 2}, [2]int{1, 1}, 1}); !seen[want] {
				t.Errorf("no case has %+v", want)
			}
		}
	}
}

func TestPaddingJSON(t *testing.T) {
	for text, want := range map[string]padding{
		"[1, 2, 3, 4]":  {Top: 1, Left: 2, Bottom: 3, Right: 4},
		`"same"`:        {Kind: filters.Same},
		`"same_lower"`:  {Kind: filters.SameLower},
		`"same_middle"`: {Kind: -1},
		`{}`:            {Kind: -1},
	} {
		got := padding{Kind: -1}
		err := got.UnmarshalJSON([]byte(text))
		if got != want || (err == nil) != (want.Kind >= 0) {
			t.Errorf("%s is %+v, %v, want %+v", text, got, err, want)
		}
	}
}

// TestHardToRound checks that a few in a thousand of the sums of these values change if they
// are rounded to float64 first.
func TestHardToRound(t *testing.T) {
	for name, draw := range map[string]func(s *sequence, n int) []float32{"sparse": (*sequence).sparse, "faint": (*sequence).faint} {
		s, hard := sequence(1), 0
		for range 10000 {
			v := draw(&s, 3)
			twice := float32(float64(float64(v[0])*float64(v[1])) + float64(v[2]))
			if math.Float32bits(kernel.FMA(v[0], v[1], v[2])) != math.Float32bits(twice) {
				hard++
			}
		}
		if hard < 20 {
			t.Errorf("%s: %d of 10000, want 20 or more", name, hard)
		}
	}
}

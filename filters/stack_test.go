package filters

import (
	"fmt"
	"strings"
	"testing"

	"filterbank/filters/volume"
)

// must fails the test on an error.
func must[L any](t *testing.T) func(l L, err error) L {
	return func(l L, err error) L {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
}

func mustConv(t *testing.T, spec ConvSpec) *Conv {
	t.Helper()
	c, err := NewConv(spec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustPool(t *testing.T, spec PoolSpec) *Pool {
	t.Helper()
	p, err := NewPool(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustNorm(t *testing.T, spec NormSpec) *Norm {
	t.Helper()
	n, err := NewNorm(spec)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// square is a layer of k filters of n×n over three channels.
func square(k, n, stride, padding int) ConvSpec {
	return ConvSpec{
		Name: "layer", InChannels: 3, KernelSize: [2]int{n, n},
		Weights: make([]float32, k*3*n*n), Stride: [2]int{stride, stride},
		Padding: Padding{Top: padding, Left: padding, Bottom: padding, Right: padding},
	}
}

func TestTextbookFigures(t *testing.T) {
	type figure struct {
		name string
		spec ConvSpec
		in   volume.Shape
		out  volume.Shape
		rest int
	}
	rgb := func(n int) volume.Shape { return volume.Shape{C: 3, H: n, W: n} }
	cases := []figure{
		{"three 5×5×3 on 32×32×3", square(3, 5, 1, 0), rgb(32), rgb(28), 0},
		{"the same with padding 2", square(3, 5, 1, 2), rgb(32), rgb(32), 0},
		{"7×7 with 3×3", square(3, 3, 1, 0), rgb(7), rgb(5), 0},
		{"7×7 with 3×3, stride 2", square(3, 3, 2, 0), rgb(7), rgb(3), 0},
		{"7×7 with 3×3, stride 3", square(3, 3, 3, 0), rgb(7), rgb(2), 1},
		{"AlexNet's first layer", square(96, 11, 4, 0), rgb(227), volume.Shape{C: 96, H: 55, W: 55}, 0},
	}
	for k := 1; k <= 31; k += 2 {
		cases = append(cases, figure{fmt.Sprintf("P = (K−1)/2 with K = %d", k), square(3, k, 1, (k-1)/2), rgb(40), rgb(40), 0})
	}
	for _, c := range cases {
		s, err := NewStack("", 3, mustConv(t, c.spec))
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Plan(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		lp := p.Layers[0]
		if lp.Out != c.out || lp.UncoveredRows != c.rest || lp.UncoveredCols != c.rest {
			t.Errorf("%s: got %v and %d rows, %d columns uncovered; want %v and %d", c.name, lp.Out, lp.UncoveredRows, lp.UncoveredCols, c.out, c.rest)
		}
	}
}

func TestUncoveredIsSaidAndStrict(t *testing.T) {
	spec := square(1, 3, 3, 0)
	in := volume.Shape{C: 3, H: 7, W: 7}
	s, _ := NewStack("", 3, mustConv(t, spec))
	p, err := s.Plan(in)
	if err != nil {
		t.Fatal(err)
	}
	want := "1 row at the bottom is not covered: (7 − 3 + 0)/3 leaves a remainder of 1; 1 column at the right is not covered: (7 − 3 + 0)/3 leaves a remainder of 1"
	if got := p.Layers[0].Uncovered(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	spec.StrictSize = true
	s, _ = NewStack("", 3, mustConv(t, spec))
	if _, err = s.Plan(in); err == nil || err.Error() != "layer layer: strict_size: "+want {
		t.Errorf("strict_size: got %v", err)
	}
}

func TestReceptiveField(t *testing.T) {
	// VGG's first block and a half: 3×3, 3×3, 2×2 stride 2, 3×3.
	layers := []Layer{
		mustConv(t, square(3, 3, 1, 1)), mustConv(t, square(3, 3, 1, 1)),
		mustConv(t, square(3, 2, 2, 0)), mustConv(t, square(3, 3, 1, 1)),
	}
	s, err := NewStack("", 3, layers...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan(volume.Shape{C: 3, H: 224, W: 224})
	if err != nil {
		t.Fatal(err)
	}
	for l, want := range []struct{ field, jump, start int }{{3, 1, -1}, {5, 1, -2}, {6, 2, -2}, {10, 2, -4}} {
		lp := p.Layers[l]
		if lp.Field[0] != want.field || lp.Jump[0] != want.jump || lp.FieldStart[0] != want.start {
			t.Errorf("layer %d: field %d, jump %d, start %d; want %+v", l, lp.Field[0], lp.Jump[0], lp.FieldStart[0], want)
		}
	}
	if got := p.Layers[0].Parameters; got != 3*27+3 {
		t.Errorf("parameters: got %d, want %d", got, 3*27+3)
	}
	if got := p.Layers[0].MACs; got != 27*3*224*224 {
		t.Errorf("MACs: got %v, want %v", got, 27*3*224*224)
	}
}

func TestSamePadding(t *testing.T) {
	for _, c := range []struct {
		kind               PaddingKind
		in, kernel, stride int
		before, after, out int
	}{
		{Same, 10, 4, 1, 1, 2, 10},
		{SameUpper, 10, 4, 1, 1, 2, 10},
		{SameLower, 10, 4, 1, 2, 1, 10},
		{SameUpper, 10, 3, 2, 0, 1, 5},
		{SameLower, 10, 3, 2, 1, 0, 5},
		{SameUpper, 11, 3, 2, 1, 1, 6},
		{SameUpper, 10, 1, 3, 0, 0, 4},
	} {
		spec := square(1, c.kernel, c.stride, 0)
		spec.Padding.Kind = c.kind
		s, _ := NewStack("", 3, mustConv(t, spec))
		p, err := s.Plan(volume.Shape{C: 3, H: c.in, W: c.in})
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		lp := p.Layers[0]
		if lp.Rows.Before != c.before || lp.Cols.After != c.after || lp.Out.H != c.out {
			t.Errorf("%+v: got %d before, %d after, %d out", c, lp.Rows.Before, lp.Cols.After, lp.Out.H)
		}
	}
}

func TestRefusals(t *testing.T) {
	change := func(f func(*ConvSpec)) ConvSpec {
		s := square(2, 3, 1, 0)
		f(&s)
		return s
	}
	nan := float32(0)
	nan /= nan
	for _, c := range []struct {
		spec ConvSpec
		want string
	}{
		{change(func(s *ConvSpec) { s.Stride[1] = -1 }), "stride must be from 1 to 1048576, got -1"},
		{change(func(s *ConvSpec) { s.Dilation[0] = -2 }), "dilation must be from 1 to 1048576, got -2"},
		{change(func(s *ConvSpec) { s.Padding.Left = -1 }), "padding must be from 0 to 1048576, got -1"},
		{change(func(s *ConvSpec) { s.Groups = 2 }), "groups must divide the number of input channels, 3, got 2"},
		{change(func(s *ConvSpec) { s.Groups, s.Weights = 3, s.Weights[:45] }), "groups must divide the number of filters, 5, got 3"},
		{change(func(s *ConvSpec) { s.Weights = s.Weights[:53] }), "weights must be K×3×3×3 values, got 53"},
		{change(func(s *ConvSpec) { s.Weights[28] = nan }), "weights: filter 1 has NaN at channel 0, row 0, column 1"},
		{change(func(s *ConvSpec) { s.Bias = []float32{0, 1 / (nan - nan)} }), "bias: filter 1 has NaN, it must be finite"},
		{change(func(s *ConvSpec) { s.Bias = []float32{0} }), "bias must have 2 values, one a filter, got 1"},
		{change(func(s *ConvSpec) { s.Filters = []string{"a"} }), "filters must have 2 names, one a filter, got 1"},
		{change(func(s *ConvSpec) { s.InChannels = 0 }), "in_channels must be at least 1, got 0"},
		{change(func(s *ConvSpec) { s.Activation = 99 }), "activation must be one of the package's constants, got 99"},
		{change(func(s *ConvSpec) { s.NegativeSlope = nan }), "negative_slope must be finite, got NaN"},
		{change(func(s *ConvSpec) { s.Padding.Mode = -1 }), "padding_mode must be zeros, reflect, replicate, circular, got -1"},
		{change(func(s *ConvSpec) { s.Padding.Kind = 4 }), "padding must be of one of the package's kinds, got 4"},
		{change(func(s *ConvSpec) { s.Padding.Kind = Same; s.Stride = [2]int{2, 2} }), "padding same needs stride 1, got [2, 2]: write same_upper or same_lower"},
		{change(func(s *ConvSpec) { s.KernelSize, s.Dilation = [2]int{1025, 1}, [2]int{1024, 1} }), "dilation 1024 makes the kernel span 1048577 pixels"},
	} {
		_, err := NewConv(c.spec)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	for _, c := range []struct {
		spec ConvSpec
		in   volume.Shape
		want string
	}{
		{square(1, 5, 1, 1), volume.Shape{C: 3, H: 2, W: 9}, "layer layer: height: kernel spans 5 but the padded input has 4 (1 + 2 + 1)"},
		{square(1, 5, 1, 0), volume.Shape{C: 3, H: 9, W: 4}, "layer layer: width: kernel spans 5 but the padded input has 4 (0 + 4 + 0)"},
		{change(func(s *ConvSpec) { s.Padding = Padding{Top: 4, Mode: Reflect} }), volume.Shape{C: 3, H: 4, W: 4}, "reflect can add at most 3 of the 4 rows, got 4"},
		{change(func(s *ConvSpec) { s.Padding = Padding{Right: 5, Mode: Circular} }), volume.Shape{C: 3, H: 4, W: 4}, "circular can add at most the 4 columns, got 5"},
		{square(1, 3, 1, 0), volume.Shape{C: 1, H: 9, W: 9}, "the stack reads 3 channels, the input has 1"},
	} {
		s, _ := NewStack("", 3, mustConv(t, c.spec))
		if _, err := s.Plan(c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

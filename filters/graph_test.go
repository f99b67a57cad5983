package filters

import (
	"context"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// conv3 is a convolution of one channel by 3×3 that keeps the size.
func conv3(t *testing.T, name string, stride int, inputs ...string) Layer {
	return mustConv(t, ConvSpec{
		Name: name, Inputs: inputs, InChannels: 1, KernelSize: [2]int{3, 3}, Weights: make([]float32, 9),
		Stride: [2]int{stride, stride}, Padding: Padding{Top: 1, Left: 1, Bottom: 1, Right: 1},
	})
}

func mustStack(t *testing.T, layers ...Layer) *Stack {
	t.Helper()
	s, err := NewStack("", 1, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustJoin(t *testing.T, kind JoinKind, name string, inputs ...string) Layer {
	return must[*Join](t)(NewJoin(JoinSpec{Name: name, Kind: kind, Inputs: inputs}))
}

func mustUpsample(t *testing.T, factor int, mode UpsampleMode) Layer {
	return must[*Upsample](t)(NewUpsample(UpsampleSpec{Name: "up", Factor: [2]int{factor, factor}, Mode: mode}))
}

// TestFieldsOfGraphs works fields out by hand. A field covers the fields on all ways to the
// picture: two convolutions by 3×3 see 5 pixels from −2 on, and the skip beside them 1.
func TestFieldsOfGraphs(t *testing.T) {
	skip := []Layer{conv3(t, "a", 1), conv3(t, "b", 1), mustJoin(t, Add, "sum", "b", "input")}
	even := mustConv(t, ConvSpec{
		Name: "even", Inputs: []string{"input"}, InChannels: 1, KernelSize: [2]int{2, 2}, Weights: make([]float32, 4), Padding: Padding{Top: 1, Left: 1},
	})
	for _, c := range []struct {
		name               string
		layers             []Layer
		field, jump, start int
	}{
		{"skip", skip, 5, 1, -2},
		{"skip, then stride", append(slices.Clone(skip), conv3(t, "c", 2)), 7, 2, -3},
		{"two ways to one side", []Layer{even, mustJoin(t, Add, "sum", "even", "input")}, 2, 1, -1},
		{"nearest of stride 4", []Layer{conv3(t, "a", 4), mustUpsample(t, 2, Nearest)}, 3 + 2, 2, -1 - 2},
		{"bilinear of stride 4", []Layer{conv3(t, "a", 4), mustUpsample(t, 2, Bilinear)}, 3 + 3*2, 2, -1 - 2*2},
		{"bilinear by 3", []Layer{conv3(t, "a", 3), mustUpsample(t, 3, Bilinear)}, 3 + 4, 1, -1 - 3},
	} {
		p, err := mustStack(t, c.layers...).Plan(volume.Shape{C: 1, H: 24, W: 24})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		lp := p.Layers[len(p.Layers)-1]
		if lp.Field != [2]int{c.field, c.field} || lp.Jump != [2]int{c.jump, c.jump} || lp.FieldStart != [2]int{c.start, c.start} {
			t.Errorf("%s: field %v, jump %v, start %v, want %d, %d, %d", c.name, lp.Field, lp.Jump, lp.FieldStart, c.field, c.jump, c.start)
		}
	}
}

// TestFieldsContainWhatIsRead changes one pixel after the other. Outputs that change have the
// pixel in their field.
func TestFieldsContainWhatIsRead(t *testing.T) {
	box := func(name string, stride int) Layer {
		spec := conv3(t, name, stride).(*Conv).Spec()
		spec.Weights = slices.Repeat([]float32{1}, 9)
		return mustConv(t, spec)
	}
	for factor := 2; factor <= 5; factor++ {
		for _, mode := range []UpsampleMode{Nearest, Bilinear} {
			s := mustStack(t, box("a", factor), mustUpsample(t, factor, mode))
			in := &volume.Volume{Shape: volume.Shape{C: 1, H: 1, W: 30}, Data: make([]float32, 30)}
			p, err := s.Plan(in.Shape)
			if err != nil {
				t.Fatal(err)
			}
			lp := p.Layers[1]
			for x := range in.Data {
				in.Data[x] = 1
				out, err := s.Apply(in)
				if err != nil {
					t.Fatal(err)
				}
				in.Data[x] = 0
				for i, v := range out.Data[:out.W] {
					from := lp.FieldStart[1] + i*lp.Jump[1]
					if v != 0 && (x < from || x >= from+lp.Field[1]) {
						t.Errorf("%v by %d: output %d sees pixel %d, its field is %d … %d", mode, factor, i, x, from, from+lp.Field[1]-1)
					}
				}
			}
		}
	}
}

// TestShiftedInputs joins ways with other padding. Ways whose fields have centres that are less
// than an output apart, as strides and enlarging make them, can be joined.
func TestShiftedInputs(t *testing.T) {
	conv := func(name string, k, stride, before, after int) Layer {
		return mustConv(t, ConvSpec{
			Name: name, Inputs: []string{"input"}, InChannels: 1, KernelSize: [2]int{k, k}, Weights: make([]float32, k*k), Stride: [2]int{stride, stride},
			Padding: Padding{Top: 1, Left: before, Bottom: 1, Right: after},
		})
	}
	sum := func(inputs ...string) Layer { return mustJoin(t, Add, "sum", inputs...) }
	point := mustConv(t, ConvSpec{Name: "point", Inputs: []string{"input"}, InChannels: 1, KernelSize: [2]int{1, 1}, Weights: []float32{1}, Stride: [2]int{2, 2}})
	for _, c := range []struct {
		name   string
		layers []Layer
		want   string
	}{
		{"one pixel", []Layer{conv("a", 3, 1, 0, 2), conv("b", 3, 1, 1, 1), sum("a", "b")},
			"layer sum: inputs a and b are shifted against each other: the fields of their first outputs have their centres at row 0, column 1 and at row 0, column 0 of the picture; use as much padding at the top and at the left on both ways"},
		{"one output of two pixels", []Layer{conv("a", 5, 2, 0, 3), conv("b", 5, 2, 3, 0), sum("b", "a")},
			"layer sum: inputs b and a are shifted against each other: the fields of their first outputs have their centres at row 1, column -1 and at row 1, column 2 of the picture; use as much padding at the top and at the left on both ways"},
		{"padding of one side beside a shortcut", []Layer{conv("a", 3, 2, 0, 1), point, sum("a", "point")}, ""},
		{"enlarged after a stride", []Layer{conv3(t, "a", 2), mustUpsample(t, 2, Nearest), sum("up", "input")}, ""},
		{"enlarged four times", []Layer{conv3(t, "a", 4), mustUpsample(t, 4, Bilinear), sum("up", "input")}, ""},
	} {
		_, err := mustStack(t, c.layers...).Plan(volume.Shape{C: 1, H: 16, W: 16})
		if got := errorText(err); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestWorkingSetCountsAllEnds compares the memory that a runner holds with the estimate, for
// graphs whose last end is smaller than another.
func TestWorkingSetCountsAllEnds(t *testing.T) {
	wide := func(name string, filters int) Layer {
		return mustConv(t, ConvSpec{Name: name, Inputs: []string{"input"}, InChannels: 1, KernelSize: [2]int{1, 1}, Weights: make([]float32, filters)})
	}
	for _, c := range []struct {
		name   string
		layers []Layer
	}{
		{"wide, then narrow", []Layer{wide("big", 512), wide("small", 1)}},
		{"narrow, then wide", []Layer{wide("small", 1), wide("big", 512)}},
		{"three ends", []Layer{wide("a", 64), conv3(t, "b", 2, "input"), wide("c", 8)}},
	} {
		p, err := mustStack(t, c.layers...).Plan(volume.Shape{C: 1, H: 30, W: 400})
		if err != nil {
			t.Fatal(err)
		}
		in, err := volume.New(p.Input)
		if err != nil {
			t.Fatal(err)
		}
		var r Runner
		if err := r.Run(context.Background(), p, slices.Repeat([]bool{true}, len(c.layers)), in, func(int, volume.Rows) error { return nil }); err != nil {
			t.Fatal(err)
		}
		held := cap(r.out)
		for l, op := range r.ops {
			held += op.floats(r.bands[l]) + len(r.stores[l].data)
		}
		if got := p.WorkingSet(); got < 4*held {
			t.Errorf("%s: a working set of %d bytes, but the runner holds %d", c.name, got, 4*held)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestGraphsThatDoNotFit(t *testing.T) {
	for _, c := range []struct {
		layers []Layer
		want   string
	}{
		{[]Layer{conv3(t, "a", 2), mustJoin(t, Add, "sum", "a", "input")}, "layer sum: inputs a and input must have the same rows and columns, they are 1×4×4 and 1×8×8: use the same strides, and padding that keeps the size"},
		{[]Layer{mustPool(t, PoolSpec{Name: "half", KernelSize: [2]int{1, 1}, Stride: [2]int{2, 2}}), mustPool(t, PoolSpec{Name: "wide", Inputs: []string{"input"}, KernelSize: [2]int{5, 5}, Stride: [2]int{1, 1}}),
			mustJoin(t, Concat, "both", "half", "wide")}, "layer both: inputs half and wide have the same size, but an output every 2 and every 1 pixels of the picture: their ways need the same strides"},
		{[]Layer{mustUpsample(t, 2, Nearest)}, "layer up: an input with an output every pixel cannot be enlarged 2 times: outputs would lie between the picture's pixels"},
		{[]Layer{conv3(t, "a", 3), mustUpsample(t, 2, Nearest)}, "layer up: an input with an output every 3 pixels cannot be enlarged 2 times"},
	} {
		_, err := mustStack(t, c.layers...).Plan(volume.Shape{C: 1, H: 8, W: 8})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	for _, c := range []struct {
		layers []Layer
		want   string
	}{
		{[]Layer{conv3(t, "a", 1, "b")}, "layer 0 (a) reads b, but no layer before it has that name"},
		{[]Layer{conv3(t, "a", 1), conv3(t, "a", 1), conv3(t, "b", 1, "a")}, "layer 2 (b) reads a, a name of layers 0 and 1"},
		{[]Layer{mustJoin(t, Concat, "both", "input", "input"), mustJoin(t, Add, "sum", "both", "input")}, "layer 1 (sum) adds both of 2 channels and input of 1: they must be equal, and a convolution by 1×1 makes them so"},
		{[]Layer{mustJoin(t, Concat, "both", "input", "input"), conv3(t, "a", 1)}, "layer 1 (a) reads 1 channels but gets 2"},
	} {
		if _, err := NewStack("", 1, c.layers...); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if _, err := NewConv(ConvSpec{Inputs: []string{"a", "b"}, InChannels: 1, KernelSize: [2]int{1, 1}, Weights: []float32{1}}); err == nil ||
		err.Error() != "inputs must be one layer, got 2: add or concat joins several" {
		t.Errorf("got %v", err)
	}
}

// TestNamesOfJoinedChannels: names stay if they differ, and get their layer's name if not.
func TestNamesOfJoinedChannels(t *testing.T) {
	long := strings.Repeat("x", longestName)
	for _, c := range []struct {
		in   []feed
		want string
	}{
		{[]feed{{name: "a", channels: []string{"x", "y"}}, {name: "b", channels: []string{"z"}}}, "x y z"},
		{[]feed{{name: "a", channels: []string{"x", "y"}}, {name: "b", channels: []string{"X"}}}, "a-x a-y b-X"},
		{[]feed{{name: "a", channels: []string{"x"}}, {name: "a", channels: []string{"x"}}}, "c0 c1"},
		{[]feed{{name: "a", channels: []string{long}}, {name: "b", channels: []string{long}}}, "c0 c1"},
	} {
		if got := strings.Join(joinedNames(c.in), " "); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// TestWaitingRowsAreBounded: a skip around n convolutions keeps about n rows, whatever the
// picture's height is, and the plan's working set has them.
func TestWaitingRowsAreBounded(t *testing.T) {
	waiting := func(n, height int) (rows, workingSet int) {
		layers := []Layer{conv3(t, "first", 1)}
		for range n {
			layers = append(layers, conv3(t, "", 1))
		}
		layers = append(layers, conv3(t, "end", 1), mustJoin(t, Add, "sum", "end", "first"))
		p, err := mustStack(t, layers...).Plan(volume.Shape{C: 1, H: height, W: 64})
		if err != nil {
			t.Fatal(err)
		}
		in, err := volume.New(p.Input)
		if err != nil {
			t.Fatal(err)
		}
		selected := make([]bool, len(layers))
		selected[len(layers)-1] = true
		r := Runner{budget: 1}
		if err := r.Run(context.Background(), p, selected, in, func(int, volume.Rows) error { return nil }); err != nil {
			t.Fatal(err)
		}
		return r.stores[0].slots, p.WorkingSet()
	}
	for _, n := range []int{3, 10} {
		low, _ := waiting(n, 100)
		high, all := waiting(n, 1000)
		if low != high || high < n || high > n+5 {
			t.Errorf("%d convolutions: %d and %d rows wait in pictures of 100 and 1000 rows", n, low, high)
		}
		if least := 4 * n * 64; all < least {
			t.Errorf("%d convolutions: a working set of %d bytes, want at least the %d of the rows that wait", n, all, least)
		}
	}
}

// TestGraphAllocatesNothing runs a graph twice with the same buffers.
func TestGraphAllocatesNothing(t *testing.T) {
	s := mustStack(t,
		conv3(t, "a", 2), conv3(t, "b", 1), mustJoin(t, Add, "sum", "b", "a"), mustUpsample(t, 2, Bilinear), mustJoin(t, Concat, "both", "up", "input"))
	p, err := s.Plan(volume.Shape{C: 1, H: 200, W: 100})
	if err != nil {
		t.Fatal(err)
	}
	in, err := volume.New(p.Input)
	if err != nil {
		t.Fatal(err)
	}
	r := Runner{Kernel: kernel.Best()}
	selected := []bool{true, false, true, false, true}
	run := func() {
		if err := r.Run(context.Background(), p, selected, in, func(int, volume.Rows) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(3, run); n != 0 {
		t.Errorf("%v allocations in steady state, want none", n)
	}
}

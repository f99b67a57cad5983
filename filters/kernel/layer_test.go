package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"filterbank/filters/simd"
)

// layerCase is a layer and rows of its input, all made from the seed.
type layerCase struct {
	groups        []Taps
	filters, taps int // of a group, of a filter
	act           Pointwise
	width, rows   int
	stride        int
	strided       bool // a depthwise loop reads values that are the stride apart
	src           []float32
	groupStride   int
	offsets       []int32
}

// span is the distance behind an offset that a row of outputs reads.
func (c *layerCase) span() int { return (c.width-1)*c.stride + 1 }

func newLayerCase(seed uint64, filters, taps, width, rows, stride, groups int) *layerCase {
	r := rand.New(rand.NewPCG(seed, 1))
	c := &layerCase{filters: filters, taps: taps, width: width, rows: rows, stride: stride}
	c.act = Pointwise{Activation: Activation(r.IntN(int(activations))), Slope: -0.01}
	for range filters * groups {
		c.act.Slopes = append(c.act.Slopes, float32(r.NormFloat64()))
	}
	special := r.IntN(3) // none, a few or many special values
	c.groupStride = r.IntN(40)
	c.src = make([]float32, (groups-1)*c.groupStride+c.span()+r.IntN(100)+Slack)
	for i := range c.src {
		c.src[i] = value(r, special)
	}
	room := len(c.src) - Slack - (groups-1)*c.groupStride - c.span() + 1
	for range rows * taps {
		c.offsets = append(c.offsets, int32(r.IntN(room)))
	}
	for range groups {
		t := Taps{make([]float32, filters*taps), make([]float32, filters)}
		for i := range t.Weights {
			t.Weights[i] = value(r, special)
		}
		for i := range t.Bias {
			t.Bias[i] = value(r, special)
		}
		c.groups = append(c.groups, t)
	}
	return c
}

var specials = [...]float32{
	0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, -0x1p-130, 0x1p-126, math.MaxFloat32, -math.MaxFloat32,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	math.Float32frombits(0xffc12345), math.Float32frombits(0x7f800001), 0x1p-75, 1, -1,
}

func value(r *rand.Rand, special int) float32 {
	if r.IntN(100) < []int{0, 1, 40}[special] {
		return specials[r.IntN(len(specials))]
	}
	return float32(r.NormFloat64())
}

// sentinel fills the places where no kernel may write.
const sentinel = 0x7fabcdef

// output is a buffer for a case's rows with guards around each of them.
type output struct {
	data                                 []float32
	at, channelStride, rowStride, n, row int
}

func (c *layerCase) output(gap int) *output {
	const guard = 300
	o := &output{at: guard + gap, row: c.width, n: c.rows}
	o.rowStride = c.width + gap
	o.channelStride = c.rows*o.rowStride + 2*gap
	o.data = make([]float32, 2*guard+o.at+o.channelStride*c.filters*len(c.groups))
	for i := range o.data {
		o.data[i] = math.Float32frombits(sentinel)
	}
	return o
}

func (o *output) rows(c *layerCase) *Rows {
	return &Rows{
		Dst: o.data[o.at:], ChannelStride: o.channelStride, RowStride: o.rowStride, Width: c.width, N: c.rows,
		Src: c.src, GroupStride: c.groupStride, Offsets: c.offsets, Stride: c.stride,
	}
}

// want computes the case by the specification.
func (c *layerCase) want(o *output) {
	for g, t := range c.groups {
		for i := range c.rows {
			Row(o.data[o.at+g*c.filters*o.channelStride+i*o.rowStride:], o.channelStride,
				c.src[g*c.groupStride:], c.offsets[i*c.taps:][:c.taps], t, c.width, c.stride, c.actOf(g))
		}
	}
}

// actOf is the activation of a group's filters.
func (c *layerCase) actOf(group int) Pointwise {
	a := c.act
	a.Slopes = a.Slopes[group*c.filters:]
	return a
}

// check compares every kernel and layout with the specification, bit for bit, and finds
// writes outside the rows.
func (c *layerCase) check(t *testing.T, gap int) {
	t.Helper()
	want := c.output(gap)
	c.want(want)
	for _, set := range simd.Sets() {
		k := New(set)
		for _, layout := range c.layouts(k) {
			got := c.output(gap)
			rows := got.rows(c)
			rows.Ahead = Ahead{Data: c.src, Channels: 1 + gap, ChannelStride: 1, Len: (len(c.src) - gap) / (1 + gap)}
			k.Pack(c.groups, c.act, layout).Compute(rows)
			if a := &rows.Ahead; a.taken != len(a.addresses) {
				t.Fatalf("%v, layout %d, %s: %d of %d addresses fetched ahead", k, layout, c, a.taken, len(a.addresses))
			}
			for i, w := range want.data {
				if g := got.data[i]; math.Float32bits(g) != math.Float32bits(w) {
					t.Fatalf("%v, layout %d, %s: value %d, %d behind the first, is %x, want %x",
						k, layout, c, i, i-got.at, math.Float32bits(g), math.Float32bits(w))
				}
			}
		}
	}
}

func (c *layerCase) layouts(k *Kernel) []Layout {
	layouts := []Layout{Scalar}
	if k.pixels != nil && (c.stride == 1 || c.strided && k.lanes == 16) {
		layouts = append(layouts, Pixels)
	}
	if k.filters.unit != nil {
		layouts = append(layouts, Filters)
	}
	if k.triples(c.width, c.stride) {
		layouts = append(layouts, Triples)
	}
	return layouts
}

func (c *layerCase) String() string {
	return fmt.Sprintf("%d groups of %d filters of %d taps, %d rows of %d outputs, stride %d, activation %v",
		len(c.groups), c.filters, c.taps, c.rows, c.width, c.stride, c.act)
}

// TestEveryTile runs every loop of every kernel: all sizes of blocks, each with rows of
// every number of vectors and every number of outputs in the last vector.
func TestEveryTile(t *testing.T) {
	for filters := 1; filters <= 34; filters++ {
		for width := 1; width <= 150; width += 1 + width/20 {
			newLayerCase(uint64(filters*1000+width), filters, 1+width%5, width, 1+width%3, 1, 1).check(t, width%4)
		}
	}
}

func TestEveryWidth(t *testing.T) {
	for width := 1; width <= 300; width++ {
		newLayerCase(uint64(width), 1+width%7, 9, width, 2, 1, 2).check(t, width%5)
	}
}

func TestEveryStride(t *testing.T) {
	for stride := 1; stride <= Slack/mostOutputs; stride++ {
		for width := 1; width <= 30; width++ {
			newLayerCase(uint64(width), 1+width%20, 5, width, 1, stride, 1).check(t, 1)
		}
	}
}

func TestManyTaps(t *testing.T) {
	newLayerCase(3, 40, 2000, 33, 2, 1, 1).check(t, 0)
}

// TestWeightsAhead computes layers of so many weights that each block fetches the next one's. AVX2
// computes wide blocks in parts and narrow ones at once. With groups and with Triples, wide ones
// follow narrow ones.
func TestWeightsAhead(t *testing.T) {
	for _, shape := range []struct {
		filters, taps, width, groups int
		layout                       Layout
	}{
		{72, 2100, 1, 1, Filters}, {72, 2100, 7, 1, Filters}, {72, 2100, 30, 1, Filters},
		{20, 576, 3, 12, Filters}, {20, 576, 13, 12, Filters}, {512, 260, 7, 1, Triples},
	} {
		width := shape.width
		c := newLayerCase(uint64(width), shape.filters, shape.taps, width, 3, 1, shape.groups)
		want := c.output(1)
		c.want(want)
		for _, set := range simd.Sets() {
			k := New(set)
			if !slices.Contains(c.layouts(k), shape.layout) {
				continue
			}
			got := c.output(1)
			rows, l := got.rows(c), k.Pack(c.groups, c.act, shape.layout)
			l.Compute(rows)
			for i, w := range want.data {
				if g := got.data[i]; math.Float32bits(g) != math.Float32bits(w) {
					t.Fatalf("%v, width %d: value %d is %x, want %x", k, width, i, math.Float32bits(g), math.Float32bits(w))
				}
			}
			a, first := &rows.Ahead, l.blocks[0].weights // the last block's next one
			at := uintptr(unsafe.Pointer(&first[0]))
			if n := len(a.addresses); n == 0 || a.taken != n || a.addresses[0] != at || a.addresses[n-1] >= at+uintptr(4*len(first)) {
				t.Errorf("%v, width %d: %d of %d addresses fetched ahead, which do not lie in the first block's weights", k, width, a.taken, n)
			}
		}
	}
}

// TestParts runs every tile of AVX2 with sums of several parts: of rows that are computed at once, of
// rows whose unfinished sums are too many for that, and of rows that are too wide to have any.
func TestParts(t *testing.T) {
	check := func(c *layerCase, gap int, right func(parts, rows int) bool) {
		t.Helper()
		for _, set := range simd.Sets() {
			if set != simd.AVX2 {
				continue
			}
			l := New(set).Pack(c.groups, c.act, Filters)
			if parts, rows := l.parts(&l.blocks[0], c.output(0).rows(c)); !right(parts, rows) {
				t.Errorf("%s are computed in %d parts, %d at a time", c, parts, rows)
			}
		}
		c.check(t, gap)
	}
	for width := 1; width <= 13; width++ {
		check(newLayerCase(uint64(width), 17+width%8, 770+width, width, 2, 1, 1), width%3,
			func(parts, rows int) bool { return parts > 1 && rows == 2 })
	}
	check(newLayerCase(30, 20, 400, 100, 6, 1, 2), 1, func(parts, rows int) bool { return parts > 1 && rows < 6 })
	check(newLayerCase(31, 17, 400, 1100, 1, 1, 1), 0, func(parts, _ int) bool { return parts == 1 })
}

// TestTriples holds the choice of blocks of three vectors to the rows that have tiles for them.
func TestTriples(t *testing.T) {
	for _, set := range simd.Sets() {
		for width := 1; width <= 30; width++ {
			for stride := 1; stride <= 2; stride++ {
				k := New(set)
				for _, taps := range []int{manyTaps - 1, manyTaps} {
					got := k.Layout(Size{Filters: 512, Taps: taps, Width: width, Stride: stride})
					want := set == simd.AVX2 && taps == manyTaps && stride == 1 && (width == 3 || width == 4 || width > 5)
					if got == Triples && !want || got == Filters && want {
						t.Errorf("%v, %d taps, rows of %d outputs, stride %d: the layout is %d", k, taps, width, stride, got)
					}
				}
			}
		}
	}
	if !slices.Contains(simd.Sets(), simd.AVX2) {
		return
	}
	for filters, want := range map[int][]int{17: {24}, 25: {16, 16}, 33: {24, 16}, 48: {24, 24}, 56: {16, 24, 16}} {
		var got []int
		for _, b := range New(simd.AVX2).Pack([]Taps{{make([]float32, filters), make([]float32, filters)}}, Pointwise{}, Triples).blocks {
			got = append(got, b.width)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d filters are in blocks of %v, want %v", filters, got, want)
		}
	}
}

func FuzzKernels(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(27), uint16(40), uint8(2), uint8(1), uint8(1))
	f.Add(uint64(2), uint8(20), uint8(1), uint16(7), uint8(1), uint8(3), uint8(2))
	f.Fuzz(func(t *testing.T, seed uint64, filters, taps uint8, width uint16, rows, stride, groups uint8) {
		c := newLayerCase(seed, 1+int(filters)%48, 1+int(taps)%64, 1+int(width)%400, 1+int(rows)%4,
			1+int(stride)%(Slack/mostOutputs), 1+int(groups)%4)
		c.check(t, int(seed%17))
	})
}

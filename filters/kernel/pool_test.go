package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"filterbank/filters/simd"
)

// poolCase is a layerCase whose groups are the channels of a pool.
type poolCase struct {
	*layerCase
	window Window
}

// newPoolCase draws windows with at most so many taps: columns beside each other, in two
// phases, dilated or anywhere.
func newPoolCase(seed uint64, taps, width, rows, stride, channels int) *poolCase {
	r := rand.New(rand.NewPCG(seed, 3))
	w := Window{Rows: 1 + r.IntN(taps), Stride: 1 + r.IntN(3), Dilation: 1 + r.IntN(2)*r.IntN(3)}
	w.Columns = taps / w.Rows
	columns := make([]int32, w.Columns)
	apart, phase := int32(1+r.IntN(3)), int32(r.IntN(300))
	kind := r.IntN(4)
	for t := range columns {
		switch t := int32(t); kind {
		case 0:
			columns[t] = t
		case 1:
			columns[t] = t%2*phase + t/2
		case 2:
			columns[t] = t * apart
		case 3:
			columns[t] = int32(r.IntN(300))
		}
	}
	return newWindowCase(r, w, columns, width, rows, stride, channels)
}

// newWindowCase draws the places of rows and the values of a case with columns at these offsets.
func newWindowCase(r *rand.Rand, w Window, columns []int32, width, rows, stride, channels int) *poolCase {
	c := newLayerCase(r.Uint64(), 1, w.Rows*w.Columns, width, rows, stride, channels)
	c.groups = make([]Taps, channels)
	bases := make([]int32, (rows-1)*w.Stride+(w.Rows-1)*w.Dilation+1)
	for i := range bases {
		bases[i] = int32(r.IntN(500))
	}
	last := 0
	for i := range rows {
		for row := range w.Rows {
			for t, column := range columns {
				at := bases[i*w.Stride+row*w.Dilation] + column
				c.offsets[(i*w.Rows+row)*w.Columns+t] = at
				last = max(last, int(at))
			}
		}
	}
	c.src = make([]float32, (channels-1)*c.groupStride+last+c.span()+Slack)
	special := r.IntN(3)
	for i := range c.src {
		if c.src[i] = value(r, special); c.src[i] != c.src[i] && r.IntN(2) == 0 { // a NaN in few channels
			c.src[i] = float32(math.Copysign(0, r.Float64()-0.5))
		}
	}
	return &poolCase{c, w}
}

// checkPool compares the pools of every kernel with the specification, bit for bit, and
// finds writes outside the rows.
func (c *poolCase) checkPool(t *testing.T, gap int) {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(gap), 2))
	heights, widths := make([]float32, c.rows), make([]float32, (c.width-1)*c.stride+1+Slack)
	for _, counts := range [][]float32{heights, widths} {
		for i := range counts {
			counts[i] = float32(1 + r.IntN(5))
		}
	}
	for _, average := range []bool{false, true} {
		pool := func(k *Kernel) *output {
			o := c.output(gap)
			rows := o.rows(c.layerCase)
			rows.Heights, rows.Widths = heights, widths
			(&Pool{kernel: k, channels: len(c.groups), taps: c.taps, average: average, window: c.window}).Compute(rows)
			c.checkScratch(t, rows)
			return o
		}
		everyKernel(t, pool, fmt.Sprintf("average %v, %d channels, windows %+v, %d rows of %d outputs, stride %d",
			average, len(c.groups), c.window, c.rows, c.width, c.stride))
	}
}

// checkScratch holds the memory that pools have allocated to its bounds.
func (c *poolCase) checkScratch(t *testing.T, r *Rows) {
	t.Helper()
	if most := AverageFloats(c.width, c.stride); len(r.row) > most {
		t.Fatalf("%d floats of scratch memory, at most %d were told: windows %+v, %d rows of %d outputs, stride %d",
			len(r.row), most, c.window, c.rows, c.width, c.stride)
	}
	m := &r.maxima
	held := len(m.parts) + len(m.across) + len(m.out) + len(m.rows) + len(m.vertical) + len(m.offsets) + len(m.starts) + len(m.places)
	columns := c.offsets[:c.window.Columns]
	reach := int(slices.Max(columns)-slices.Min(columns)) + 1
	if most := c.window.Floats(c.rows, c.width, c.stride, reach); held > most {
		t.Fatalf("%d floats of scratch memory, at most %d were told: windows %+v, %d rows of %d outputs, stride %d",
			held, most, c.window, c.rows, c.width, c.stride)
	}
}

// everyKernel compares the outputs of each kernel, and the memory around them, with plain
// Go's, bit for bit.
func everyKernel(t *testing.T, compute func(k *Kernel) *output, what string) {
	t.Helper()
	want := compute(generic)
	for _, set := range simd.Sets() {
		k := New(set)
		for i, g := range compute(k).data {
			if w := want.data[i]; math.Float32bits(g) != math.Float32bits(w) {
				t.Fatalf("%v, %s: value %d, %d behind the first, is %x, want %x",
					k, what, i, i-want.at, math.Float32bits(g), math.Float32bits(w))
			}
		}
	}
}

func TestPools(t *testing.T) {
	for width := 1; width <= 200; width++ {
		newPoolCase(uint64(width), 1+width%10, width, 1+width%3, 1+width%4, 1+width%19).checkPool(t, width%5)
	}
	for stride := 1; stride <= 40; stride++ {
		for width := 1; width <= 20; width++ {
			newPoolCase(uint64(stride), 5, width, 2, stride, 2).checkPool(t, 1)
		}
	}
	newPoolCase(3, 2000, 33, 1, 2, 1).checkPool(t, 0)
}

// TestStride2: kernels with loops for a stride of 2 compute small square windows with them.
func TestStride2(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for width := 1; width <= 70; width++ {
		for size := 2; size <= 3; size++ {
			w := Window{Rows: size, Columns: size, Stride: 1 + width%3, Dilation: 1 + width%2}
			c := newWindowCase(r, w, []int32{0, 1, 2}[:size], width, 1+width%4, 2, 1+width%5)
			c.checkPool(t, width%5)
			for _, set := range simd.Sets() {
				p := New(set).MaxPool(len(c.groups), w)
				if ok := p.stride2(c.output(0).rows(c.layerCase), 0, p.channels); ok != (set.AVX2() || set.AVX512()) {
					t.Errorf("%v: %d×%d, %d outputs: in the loop for it is %v", p.kernel, size, size, width, ok)
				}
			}
		}
	}
}

// TestAverages: kernels with loops for it compute narrow windows of many channels at once, and
// others from row to row of the input.
func TestAverages(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	const columns = 9
	for i := range 60 {
		size, stride, channels := 1+i%columns, 1+i%3, []int{1, 8, 9, 23}[i%4]
		width, rows := []int{1, 7, 9, 20, 33, 100}[i%6], 1+i*7%40
		w := Window{Rows: size, Columns: size, Stride: 1 + i%4, Dilation: 1}
		c := newWindowCase(r, w, []int32{0, 1, 2, 3, 4, 5, 6, 7, 8}[:size], width, rows, stride, channels)
		c.checkPool(t, i%5)
		for _, set := range simd.Sets() {
			p := New(set).AvgPool(channels, w)
			rows := c.output(0).rows(c.layerCase)
			rows.Heights, rows.Widths = make([]float32, c.rows), make([]float32, (width-1)*stride+1+Slack)
			many, fast := p.manySums(rows), set.AVX2() || set.AVX512()
			if far := rows.N > 1 && size > w.Stride && (width-1)*stride >= 32 && (size >= 7 || size >= 5 && channels < 8); far && fast && !many {
				t.Errorf("%v: %d×%d, %d rows of %d outputs: not from row to row", p.kernel, size, size, rows.N, width)
			}
			if got := p.averages(rows, 0, channels); got != (fast && !many) {
				t.Errorf("%v: %d×%d, %d channels: at once is %v", p.kernel, size, size, channels, got)
			}
		}
	}
	wide := newWindowCase(r, Window{Rows: 8, Columns: 5, Stride: 2, Dilation: 1}, []int32{0, 1, 2, 3, 4}, 900, 70, 1, 2)
	wide.checkPool(t, 0) // in strips
	newWindowCase(r, wide.window, []int32{0, 1, 2, 3, 4}, 500, 20, 3, 2).checkPool(t, 0)
}

// TestTwoSteps: kernels with loops for it compute ordinary pools in two steps.
func TestTwoSteps(t *testing.T) {
	for _, set := range simd.Sets() {
		k := New(set)
		if k.maxima == nil {
			continue
		}
		for _, size := range []int{1, 2, 3, 4, 5, 7, 15, 16, 49, 300} {
			for _, phases := range []int{1, 2} {
				for _, width := range []int{1, 7, 16, 56, 113} {
					w := Window{Rows: size, Columns: size, Stride: phases, Dilation: 1}
					c := newPoolCase(1, size*size, width, 2, 1, 1)
					c.offsets = c.offsets[:0]
					row, phase := 2*(width+size), width+size
					for y := range 2 {
						for i := range size {
							for j := range size {
								c.offsets = append(c.offsets, int32((y*phases+i)*row+j%phases*phase+j/phases))
							}
						}
					}
					c.src = make([]float32, (size+2)*row+Slack)
					for i := range c.src {
						c.src[i] = float32(i * 7919 % 1000)
					}
					c.taps, c.window = size*size, w
					rows := c.output(0).rows(c.layerCase)
					if p := k.MaxPool(1, w); !rows.maxima.ready(p, rows) || !rows.maxima.compute(p, rows, rows.Dst, c.src) {
						t.Errorf("%v: %d×%d in %d phases, %d outputs: not in two steps", k, size, size, phases, width)
					}
				}
			}
		}
	}
}

// TestMaxPoolOfZerosAndNaN checks the specification itself: the first of two zeros, and
// the quiet NaN for any NaN at any place.
func TestMaxPoolOfZerosAndNaN(t *testing.T) {
	nan, minus, inf := math.Float32frombits(0xffc12345), float32(math.Copysign(0, -1)), float32(math.Inf(1))
	for _, c := range []struct {
		window []float32
		want   uint32
	}{
		{[]float32{0, minus}, 0}, {[]float32{minus, 0}, 1 << 31}, {[]float32{-1, minus, 0, -2}, 1 << 31},
		{[]float32{nan, 1}, 0x7fc00000}, {[]float32{1, nan}, 0x7fc00000}, {[]float32{1, nan, inf}, 0x7fc00000},
		{[]float32{-inf, -inf}, 0xff800000}, {[]float32{-inf, -1}, math.Float32bits(-1)}, {[]float32{inf, 3}, 0x7f800000},
	} {
		var out [1]float32
		offsets := make([]int32, len(c.window))
		for i := range offsets {
			offsets[i] = int32(i)
		}
		maxRow(out[:], c.window, offsets, 1)
		if got := math.Float32bits(out[0]); got != c.want {
			t.Errorf("max of %v is %#x, want %#x", c.window, got, c.want)
		}
	}
}

// TestActivations checks that each activation of the specification does what its name
// says.
func TestActivations(t *testing.T) {
	minus, nan, inf := float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1))
	in := []float32{-2, minus, 0, 3, 7, 6, inf, -inf, nan, math.MaxFloat32}
	for _, c := range []struct {
		act  Pointwise
		want []float32
	}{
		{Pointwise{Activation: None}, in},
		{Pointwise{Activation: ReLU}, []float32{0, 0, 0, 3, 7, 6, inf, 0, nan, math.MaxFloat32}},
		{Pointwise{Activation: LeakyReLU, Slope: 0.5}, []float32{-1, minus, 0, 3, 7, 6, inf, -inf, nan, math.MaxFloat32}},
		{Pointwise{Activation: ReLU6}, []float32{0, 0, 0, 3, 6, 6, 6, 0, nan, 6}},
		{Pointwise{Activation: Abs}, []float32{2, 0, 0, 3, 7, 6, inf, inf, nan, math.MaxFloat32}},
		{Pointwise{Activation: Square}, []float32{4, 0, 0, 9, 49, 36, inf, inf, nan, inf}},
	} {
		for i, v := range in {
			want := math.Float32bits(c.want[i])
			if v != v {
				want = 0x7fc00000
			}
			if got := math.Float32bits(c.act.at(v)); got != want {
				t.Errorf("activation %d of %v is %#x, want %#x", c.act.Activation, v, got, want)
			}
		}
	}
}

func FuzzPools(f *testing.F) {
	f.Add(uint64(1), uint8(9), uint16(40), uint8(2), uint8(1), uint8(1))
	f.Add(uint64(2), uint8(4), uint16(7), uint8(1), uint8(3), uint8(2))
	f.Fuzz(func(t *testing.T, seed uint64, taps uint8, width uint16, rows, stride, channels uint8) {
		newPoolCase(seed, 1+int(taps)%64, 1+int(width)%400, 1+int(rows)%4, 1+int(stride)%24, 1+int(channels)%20).checkPool(t, int(seed%17))
	})
}

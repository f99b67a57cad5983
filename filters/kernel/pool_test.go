package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"filterbank/filters/simd"
)

// newPoolCase is a layerCase whose groups are the channels of a pool.
func newPoolCase(seed uint64, taps, width, rows, stride, channels int) *layerCase {
	c := newLayerCase(seed, 1, taps, width, rows, stride, channels)
	c.groups = make([]Taps, channels)
	return c
}

// checkPool compares the pools of every kernel with the specification, bit for bit, and
// finds writes outside the rows.
func (c *layerCase) checkPool(t *testing.T, gap int) {
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
			rows := o.rows(c)
			rows.Heights, rows.Widths = heights, widths
			(&Pool{kernel: k, channels: len(c.groups), taps: c.taps, average: average}).Compute(rows)
			return o
		}
		everyKernel(t, pool, fmt.Sprintf("average %v, %d channels, %d taps, %d rows of %d outputs, stride %d",
			average, len(c.groups), c.taps, c.rows, c.width, c.stride))
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
		newPoolCase(uint64(width), 1+width%10, width, 1+width%3, 1+width%4, 1+width%5).checkPool(t, width%5)
	}
	for stride := 1; stride <= 40; stride++ {
		for width := 1; width <= 20; width++ {
			newPoolCase(uint64(stride), 5, width, 2, stride, 2).checkPool(t, 1)
		}
	}
	newPoolCase(3, 2000, 33, 1, 2, 1).checkPool(t, 0)
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
		newPoolCase(seed, 1+int(taps)%64, 1+int(width)%400, 1+int(rows)%4, 1+int(stride)%24, 1+int(channels)%4).checkPool(t, int(seed%17))
	})
}

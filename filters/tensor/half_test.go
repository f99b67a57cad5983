package tensor

import (
	"encoding/binary"
	"math"
	"testing"
)

// TestHalf checks Half against its inverse: every float16 is itself, and of two neighbours
// the values up to their midpoint go down, the values after it go up, and the midpoint goes
// to the even one.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		v := fromHalf(uint16(h))
		if v != v {
			if got := Half(v); got != uint16(h)|0x200 {
				t.Fatalf("NaN %#04x becomes %#04x", h, got)
			}
			continue
		}
		if got := Half(v); got != uint16(h) {
			t.Fatalf("%#04x, %g, becomes %#04x", h, v, got)
		}
	}
	for h := range uint16(0x7c00) { // up to the largest finite one, whose neighbour is infinity
		next := fromHalf(h + 1)
		if h+1 == 0x7c00 {
			next = 1 << 16
		}
		middle := (fromHalf(h) + next) / 2 // exact in float32
		even := h + h&1
		for _, c := range []struct {
			v    float32
			want uint16
		}{
			{middle, even},
			{math.Nextafter32(middle, 0), h},
			{math.Nextafter32(middle, math.MaxFloat32), h + 1},
		} {
			if got := Half(c.v); got != c.want {
				t.Fatalf("%g becomes %#04x, want %#04x", c.v, got, c.want)
			}
			if got := Half(-c.v); got != c.want|0x8000 {
				t.Fatalf("%g becomes %#04x, want %#04x", -c.v, got, c.want|0x8000)
			}
		}
	}
	for _, v := range []float32{65520, 1 << 16, math.MaxFloat32, float32(math.Inf(1))} {
		if got := Half(v); got != 0x7c00 {
			t.Errorf("%g becomes %#04x", v, got)
		}
	}
	for _, v := range []float32{math.SmallestNonzeroFloat32, 0x1p-126, 0x1p-25} {
		if got := Half(-v); got != 0x8000 {
			t.Errorf("%g becomes %#04x, want −0", -v, got)
		}
	}
}

// TestHalfIsNearest tries values of every exponent against a search in all float16.
func TestHalfIsNearest(t *testing.T) {
	nearest := func(v float64) uint16 {
		low, high := uint16(0), uint16(0x7bff) // v lies between them
		for low+1 < high {
			if middle := (low + high) / 2; float64(fromHalf(middle)) <= v {
				low = middle
			} else {
				high = middle
			}
		}
		switch d := (v - float64(fromHalf(low))) - (float64(fromHalf(high)) - v); {
		case d < 0, d == 0 && low&1 == 0:
			return low
		}
		return high
	}
	for exponent := uint32(0); exponent <= 127+15; exponent++ {
		for k := range uint32(1 << 9) {
			v := math.Float32frombits(exponent<<23 | k*0x3fef + k&7)
			if v > MaxHalf {
				continue
			}
			if got, want := Half(v), nearest(float64(v)); got != want {
				t.Fatalf("%g becomes %#04x, want %#04x", v, got, want)
			}
		}
	}
}

func TestPutHalves(t *testing.T) {
	inf := float32(math.Inf(1))
	values := []float32{1, -2, 65504, 65519, 65520, -1e6, inf, -inf, float32(math.NaN()), math.MaxFloat32, 0x1p-24}
	data := make([]byte, 2*len(values)+1)
	data[2*len(values)] = 7
	if got := PutHalves(data, values); got != 3 {
		t.Errorf("%d values became infinite, want 3", got)
	}
	for i, v := range values {
		if got := binary.LittleEndian.Uint16(data[2*i:]); got != Half(v) {
			t.Errorf("%g: %#04x", v, got)
		}
	}
	if data[2*len(values)] != 7 {
		t.Error("the byte after the values is overwritten")
	}
	if PutHalves(nil, nil) != 0 {
		t.Error("no values overflow")
	}
}

func BenchmarkPutHalves(b *testing.B) {
	values := ramp(1 << 12)
	data := make([]byte, 2*len(values))
	b.SetBytes(int64(4 * len(values)))
	for b.Loop() {
		PutHalves(data, values)
	}
}

package verify

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash"
	"math"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/pipeline/render"
	"filterbank/pipeline/scale"
)

var (
	nan       = float32(math.NaN())
	inf       = float32(math.Inf(1))
	minusZero = float32(math.Copysign(0, -1))
)

// known are values and their pixels by definition.
var known = []struct {
	scale  render.Range
	values []float32
	gray8  []uint8
	gray16 []uint16
}{
	{ // halves are rounded to even
		scale:  render.Range{Lo: 0, Hi: 255},
		values: []float32{0, minusZero, 0.5, 1.5, 2.5, 253.5, 254.5, 255, 0x1.fffffep-2, 0x1.000002p-1},
		gray8:  []uint8{0, 0, 0, 2, 2, 254, 254, 255, 0, 1},
		gray16: []uint16{0, 0, 128, 386, 642, 65150, 65406, 65535, 128, 129},
	},
	{ // values outside the range are clamped
		scale:  render.Range{Lo: -1, Hi: 1},
		values: []float32{-1, 1, -1.5, 7, math.MaxFloat32, -math.MaxFloat32, inf, -inf, nan, 0},
		gray8:  []uint8{0, 255, 0, 255, 255, 0, 255, 0, 0, 128},
		gray16: []uint16{0, 65535, 0, 65535, 65535, 0, 65535, 0, 0, 32768},
	},
	{ // a constant map is black
		scale:  render.Range{Lo: 3, Hi: 3},
		values: []float32{3, 4, 2, inf, nan},
		gray8:  []uint8{0, 0, 0, 0, 0},
		gray16: []uint16{0, 0, 0, 0, 0},
	},
}

// checkRendering compares pixels with known ones. For rows of many lengths it compares them
// with the definition: (v − lo)/(hi − lo)·top in float64, rounded half to even and clamped.
func checkRendering(bits hash.Hash) Check {
	check := Check{What: "pixels as defined"}
	for i, k := range known {
		err := sameRow(k.scale, k.values, k.gray8, k.gray16, bits)
		if err != nil {
			err = fmt.Errorf("known values %d: %w", i, err)
		}
		check.count(err)
	}
	values, fastest := sequence(seed), kernel.Best()
	for n := range 200 {
		row := values.sprinkled(n+1, 10, len(special))
		var e scale.Extremes
		e.Add(fastest, row)
		scale := e.Range()
		err := sameRange(scale, row)
		if err == nil {
			if n%2 == 0 { // half of the rows are on a scale that is not their own
				scale = render.Range{Lo: float64(values.unit()) - 1, Hi: float64(values.unit()) + 1}
			}
			eight, sixteen := define(scale, row)
			err = sameRow(scale, row, eight, sixteen, bits)
		}
		if err != nil {
			err = fmt.Errorf("row of %d values: %w", n+1, err)
		}
		check.count(err)
	}
	return check
}

func sameRow(scale render.Range, row []float32, eight []uint8, sixteen []uint16, bits hash.Hash) error {
	gray8, gray16 := render.Gray8(scale, simd.Fastest), render.Gray16(scale, simd.Fastest)
	got8, got16 := make([]byte, len(row)), make([]byte, 2*len(row))
	gray8.Row(got8, row)
	gray16.Row(got16, row)
	bits.Write(got8)
	bits.Write(got16)
	for i, want := range eight {
		if got8[i] != want {
			return fmt.Errorf("%v on the scale %v is pixel %d of 255, want %d", row[i], scale, got8[i], want)
		}
	}
	for i, want := range sixteen {
		if got := binary.BigEndian.Uint16(got16[2*i:]); got != want {
			return fmt.Errorf("%v on the scale %v is pixel %d of 65535, want %d", row[i], scale, got, want)
		}
	}
	return nil
}

// define computes the pixels of a row by the definition.
func define(scale render.Range, row []float32) (eight []uint8, sixteen []uint16) {
	for _, v := range row {
		eight = append(eight, uint8(pixel(scale, v, 255)))
		sixteen = append(sixteen, uint16(pixel(scale, v, 65535)))
	}
	return eight, sixteen
}

func pixel(scale render.Range, v float32, top float64) float64 {
	p := (float64(v) - scale.Lo) / (scale.Hi - scale.Lo) * top
	if scale.Lo == scale.Hi || p != p {
		return 0
	}
	return max(0, min(top, math.RoundToEven(p)))
}

// sameRange compares a map's own range with the definition, and reads back its text.
func sameRange(got render.Range, row []float32) error {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range row {
		if v-v == 0 { // finite
			lo, hi = min(lo, float64(v)), max(hi, float64(v))
		}
	}
	want := render.Range{Lo: lo, Hi: hi}
	switch {
	case lo > hi:
		want = render.Range{}
	case lo < hi:
		want.Lo = min(0, lo)
	}
	if got != want {
		return fmt.Errorf("its scale is %v, want %v", got, want)
	}
	var back render.Range
	if _, err := fmt.Fscan(bytes.NewBufferString(got.String()), &back.Lo, &back.Hi); err != nil || back != got {
		return fmt.Errorf("the scale %v as text reads back as %v", got, back)
	}
	return nil
}

package tensor

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
)

func TestFloats(t *testing.T) {
	for n := range 6 {
		values := []float32{1, -2, math.Float32frombits(0xffc12345), 0.1, 5}[:n]
		want, err := binary.Append(nil, binary.LittleEndian, values)
		if err != nil {
			t.Fatal(err)
		}
		got := bytes.Repeat([]byte{0xa5}, 4*n+1)
		PutFloats(got, values)
		if !bytes.Equal(got, append(want, 0xa5)) {
			t.Errorf("%d values: PutFloats writes %x, want %x and a5", n, got, want)
		}
		if got := AppendFloats([]byte{1, 2, 3}, values); !bytes.Equal(got, append([]byte{1, 2, 3}, want[:4*n]...)) {
			t.Errorf("%d values: AppendFloats gives %x, want 010203 and %x", n, got, want)
		}
		back := make([]float32, n)
		Floats(back, want)
		for i, v := range back {
			if math.Float32bits(v) != math.Float32bits(values[i]) {
				t.Errorf("value %d: Floats reads %08x, want %08x", i, math.Float32bits(v), math.Float32bits(values[i]))
			}
		}
	}
}

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
		for name, put := range map[string]func([]byte, []float32){"PutFloats": PutFloats, "putFloats": putFloats} {
			got := bytes.Repeat([]byte{0xa5}, 4*n+1)
			put(got, values)
			if !bytes.Equal(got, append(want, 0xa5)) {
				t.Errorf("%d values: %s writes %x, want %x and a5", n, name, got, want)
			}
		}
		if data, ok := FloatBytes(values); ok && !bytes.Equal(data, want) {
			t.Errorf("%d values: FloatBytes gives %x, want %x", n, data, want)
		}
		if got := AppendFloats([]byte{1, 2, 3}, values); !bytes.Equal(got, append([]byte{1, 2, 3}, want[:4*n]...)) {
			t.Errorf("%d values: AppendFloats gives %x, want 010203 and %x", n, got, want)
		}
		for name, read := range map[string]func([]float32, []byte){"Floats": Floats, "floats": floats} {
			back := make([]float32, n)
			read(back, append(want, 0xa5))
			for i, v := range back {
				if math.Float32bits(v) != math.Float32bits(values[i]) {
					t.Errorf("value %d: %s reads %08x, want %08x", i, name, math.Float32bits(v), math.Float32bits(values[i]))
				}
			}
		}
	}
}

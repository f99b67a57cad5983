package output

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
)

func TestPutFloats(t *testing.T) {
	for n := range 6 {
		values := []float32{1, -2, float32(math.NaN()), 0.1, 5}[:n]
		want, err := binary.Append(nil, binary.LittleEndian, values)
		if err != nil {
			t.Fatal(err)
		}
		got := bytes.Repeat([]byte{0xa5}, 4*n+1)
		PutFloats(got, values)
		if !bytes.Equal(got, append(want, 0xa5)) {
			t.Errorf("%d values: got %x, want %x", n, got, want)
		}
	}
}

package weights

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// TestReadsSafetensors compares a file of the safetensors package, bit for bit. All NaNs are
// equal.
func TestReadsSafetensors(t *testing.T) {
	text, err := os.ReadFile("testdata/want.json")
	if err != nil {
		t.Fatal(err)
	}
	var want []struct {
		Name, Type string
		Shape      []int
		Bits       string // of the values as float32, in hexadecimal digits
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	f, err := Open("testdata/types.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if len(f.Arrays) != len(want) || f.Format != "safetensors" || len(want) == 0 {
		t.Errorf("%d arrays of %s, want %d", len(f.Arrays), f.Format, len(want))
	}
	for _, w := range want {
		a, err := f.Find(w.Name, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		values, err := a.Values(100)
		bits, wrong := hex.DecodeString(w.Bits)
		if err != nil || wrong != nil || a.Type != w.Type || !slices.Equal(a.Shape, w.Shape) || len(bits) != 4*len(values) {
			t.Errorf("%s: %s %v, want %s %v, %v", w.Name, a.Type, a.Shape, w.Type, w.Shape, err)
			continue
		}
		for i, v := range values {
			x := math.Float32frombits(binary.BigEndian.Uint32(bits[4*i:]))
			if math.Float32bits(v) != math.Float32bits(x) && (v == v || x == x) {
				t.Errorf("%s: value %d is %g, want %g", w.Name, i, v, x)
			}
		}
	}
}

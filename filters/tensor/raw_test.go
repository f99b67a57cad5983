package tensor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// rowOf is a row of values of one type.
func rowOf(data []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewBuffer(data)), nil }
}

// bytesRow is a row of the bytes 0, 1, 2, ….
func bytesRow(n int) []byte {
	row := make([]byte, n)
	for i := range row {
		row[i] = byte(i)
	}
	return row
}

func TestRawStrides(t *testing.T) {
	for _, c := range []struct {
		shape   []int
		strides []int64
		offset  int64
		want    []float32
	}{
		{nil, nil, 3, []float32{3}},
		{[]int{}, []int64{}, 11, []float32{11}},
		{[]int{2, 3}, nil, 1, []float32{1, 2, 3, 4, 5, 6}},
		{[]int{2, 3}, []int64{3, 1}, 6, []float32{6, 7, 8, 9, 10, 11}},
		{[]int{3, 2}, []int64{1, 3}, 0, []float32{0, 3, 1, 4, 2, 5}},
		{[]int{2, 2}, []int64{6, 2}, 1, []float32{1, 3, 7, 9}},
		{[]int{2, 2, 2}, []int64{1, 8, 2}, 1, []float32{1, 3, 9, 11, 2, 4, 10, 12}[:8]},
		{[]int{1, 4}, []int64{99, 3}, 2, []float32{2, 5, 8, 11}},
		{[]int{1, 1}, []int64{0, 0}, 5, []float32{5}},
		{[]int{0, 4}, []int64{0, 0}, 99, []float32{}},
	} {
		r := Raw{Type: "uint8", Shape: c.shape, Strides: c.strides, Offset: c.offset, Values: 13, Open: rowOf(bytesRow(13))}
		m, err := r.Member("x")
		if err != nil {
			t.Errorf("%v: %v", c, err)
			continue
		}
		if a, err := m.Read(20); err != nil || !slices.Equal(a.Data, c.want) || m.Name != "x" || m.Type != "uint8" {
			t.Errorf("%v: %+v, %v", c, a, err)
		}
	}
}

// TestRawLarge reads more values than are decoded at a time, in C order and turned.
func TestRawLarge(t *testing.T) {
	const h, w = 300, 200
	data := make([]byte, 0, 4*h*w+8)
	for i := range h*w + 2 {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(i)))
	}
	r := Raw{Type: "float32", Shape: []int{h, w}, Offset: 2, Values: h*w + 2, Open: rowOf(data)}
	check := func(m Member, err error, place func(i int) int) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		next := 0
		err = m.Scan(func(at int, values []float32) error {
			for i, v := range values {
				if v != float32(2+place(at+i)) {
					t.Fatalf("value %d is %g", at+i, v)
				}
			}
			if at != next {
				t.Fatalf("a part begins at %d, want %d", at, next)
			}
			next += len(values)
			return nil
		})
		if err != nil || next != h*w {
			t.Errorf("%d values, %v", next, err)
		}
	}
	m, err := r.Member("x")
	check(m, err, func(i int) int { return i })
	r.Shape, r.Strides = []int{w, h}, []int64{1, w}
	m, err = r.Member("x")
	check(m, err, func(i int) int { return i%h*w + i/h })

	stop := errors.New("stop")
	if err := m.Scan(func(int, []float32) error { return stop }); err != stop {
		t.Errorf("got %v", err)
	}
}

func TestRawTypes(t *testing.T) {
	data := []byte{0x81, 0x3f, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff}
	for _, c := range []struct {
		kind string
		size int
		want float32
	}{
		{"bfloat16", 2, math.Float32frombits(0x3f81 << 16)}, {"float16", 2, 0x1.e04p0}, {"uint8", 1, 0x81}, {"int8", 1, -127},
		{"bool", 1, 1}, {"uint16", 2, 0x3f81}, {"int16", 2, 0x3f81}, {"int32", 4, -0x7fc07f}, {"uint32", 4, 0xff803f81},
		{"int64", 8, -0x7fc07f}, {"uint64", 8, 0xffffffffff803f81}, {"float32", 4, math.Float32frombits(0xff803f81)}, {"float64", 8, float32(math.NaN())},
	} {
		r := Raw{Type: c.kind, Values: 1, Open: rowOf(data)}
		m, err := r.Member("")
		if err != nil {
			t.Errorf("%s: %v", c.kind, err)
			continue
		}
		if a, err := m.Read(1); err != nil || !sameBits(a.Data[0], c.want) {
			t.Errorf("%s: %v, %v, want %v", c.kind, a, err, c.want)
		}
		if size := RawSize(c.kind); size != c.size {
			t.Errorf("%s has %d bytes", c.kind, size)
		}
	}
	if RawSize("complex64") != 0 {
		t.Error("complex64 has a size")
	}
	brain := Raw{Type: "bfloat16", Shape: []int{2}, Values: 2, Open: rowOf([]byte{0x80, 0x7f, 0x01, 0x80})}
	m, err := brain.Member("")
	if err != nil {
		t.Fatal(err)
	}
	if a, err := m.Read(2); err != nil || !math.IsInf(float64(a.Data[0]), 1) || math.Float32bits(a.Data[1]) != 0x80010000 {
		t.Errorf("%v, %v", a, err)
	}
}

func TestRawRefuses(t *testing.T) {
	const huge = math.MaxInt64
	for _, c := range []struct {
		kind    string
		shape   []int
		strides []int64
		offset  int64
		want    string
	}{
		{"complex64", nil, nil, 0, "type complex64: floats of 16, 32 and 64 bits, bool and integers are read"},
		{"uint8", []int{3, 4}, nil, 1, "shape [3 4] from value 1 on reaches outside its 12 stored values"},
		{"uint8", []int{13}, nil, 0, "reaches outside its 12 stored values"},
		{"uint8", nil, nil, 12, "reaches outside"},
		{"uint8", nil, nil, huge, "reaches outside"},
		{"uint8", nil, nil, -1, "larger than any file"},
		{"uint8", []int{1 << 62, 1 << 62}, nil, 0, "larger than any file"},
		{"uint8", []int{2, 2}, []int64{1, 11}, 0, "shape [2 2] with strides [1 11] from value 0 on reaches outside"},
		{"uint8", []int{3, 2}, []int64{1, huge}, 0, "reaches outside"},
		{"uint8", []int{3, 2}, []int64{huge, huge}, 0, "reaches outside"},
		{"uint8", []int{3, 2}, []int64{1, -1}, 5, "reaches outside"},
		{"uint8", []int{2, 3}, []int64{1, 2}, 11, "reaches outside"},
		{"uint8", []int{4}, []int64{0}, 0, "shape [4] with strides [0]: values share a place; save the array with .contiguous()"},
		{"uint8", []int{3, 3}, []int64{2, 1}, 0, "values share a place"},
		{"uint8", []int{2, 2}, []int64{1, 1}, 0, "values share a place"},
		{"uint8", []int{1 << 40}, []int64{0}, 0, "values share a place"},
		{"uint8", []int{1 << 31, 1 << 31}, []int64{0, 0}, 0, "values share a place"},
	} {
		r := Raw{Type: c.kind, Shape: c.shape, Strides: c.strides, Offset: c.offset, Values: 12, Open: rowOf(bytesRow(12))}
		if _, err := r.Member("x"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v:\ngot  %v\nwant %s", c, err, c.want)
		}
	}
	for _, strides := range [][]int64{nil, {1, 6}} {
		r := Raw{Type: "uint8", Shape: []int{6, 2}, Strides: strides, Values: 12, Open: rowOf(bytesRow(11))}
		m, err := r.Member("x")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Read(20); err == nil || err.Error() != "the file ends inside the values: it is cut short" {
			t.Errorf("a row that is cut: %v", err)
		}
		if _, err := m.Read(11); err == nil || err.Error() != "shape [6 2]: at most 11 values are read" {
			t.Errorf("a limit: %v", err)
		}
	}
}

// TestRawTurnedLimit has more values in another order than memory should hold.
func TestRawTurnedLimit(t *testing.T) {
	r := Raw{Type: "uint8", Shape: []int{2, DefaultLimit}, Strides: []int64{1, 2}, Values: 2 * DefaultLimit, Open: rowOf(bytesRow(12))}
	m, err := r.Member("x")
	if err != nil {
		t.Fatal(err)
	}
	const want = "shape [2 268435456] with strides [1 2]: at most 268435456 values are read in this order; save the array with .contiguous()"
	if err := m.Scan(func(int, []float32) error { return nil }); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// FuzzRaw compares the strides of arrays that are accepted with a plain loop.
func FuzzRaw(f *testing.F) {
	f.Add(uint8(2), uint8(3), uint8(2), uint8(1), uint8(4), uint8(2), uint8(1))
	f.Add(uint8(1), uint8(4), uint8(0), uint8(9), uint8(1), uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, a, b, c, sa, sb, sc, offset uint8) {
		const row = 251
		shape, strides := []int{int(a % 8), int(b % 8), int(c % 8)}, []int64{int64(sa), int64(sb), int64(sc)}
		r := Raw{Type: "uint8", Shape: shape, Strides: strides, Offset: int64(offset), Values: row, Open: rowOf(bytesRow(row))}
		var want []float32
		taken := map[int]bool{}
		valid := true
		for i := range shape[0] {
			for j := range shape[1] {
				for k := range shape[2] {
					at := int(offset) + i*int(sa) + j*int(sb) + k*int(sc)
					valid = valid && at < row && !taken[at]
					taken[at] = true
					want = append(want, float32(at))
				}
			}
		}
		m, err := r.Member("x")
		if err != nil {
			return // strides such as 2 and 3 of 2×2 are refused, though no place is shared
		}
		got, err := m.Read(1000)
		if !valid || err != nil || !slices.Equal(got.Data, append([]float32{}, want...)) {
			t.Errorf("%+v: valid is %t, %v, %v", r, valid, got, err)
		}
	})
}

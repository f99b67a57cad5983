package tensor

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// ramp is the values of testdata/make.py's ramp.
func ramp(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i)/8 - 3
	}
	return values
}

func TestReadNPYOfNumPy(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	negativeZero := float32(math.Copysign(0, -1))
	for _, c := range []struct {
		file  string
		shape []int
		data  []float32
	}{
		{"little-f2", []int{2, 3, 4}, ramp(24)},
		{"big-f2", []int{2, 3, 4}, ramp(24)},
		{"fortran-f2", []int{2, 3, 4}, ramp(24)},
		{"little-f4", []int{2, 3, 4}, ramp(24)},
		{"big-f4", []int{2, 3, 4}, ramp(24)},
		{"fortran-f4", []int{2, 3, 4}, ramp(24)},
		{"little-f8", []int{2, 3, 4}, ramp(24)},
		{"big-f8", []int{2, 3, 4}, ramp(24)},
		{"fortran-f8", []int{2, 3, 4}, ramp(24)},
		{"fortran-big", []int{4, 3, 2}, ramp(24)},
		{"fortran-1d", []int{24}, ramp(24)},
		{"version-2", []int{2, 3, 4}, ramp(24)},
		{"version-3", []int{2, 3, 4}, ramp(24)},
		{"scalar", []int{}, []float32{2.5}},
		{"empty", []int{2, 0, 3}, []float32{}},
		{"bool", []int{2, 2}, []float32{1, 0, 0, 1}},
		{"i1", []int{5}, []float32{-128, 0, 1, 16777217 % 127, 127}},
		{"u1", []int{5}, []float32{0, 0, 1, 16777217 % 255, 255}},
		{"little-i2", []int{5}, []float32{-32768, 0, 1, 16777217 % 32767, 32767}},
		{"big-i2", []int{5}, []float32{-32768, 0, 1, 16777217 % 32767, 32767}},
		{"little-u2", []int{5}, []float32{0, 0, 1, 16777217 % 65535, 65535}},
		{"little-i4", []int{5}, []float32{-1 << 31, 0, 1, 1 << 24, 1 << 31}}, // 2²⁴+1 to even, 2³¹−1 up
		{"big-u4", []int{5}, []float32{0, 0, 1, 1 << 24, 1 << 32}},
		{"little-i8", []int{5}, []float32{-1 << 63, 0, 1, 1 << 24, 1 << 63}},
		{"big-u8", []int{5}, []float32{0, 0, 1, 1 << 24, 1 << 64}},
		{"special-f2", []int{9}, []float32{0, negativeZero, 0x1p-24, 0x3ffp-24, 0x1p-14, 65504, inf, -inf, nan}},
		{"special-f4", []int{7}, []float32{0, negativeZero, 0x1p-149, -math.MaxFloat32, inf, -inf, nan}},
		{"special-f8", []int{10}, []float32{0, negativeZero, 0x1p-149, 0, 1, 1 + 0x1p-22, math.MaxFloat32, inf, -inf, nan}},
	} {
		t.Run(c.file, func(t *testing.T) {
			a, err := Load(filepath.Join("testdata", c.file+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a.Shape, c.shape) {
				t.Errorf("shape %v, want %v", a.Shape, c.shape)
			}
			if !slices.EqualFunc(a.Data, c.data, sameBits) {
				t.Errorf("data %v, want %v", a.Data, c.data)
			}
		})
	}
}

// sameBits distinguishes −0 from 0 and treats all NaNs as equal.
func sameBits(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

func TestLoadRefuses(t *testing.T) {
	missing := filepath.Join("testdata", "none.npy")
	for _, c := range []struct{ path, want string }{
		{"testdata/complex.npy", `read weights testdata/complex.npy: type "<c8" of the .npy file: bool, integers and floats of 16, 32 and 64 bits are read; convert with astype('<f4')`},
		{"testdata/text.npy", `read weights testdata/text.npy: type "<U2" of the .npy file: bool, integers and floats of 16, 32 and 64 bits are read; convert with astype('<f4')`},
		{"testdata/record.npy", "read weights testdata/record.npy: .npy header, byte 10: a structured array: save one of its fields by itself"},
		{"testdata/too-large-f8.npy", "read weights testdata/too-large-f8.npy: shape [2] of type <f8: a value 1e+39 is beyond the range of float32 (±3.4e38)"},
		{"testdata/make.py", `read weights testdata/make.py: not a .npy file: it must start with "\x93NUMPY" (numpy.save writes it)`},
		{"testdata", "read weights testdata: not a regular file"},
	} {
		if _, err := Load(c.path); err == nil || err.Error() != c.want {
			t.Errorf("Load(%s)\ngot  %v\nwant %s", c.path, err, c.want)
		}
	}
	_, err := Load(missing)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("Load of a missing file: %v", err)
	}
}

// file is a version 1.0 .npy file of a dictionary and bytes.
func file(dict, data string) string {
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(dict)))
	return string(b) + dict + data
}

func f4(shape string) string {
	return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }"
}

func TestReadNPYRefuses(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", `not a .npy file: it must start with "\x93NUMPY" (numpy.save writes it)`},
		{"zip", "PK\x03\x04 and more", `not a .npy file: it must start with "\x93NUMPY" (numpy.save writes it)`},
		{"magic alone", magic, ".npy version 0.0: versions 1.0, 2.0 and 3.0 are read"},
		{"version 4", magic + "\x04\x00\x10\x00\x00\x00", ".npy version 4.0: versions 1.0, 2.0 and 3.0 are read"},
		{"version 1.1", magic + "\x01\x01\x10\x00\x00\x00", ".npy version 1.1: versions 1.0, 2.0 and 3.0 are read"},
		{"header of 4 GiB", magic + "\x02\x00\xff\xff\xff\xff", ".npy header of 4294967295 bytes: at most 10000 are read"},
		{"header cut", magic + "\x01\x00\x40\x00{'descr'", "the .npy file ends inside its header: it is cut short"},
		{"length cut", magic + "\x02\x00\x40\x00", "the .npy file ends inside its header: it is cut short"},
		{"data cut", file(f4("(3, 4)"), "12345"), "shape [3 4] of type <f4: 12 values take 48 bytes, but only 5 follow the header: it is cut short"},
		{"no data", file(f4("(1,)"), ""), "shape [1] of type <f4: 1 values take 4 bytes, but only 0 follow the header: it is cut short"},
		{"a lie within the limit", file(f4("(268435456,)"), "1234"), "shape [268435456] of type <f4: 268435456 values take 1073741824 bytes, but only 4 follow the header: it is cut short"},
		{"over the limit", file(f4("(16384, 16385)"), ""), "shape [16384 16385] in the .npy header: at most 268435456 values are read"},
		{"product overflows", file(f4("(4294967296, 4294967296)"), ""), "shape [4294967296 4294967296] in the .npy header: at most 268435456 values are read"},
		{"dimension overflows", file(f4("(99999999999999999999,)"), ""), ".npy header, byte 51: dimension 99999999999999999999: larger than this machine can address"},
		{"negative", file(f4("(3, -1)"), ""), ".npy header, byte 54: a dimension must be 0 or more"},
		{"fraction", file(f4("(3, 1.5)"), ""), `.npy header, byte 55: want ")", got ".5), }"`},
		{"not a tuple", file(f4("(3)"), ""), ".npy header, byte 53: a shape of one dimension is written (n,)"},
		{"list", file(f4("[3]"), ""), `.npy header, byte 50: want "(", got "[3], }"`},
		{"33 dimensions", file(f4("("+strings.Repeat("1, ", 33)+")"), ""), ".npy header, byte 147: more than 32 dimensions"},
		{"trailing byte", file(f4("(1,)"), "12345"), "shape [1] of type <f4: more bytes follow its 1 values: one array a file is read"},
		{"no dictionary", file("[]", ""), `.npy header, byte 0: want "{", got "[]"`},
		{"empty dictionary", file("{}", ""), `.npy header, byte 2: key "descr" is missing`},
		{"no shape", file("{'descr': '<f4', 'fortran_order': False}", ""), `.npy header, byte 40: key "shape" is missing`},
		{"twice", file("{'descr': '<f4', 'descr': '<f4'}", ""), `.npy header, byte 24: key "descr" is there twice`},
		{"unknown key", file("{'dtype': '<f4'}", ""), `.npy header, byte 9: unknown key "dtype", the keys are descr, fortran_order and shape`},
		{"text after", file(f4("(1,)")+" x", "1234"), `.npy header, byte 58: want the end after the dictionary, got "x"`},
		{"not a bool", file("{'fortran_order': 1}", ""), `.npy header, byte 18: want True or False, got "1}"`},
		{"open string", file("{'descr", ""), ".npy header, byte 1: want a string in quotes without escapes"},
		{"escape", file(`{'des\x63r': 1}`, ""), ".npy header, byte 1: want a string in quotes without escapes"},
		{"no order", file("{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}", "1234"), `type "|f4" of the .npy file: bool, integers and floats of 16, 32 and 64 bits are read; convert with astype('<f4')`},
		{"long double", file("{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}", "1234"), `type "<f16" of the .npy file: bool, integers and floats of 16, 32 and 64 bits are read; convert with astype('<f4')`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := ReadNPY(strings.NewReader(c.data), 0)
			if err == nil {
				t.Fatalf("read %v", a)
			}
			if err.Error() != c.want {
				t.Errorf("\ngot  %v\nwant %s", err, c.want)
			}
		})
	}
}

// ReadNPY accepts the forms that other writers choose for headers.
func TestReadNPYHeaderForms(t *testing.T) {
	for _, dict := range []string{
		`{"shape":(2,),"fortran_order":False,"descr":"<f4"}`,
		"{'descr': '<f4', 'fortran_order': True, 'shape': (2L,), }   \n",
		"{ 'fortran_order' : False , 'shape' : ( 1 , 2 ) , 'descr' : '<f4' }",
	} {
		a, err := ReadNPY(strings.NewReader(file(dict, "\x00\x00\x80\x3f\x00\x00\x00\x40")), 2)
		if err != nil {
			t.Errorf("%s: %v", dict, err)
		} else if !slices.Equal(a.Data, []float32{1, 2}) {
			t.Errorf("%s: %v", dict, a.Data)
		}
	}
}

func TestReadNPYLimit(t *testing.T) {
	data := file(f4("(3,)"), "123412341234")
	if _, err := ReadNPY(strings.NewReader(data), 3); err != nil {
		t.Errorf("3 values under a limit of 3: %v", err)
	}
	if _, err := ReadNPY(strings.NewReader(data), 2); err == nil {
		t.Error("3 values under a limit of 2 were read")
	}
}

// A header of a gigabyte before four bytes must not cost a gigabyte.
func TestReadNPYAllocatesWhatIsThere(t *testing.T) {
	data := file(f4("(268435456,)"), "1234")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := ReadNPY(strings.NewReader(data), 0); err == nil {
		t.Fatal("no error")
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("allocated %d bytes to read 4", n)
	}
}

// A reader's own error comes through from any place.
func TestReadNPYReaderError(t *testing.T) {
	data := file(f4("(3,)"), "123412341234")
	for n := range len(data) + 1 {
		r := io.MultiReader(strings.NewReader(data[:n]), iotest.ErrReader(os.ErrDeadlineExceeded))
		if _, err := ReadNPY(r, 0); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error after %d bytes: got %v", n, err)
		}
	}
}

func TestReadNPYInPieces(t *testing.T) {
	want := ramp(40_000) // more than one chunk
	data := NPYHeader(len(want))
	for _, v := range want {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	a, err := ReadNPY(iotest.HalfReader(bytes.NewReader(data)), 0)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Data, want) {
		t.Error("values differ from what was written")
	}
}

// scanned joins the parts that ScanNPY passes to its function.
func scanned(data []byte) (*Array, error) {
	a := &Array{Data: []float32{}}
	shape, err := ScanNPY(bytes.NewReader(data), func(shape []int, at int, values []float32) error {
		if at != len(a.Data) || len(values) == 0 {
			return fmt.Errorf("%d values at %d, after %d", len(values), at, len(a.Data))
		}
		a.Shape, a.Data = shape, append(a.Data, values...)
		return nil
	})
	if len(a.Data) > 0 && !slices.Equal(shape, a.Shape) {
		return nil, fmt.Errorf("shape %v, then %v", a.Shape, shape)
	}
	a.Shape = shape
	return a, err
}

func TestScanNPY(t *testing.T) {
	long := NPYHeader(3, 20_000)
	for i := range 60_000 {
		long = binary.LittleEndian.AppendUint32(long, uint32(i))
	}
	cases := map[string][]byte{"long": long}
	for _, name := range []string{"little-f4", "big-f8", "fortran-f2", "fortran-1d", "scalar", "empty"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".npy"))
		if err != nil {
			t.Fatal(err)
		}
		cases[name] = data
	}
	for name, data := range cases {
		want, err := ReadNPY(bytes.NewReader(data), 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := scanned(data); err != nil || !slices.Equal(got.Shape, want.Shape) || !slices.EqualFunc(got.Data, want.Data, sameBits) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, want)
		}
		if _, err := scanned(data[:len(data)-1]); name != "empty" && (err == nil || !strings.Contains(err.Error(), "cut short")) {
			t.Errorf("%s without its end: %v", name, err)
		}
	}
	// An array larger than ReadNPY takes is read until its reader has enough.
	enough := errors.New("enough")
	large := file(f4("(2, 536870912)"), string(make([]byte, 1<<20)))
	if _, err := ScanNPY(strings.NewReader(large), func([]int, int, []float32) error { return enough }); err != enough {
		t.Errorf("of 2³⁰ values: %v, want what the reader said", err)
	}
	fortran := strings.Replace(large, "'fortran_order': False", "'fortran_order': True ", 1)
	if _, err := scanned([]byte(fortran)); err == nil || !strings.Contains(err.Error(), "ascontiguousarray") {
		t.Errorf("of 2³⁰ values in Fortran order: %v", err)
	}
}

func TestNPYHeader(t *testing.T) {
	text, err := os.ReadFile("testdata/headers.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Shape  []int
		Header string
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		want, err := base64.StdEncoding.DecodeString(c.Header)
		if err != nil {
			t.Fatal(err)
		}
		if got := NPYHeader(c.Shape...); !bytes.Equal(got, want) {
			t.Errorf("NPYHeader(%v)\ngot  %q\nwant %q", c.Shape, got, want)
		}
	}
}

func FuzzReadNPY(f *testing.F) {
	files, err := filepath.Glob("testdata/*.npy")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds: ", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := ReadNPY(bytes.NewReader(data), 0)
		if err != nil {
			return
		}
		n := 1
		for _, d := range a.Shape {
			n *= d
		}
		if len(a.Data) != n || n > len(data) {
			t.Errorf("%d values of shape %v from %d bytes", len(a.Data), a.Shape, len(data))
		}
		if s, err := scanned(data); err != nil || !slices.Equal(a.Shape, s.Shape) || !slices.EqualFunc(a.Data, s.Data, sameBits) {
			t.Errorf("%v in parts is %v, %v", a, s, err)
		}
		again := NPYHeader(a.Shape...)
		for _, v := range a.Data {
			again = binary.LittleEndian.AppendUint32(again, math.Float32bits(v))
		}
		b, err := ReadNPY(bytes.NewReader(again), 0)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.Shape, b.Shape) || !slices.EqualFunc(a.Data, b.Data, sameBits) {
			t.Errorf("%v became %v", a, b)
		}
	})
}

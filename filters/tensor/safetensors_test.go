package tensor

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// safetensors is a file of a header and bytes.
func safetensors(header, data string) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + data
}

// arraysOf reads a file with Each, as a stream or with its arrays in any place.
func arraysOf(data string, stream bool) (map[string]*Array, error) {
	format := Sniff([]byte(data)[:min(len(data), Beginning)])
	if format == nil {
		return nil, errors.New("no format")
	}
	all := map[string]*Array{}
	in := io.NewSectionReader(strings.NewReader(data), 0, int64(len(data)))
	var file *io.SectionReader
	if !stream {
		file = in
	}
	err := format.Each(in, file, func(name string, r io.Reader) error {
		a, err := ReadNPY(r, 0)
		all[name] = a
		return err
	})
	return all, err
}

func TestSafetensorsTypes(t *testing.T) {
	header := `{"__metadata__":{"a":"b"},` +
		`"f64":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"f32":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},` +
		`"f16":{"dtype":"F16","shape":[1,1],"data_offsets":[16,18]},"bf16":{"dtype":"BF16","shape":[2],"data_offsets":[18,22],"more":[1,{}]},` +
		`"bool":{"dtype":"BOOL","shape":[2],"data_offsets":[22,24]},"u8":{"dtype":"U8","shape":[],"data_offsets":[24,25]},` +
		`"i16":{"dtype":"I16","shape":[1],"data_offsets":[25,27]},"none":{"dtype":"F32","shape":[0,3],"data_offsets":[27,27]}}   `
	data := "\x00\x00\x00\x00\x00\x00\xf8\x3f" + "\x00\x00\x80\x3f\x00\x00\x00\xc0" + "\x00\x3c" + "\x80\x3f\x80\x7f" + "\x00\x01" + "\x07" + "\xff\xff"
	want := map[string]*Array{
		"f64": {[]int{1}, []float32{1.5}}, "f32": {[]int{2}, []float32{1, -2}}, "f16": {[]int{1, 1}, []float32{1}},
		"bf16": {[]int{2}, []float32{1, float32(math.Inf(1))}}, "bool": {[]int{2}, []float32{0, 1}}, "u8": {[]int{}, []float32{7}},
		"i16": {[]int{1}, []float32{-1}}, "none": {[]int{0, 3}, []float32{}},
	}
	for _, stream := range []bool{true, false} {
		got, err := arraysOf(safetensors(header, data), stream)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("stream %t: %v, %v", stream, got, err)
		}
	}
}

// TestBrainFloats reads all values of bfloat16, in pieces of every size.
func TestBrainFloats(t *testing.T) {
	var data []byte
	for v := range 1 << 16 {
		data = binary.LittleEndian.AppendUint16(data, uint16(v))
	}
	for name, in := range map[string]io.Reader{
		"whole": bytes.NewReader(data), "bytes": iotest.OneByteReader(bytes.NewReader(data)), "halves": iotest.HalfReader(bytes.NewReader(data)),
	} {
		wide, err := io.ReadAll(iotest.HalfReader(&brainReader{in: in}))
		if err != nil || len(wide) != 2*len(data) {
			t.Fatalf("%s: %d bytes, %v", name, len(wide), err)
		}
		for v := range 1 << 16 {
			if got := binary.LittleEndian.Uint32(wide[4*v:]); got != uint32(v)<<16 {
				t.Fatalf("%s: %#04x becomes %#08x", name, v, got)
			}
		}
	}
	if _, err := io.ReadAll(&brainReader{in: strings.NewReader("x")}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a value: %v", err)
	}
}

func TestSafetensorsRefuses(t *testing.T) {
	one := func(dtype, shape, offsets string) string {
		return `{"x":{"dtype":"` + dtype + `","shape":` + shape + `,"data_offsets":` + offsets + `}}`
	}
	for _, c := range []struct{ data, want string }{
		{safetensors(`{"x":`, ""), "read safetensors header: array \"x\": byte 5: unexpected EOF"},
		{safetensors(`{}x`, ""), "header: invalid character 'x'"},
		{safetensors(`{} {}`, ""), "something follows its object"},
		{safetensors(`{}`, "1"), "the file has 11 bytes, and 10 by its header: it is cut short, or something follows it"},
		{safetensors(one("F32", "[1]", "[0,4]"), "123"), "by its header: it is cut short"},
		{safetensors(one("F32", "[1]", "[0,8]"), "12345678"), `array "x": shape [1] of type F32 does not take the bytes 0 to 8`},
		{safetensors(one("F32", "[-1]", "[0,4]"), "1234"), "want a whole number from 0 on"},
		{safetensors(one("F32", "[1.5]", "[0,4]"), "1234"), "want a whole number from 0 on"},
		{safetensors(one("F32", `["1"]`, "[0,4]"), "1234"), "want a whole number from 0 on"},
		{safetensors(one("F32", "[4294967296,4294967296]", "[0,0]"), ""), "does not take the bytes 0 to 0"},
		{safetensors(one("F32", "[99999999999999999999]", "[0,0]"), ""), "want a whole number"},
		{safetensors(one("F32", "["+strings.Repeat("1,", 32)+"1]", "[0,4]"), "1234"), "more than 32 numbers"},
		{safetensors(one("F32", "[1]", "[0,4,4]"), "1234"), "more than 2 numbers"},
		{safetensors(one("F32", "[1]", "[4]"), "1234"), "it must have dtype, shape and two data_offsets"},
		{safetensors(one("F32", "[1]", "[8,4]"), "1234"), "does not take the bytes 8 to 4"},
		{safetensors(one("F32", "[1]", "[4,8]"), "12345678"), `array "x": its values begin at 4, and those before end at 0`},
		{safetensors(one("F8_E4M3", "[1]", "[0,1]"), "1"), `type "F8_E4M3": F64, F32, F16, BF16, BOOL and integers`},
		{safetensors(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, "1"), `array "y": its values begin at 0, and those before end at 1`},
		{safetensors(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, "12"), `"x" is there twice`},
		{safetensors(`{"x":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, "1"), `"dtype" is there twice`},
		{safetensors(`{"__metadata__":{"x":1}}`, ""), "want a string"},
		{safetensors(`{"__metadata__":[]}`, ""), "want {"},
		{safetensors(`{"x":[]}`, ""), "want {"},
		{safetensors(`{"x":{"dtype":"F32"`, ""), "unexpected EOF"},
		{safetensors("{}", "")[:9], "the file is cut short"},
		{"\x00\xe1\xf5\x05\x00\x00\x00\x00{", "the file is cut short"}, // 100,000,000 bytes
	} {
		_, err := arraysOf(c.data, false)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q:\ngot  %v\nwant %s", c.data, err, c.want)
		}
	}
	if _, err := arraysOf("\x01\xe1\xf5\x05\x00\x00\x00\x00{", false); err == nil || err.Error() != "no format" {
		t.Errorf("a longer header: %v", err)
	}
	cut := safetensors(one("F32", "[1]", "[0,4]"), "123")
	if _, err := arraysOf(cut, true); err == nil {
		t.Error("a stream that is cut is read")
	}
}

// TestSafetensorsStream leaves arrays of a stream unread.
func TestSafetensorsStream(t *testing.T) {
	file := safetensors(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, "\x01\x02\x03")
	var names []string
	err := Safetensors().Each(strings.NewReader(file), nil, func(name string, r io.Reader) error {
		if names = append(names, name); name == "a" {
			return nil
		}
		a, err := ReadNPY(r, 0)
		if err == nil && (len(a.Data) != 1 || a.Data[0] != 3) {
			err = fmt.Errorf("b is %v", a.Data)
		}
		return err
	})
	if err != nil || !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("%q, %v", names, err)
	}
	if err := Safetensors().Each(strings.NewReader(file[:len(file)-2]), nil, func(string, io.Reader) error { return nil }); err == nil {
		t.Error("a stream that is cut is passed over")
	}
	stop := errors.New("stop")
	if err := Safetensors().Each(strings.NewReader(file), nil, func(string, io.Reader) error { return stop }); err != stop {
		t.Errorf("got %v", err)
	}
}

func TestSafetensorsHeader(t *testing.T) {
	hostile := "two words\t\"\\ü\x00</script>"
	entries := []Entry{{"a", Float32, []int{2, 1}}, {hostile, Float16, []int{3}}, {"empty", Float32, []int{0}}}
	header, size, err := SafetensorsHeader(map[string]string{"stack": "s", "input": "x\xff"}, entries)
	if err != nil || size != 14 || len(header)%8 != 0 || int(binary.LittleEndian.Uint64(header)) != len(header)-8 {
		t.Fatalf("%d and %d bytes, %v", len(header), size, err)
	}
	if !strings.HasPrefix(string(header[8:]), `{"__metadata__":{"input":"x\ufffd","stack":"s"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}`) || !json.Valid(header[8:]) {
		t.Errorf("%s", header[8:])
	}
	values := make([]byte, 14)
	Float32.Put(values, []float32{1, 2})
	Float16.Put(values[8:], []float32{3, 4, 5})
	got, err := arraysOf(string(header)+string(values), false)
	want := map[string]*Array{"a": {[]int{2, 1}, []float32{1, 2}}, hostile: {[]int{3}, []float32{3, 4, 5}}, "empty": {[]int{0}, []float32{}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if header, _, err := SafetensorsHeader(nil, nil); err != nil || strings.TrimRight(string(header[8:]), " ") != "{}" {
		t.Errorf("%q, %v", header, err)
	}
	for _, c := range []struct {
		entries []Entry
		want    string
	}{
		{[]Entry{{"x", Float32, nil}, {"x", Float32, nil}}, `array "x": another entry of a safetensors file has this name; rename the layer`},
		{[]Entry{{"__metadata__", Float32, nil}}, "another entry"},
		{[]Entry{{"x", Float32, []int{math.MaxInt / 4}}, {"y", Float32, []int{2}}}, `array "y": shape [2] is too large for a file`},
		{[]Entry{{strings.Repeat("x", 104), Float32, nil}}, "the header of 1 arrays has 160 bytes, and readers of safetensors accept 152: write fewer layers"},
	} {
		if _, _, err := safetensorsHeader(nil, c.entries, 152); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// TestSafetensorsAllocatesWhatIsThere has a header that claims 100 MB.
func TestSafetensorsAllocatesWhatIsThere(t *testing.T) {
	file := "\x00\xe1\xf5\x05\x00\x00\x00\x00{" + strings.Repeat(" ", 1000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := arraysOf(file, true); err == nil {
		t.Error("no error")
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes for a file of %d", got, len(file))
	}
}

func FuzzSafetensors(f *testing.F) {
	f.Add([]byte(safetensors(`{"__metadata__":{"a":"b"},"x":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]},"y":{"dtype":"U8","shape":[],"data_offsets":[4,5]}}`, "12345")))
	f.Add([]byte(safetensors(`{"x":{"dtype":"F16","shape":[0],"data_offsets":[0,0]}} `, "")))
	f.Add([]byte(safetensors(`{"x":{"shape":[1],"dtype":"BOOL","more":{"a":[1e9]},"data_offsets":[0,1]}}`, "\x01")))
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(file *io.SectionReader) (map[string][]byte, error) {
			all := map[string][]byte{}
			err := eachSafetensors(bytes.NewReader(data), file, func(name string, r io.Reader) error {
				npy, err := io.ReadAll(r)
				if err != nil {
					return err
				}
				all[name] = npy
				return nil
			})
			return all, err
		}
		file := io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
		all, err := read(file)
		if err != nil {
			return
		}
		stream, err := read(nil)
		if err != nil || !maps.EqualFunc(all, stream, bytes.Equal) {
			t.Fatalf("a stream is read in another way: %v", err)
		}
		total := 0
		for name, npy := range all {
			if _, err := ScanNPY(bytes.NewReader(npy), func([]int, int, []float32) error { return nil }); err != nil && !strings.Contains(err.Error(), "beyond the range") {
				t.Errorf("%q: %v", name, err)
			}
			total += len(npy)
		}
		if total > 8*len(data) {
			t.Errorf("%d bytes of %d", total, len(data))
		}
	})
}

package onnx

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// message writes a field with a message or a string, number one with a number.
func message(number protowire.Number, content ...string) string {
	return string(protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), strings.Join(content, "")))
}

func number(field protowire.Number, v uint64) string {
	return string(protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), v))
}

// model is a model with one tensor.
func model(tensor ...string) string { return number(1, 8) + message(7, message(5, tensor...)) }

func read(data string, folder string) (*Model, error) {
	return Read(io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))), folder)
}

// external is a tensor of one float32 with entries of external data, keys and values in turn.
func external(keysAndValues ...string) string {
	t := number(1, 1) + number(2, 1) + message(8, "w") + number(14, 1)
	for i := 0; i < len(keysAndValues); i += 2 {
		t += message(13, message(1, keysAndValues[i]), message(2, keysAndValues[i+1]))
	}
	return model(t)
}

// TestRefusesModels has what is refused as a whole.
func TestRefusesModels(t *testing.T) {
	endless := strings.Repeat("\xff", 11)
	for _, c := range []struct{ name, data, want string }{
		{"nothing", "", "it is no ONNX model: that has one graph"},
		{"no graph", number(1, 8), "it is no ONNX model: that has one graph"},
		{"two graphs", message(7) + message(7), "it is no ONNX model: that has one graph"},
		{"text", "hello, this is a text", "it is no ONNX model"},
		{"a length beyond the end", "\x3a\x7f", "byte 0: field 7 has a length of 127 bytes, and 0 follow: it is cut short, or no ONNX model"},
		{"a length of 2⁶³", "\x3a" + strings.Repeat("\xff", 9) + "\x01", "field 7 has a length of 18446744073709551615 bytes"},
		{"a number without an end", endless, "byte 0: a number that does not end"},
		{"a cut number", "\x08\xff", "a number that does not end"},
		{"field 0", "\x02\x00", "a field with number 0"},
		{"groups", strings.Repeat("\x3b", 100), "field 7 is of wire type 3, which ONNX does not use"},
		{"a graph that is a number", number(7, 1), "field 7 is of wire type 0 and must be a message"},
		{"a name that is a number", message(7, number(2, 1)), "field 2 is of wire type 0 and must be a string"},
		{"a type that is a string", model(message(2, "x")), "field 2 is of wire type 2 and must be a number"},
		{"dimensions of 4 bytes", model("\x0d\x00\x00\x00\x00"), "field 1 is of wire type 5 and must be numbers"},
		{"a negative dimension", model(number(1, math.MaxUint64)), "dimension -1: it must be from 0 on"},
		{"many dimensions", model(strings.Repeat(number(1, 1), 65)), "more than 64 dimensions"},
		{"a tensor in a tensor's place", message(7, message(5, "\x4a\x05")), "byte 4: field 9 has a length of 5 bytes, and 0 follow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := read(c.data, ""); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestItems has more nodes and attributes than a small bound.
func TestItems(t *testing.T) {
	for _, data := range []string{
		message(7, strings.Repeat(message(1), 10)), message(7, message(1, strings.Repeat(message(5), 9))),
		message(7, message(1), strings.Repeat(message(5), 9)), message(7, strings.Repeat(message(11, message(1, "x")), 10)),
		model(strings.Repeat(message(13), 9)), strings.Repeat(message(8), 10) + message(7), strings.Repeat(message(14), 10) + message(7),
	} {
		in := io.NewSectionReader(strings.NewReader(data), 0, int64(len(data)))
		r := modelReader{wire: newWire(in), file: &file{SectionReader: in}}
		r.items = 10
		if _, err := r.model(part{0, in.Size()}); err == nil || !strings.Contains(err.Error(), "more than 262144 nodes, attributes and tensors") {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// TestDeepGraphs has graphs in the attributes of nodes, one in the other: they are not read.
func TestDeepGraphs(t *testing.T) {
	graph := ""
	for range 200 {
		graph = message(1, message(5, message(1, "body"), number(20, 5), message(6, graph)))
	}
	m, err := read(message(7, graph), "")
	if err != nil || len(m.Graph.Nodes) != 1 || m.Graph.Nodes[0].Attributes[0].Type != GraphAttribute {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestRefusesTensors has a tensor for each thing that is wrong about its values.
func TestRefusesTensors(t *testing.T) {
	folder := t.TempDir()
	write := func(name string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("12345678"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("outside")
	folder = filepath.Join(folder, "model")
	if err := os.MkdirAll(filepath.Join(folder, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	write("data")
	write("sub/data")
	for name, to := range map[string]string{"link": "../outside", "inner": "sub/data", "absolute": filepath.Join(folder, "data")} {
		if err := os.Symlink(to, filepath.Join(folder, name)); err != nil && runtime.GOOS != "windows" {
			t.Fatal(err)
		}
	}
	float := number(2, 1)
	for _, c := range []struct{ name, model, want string }{
		{"good", external("location", "data"), ""},
		{"good, in a folder below", external("location", "sub/data", "offset", "4", "length", "4"), ""},
		{"raw", model(number(1, 2), float, message(9, "1234")), "shape [2] of float32 takes 8 bytes, and its raw data has 4"},
		{"raw, huge", model(number(1, 1<<40), number(1, 1<<40), float, message(9, "1234")), "larger than any file"},
		{"raw, 2⁶² values", model(number(1, 1<<62), float, message(9, "1234")), "larger than any file"},
		{"none", model(number(1, 2), float), "shape [2] takes 2 values, and 0 are stored"},
		{"too many", model(number(1, 1), float, message(4, "12345678")), "shape [1] takes 1 values, and 2 are stored"},
		{"a part of a value", model(number(1, 1), float, message(4, "123")), "a number of 4 bytes, and 3 follow"},
		{"of another type", model(number(1, 1), float, message(7, "\x01")), "shape [1] takes 1 values, and 0 are stored"},
		{"values of another wire type", model(number(1, 1), float, number(4, 1)), "field 4 is of wire type 0 and must be numbers"},
		{"huge", model(number(1, 1<<60), float), "takes 1152921504606846976 values, and 0 are stored"},
		{"strings", model(number(1, 1), number(2, 8), message(6, "x")), "type string: floats of 16, 32 and 64 bits, bool and integers are read"},
		{"an unknown type", model(number(1, 1), number(2, 99)), "type type 99"},
		{"no type", model(number(1, 1)), "type type 0"},
		{"external, up", external("location", "../outside"), `external data "../outside": it must lie in the model's own folder`},
		{"external, hidden up", external("location", "sub/../../outside"), "it must lie in the model's own folder"},
		{"external, absolute", external("location", filepath.Join(folder, "data")), "it must lie in the model's own folder"},
		{"external, nowhere", external(), `external data "": it must lie in the model's own folder`},
		{"external, missing", external("location", "none"), `external data "none": no such file or directory`},
		{"external, a folder", external("location", "sub"), `external data "sub": it is not a regular file`},
		{"external, short", external("location", "data", "offset", "5"), `external data "data": it has 8 bytes, and 4 from 5 on are wanted`},
		{"external, far", external("location", "data", "offset", "9223372036854775807"), "it has 8 bytes, and 4 from 9223372036854775807 on are wanted"},
		{"external, negative", external("location", "data", "offset", "-4"), `offset "-4": want a whole number from 0 on`},
		{"external, no number", external("location", "data", "length", "x"), `length "x": want a whole number from 0 on`},
		{"external, of another length", external("location", "data", "length", "8"), "shape [1] of float32 takes 4 bytes, and the model says 8"},
		{"external, a link out", external("location", "link"), `external data "link": path escapes from parent`},
		{"external, an absolute link", external("location", "absolute"), "path escapes from parent"},
		{"external, a link inside", external("location", "inner"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && (strings.Contains(c.name, "link") || strings.Contains(c.name, "missing")) {
				return // links need rights there, and the system has words of its own
			}
			m, err := read(c.model, folder)
			if err != nil {
				t.Fatal(err)
			}
			w := m.Graph.Members()[0]
			switch err := w.Scan(func(int, []float32) error { return nil }); {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	if m, err := read(external("location", "data"), ""); err != nil || m.Graph.Members()[0].Scan(nil) == nil {
		t.Errorf("external data of a model without a folder are read: %v", err)
	}
}

// TestFilledRefuses has shapes that are large or wrong.
func TestFilledRefuses(t *testing.T) {
	filled := func(sizes []uint64, attributes string) string {
		packed := ""
		for _, n := range sizes {
			packed += string(protowire.AppendVarint(nil, n))
		}
		shape := message(5, number(1, uint64(len(sizes))), number(2, 7), message(8, "s"), message(7, packed))
		return message(7, shape, message(1, message(1, "s"), message(2, "x"), message(4, "ConstantOfShape"), attributes))
	}
	value := func(t string) string { return message(5, message(1, "value"), number(20, 4), message(5, t)) }
	for _, c := range []struct{ data, want string }{
		{filled([]uint64{2}, ""), ""},
		{filled([]uint64{1 << 29}, ""), "shape [536870912]: at most 268435456 values are read"},
		{filled([]uint64{1 << 62, 1 << 62}, ""), "at most 268435456 values are read"},
		{filled([]uint64{math.MaxUint64}, ""), "at most 268435456 values are read"},
		{filled(make([]uint64, 65), ""), `tensor "s": shape [65], and at most 64 numbers are expected`},
		{filled([]uint64{2}, value(number(1, 2)+number(2, 1)+message(9, "12345678"))), "shape [2]: at most 1 values are read"},
		{filled([]uint64{2}, value(number(1, 0)+number(2, 1))), "shape [0] of its value, which must be one number"},
		{filled([]uint64{2}, value(number(2, 8))), "type string"},
	} {
		m, err := read(c.data, "")
		if err != nil {
			t.Fatal(err)
		}
		all := m.Graph.Members()
		err = all[len(all)-1].Scan(func(int, []float32) error { return nil })
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

// TestCut cuts a model of the onnx package. No part is read as a model without an error, unless
// all arrays that it has can be read.
func TestCut(t *testing.T) {
	data, err := os.ReadFile("testdata/typed.onnx")
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		m, err := read(string(data[:n]), "")
		if err != nil {
			continue
		}
		for _, w := range m.Graph.Members() {
			if err := w.Scan(func(int, []float32) error { return nil }); err != nil {
				t.Errorf("%d of %d bytes: %s: %v", n, len(data), w.Name, err)
			}
		}
	}
}

// TestLongStrings reads the beginning of a string, and names of nodes across the window.
func TestLongStrings(t *testing.T) {
	nodes := ""
	for i := range 10000 {
		nodes += message(1, message(3, fmt.Sprintf("node%05d", i)), message(12, "x"))
	}
	long := strings.Repeat("long ", 20<<10)
	m, err := read(message(2, long)+message(7, nodes, message(2, strings.Repeat("name", 5000))), "")
	if err != nil {
		t.Fatal(err)
	}
	if m.Producer != long[:maxString] || m.Graph.Name != strings.Repeat("name", 5000) {
		t.Errorf("a producer of %d bytes, a name of %d", len(m.Producer), len(m.Graph.Name))
	}
	for i, n := range m.Graph.Nodes {
		if n.Name != fmt.Sprintf("node%05d", i) {
			t.Fatalf("node %d is %q", i, n.Name)
		}
	}
}

// TestMemory reads a model of 16 MB of weights in little memory.
func TestMemory(t *testing.T) {
	data := model(number(1, 4<<20), number(2, 1), message(8, "w"), message(9, strings.Repeat("\x00", 16<<20)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := read(data, "")
	if err != nil {
		t.Fatal(err)
	}
	w := m.Graph.Members()[0]
	n := 0
	err = w.Scan(func(_ int, values []float32) error { n += len(values); return nil })
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; err != nil || n != 4<<20 || used > 1<<20 {
		t.Errorf("%d values, %d bytes, %v", n, used, err)
	}
}

func FuzzModel(f *testing.F) {
	files, err := filepath.Glob("testdata/*.onnx")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(external("location", "raw.onnx", "offset", "4")))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Read(io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))), "testdata")
		if err != nil {
			return
		}
		all := m.Graph.Members()
		for _, w := range all[:min(len(all), 50)] {
			const limit = 1 << 20
			if a, err := w.Read(limit); err == nil && len(a.Data) > limit {
				t.Errorf("%s: %d values", w.Name, len(a.Data))
			}
		}
	})
}

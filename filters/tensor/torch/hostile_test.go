package torch

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// text is an opcode that pushes a string.
func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

// number is an opcode that pushes an integer.
func number(n int64) string {
	return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

// sequence pushes a tuple of integers.
func sequence(numbers ...int64) string {
	b := "("
	for _, n := range numbers {
		b += number(n)
	}
	return b + "t"
}

// storageOf pushes a storage.
func storageOf(key, class string, values int64) string {
	return "(" + text("storage") + "ctorch\n" + class + "\n" + text(key) + text("cpu") + number(values) + "tQ"
}

// tensorOf pushes a tensor.
func tensorOf(storage string, offset int64, size, strides string) string {
	return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset) + size + strides + "\x89}tR"
}

// checkpoint is a ZIP file of a pickle, which needs no protocol and no end, and storages. Method
// is that of zip.
func checkpoint(t testing.TB, method uint16, pickle string, storages map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name, data string) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: "x/" + name, Method: method})
		if err == nil {
			_, err = w.Write([]byte(data))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("data.pkl", "\x80\x02"+pickle+".")
	for key, data := range storages {
		add("data/"+key, data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPickleRefuses has a pickle for each thing that is refused as a whole.
func TestPickleRefuses(t *testing.T) {
	size, length := "\xff\xff\xff\xff", "\xff\xff\xff\xff\xff\xff\xff\x7f"
	row := storageOf("0", "FloatStorage", 4)
	for _, c := range []struct{ name, pickle, want string }{
		{"nothing", "", "pickle, at its end: it takes a value from an empty stack"},
		{"values left", "NN", "1 values are left over"},
		{"a mark as value", "(", "it takes a mark as a value"},
		{"eval", "cbuiltins\neval\n(" + text("1") + "tR", `pickle, byte 2: it asks for "builtins.eval", and nothing of a file is ever run`},
		{"a class by the stack", text("os") + text("system") + "\x93", `it asks for "os.system"`},
		{"a class that is no string", "NN\x93", "the name of a class is no string"},
		{"a name with escapes", "co\x1b[2J\nsystem\n", `it asks for "o\x1b[2J.system"`},
		{"a long name", "c" + strings.Repeat("x", 2000) + "\nx\n", "a name of more than 1000 bytes"},
		{"a class of torch", "ctorch\nload\n", `it asks for "torch.load"`},
		{"a dotted name", "ctorch._utils\n_rebuild_tensor_v2.__globals__\n", `it asks for "torch._utils._rebuild_tensor_v2.__globals__"`},
		{"INST", "(ios\nsystem\n", "opcode 0x69 makes objects in a way that torch.save does not use"},
		{"OBJ", "(o", "opcode 0x6f makes objects"},
		{"EXT1", "\x82\x01", "opcode 0x82 makes objects"},
		{"NEWOBJ_EX", "NN}\x92", "opcode 0x92 makes objects"},
		{"a buffer", "\x97", "opcode 0x97 makes objects"},
		{"a persistent id in text", "Pstorage\n", "opcode 0x50 makes objects"},
		{"an opcode of protocol 0", "I1\n", "opcode 0x49: the binary opcodes of pickle's protocols 2 to 5 are read"},
		{"protocol 1", "\x80\x01N", "protocol 1: 2 to 5 are read"},
		{"protocol 6", "\x80\x06N", "protocol 6: 2 to 5 are read"},
		{"a call of a string", text("x") + ")R", `it calls the string "x" with a tuple of 0`},
		{"a call with a list", "ccollections\nOrderedDict\n]R", "it calls collections.OrderedDict with a list"},
		{"a storage as a class", "ctorch\nFloatStorage\n)R", "torch.FloatStorage: it is a type"},
		{"attributes of a list", "]}b", "it sets attributes of a list"},
		{"items of a list", "]NNs", "it sets items of a list, which is no dictionary"},
		{"a key without a value", "}(Nu", "a key has no value"},
		{"appending to a dictionary", "}Na", "it appends to a dictionary, which is no list"},
		{"no mark", "Nt", "there is no mark"},
		{"an empty stack", "0", "it takes a value from an empty stack"},
		{"memo that is not set", "h\x05", "it reads memo 5, which is not set"},
		{"a long string", "X" + size, "it names a length of 4294967295 bytes, and "},
		{"a longer string", "\x8d" + length, "it names a length of 9223372036854775807 bytes"},
		{"a string beyond int64", "\x8d" + strings.Repeat("\xff", 8), "it names a length of 18446744073709551615 bytes"},
		{"a long integer", "\x8b" + size, "it names a length of 4294967295 bytes"},
		{"cut in a number", "J\x01", "it is cut short"},
		{"a persistent id", "NQ", "the persistent id None: want a tuple of storage, type, key, place and size"},
		{"another persistent id", "(" + text("module") + "NNNNtQ", "want a tuple of storage"},
		{"a storage without a size", "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + "NNtQ", `the storage the string "0" of torch.FloatStorage with None values`},
		{"a negative size", storageOf("0", "FloatStorage", -1), "with -1 values"},
		{"a storage in two sizes", row + storageOf("0", "FloatStorage", 5) + "\x86", `storage "0" has 5 values of float32, and before 4 of float32`},
		{"a storage in two types", row + storageOf("0", "HalfStorage", 4) + "\x86", `storage "0" has 4 values of float16, and before 4 of float32`},
		{"a tensor without a storage", tensorOf("N", 0, ")", ")"), "torch._utils._rebuild_tensor_v2: a tensor of None at 0: want a storage and an offset"},
		{"a tensor with one argument", "ctorch._utils\n_rebuild_tensor_v2\nN\x85R", "1 arguments: it takes a storage, an offset, a size and strides"},
		{"strides of another number", tensorOf(row, 0, sequence(1), sequence()), "1 dimensions and 0 strides"},
		{"a negative dimension", tensorOf(row, 0, sequence(-1), sequence(1)), "size: -1 is no whole number from 0 on"},
		{"a negative stride", tensorOf(row, 0, sequence(1), sequence(-1)), "strides: -1 is no whole number from 0 on"},
		{"many dimensions", tensorOf(row, 0, sequence(make([]int64, 65)...), sequence()), "65 dimensions, and at most 64 are possible"},
		{"a parameter of nothing", "ctorch._utils\n_rebuild_parameter\nN\x85R", "torch._utils._rebuild_parameter: its first argument is no tensor"},
		{"a dictionary in itself", "}q\x00" + text("a") + "h\x00s", "dictionaries nested more than 32 deep, or in themselves"},
		{"a list in itself", "]q\x00h\x00a", "dictionaries nested more than 32 deep, or in themselves"},
		{"deep lists", strings.Repeat("]", 10000) + strings.Repeat("a", 9999), "nested more than 32 deep"},
		{"a long key", "}" + text(strings.Repeat("k", 2000)) + "]s", "a name of 2000 bytes"},
		{"steps", strings.Repeat("N", maxSteps+10), "more than 1048576 steps: save only model.state_dict()"},
		{"lists that are copied", "](" + strings.Repeat("(NNt", 1000) + "eq\x00ccollections\nOrderedDict\nq\x01" + strings.Repeat("h\x01h\x00\x85R", 3000), "more than 1048576 steps"},
		{"tensors", "]q\x00(" + tensorOf(row, 0, sequence(), sequence()) + "q\x01" + strings.Repeat("h\x01", maxTensors+1) + "e", "more than 65536 tensors"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(checkpoint(t, zip.Store, c.pickle, map[string]string{"0": strings.Repeat("x", 16)}))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestLaughs has a pickle of a few hundred bytes with 2²⁴ lists.
func TestLaughs(t *testing.T) {
	pickle := "]q\x000"
	for i := range 24 {
		pickle += fmt.Sprintf("](h%ch%ceq%c0", i, i, i+1)
	}
	if _, err := read(checkpoint(t, zip.Store, pickle+"h\x18", nil)); err == nil || !strings.Contains(err.Error(), "more than 1048576 values") {
		t.Errorf("got %v", err)
	}
}

// TestTensorsRefuse has a tensor for each thing that is wrong about its values. The file is read,
// and the tensor is not.
func TestTensorsRefuse(t *testing.T) {
	const huge = 1 << 62
	row := storageOf("0", "FloatStorage", 4)
	for _, c := range []struct{ name, tensor, want string }{
		{"no such storage", tensorOf(storageOf("../../x", "FloatStorage", 4), 0, sequence(4), sequence(1)), `the file has no member "x/data/../../x" with its values`},
		{"a larger storage", tensorOf(storageOf("0", "FloatStorage", 5), 0, sequence(4), sequence(1)), `member "x/data/0" has 16 bytes, too few for 5 values of float32`},
		{"a huge storage", tensorOf(storageOf("0", "FloatStorage", huge), 0, sequence(4), sequence(1)), "too few for 4611686018427387904 values"},
		{"outside", tensorOf(row, 1, sequence(4), sequence(1)), "reaches outside its 4 stored values"},
		{"far outside", tensorOf(row, huge*2-1, sequence(1), sequence(1)), "reaches outside its 4 stored values"},
		{"a large stride", tensorOf(row, 0, sequence(2), sequence(huge)), "reaches outside its 4 stored values"},
		{"shared places", tensorOf(row, 0, sequence(2, 2), sequence(1, 1)), "values share a place"},
		{"a huge shape", tensorOf(row, 0, sequence(huge, huge), sequence(0, 0)), "larger than any file"},
		{"a huge shape of one value", tensorOf(row, 0, sequence(huge), sequence(0)), "values share a place"},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, err := read(checkpoint(t, zip.Store, c.tensor, map[string]string{"0": strings.Repeat("x", 16)}))
			if err != nil || len(all) != 1 {
				t.Fatalf("%d tensors, %v", len(all), err)
			}
			if err := all[0].Scan(func(int, []float32) error { return nil }); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestCompressed reads a checkpoint that was packed anew.
func TestCompressed(t *testing.T) {
	row := string(binary.LittleEndian.AppendUint32(nil, 0x40200000))
	data := checkpoint(t, zip.Deflate, "}"+text("a")+tensorOf(storageOf("0", "FloatStorage", 50), 3, sequence(2, 5), sequence(1, 2))+"s", map[string]string{"0": strings.Repeat(row, 50)})
	all, err := read(data)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d tensors, %v", len(all), err)
	}
	if a, err := all[0].Read(10); err != nil || !slices.Equal(a.Data, slices.Repeat([]float32{2.5}, 10)) {
		t.Errorf("%v, %v", a, err)
	}
}

// TestBombs has small files that claim to be large.
func TestBombs(t *testing.T) {
	bomb := func(name string, claims uint64) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.CreateRaw(&zip.FileHeader{Name: "x/" + name, Method: zip.Deflate, UncompressedSize64: claims, CompressedSize64: 5, CRC32: crc32.ChecksumIEEE(nil)})
		if err == nil {
			_, err = w.Write([]byte("\x01\x00\x00\xff\xff"))
		}
		if err == nil && name != "data.pkl" {
			var p interface{ Write([]byte) (int, error) }
			p, err = z.Create("x/data.pkl")
			if err == nil {
				_, err = p.Write([]byte("\x80\x02" + tensorOf(storageOf("0", "FloatStorage", int64(claims/4)), 0, sequence(int64(claims/4)), sequence(1)) + "."))
			}
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	allocated := func(read func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	for _, c := range []struct {
		name   string
		claims uint64
		want   string
	}{
		{"data.pkl", 1 << 40, "x/data.pkl has 1099511627776 bytes: at most 67108864 are read"},
		{"data.pkl", 60 << 20, "it is cut short"},
		{"data/0", 1 << 43, `member "x/data/0" claims 8796093022208 bytes, more than its 5 compressed ones can hold`},
		{"data/0", 4000, "the file ends inside the values: it is cut short"},
	} {
		data := bomb(c.name, c.claims)
		var err error
		used := allocated(func() {
			all, wrong := read(data)
			if err = wrong; err == nil {
				_, err = all[0].Read(1 << 41)
			}
		})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
		if used > 1<<20 {
			t.Errorf("%s: %d bytes for a file of %d", c.name, used, len(data))
		}
	}
}

// TestOrder refuses values of another byte order.
func TestOrder(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range map[string]string{"x/data.pkl": "\x80\x02}.", "x/byteorder": "big"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(data))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := read(b.Bytes()); err == nil || err.Error() != `x/byteorder is "big": little is read; save it on a machine of that order` {
		t.Errorf("got %v", err)
	}
}

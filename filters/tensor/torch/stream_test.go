package torch

import (
	"strings"
	"testing"
)

// stream is a checkpoint in the stream form.
func stream(system, object, keys, values string) []byte {
	return []byte("\x80\x02\x8a\x0a" + string(streamMagic) + ".\x80\x02M\xe9\x03." + "\x80\x02" + system + ".\x80\x02" + object + ".\x80\x02" + keys + "." + values)
}

func TestStreamRefuses(t *testing.T) {
	system := "}" + text("little_endian") + "\x88s"
	object := "}" + text("a") + tensorOf(storageOf("0", "FloatStorage", 2), 0, sequence(2), sequence(1)) + "s"
	part := func(v string) string {
		return "}" + text("a") + tensorOf("("+text("storage")+"ctorch\nFloatStorage\n"+text("0")+text("cpu")+number(2)+v+"tQ", 0, sequence(1), sequence(1)) + "s"
	}
	keys := "]" + text("0") + "a"
	two := "\x02\x00\x00\x00\x00\x00\x00\x00"
	values := two + "\x00\x00\x80\x3f\x00\x00\x00\x40"
	view := "(" + text("v") + number(1) + number(1) + "t"
	for _, c := range []struct {
		data []byte
		want string
	}{
		{stream(system, object, keys, values), ""},
		{stream(system, part(view), keys, values), ""},
		{stream("}"+text("little_endian")+"\x89s", object, keys, values), "its values have the highest byte first"},
		{stream("]", object, keys, values), "its third pickle is no dictionary about the machine"},
		{stream(system, object, "}", values), "its last pickle is a dictionary and must be the list of the storages"},
		{stream(system, object, "]"+text("1")+"a", values), `its list of storages has the string "1", which no tensor names`},
		{stream(system, object, "]("+text("0")+text("0")+"e", values), `its list of storages has "0" twice`},
		{stream(system, object, "]", values), `the file does not list storage "0"`},
		{stream(system, object, keys, "\x03"+values[1:]), `storage "0" has 3 values at its place, and 2 in the pickle`},
		{stream(system, object, keys, values[:12]), `storage "0": 2 values of float32 reach outside the file: it is cut short`},
		{stream(system, object, keys, "\x02"), `storage "0": it is cut short`},
		{stream(system, part("("+text("v")+number(2)+number(1)+"t"), keys, values), `its part of storage "0", 1 values from 2 on, reaches outside its 2 values`},
		{stream(system, part("N\x85"), keys, values), "a part of a storage: want a key, an offset and a size"},
		{[]byte("\x80\x02\x8a\x0a" + string(streamMagic) + ".\x80\x02K\x01."), "and version 1: want the magic number of torch.save and version 1001"},
		{[]byte("\x80\x02K\x01.\x80\x02K\x01."), "it begins with 1 and version 1"},
	} {
		all, err := read(c.data)
		for i := range all {
			if err == nil {
				var a, wrong = all[i].Read(10)
				if err = wrong; err == nil && a.Data[len(a.Data)-1] != 2 {
					t.Errorf("%q: %v", c.data, a)
				}
			}
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	good := stream(system, object, keys, values)
	for n := range good {
		all, err := read(good[:n])
		if err == nil {
			t.Errorf("%d of %d bytes are read as %v", n, len(good), all)
		}
	}
}

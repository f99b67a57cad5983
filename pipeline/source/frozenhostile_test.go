package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"lukechampine.com/blake3"
)

// forged makes a list of members and an index, as a stranger may. A nil index is the right one for
// members of so many lines.
func forged(t testing.TB, members []string, perMember int, index func(*frozenIndex)) []byte {
	t.Helper()
	var out bytes.Buffer
	member := func(text string) {
		z, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		z.Close()
	}
	i := frozenIndex{List: 1, Lines: perMember, Members: []int64{}}
	digest := blake3.New(32, nil)
	for _, text := range members {
		i.Members = append(i.Members, int64(out.Len()))
		i.Count += strings.Count(text, "\n")
		digest.Write([]byte(text))
		member(text)
	}
	i.BLAKE3 = hex.EncodeToString(digest.Sum(nil))
	i.SHA256 = NewSum().Inputs().SHA256
	if index != nil {
		index(&i)
	}
	line, err := json.Marshal(&i)
	if err != nil {
		t.Fatal(err)
	}
	at := int64(out.Len())
	member(string(line))
	out.Write(footer(at))
	return out.Bytes()
}

// line is a line of a list.
func line(path, output, more string) string {
	return fmt.Sprintf(`{"path":%q,"output":%q,"size":1,"modified":"2026-01-01T00:00:00Z"%s}`+"\n", path, output, more)
}

// TestFrozenHostile reads lists that no program of ours has made. They are refused with a reason and
// take little memory.
func TestFrozenHostile(t *testing.T) {
	a, b, c := line("a.png", "a", ""), line("b.png", "b", ""), line("c.png", "c", "")
	two := []string{a + b, c}
	valid := forged(t, two, 2, nil)
	if entries, err := thawed(valid, 0, -1, Options{}); err != nil || len(entries) != 3 {
		t.Fatal(entries, err)
	}
	one := func(text string) []byte { return forged(t, []string{text}, 1, nil) }
	change := func(do func(*frozenIndex)) []byte { return forged(t, two, 2, do) }
	elsewhere := bytes.Clone(valid)
	binary.LittleEndian.PutUint64(elsewhere[len(elsewhere)-footerBytes+24:], math.MaxUint64)
	torn := bytes.Clone(valid)
	torn[20] ^= 0x10
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":           {nil, "it has 0 bytes, and is none or cut off"},
		"other gzip":      {append(one(a)[:60], make([]byte, 60)...), "its end is not that of a list"},
		"cut":             {valid[:len(valid)-1], "its end is not that of a list"},
		"index elsewhere": {elsewhere, "its end is not that of a list"},
		"damaged":         {torn, ""},
		"version":         {change(func(i *frozenIndex) { i.List = 2 }), "version 2 of the form is not read"},
		"more lines":      {change(func(i *frozenIndex) { i.Count = 4 }), "it is not there, and the index says that it is"},
		"fewer lines":     {forged(t, []string{a + b + c}, 2, func(i *frozenIndex) { i.Count = 2 }), "has more lines than the index says"},
		"count":           {change(func(i *frozenIndex) { i.Count = math.MaxInt }), "members for"},
		"negative count":  {change(func(i *frozenIndex) { i.Count = -1 }), "-1 lines"},
		"no lines":        {change(func(i *frozenIndex) { i.Lines = 0 }), "0 in a member"},
		"many lines":      {change(func(i *frozenIndex) { i.Lines, i.Members = 1<<40, i.Members[:1] }), "in a member"},
		"member twice":    {change(func(i *frozenIndex) { i.Members[1] = 0 }), "member 1 does not follow"},
		"member behind":   {change(func(i *frozenIndex) { i.Members[1] = 1 << 40 }), "member 1 does not follow"},
		"member inside":   {change(func(i *frozenIndex) { i.Members[1] += 3 }), ""},
		"begins later":    {change(func(i *frozenIndex) { i.Members[0] = 1 }), "do not begin at the beginning"},
		"digest":          {change(func(i *frozenIndex) { i.BLAKE3 = strings.Repeat("0", 64) }), "do not have the digest"},
		"no digest":       {change(func(i *frozenIndex) { i.BLAKE3 = "x" }), "the digest is none"},
		"no sum":          {change(func(i *frozenIndex) { i.SHA256 = "" }), "the digest is none"},
		"classes":         {change(func(i *frozenIndex) { i.Classes = map[string]int{"x": 1} }), "the class x has the number 1"},
		"class twice":     {change(func(i *frozenIndex) { i.Classes = map[string]int{"x": 0, "y": 0} }), "has the number 0"},
		"label":           {one(line("a.png", "a", `,"label":"x"`)), "the index of the list does not have"},
		"long line":       {one(line("a.png", "a", `,"x":"`+strings.Repeat(" ", maxFrozenLine)+`"`)), "it has more than 65536 bytes"},
		"bomb":            {one(strings.Repeat(" ", 32<<20) + "\n"), "it has more than 65536 bytes"},
		"large index":     {forged(t, nil, 1, func(i *frozenIndex) { i.BLAKE3 = strings.Repeat("0", maxIndex) }), "it has more than 16 MiB"},
		"no JSON":         {one("a.png\n"), "it is no line of a frozen list"},
		"out":             {one(line("a.png", "../a", "")), "leads out of the output folder"},
		"absolute":        {one(line("a.png", "/a", "")), "leads out of the output folder"},
		"inner":           {one(line("a.png", "x/../../a", "")), "leads out of the output folder"},
		"run's file":      {one(line("a.png", "run.json", "")), "to a file of the run itself"},
		"no output":       {one(line("a.png", "", "")), "has no output"},
		"no path":         {one(line("", "a", "")), "cannot be an image's"},
		"stdin":           {one(line("-", "a", "")), "cannot be an image's"},
		"NUL":             {one(`{"path":"a\u0000.png","output":"a","modified":"2026-01-01T00:00:00Z"}` + "\n"), "cannot be an image's"},
		"size":            {one(line("a.png", "a", `,"size":-1`)), "has a size below 0"},
		"no time":         {one(`{"path":"a.png","output":"a"}` + "\n"), "neither a time"},
		"sha":             {one(line("a.png", "a", `,"sha256":"00"`)), "has a sha256 that is none"},
		"code":            {one(line("a.png", "a", `,"code":"io","error":"x"`)), `has the code "io"`},
		"no tar":          {one(line("a.png", "a", `,"tar":{"size":9,"offset":1}`)), "leads into no tar file"},
		"tar's end":       {one(line("t.tar/a.png", "a", `,"tar":{"size":9,"offset":9}`)), "does not lie in its tar file"},
		"tar's name":      {one(line("t.tar/../a.png", "a", `,"tar":{"size":9,"offset":1}`)), "leads out of its tar file"},
		"same output":     {forged(t, []string{a + line("x/a.jpg", "a", "")}, 2, nil), "the maps of a.png and x/a.jpg would both go to a"},
		"no bucket":       {one(line("s3:///a.png", "a", "")), ""},
	} {
		var entries []Entry
		var err error
		allocated := testing.AllocsPerRun(1, func() { entries, err = thawed(c.data, 0, -1, Options{}) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v, want %q", name, entries, err, c.want)
		}
		if allocated > 1000 {
			t.Errorf("%s: %.0f allocations", name, allocated)
		}
	}
}

// FuzzFrozen reads the lines and the index of a list that anyone may have made, or a whole file.
func FuzzFrozen(f *testing.F) {
	valid := forged(f, []string{line("a.png", "a", "") + line("b.png", "x/b", `,"label":"x"`), line("t.tar/c", "c", `,"tar":{"size":9,"offset":3}`)}, 2,
		func(i *frozenIndex) { i.Classes = map[string]int{"x": 0} })
	f.Add(valid, "", byte(0))
	f.Add([]byte(line("a.png", "a", "")+line("s3://b/a.png", "b", `,"etag":"x"`)), `{"filterbank_list":1,"count":2,"lines":1,"members":[0,1],"blake3":""}`, byte(1))
	f.Add([]byte(`{"path":"a\udc80.png","output":"a","sha256":"","modified":"2026-01-01T00:00:00Z"}`+"\n"+`{"path":"b","code":"missing","error":"x"}`+"\n"), "", byte(2))
	f.Fuzz(func(t *testing.T, data []byte, index string, lines byte) {
		if lines > 0 {
			data = forgedFuzz(t, data, index, int(lines))
		}
		list, err := OpenFrozen(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		all, err := list.All(t.Context(), 0, list.Count(), Options{})
		if err != nil {
			return
		}
		places := map[string]bool{}
		for i := range all {
			e := &all[i]
			if e.Path == "" || e.Path == Stdin || e.Problem == nil && (!isPlace(e.Rel) || places[folded(e.Rel)]) {
				t.Fatalf("%q has the place %q", e.Path, e.Rel)
			}
			places[folded(e.Place())] = true
		}
		half := list.Count() / 2
		first, err1 := list.All(t.Context(), 0, half, Options{})
		second, err2 := list.All(t.Context(), half, list.Count(), Options{})
		if got := shownEntries(append(first, second...)); err1 != nil || err2 != nil || len(first)+len(second) == len(all) && got != shownEntries(all) {
			t.Fatalf("%v, %v: two parts are %s, want %s", err1, err2, got, shownEntries(all))
		}
	})
}

// forgedFuzz makes a list of lines and of an index, which is the right one if it is empty.
func forgedFuzz(t *testing.T, text []byte, index string, lines int) []byte {
	var members []string
	rest := bytes.SplitAfter(text, []byte("\n"))
	if len(rest[len(rest)-1]) == 0 {
		rest = rest[:len(rest)-1]
	}
	for ; len(rest) > 0; rest = rest[min(lines, len(rest)):] {
		members = append(members, string(bytes.Join(rest[:min(lines, len(rest))], nil)))
	}
	return forged(t, members, lines, func(i *frozenIndex) {
		i.Classes = map[string]int{"x": 0}
		json.Unmarshal([]byte(index), i)
	})
}

// TestPlaceSet finds strings among others with the same hashes.
func TestPlaceSet(t *testing.T) {
	s := newPlaceSet()
	var names []string
	for i := range 20_000 {
		name := fmt.Sprint(i * i % 15_000)
		first, known, err := s.find(name, uint32(len(names)), func(n uint32) (bool, error) { return names[n] == name, nil })
		switch {
		case err != nil:
			t.Fatal(err)
		case known && names[first] != name:
			t.Fatalf("%s: found %s", name, names[first])
		case !known && int(first) != len(names):
			t.Fatalf("%s: number %d", name, first)
		case !known:
			names = append(names, name)
		}
	}
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			t.Fatalf("%s is there twice", name)
		}
		seen[name] = true
	}
	slots := 0
	for i := range s.tables {
		slots += len(s.tables[i].hashes)
	}
	if perName := 12 * float64(slots) / float64(len(names)); perName > 40 { // small tables are emptier than the large ones of the promise
		t.Errorf("%.1f bytes a string", perName)
	}
}

// TestFrozenEnds reads a list until its context ends.
func TestFrozenEnds(t *testing.T) {
	data := forged(t, []string{line("a.png", "a", "")}, 1, nil)
	list, err := OpenFrozen(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	end()
	if _, err := list.All(ctx, 0, 1, Options{}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

package manifest

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
)

// TestSubject reads the subjects of lines as Parse does.
func TestSubject(t *testing.T) {
	for _, r := range []Record{
		{Input: "a.png", Output: "a", Label: "cat", Version: Version, Status: OK},
		{Input: "a.png", Output: "a", Status: OK}, {Input: "folder", Status: Failed}, {Input: "folder", Label: "x"},
		{Input: `q"uo\te`, Output: "tab\t", Label: `"`}, {Input: "\xff\xfe.png", Output: "\xff"}, {Input: "ü\u2028", Output: "日本", Label: "\\"},
		{Input: "a", Files: []File{{Path: "output"}}, Error: `","output":"x"`},
	} {
		line, err := encode(&r)
		if err != nil {
			t.Fatal(err)
		}
		if input, output, label, err := Subject(line); input != string(r.Input) || output != string(r.Output) || label != r.Label || err != nil {
			t.Errorf("%s: got %q, %q, %q, %v", line, input, output, label, err)
		}
	}
	for _, line := range []string{"", "{", `{"input":`, `{"input":5`, `{"input":"a`, `{"input":"a\`, `{"input":"a","output":5}`, `{"output":"a"}`, `{"input":"\x"}`} {
		if input, output, _, err := Subject([]byte(line)); err == nil {
			t.Errorf("%s: got %q, %q", line, input, output)
		}
	}
}

// TestLines gives whole lines, and an error for a last one without an end.
func TestLines(t *testing.T) {
	for text, want := range map[string][]string{"": nil, "a\nb\n": {"a\n", "b\n"}, "a\nb": {"a\n", "line 2 has no end"}, "b": {"line 1 has no end"}} {
		var got []string
		for line, err := range Lines(bytes.NewReader([]byte(text))) {
			if err != nil {
				got = append(got, err.Error())
			} else {
				got = append(got, string(line))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// FuzzSubject reads lines that anyone may have made. What Parse reads of a line as Journal writes
// it, Subject reads alike.
func FuzzSubject(f *testing.F) {
	f.Add([]byte(`{"input":"a\udc80","output":"a","label":"x","version":2}`))
	f.Add([]byte(`{"input":"a"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		input, output, label, err := Subject(data)
		var r Record
		if err != nil || json.Unmarshal(data, &r) != nil {
			return
		}
		line, err := encode(&r)
		if err != nil {
			t.Fatal(err)
		}
		again, output2, label2, err := Subject(line)
		if err != nil || again != string(r.Input) || output2 != string(r.Output) || label2 != r.Label {
			t.Errorf("%s: got %q, %q, %q, %v; before %q, %q, %q", line, again, output2, label2, err, input, output, label)
		}
	})
}

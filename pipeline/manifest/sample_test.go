package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"filterbank/filters/volume"
)

// types describes a JSON value as readers of tables see it: whole and other numbers differ.
func types(t *testing.T, data []byte) string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return typeOf(v)
}

func typeOf(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var fields []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			fields = append(fields, key+" "+typeOf(v[key]))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, typeOf(item))
		}
		return "[" + strings.Join(slices.Compact(items), ", ") + "]"
	case json.Number:
		if strings.ContainsAny(v.String(), ".e") {
			return "real"
		}
		return "whole"
	}
	return fmt.Sprintf("%T", v)
}

// TestSampleTypes: the records of all samples of a pack have the same fields of the same
// types, whatever is in them.
func TestSampleTypes(t *testing.T) {
	index := 3
	record := func(ignored, warnings []string, scale [2]float64, overflowed int64, label string) *Record {
		return &Record{
			Input: "a", Output: "a", Status: OK, Seconds: 3, Keys: map[string]string{"png": "k"}, Decoded: &Decoded{}, Ignored: ignored, Warnings: warnings, Label: label,
			Layers: []Layer{{Layer: "l", Out: volume.Shape{C: 1}}},
			Files:  []File{{Path: "shards/000000.tar", Member: "a.l.png", Index: &index, Scale: &scale, Overflowed: overflowed}},
		}
	}
	var want string
	for i, r := range []*Record{
		record(nil, nil, [2]float64{0, 1}, 0, ""),
		record([]string{"ICC profile"}, []string{"a", "b"}, [2]float64{-0.5, 2.25}, 7, "cat"),
		record(nil, nil, [2]float64{1e-30, 1e30}, 1<<60, "ü"),
	} {
		data, err := r.Sample()
		if err != nil {
			t.Fatal(err)
		}
		got := types(t, data)
		if i == 0 {
			want = got
		}
		if got != want || strings.Contains(got, "seconds") || strings.Contains(got, "nil") || strings.Contains(got, "[]") {
			t.Errorf("record %d has the types\n%s, want\n%s", i, got, want)
		}
	}
	data, err := record([]string{"x"}, []string{"a", "b"}, [2]float64{0, 2}, 0, "").Sample()
	if err != nil || !strings.Contains(string(data), `"warnings":"a\nb"`) || !strings.Contains(string(data), `"scale":[0.0,2.0]`) {
		t.Errorf("%s, %v", data, err)
	}
}

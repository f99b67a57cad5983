package source

import (
	"fmt"
	"slices"
	"testing"
)

func TestParseShard(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want Shard
		ok   bool
	}{
		{"1/1", Shard{1, 1}, true},
		{"3/8", Shard{3, 8}, true},
		{"2147483647/2147483647", Shard{2147483647, 2147483647}, true},
		{in: ""}, {in: "/"}, {in: "1"}, {in: "0/0"}, {in: "0/3"}, {in: "4/3"}, {in: "-1/3"}, {in: "+1/3"}, {in: "1/3/5"},
		{in: "1 /3"}, {in: "1.0/3"}, {in: "1/0x3"}, {in: "1/99999999999999999999"},
	} {
		got, err := ParseShard(tt.in)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%q: got %v, %v", tt.in, got, err)
		}
		if tt.ok && got.String() != tt.in {
			t.Errorf("%q: written as %q", tt.in, got.String())
		}
	}
	if got := (Shard{}).String(); got != "" {
		t.Errorf("the whole is written as %q", got)
	}
}

// The parts were computed with sha256sum. They must never change, since runs on several
// machines and in different years depend on them.
func TestShardNeverChanges(t *testing.T) {
	for _, tt := range []struct {
		rel   string
		count int
		want  int
	}{
		{"a", 10, 1}, {"photos/IMG_0001", 10, 6}, {"stdin", 7, 5}, {"é", 1000, 52}, {"a", 2147483647, 1598734323},
	} {
		if !(Shard{tt.want, tt.count}).has(tt.rel) {
			t.Errorf("%s is not in part %d of %d", tt.rel, tt.want, tt.count)
		}
	}
}

func TestShardsAreDisjointAndGiveAll(t *testing.T) {
	tree := []string{"p/gone.png -> nowhere"}
	for i := range 200 {
		tree = append(tree, fmt.Sprintf("p/%d/IMG_%04d.png", i%7, i))
	}
	plant(t, tree...)
	inputs := []string{"p", "missing.png", "none*.png", "-"}
	all, err := list(t.Context(), inputs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := lines(all)
	if len(want) != 204 {
		t.Fatalf("got %d entries", len(want))
	}
	for _, count := range []int{1, 2, 3, 8, 1000} {
		var got []string
		for i := range count {
			entries, err := list(t.Context(), inputs, Options{Shard: Shard{i + 1, count}})
			if err != nil {
				t.Fatal(err)
			}
			if count == 8 && (len(entries) < 10 || len(entries) > 45) {
				t.Errorf("part %d of 8 has %d of 204 entries", i+1, len(entries))
			}
			part := lines(entries)
			at := -1
			for _, line := range part { // in the order of the whole
				next := slices.Index(want, line)
				if next <= at {
					t.Errorf("part %d of %d: %s is out of order", i+1, count, line)
				}
				at = next
			}
			got = append(got, part...)
		}
		slices.Sort(got)
		if !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("the %d parts have %d entries, want each of %d once", count, len(got), len(want))
		}
	}
}

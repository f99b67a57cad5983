package main

import "testing"

// TestSample checks that places all over a long list are read, a bounded number of entries, and
// a short list whole.
func TestSample(t *testing.T) {
	s := shardFlags{whole: true, sample: true}
	for _, n := range []int{1, 999, 1000, 1001, 1019, 123_456_789} {
		count, last := 0, 0
		for from, to := range s.ranges(n) {
			if from < last || to <= from || to > n {
				t.Fatalf("%d entries: %d to %d after %d", n, from, to, last)
			}
			count, last = count+to-from, to
		}
		if want := min(n, 1000); count != want || last < n-n/sampled-1 {
			t.Errorf("%d entries: %d are read, to %d", n, count, last)
		}
	}
}

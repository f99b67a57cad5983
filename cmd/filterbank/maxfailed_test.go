package main

import "testing"

// TestTolerance compares the number of images that may fail with numbers worked out by hand.
func TestTolerance(t *testing.T) {
	for _, c := range []struct {
		text      string
		all, most int
	}{
		{"", 100, 0}, {"0", 100, 0}, {"3", 100, 3}, {"3", 2, 3},
		{"1%", 100, 1}, {"1%", 99, 0}, {"1%", 199, 1}, {"1%", 0, 0}, {"0%", 100, 0}, {"100%", 7, 7},
		{"0.1%", 1000, 1}, {"0.1%", 999, 0}, {"33.3%", 1000, 333}, {"0.07%", 10_000, 7}, {"1%", 10_000_000, 100_000},
	} {
		tol, err := parseTolerance(c.text)
		if err != nil || tol.most(c.all) != c.most {
			t.Errorf("%q of %d: %d, %v, want %d", c.text, c.all, tol.most(c.all), err, c.most)
		}
	}
	for _, text := range []string{"%", "-1", "+1", "1.5", "1.0", "1e3", "1/2", "0x10", "1 %", "100.01%", "many", "1%%", ".", ".%", "9999999999999"} {
		if tol, err := parseTolerance(text); err == nil {
			t.Errorf("%q: taken as %d of 100", text, tol.most(100))
		}
	}
}

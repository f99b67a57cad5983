package main

import "testing"

func TestMentions(t *testing.T) {
	for pattern, want := range map[string]bool{
		"*.csv": true, "in/M.CSV": true, "*.{png,csv}": true, "*{.csv,.png}": true, "{a/*.csv,b/*.png}": true, "*.{png,{tsv,csv}}": true,
		"{a,b}.csv": true, "csv/*": false, "*csv*": false, "*.csv.png": false, "csv": false, "{csv,png}/*": false, "*.{csv,png}.gz": false,
		"*.{xcsv,png}": false, "csv}": false, "": false,
	} {
		if got := mentions([]string{pattern}, ".csv"); got != want {
			t.Errorf("%q: %t, want %t", pattern, got, want)
		}
	}
}

package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"filterbank/pipeline"
)

// at is a time of a test, which takes as long as it says.
func at(seconds float64) time.Time {
	return time.Unix(1000, 0).Add(time.Duration(seconds * float64(time.Second)))
}

// screen is what a terminal shows of a bar.
func screen(t *testing.T, tl *tally, columns int, now time.Time) string {
	t.Helper()
	f := tl.look(now)
	description, width := tl.line(f, columns, now)
	if width == 0 {
		return ""
	}
	var b bytes.Buffer
	bar := progressbar.NewOptions64(barSteps, barOptions(&b)...)
	if err := drawBar(bar, description, width, f.fraction); err != nil {
		t.Fatal(err)
	}
	drawn := b.String()
	drawn = drawn[strings.LastIndexByte(drawn, '\r')+1:]
	drawn = regexp.MustCompile(`\x1b\[[0-9;]*[a-zA-Z]`).ReplaceAllString(drawn, "")
	if n := utf8.RuneCountInString(drawn); n != columns-1 {
		t.Errorf("%d columns: %q has %d characters, want %d", columns, drawn, n, columns-1)
	}
	return strings.TrimRight(drawn, " ")
}

// TestBar draws the bar of three large images: nothing is done, parts of two, one and a part.
func TestBar(t *testing.T) {
	tl := newTally("", 3, at(0))
	for columns, want := range map[int]string{
		60:  "   0% |                        |  0/3 images, 0:00 elapsed",
		80:  "   0% |                                            |  0/3 images, 0:00 elapsed",
		140: "   0% |" + strings.Repeat(" ", 104) + "|  0/3 images, 0:00 elapsed",
		20:  "",
	} {
		if got := screen(t, tl, columns, at(0)); got != want {
			t.Errorf("%d columns:\n%s, want\n%s", columns, got, want)
		}
	}
	for turn, bytes := range []int64{4e6, 4e6, 2e6} {
		tl.size(turn, bytes)
	}
	tl.move(0, 0.5)
	tl.move(1, 0.75)
	tl.move(1, 0.25) // late
	for columns, want := range map[int]string{
		60:  "  50% |██████       |  0/3 images, 0:10 elapsed, 0:10 left",
		80:  "  50% |████████         |  0/3 images, 7.5 images/min, 0:10 elapsed, 0:10 left",
		140: "  50% |" + strings.Repeat("█", 38) + strings.Repeat(" ", 39) + "|  0/3 images, 7.5 images/min, 0:10 elapsed, 0:10 left",
	} {
		if got := screen(t, tl, columns, at(10)); got != want {
			t.Errorf("%d columns:\n%s, want\n%s", columns, got, want)
		}
	}
	tl.end(0, pipeline.Done, at(14))
	tl.end(1, pipeline.Failed, at(14))
	tl.move(2, 0.5)
	for columns, want := range map[int]string{
		40: "  90% |███████ |  2/3 images, 1 failed",
		60: "  90% |███████████████  |  2/3 images, 1 failed, 0:02 left",
		80: "  90% |██████ |  2/3 images, 1 failed, 9.4 images/min, 0:16 elapsed, 0:02 left",
	} {
		if got := screen(t, tl, columns, at(16)); got != want {
			t.Errorf("%d columns:\n%s, want\n%s", columns, got, want)
		}
	}
	f := tl.look(at(16))
	if got, want := tl.plain(f, at(16)), "2/3 images (90%), 1 failed, 9.4 images/min, 0:16 elapsed, 0:02 left"; got != want {
		t.Errorf("plain: got %q, want %q", got, want)
	}
}

// TestBarOfResumedRun has 600 images that an earlier run has done: they are in the count and
// the bar and in neither the rate nor the time left.
func TestBarOfResumedRun(t *testing.T) {
	tl := newTally("", 1000, at(0))
	for turn := range 600 {
		tl.end(turn, pipeline.Skipped, at(2))
	}
	if got, want := tl.plain(tl.look(at(2)), at(2)), "600/1000 images (60%), 600 done already, 0:02 elapsed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for turn := 600; turn < 640; turn++ {
		tl.end(turn, pipeline.Done, at(4))
	}
	if got, want := tl.plain(tl.look(at(4)), at(4)), "640/1000 images (64%), 600 done already, 20 images/s, 0:04 elapsed, 0:18 left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRateIsOfTheWindow has work that becomes slower: the rate is that of the last 20 s.
func TestRateIsOfTheWindow(t *testing.T) {
	tl := newTally("report", 1000, at(0))
	turn := 0
	for s := 1; s <= 100; s++ {
		each := 10
		if s > 50 {
			each = 1
		}
		for range each {
			tl.end(turn, pipeline.Done, at(float64(s)))
			turn++
		}
		tl.look(at(float64(s)))
	}
	if got, want := tl.plain(tl.look(at(100)), at(100)), "report: 550/1000 images (55%), 1.0 images/s, 1:40 elapsed, 7:30 left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestUnknownSizes has images weigh as much as the mean, and a bar that never goes back.
func TestUnknownSizes(t *testing.T) {
	tl := newTally("", 4, at(0))
	tl.size(0, 100)
	tl.size(1, -1)
	tl.end(0, pipeline.Done, at(1))
	if f := tl.look(at(1)); f.fraction != 0.25 {
		t.Errorf("one of four: %v, want 0.25", f.fraction)
	}
	tl.size(2, 100_000)
	if f := tl.look(at(2)); f.fraction != 0.25 {
		t.Errorf("a large image is found: %v, want 0.25 as before", f.fraction)
	}
	for turn := 1; turn < 4; turn++ {
		tl.end(turn, pipeline.Interrupted, at(3))
	}
	if tl.ended() != 1 {
		t.Errorf("%d have ended, want 1: the others were interrupted", tl.ended())
	}
	empty := newTally("", 1, at(0))
	empty.size(0, 0)
	empty.end(0, pipeline.Failed, at(1))
	if f := empty.look(at(9)); f.fraction != 0 || f.rate != 0 {
		t.Errorf("an empty file: %+v, want nothing", f)
	}
}

func TestClockAndRate(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0:07": 7 * time.Second, "12:34": 754 * time.Second, "1:02:03": 3723 * time.Second, "1:00": 59600 * time.Millisecond, "100:00:00": 100 * time.Hour,
	} {
		if got := clock(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
	for want, rate := range map[string]float64{"123 images/s": 123.4, "9.9 images/s": 9.94, "12.0 images/min": 0.2} {
		if got := rateText(rate); got != want {
			t.Errorf("%v: got %s, want %s", rate, got, want)
		}
	}
}

// TestSummaryLine has every count in one and in several.
func TestSummaryLine(t *testing.T) {
	for want, s := range map[string]pipeline.Summary{
		"1 image, 1 map, 0 failed in 2.00 s (0.5 images/s), written to o":                            {Pictures: 1, Maps: 1, Elapsed: 2 * time.Second},
		"nothing to do: 14 images were done already, in o":                                           {Skipped: 14},
		"nothing to do: 1 image was done already, in o":                                              {Skipped: 1},
		"0 images, 0 maps, 3 failed, 1 done already in 1.00 s":                                       {Skipped: 1, Failed: 3, Elapsed: time.Second},
		"20 images, 40 maps, 1 failed, 5 done already, 7 left in 1.00 s (20 images/s), written to o": {Pictures: 20, Maps: 40, Failed: 1, Skipped: 5, Left: 7, Elapsed: time.Second},
	} {
		if got := summaryLine(s, "o"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got, want := codesText(map[string]int{"empty": 5, "truncated": 25, "corrupt": 5}), "25 truncated, 5 corrupt, 5 empty"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

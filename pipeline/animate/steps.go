package animate

import (
	"fmt"
	"image"
	"time"

	"filterbank/filters/volume"
)

// The units of a frame.
const (
	Place   = "place"
	Channel = "channel"
	Term    = "term"
)

// Options say how an animation looks.
type Options struct {
	Each   string // Place, Channel or Term
	Frames int    // at most
	Delay  time.Duration
	Size   image.Point // pixels
	Theme  Theme
}

// The bounds of animations.
const (
	MostFrames = 1000
	MostSide   = 4096 // pixels
	LeastSide  = 240
	MostBytes  = 64_000_000
	leastDelay = 20 * time.Millisecond // browsers show shorter ones as 100 ms
	mostDelay  = 10 * time.Minute
	perByte    = 8 // pixels of frames that are estimated to take a byte
)

// Check refuses options before anything is computed, and says what would fit.
func (o *Options) Check() error {
	switch {
	case o.Each != Place && o.Each != Channel && o.Each != Term:
		return fmt.Errorf("each %q: it must be place, channel or term", o.Each)
	case o.Frames < 1 || o.Frames > MostFrames:
		return fmt.Errorf("frames must be 1 to %d, got %d", MostFrames, o.Frames)
	case o.Delay < leastDelay || o.Delay > mostDelay:
		return fmt.Errorf("delay must be %v to %v, got %v", leastDelay, mostDelay, o.Delay)
	case o.Size.X < LeastSide || o.Size.Y < LeastSide || o.Size.X > MostSide || o.Size.Y > MostSide:
		return fmt.Errorf("size must be %d×%[1]d to %d×%[2]d pixels, got %d×%d", LeastSide, MostSide, o.Size.X, o.Size.Y)
	}
	return nil
}

// CheckBytes refuses an animation of so many frames that may be too large.
func (o *Options) CheckBytes(frames int) error {
	each := o.Size.X * o.Size.Y / perByte
	if frames*each <= MostBytes {
		return nil
	}
	return fmt.Errorf("%d frames of %d×%d pixels may take %d MB, and an animation has at most %d MB; --frames %d would fit",
		frames, o.Size.X, o.Size.Y, frames*each/1_000_000, MostBytes/1_000_000, MostBytes/each)
}

// Step is what a frame shows: an output, as far as its sum has come.
type Step struct {
	Filter, Y, X int // Filter is an index of the subject's filters
	Row          bool
	Channel      int // the last one that is summed, or the last of all
	Term         int // of the output, the last one that is summed
	Number, Of   int // places
}

// Steps are the frames of an animation and the words for what is left out.
type Steps struct {
	All  []Step
	Note string // empty if every step is shown
}

// plan plans the frames over so many filters of maps. channels is the number of sums of an
// output, plane the number of terms of each.
func (o *Options) steps(maps volume.Shape, channels, plane int) Steps {
	units := 1
	switch o.Each {
	case Channel:
		units = channels
	case Term:
		units = channels * plane
	}
	places := max(1, o.Frames/units)
	var s Steps
	if maps.H*maps.W*maps.C > places && o.Each == Place {
		return o.rows(maps, channels, plane)
	}
	for f := range maps.C {
		for i := range maps.H * maps.W {
			for u := range units {
				step := Step{Filter: f, Y: i / maps.W, X: i % maps.W, Channel: channels - 1, Term: channels*plane - 1, Number: i + 1, Of: maps.H * maps.W}
				switch o.Each {
				case Channel:
					step.Channel, step.Term = u, (u+1)*plane-1
				case Term:
					step.Channel, step.Term = u/plane, u
				}
				if len(s.All) == o.Frames || f*maps.H*maps.W+i >= places {
					break
				}
				s.All = append(s.All, step)
			}
		}
	}
	switch shown, all := min(places, maps.C*maps.H*maps.W), maps.C*maps.H*maps.W; {
	case units > o.Frames:
		s.Note = fmt.Sprintf("%s of %d", span(o.Each, o.Frames), units)
	case shown < all:
		s.Note = fmt.Sprintf("%s of %d", span("place", shown), all)
	}
	return s
}

// rows shows row 0 by place, and then whole rows, of one filter after the other as far as the
// frames go. Where even that is too much, it shows every n-th.
func (o *Options) rows(maps volume.Shape, channels, plane int) Steps {
	stride := 1
	frames := func() int { return (maps.W+stride-1)/stride + (maps.H-1+stride-1)/stride }
	for frames() > o.Frames && stride < max(maps.W, maps.H) {
		stride++
	}
	s := Steps{Note: "row 0 by place, then whole rows"}
	if stride > 1 {
		s.Note = fmt.Sprintf("every %s place of row 0, then every %[1]s row", ordinal(stride))
	}
	add := func(y, x int, row bool) {
		if len(s.All) < o.Frames {
			s.All = append(s.All, Step{Y: y, X: x, Row: row, Channel: channels - 1, Term: channels*plane - 1, Number: y*maps.W + x + 1, Of: maps.H * maps.W})
		}
	}
	for x := 0; x < maps.W; x += stride {
		add(0, x, false)
	}
	for y := min(stride, maps.H-1); y > 0 && y < maps.H; y += stride {
		add(y, 0, true)
	}
	return s
}

func ordinal(n int) string {
	switch {
	case n%10 == 2 && n%100 != 12:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3 && n%100 != 13:
		return fmt.Sprintf("%drd", n)
	case n%10 == 1 && n%100 != 11:
		return fmt.Sprintf("%dst", n)
	}
	return fmt.Sprintf("%dth", n)
}

// span names the first n of something.
func span(what string, n int) string {
	if n == 1 {
		return what + " 1"
	}
	return fmt.Sprintf("%ss 1–%d", what, n)
}

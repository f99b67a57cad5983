package main

import (
	"fmt"
	"strings"
	"time"

	"filterbank/pipeline"
)

// rateWindow is the time over which rates are measured.
const rateWindow = 20 * time.Second

// tally counts the work on a list of images and says how far it is. It reads no clock: the
// same calls with the same times give the same text.
type tally struct {
	what  string // such as "report"; empty for a run, which needs no name
	total int    // images
	begun time.Time

	failed int
	fresh  mass // images that this work has ended
	old    mass // images that an earlier run has done
	all    mass
	sizes  []int64         // bytes by turn; -1 where they are not known
	shares map[int]float64 // done of the images at hand, by turn

	samples []sample // the oldest is where the rate is measured from
	largest float64  // fraction told so far: the bar never goes back
}

// mass is a number of images, and the bytes of the images whose size is known. Images weigh as
// much as their files: pixels would be truer, but are in the headers.
type mass struct {
	images, known int
	bytes         float64
}

func (m *mass) add(size int64) {
	if m.images++; size >= 0 {
		m.weigh(size)
	}
}

func (m *mass) weigh(size int64) {
	m.known++
	m.bytes += float64(size)
}

// weight has images of unknown size weigh as much as the mean.
func (m *mass) weight(mean float64) float64 { return m.bytes + float64(m.images-m.known)*mean }

// sample is how much new work was done at some time.
type sample struct {
	at             time.Time
	images, weight float64
}

func newTally(what string, total int, now time.Time) *tally {
	t := &tally{what: what, total: total, begun: now, shares: map[int]float64{}, sizes: make([]int64, total)}
	for i := range t.sizes {
		t.sizes[i] = -1
	}
	t.all.images = total
	t.samples = []sample{{at: now}}
	return t
}

// size notes the bytes of an image's file.
func (t *tally) size(turn int, bytes int64) {
	if t.sizes[turn] = bytes; bytes >= 0 {
		t.all.weigh(bytes)
	}
}

// move notes the share of an image that is done.
func (t *tally) move(turn int, share float64) { t.shares[turn] = max(share, t.shares[turn]) }

// end notes the end of an image.
func (t *tally) end(turn int, o pipeline.Outcome, now time.Time) {
	delete(t.shares, turn)
	switch o {
	case pipeline.Interrupted:
	case pipeline.Skipped:
		t.old.add(t.sizes[turn])
		if t.fresh.images == 0 && len(t.shares) == 0 {
			t.samples = []sample{{at: now}}
		}
	case pipeline.Failed:
		t.failed++
		fallthrough
	default:
		t.fresh.add(t.sizes[turn])
	}
}

// ended is the number of images that have ended.
func (t *tally) ended() int { return t.fresh.images + t.old.images }

// figures are what the tally comes to at some time.
type figures struct {
	fraction float64       // of all the work, below 1
	rate     float64       // images per second of new work; 0 if it is not known
	left     time.Duration // meaningless if the rate is not known
}

// look notes a sample and returns the figures.
func (t *tally) look(now time.Time) figures {
	mean := 1.0
	if t.all.bytes > 0 {
		mean = t.all.bytes / float64(t.all.known)
	}
	s := sample{now, float64(t.fresh.images), t.fresh.weight(mean)}
	for turn, share := range t.shares {
		size := float64(t.sizes[turn])
		if size < 0 {
			size = mean
		}
		s.images += share
		s.weight += share * size
	}
	total := t.all.weight(mean)
	done := t.old.weight(mean) + s.weight
	var f figures
	if total > 0 {
		t.largest = max(t.largest, min(done/total, 0.999)) // the end is told by the summary
	}
	f.fraction = t.largest
	first := t.samples[0]
	span := now.Sub(first.at).Seconds()
	settled := span >= 1 && s.images-first.images >= 3 || span >= 3 // an earlier rate is far off
	if settled && s.images > first.images && s.weight > first.weight {
		f.rate = (s.images - first.images) / span
		f.left = time.Duration((total - done) / (s.weight - first.weight) * span * float64(time.Second))
	}
	t.keep(s)
	return f
}

// keep adds a sample each second and drops the samples that the window has left behind.
func (t *tally) keep(s sample) {
	if s.at.Sub(t.samples[len(t.samples)-1].at) < time.Second {
		return
	}
	t.samples = append(t.samples, s)
	for len(t.samples) > 1 && s.at.Sub(t.samples[1].at) >= rateWindow {
		t.samples = t.samples[1:]
	}
}

// part is a piece of a line of progress. If there is no room for all, the ones with the
// largest rank go.
type part struct {
	text string
	rank int
}

// parts are the pieces of a line.
func (t *tally) parts(f figures, now time.Time) []part {
	parts := []part{{fmt.Sprintf("%d/%s", t.ended(), counted(t.total, "image")), 0}}
	if t.what != "" {
		parts[0].text = t.what + ": " + parts[0].text
	}
	if t.failed > 0 {
		parts = append(parts, part{fmt.Sprintf("%d failed", t.failed), 1})
	}
	if t.old.images > 0 {
		parts = append(parts, part{fmt.Sprintf("%d done already", t.old.images), 5})
	}
	if f.rate > 0 {
		parts = append(parts, part{rateText(f.rate), 4})
	}
	parts = append(parts, part{clock(now.Sub(t.begun)) + " elapsed", 3})
	if f.rate > 0 {
		parts = append(parts, part{clock(f.left) + " left", 2})
	}
	return parts
}

// join puts together as many parts as there is room for, in cells of a terminal.
func join(parts []part, room int) string {
	for rank := 5; ; rank-- {
		var texts []string
		for _, p := range parts {
			if p.rank <= rank {
				texts = append(texts, p.text)
			}
		}
		line := strings.Join(texts, ", ")
		if len(line) <= room || rank == 0 {
			return line[:min(len(line), room)]
		}
	}
}

const (
	// barFrame is what the bar's library adds to a bar and its description: percents,
	// brackets, spaces, and a last column that stays free since writing there may wrap.
	barFrame = len(" 100% ||   ") + 1
	// leastBar is the least width of a bar.
	leastBar = 6
	// leastColumns is the width of a terminal below which there is no bar.
	leastColumns = barFrame + leastBar + len("1000/2000")
)

// line returns the description of a bar on a terminal of some columns, and the bar's width,
// which is 0 if there is no room for any.
func (t *tally) line(f figures, columns int, now time.Time) (description string, bar int) {
	if columns < leastColumns {
		return "", 0
	}
	description = join(t.parts(f, now), columns-barFrame-leastBar)
	return description, columns - barFrame - len(description)
}

// plain returns a line of plain progress.
func (t *tally) plain(f figures, now time.Time) string {
	parts := t.parts(f, now)
	parts[0].text += fmt.Sprintf(" (%d%%)", int(100*f.fraction))
	const all = 1 << 20
	return join(parts, all)
}

// clock is a time as 0:07, 12:34 or 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// rateText is a rate in images per second, or, if that is little, per minute.
func rateText(perSecond float64) string {
	switch {
	case perSecond >= 10:
		return fmt.Sprintf("%.0f images/s", perSecond)
	case perSecond >= 0.5:
		return fmt.Sprintf("%.1f images/s", perSecond)
	}
	return fmt.Sprintf("%.1f images/min", 60*perSecond)
}

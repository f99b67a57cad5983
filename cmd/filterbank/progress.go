package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"filterbank/pipeline"
	"filterbank/pipeline/source"
)

const (
	barEvery   = 100 * time.Millisecond // the time between two drawings of the bar
	plainEvery = 5 * time.Second        // the time between two lines of plain progress
)

// progress shows how far a piece of work is, and lets log lines through on the same stream:
// the bar is removed while a line is written. It is safe for concurrent use.
type progress struct {
	// broken is called if the stream can no longer be written to.
	broken func(error)
	// log gets plain progress as events; nil writes it as text.
	log *slog.Logger

	kind string // bar, plain or none
	w    io.Writer
	halt func() // ends the goroutines of the work and waits for them

	mu    sync.Mutex
	bar   *progressbar.ProgressBar // nil if there is no bar
	tally *tally                   // nil between two pieces of work
}

// newProgress reads auto, bar, plain or none. auto is a bar on a terminal and plain lines
// elsewhere; a short run writes no plain lines. quiet turns auto into none. With structured
// logs auto is plain everywhere.
func newProgress(w io.Writer, kind string, quiet, structured bool) (*progress, error) {
	switch kind {
	case "auto":
		switch {
		case quiet:
			kind = "none"
		case isTerminal(w) && !structured && os.Getenv("TERM") != "dumb":
			kind = "bar"
		default:
			kind = "plain"
		}
	case "bar", "plain", "none":
	default:
		return nil, fmt.Errorf("progress %q: it must be auto, bar, plain or none", kind)
	}
	return &progress{broken: func(error) {}, w: w, kind: kind, halt: func() {}}, nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// columns is the width of a terminal. One that does not know its width has 80.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

// barSteps is the length of the bar's scale. The bar's own count never reaches it, since the
// bar would then take itself away.
const barSteps = 100_000

// begin shows the beginning of a piece of work, which goes on until end.
func (p *progress) begin(what string, images int) {
	every := plainEvery
	p.mu.Lock()
	p.tally = newTally(what, images, time.Now())
	if p.kind == "bar" && images > 0 {
		every = barEvery
		p.bar = progressbar.NewOptions64(barSteps, barOptions(p.w)...)
		p.draw()
	}
	p.mu.Unlock()
	if p.kind == "none" || images == 0 {
		return
	}
	done := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.tick()
			case <-done:
				return
			}
		}
	})
	p.halt = func() {
		close(done)
		ticking.Wait()
	}
}

// weigh finds out the sizes of the images, in the background.
func (p *progress) weigh(entries []source.Entry) {
	if p.kind == "none" {
		return
	}
	done := make(chan struct{})
	var weighing sync.WaitGroup
	weighing.Go(func() {
		for i := range entries {
			select {
			case <-done:
				return
			default:
			}
			if entries[i].Path == source.Stdin {
				continue
			}
			size := entries[i].Bytes()
			p.mu.Lock()
			p.tally.size(i, size)
			p.mu.Unlock()
		}
	})
	halt := p.halt
	p.halt = func() {
		close(done)
		weighing.Wait()
		halt()
	}
}

// tick shows how far the work is.
func (p *progress) tick() {
	p.mu.Lock()
	if p.bar != nil {
		p.draw()
		p.mu.Unlock()
		return
	}
	now := time.Now()
	t, f := p.tally, p.tally.look(now)
	line := t.plain(f, now)
	attrs := t.attrs(f, now)
	p.mu.Unlock() // writing takes the lock itself
	if p.log != nil {
		p.log.Info(line, attrs...)
	} else {
		fmt.Fprintln(p, line)
	}
}

// draw draws the bar.
func (p *progress) draw() {
	now := time.Now()
	f := p.tally.look(now)
	description, width := p.tally.line(f, columns(p.w), now)
	if width == 0 {
		return
	}
	if err := drawBar(p.bar, description, width, f.fraction); err != nil {
		p.broken(err)
	}
}

// barOptions are the options of the bar. What its library would say besides is said in the
// description.
func barOptions(w io.Writer) []progressbar.Option {
	return []progressbar.Option{
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionUseANSICodes(true),
	}
}

// drawBar draws a bar of some width, filled to a fraction.
func drawBar(bar *progressbar.ProgressBar, description string, width int, fraction float64) error {
	progressbar.OptionSetDescription(description)(bar)
	progressbar.OptionSetWidth(width)(bar)
	return errors.Join(bar.Set64(int64(fraction*barSteps)), bar.RenderBlank())
}

// moved notes the share of an image that is done.
func (p *progress) moved(turn int, share float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.move(turn, share)
}

// ended notes the end of an image.
func (p *progress) ended(turn int, o pipeline.Outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.end(turn, o, time.Now())
}

// next notes the end of the next image of a list that is worked off in order.
func (p *progress) next() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.end(p.tally.ended(), pipeline.Done, time.Now())
}

// Write passes a log line on.
func (p *progress) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Clear()
	}
	n, err := p.w.Write(line)
	if err != nil {
		p.broken(err)
	}
	if p.bar != nil {
		p.draw()
	}
	return n, err
}

// end takes the bar away. The work that began is done.
func (p *progress) end() {
	p.halt()
	p.halt = func() {}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Clear()
		p.bar = nil
	}
}

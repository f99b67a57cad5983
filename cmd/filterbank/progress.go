package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// plainEvery is the time between two lines of plain progress.
const plainEvery = 10 * time.Second

// progress shows how far a run is, and lets log lines through on the same stream: the bar is
// removed while a line is written. It is safe for concurrent use.
type progress struct {
	// broken is called if the stream can no longer be written to.
	broken func(error)

	mu    sync.Mutex
	w     io.Writer
	bar   *progressbar.ProgressBar // nil if there is no bar
	plain bool
	total int
	done  int
	begun time.Time
	said  time.Time
}

// newProgress reads auto, bar, plain or none. auto is a bar on a terminal and plain lines
// elsewhere; a short run writes no plain lines. quiet turns auto into none.
func newProgress(w io.Writer, kind string, total int, quiet bool) (*progress, error) {
	if kind == "auto" {
		switch {
		case quiet:
			kind = "none"
		case isTerminal(w):
			kind = "bar"
		default:
			kind = "plain"
		}
	}
	now := time.Now()
	p := &progress{broken: func(error) {}, w: w, total: total, begun: now, said: now}
	switch kind {
	case "bar":
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetDescription("images"),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("images"),
			progressbar.OptionThrottle(50*time.Millisecond),
			progressbar.OptionFullWidth(),
			progressbar.OptionUseANSICodes(true),
			progressbar.OptionClearOnFinish(),
		)
	case "plain":
		p.plain = true
	case "none":
	default:
		return nil, fmt.Errorf("progress %q: it must be auto, bar, plain or none", kind)
	}
	return p, nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// add counts an image that is done.
func (p *progress) add() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	var err error
	switch {
	case p.bar != nil:
		err = p.bar.Add(1)
	case p.plain && time.Since(p.said) >= plainEvery:
		p.said = time.Now()
		rate := float64(p.done) / time.Since(p.begun).Seconds()
		_, err = fmt.Fprintf(p.w, "%d of %d images, %.1f images/s\n", p.done, p.total, rate)
	}
	if err != nil {
		p.broken(err)
	}
}

// Write lets a log line through.
func (p *progress) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	bar := p.bar != nil && !p.bar.IsFinished()
	if bar {
		p.bar.Clear()
	}
	n, err := p.w.Write(line)
	if bar {
		p.bar.RenderBlank()
	}
	if err != nil {
		p.broken(err)
	}
	return n, err
}

// end removes the bar.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Clear()
		p.bar = nil
	}
}

// Package report writes the HTML page of a finished run: its stacks as a diagram, a
// gallery of its pictures, their feature maps with histograms and statistics, and a
// probe that shows the arithmetic behind any output.
//
// The page needs no network and no server. A page opened from a file can neither fetch
// another file nor read the pixels of a picture beside it, so its data lies in small
// script files, each of which hands one value to the page, and maps are shown by links
// to the run's own files. The probe does not read maps at all: the page repeats the
// arithmetic of package kernel, bit for bit, on the prepared picture's samples, which
// travel as a PNG in the data. So it has the values of every layer, also of those whose
// maps were not written, and no map need be stored twice.
package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/semaphore"

	"filterbank/filters/kernel"
	"filterbank/pipeline"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
)

// Options say what a report is about and where it goes. Run, Out, Stacks and Decoder
// are needed.
type Options struct {
	Run     string            // the run's output folder
	Out     string            // the page, a path that ends in .html; its data is in the folder DataFolder
	Stacks  []engine.Selected // those of the run
	Decoder *decode.Decoder   // that of the run
	Kernel  *kernel.Kernel    // nil is the fastest that the processor runs
	Folder  string            // where the run was started: inputs may be relative to it
	About   About

	// Looks are the run's settings. The maps that it wrote no PNG of have its colours here
	// too, on a scale of their own.
	Looks output.Settings
	Jobs  int  // pictures at a time; 0 is GOMAXPROCS
	Limit int  // how many pictures with maps are shown, the first ones; 0 is all
	Embed bool // put everything into the page itself, maps included

	// Ended is called for every picture that is done, from one goroutine. It may be nil.
	Ended func()
}

// About is what the page says of the run; all of it may be empty.
type About struct {
	Version string   // of the program that made the run
	Layers  string   // as --layers had it
	Scale   string   // as --scale had it
	Formats []string // of the maps
}

// Summary counts what a report holds.
type Summary struct {
	Pictures int   `json:"pictures"` // that did not fail
	Failed   int   `json:"failed"`   // shown with their errors
	Gone     int   `json:"gone"`     // of Pictures, those without arithmetic, since the input is gone or has changed
	LeftOut  int   `json:"leftOut"`  // beyond Options.Limit
	Bytes    int64 `json:"-"`        // of the page and its data
}

// Write writes the report of a run. The page appears last and whole, in place of an
// earlier one, whose data then goes; where an error ends the work, nothing has changed.
// The same run gives the same bytes, whatever the number of jobs. It holds about 20 bytes
// for each pixel of the pictures at hand, which are never more than pixelsAtOnce unless
// one picture alone is. Errors are those of the run's folder, of its manifest, of writing,
// and ctx's own.
func Write(ctx context.Context, opts Options) (s Summary, err error) {
	if opts.Jobs <= 0 {
		opts.Jobs = runtime.GOMAXPROCS(0)
	}
	if opts.Kernel == nil {
		opts.Kernel = kernel.Best()
	}
	records, err := manifest.Open(opts.Run)
	if err != nil {
		return s, err
	}
	defer records.Close()
	root, err := os.OpenRoot(opts.Run)
	if err != nil {
		return s, fmt.Errorf("open run: %w", err)
	}
	defer root.Close()
	st, err := newStage(opts.Out)
	if err != nil {
		return s, err
	}
	defer st.discard()
	w := &writer{opts: &opts, manifest: records, root: root, stage: st, digest: sha256.New(), pixels: semaphore.NewWeighted(pixelsAtOnce)}
	if !opts.Embed {
		if w.links, err = newLinks(opts.Out, opts.Run); err != nil {
			return s, err
		}
	}
	w.stacks = opts.stackHash()
	if err := w.layers(); err != nil {
		return s, err
	}
	if err := w.pictures(ctx); err != nil {
		return s, err
	}
	return w.finish()
}

func (o *Options) stackHash() string {
	p := pipeline.Job{Stacks: o.Stacks, Decoder: o.Decoder}
	return p.StackHash()
}

// pixelsAtOnce bounds the pictures at hand: 33 million pixels, about 700 MB.
const pixelsAtOnce = 1 << 25

// writer is what the writing of a report shares.
type writer struct {
	opts     *Options
	manifest *manifest.Reader
	root     *os.Root // the run's folder
	links    links
	stage    *stage
	stacks   string              // hash of the stacks that the options have
	pixels   *semaphore.Weighted // of the pictures at hand
	digest   hash.Hash           // of all data, in order
	names    []string            // of the data that the page asks for, in order
	page     page
	summary  Summary
}

// put adds data that the page asks for by name.
func (w *writer) put(name string, v any) error {
	sum, err := w.stage.put(name, v)
	w.note(name, sum)
	return err
}

func (w *writer) note(name, sum string) {
	w.names = append(w.names, name)
	io.WriteString(w.digest, name+" "+sum+"\n")
}

// finish puts the data into its place and the page on top of it.
func (w *writer) finish() (Summary, error) {
	id := hex.EncodeToString(w.digest.Sum(nil))[:idLength]
	if !w.opts.Embed {
		w.page.Base = w.stage.url(id)
	}
	w.page.Summary = w.summary
	err := w.stage.publish(id, w.opts.Embed, w.html)
	w.summary.Bytes = w.stage.bytes.Load()
	return w.summary, err
}

// DataFolder is the folder of a page's data: maps/report.files beside maps/report.html.
func DataFolder(page string) string {
	return page[:len(page)-len(filepath.Ext(page))] + ".files"
}

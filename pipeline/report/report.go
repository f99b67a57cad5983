// Package report owns the HTML page of a finished run: its stacks as a diagram, a gallery of
// its pictures, their feature maps with histograms and statistics, and a probe that shows
// the arithmetic behind any output. It never changes a run's files.
//
// The page needs no network and no server. A page opened from a file can neither fetch
// another file nor read the pixels of a picture beside it. So its data lies in small script
// files, each of which passes one value to the page, and maps are shown by links to the
// run's own files. The probe does not read maps: the page repeats the arithmetic of package
// kernel, bit for bit, on the prepared picture's samples, which are a PNG in the data. So the
// probe has the values of every layer, even if its maps were not written, and no map is
// stored twice.
package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/semaphore"

	"filterbank/filters/kernel"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// Options say which run a report is about and where it goes. Run, Out, Stacks and Decoder
// are required.
type Options struct {
	Run     string            // output folder of the run
	Out     string            // path of the page, ending in .html; DataFolder holds its data
	Stacks  []engine.Selected // stacks of the run and their wanted layers
	Decoder *decode.Decoder   // decoder of the run
	Kernel  *kernel.Kernel    // nil is the fastest that the processor can run
	Folder  string            // folder in which the run was started, for relative inputs
	Heading Heading
	With    *Other // a run to compare with; nil is none

	// Looks are the run's settings. Maps for which the run wrote no PNG get the same colours,
	// on a scale of their own.
	Looks output.Settings
	Jobs  int  // number of pictures at a time; 0 is GOMAXPROCS
	Limit int  // number of pictures with maps that are shown, the first ones; 0 is all
	Embed bool // put all data and maps into the page

	// Begin is called once with the number of pictures to do, and Ended for every picture that
	// is done, from one goroutine. Both may be nil.
	Begin func(pictures int)
	Ended func()
}

// Heading is the text that the page shows about the run. Everything in it may be empty.
type Heading struct {
	Version string   // version of the program that made the run
	Layers  string   // as given to --layers
	Scale   string   // as given to --scale
	Formats []string // of the maps

	Stack       json.RawMessage // the stacks as resolved, for files that the page offers
	StackFolder string          // in which relative paths of weights begin
	StackFile   string          // the stack file in StackFolder, if the stacks are its own
}

// Summary counts the pictures in a report.
type Summary struct {
	Pictures int   `json:"pictures"` // pictures that did not fail
	Failed   int   `json:"failed"`   // pictures that failed; their errors are shown
	Gone     int   `json:"gone"`     // pictures, of Pictures, without arithmetic because the input is gone or has changed
	Others   int   `json:"others"`   // of Pictures, ones whose maps are of other stacks
	LeftOut  int   `json:"leftOut"`  // pictures beyond Options.Limit
	Bytes    int64 `json:"-"`        // size of the page and its data, in bytes
}

// Write writes the report of a run. The page is written last, and whole. It replaces an
// earlier page, whose data is then deleted. If there is an error, nothing has changed. The
// same run gives the same bytes, whatever Options.Jobs is. Write holds about 20 bytes for
// each pixel of the pictures that it works on. These have at most 33 million pixels in all,
// unless one picture alone has more. Errors are errors of the run's folder, of its manifest
// and of writing, and ctx's own.
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
	root, err := store.OpenRoot(opts.Run)
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
	w.stacks = engine.StackHash(opts.Stacks, opts.Decoder.Preparation())
	if err := w.layers(); err != nil {
		return s, err
	}
	if opts.With != nil {
		closed, err := w.openOther()
		if err != nil {
			return s, err
		}
		defer closed()
	}
	if err := w.pictures(ctx); err != nil {
		return s, err
	}
	return w.finish()
}

// pixelsAtOnce bounds the pictures that are worked on: 33 million pixels, about 700 MB.
const pixelsAtOnce = 1 << 25

// writer is the state of Write.
type writer struct {
	opts     *Options
	manifest *manifest.Reader
	other    *manifest.Reader // of Options.With, or nil
	root     *os.Root         // the run's folder
	links    links
	finder   source.Finder
	stage    *stage
	stacks   string              // hash of the stacks in the options
	pixels   *semaphore.Weighted // pixelsAtOnce, shared by the pictures that are worked on
	digest   hash.Hash           // digest of all data, in order
	names    []string            // names of the data that the page loads, in order
	page     page
	summary  Summary
}

// put adds data that the page loads by name.
func (w *writer) put(name string, v any) error {
	sum, err := w.stage.put(name, v)
	w.note(name, sum)
	return err
}

func (w *writer) note(name, sum string) {
	w.names = append(w.names, name)
	io.WriteString(w.digest, name+" "+sum+"\n")
}

// finish publishes the data and then the page.
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

// DataFolder is the folder of a page's data: maps/report.files for maps/report.html.
func DataFolder(page string) string {
	return page[:len(page)-len(filepath.Ext(page))] + ".files"
}

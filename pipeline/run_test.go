package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"filterbank/filters"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/output"
	"filterbank/pipeline/scale"
	"filterbank/pipeline/source"
	"filterbank/pipeline/store"
)

// testStack is two layers: the first copies red and blue, the second takes their
// difference, which may be negative before its ReLU.
func testStack(t *testing.T, name string) *filters.Stack {
	t.Helper()
	var layers []filters.Layer
	for _, spec := range []filters.ConvSpec{
		{Name: "copy", InChannels: 3, KernelSize: [2]int{1, 1}, Weights: []float32{1, 0, 0, 0, 0, 1}},
		{Name: "less", InChannels: 2, KernelSize: [2]int{1, 1}, Weights: []float32{1, -1}},
	} {
		conv, err := filters.NewConv(spec)
		if err != nil {
			t.Fatal(err)
		}
		layers = append(layers, conv)
	}
	s, err := filters.NewStack(name, 3, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// options are all that a run takes.
type options struct {
	Job
	Resources
	RunOptions
}

func runAll(ctx context.Context, entries []source.Entry, o options) (Summary, error) {
	return Run(ctx, entries, o.Job, o.Resources, o.RunOptions)
}

func formats(t *testing.T, names ...string) []*output.Format {
	t.Helper()
	formats, err := output.Parse(names)
	if err != nil {
		t.Fatal(err)
	}
	return formats
}

// job writes n pictures, cuts the pictures in broken short, and gives their entries and
// options to run them.
func job(t *testing.T, n int, broken ...int) ([]source.Entry, options) {
	t.Helper()
	dir := t.TempDir()
	var entries []source.Entry
	for i := range n {
		m := image.NewRGBA(image.Rect(0, 0, 5+i%3*40, 4))
		for p := range m.Pix {
			m.Pix[p] = byte(p*7) | 3
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(broken, i) {
			b.Truncate(b.Len() / 2)
		}
		file := filepath.Join(dir, fmt.Sprintf("p%03d.png", i))
		if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, source.Entry{Job: source.Job{Path: file, Rel: fmt.Sprintf("p%03d", i)}})
	}
	decoder, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	selected, err := engine.Select([]*filters.Stack{testStack(t, "")}, "all")
	if err != nil {
		t.Fatal(err)
	}
	return entries, options{
		Job:        Job{Stacks: selected, Decoder: decoder, Output: output.Settings{Formats: formats(t, "png", "npy")}},
		RunOptions: RunOptions{Out: filepath.Join(dir, "out")},
	}
}

// manifest reads the run's manifest. Its text is without the seconds, which differ from
// run to run.
func readManifest(t *testing.T, opts options) (records []manifest.Record, text string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(opts.Out, manifest.Name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var r manifest.Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records, withoutSeconds(string(data))
}

func withoutSeconds(manifest string) string {
	return regexp.MustCompile(`,"seconds":[0-9.e-]+`).ReplaceAllString(manifest, "")
}

// TestProgress checks the shares and outcomes that a run tells: the share of a picture of
// several bands grows to 1 in at least as many steps, and a picture that is skipped has none.
func TestProgress(t *testing.T) {
	entries, opts := job(t, 3, 1)
	var tall bytes.Buffer
	if err := png.Encode(&tall, image.NewNRGBA(image.Rect(0, 0, 400, 4000))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entries[2].Path, tall.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 4} {
		opts.Workers = workers
		for _, again := range []bool{false, true} {
			if opts.Overwrite = Always; again {
				opts.Overwrite = Changed
			}
			var told sync.Mutex
			shares, outcomes := map[int][]float64{}, map[int]Outcome{}
			opts.Moved = func(turn int, share float64) {
				told.Lock()
				defer told.Unlock()
				shares[turn] = append(shares[turn], share)
			}
			opts.Ended = func(turn int, o Outcome) { outcomes[turn] = o }
			if _, err := runAll(context.Background(), entries, opts); err != nil {
				t.Fatal(err)
			}
			want, steps := map[int]Outcome{0: Done, 1: Failed, 2: Done}, 10
			if again {
				want, steps = map[int]Outcome{0: Skipped, 1: Failed, 2: Skipped}, 0
			}
			if !maps.Equal(outcomes, want) {
				t.Errorf("%d workers: the outcomes are %v, want %v", workers, outcomes, want)
			}
			if got := shares[2]; len(got) < steps || again && len(got) > 0 {
				t.Errorf("%d workers: the shares of the tall picture are %v, want at least %d", workers, got, steps)
			} else if !again && (slices.Min(got) <= 0 || slices.Max(got) != 1) {
				t.Errorf("%d workers: the shares are from %v to %v, want above 0 to 1", workers, slices.Min(got), slices.Max(got))
			}
		}
	}
}

func TestManifestKeepsTheOrder(t *testing.T) {
	entries, opts := job(t, 60, 7, 31)
	opts.Overwrite = Always
	var ended atomic.Int64
	opts.Ended = func(int, Outcome) { ended.Add(1) }
	var first string
	for _, jobs := range []int{1, 2, 16} {
		opts.Workers = jobs
		s, err := runAll(context.Background(), entries, opts)
		if err != nil {
			t.Fatal(err)
		}
		if s.Pictures != 58 || s.Failed != 2 || s.Left != 0 || s.Maps != 58*3 || s.Files != 58*5 {
			t.Errorf("%d jobs: %+v", jobs, s)
		}
		records, text := readManifest(t, opts)
		for i, e := range entries {
			if string(records[i].Input) != e.Path {
				t.Fatalf("%d jobs: record %d is of %s, want %s", jobs, i, records[i].Input, e.Path)
			}
		}
		if first == "" {
			first = text
		}
		if text != first {
			t.Errorf("the manifest of %d jobs is another than that of 1", jobs)
		}
	}
	if ended.Load() != 180 {
		t.Errorf("Ended was called %d times, want 180", ended.Load())
	}
	for _, name := range []string{"p007", "p031"} {
		if _, err := os.Stat(filepath.Join(opts.Out, name)); err == nil {
			t.Errorf("the failed picture %s has left a folder", name)
		}
	}
}

func TestStopOnError(t *testing.T) {
	entries, opts := job(t, 40, 3)
	opts.Workers, opts.StopOnError = 1, true
	s, err := runAll(context.Background(), entries, opts)
	if !errors.Is(err, ErrStopped) || s.Pictures != 3 || s.Failed != 1 || s.Left != 36 {
		t.Errorf("got %v, %+v", err, s)
	}
}

// TestStopWhileHelped stops a run while a large picture is worked on by several workers:
// that one is left, not failed.
func TestStopWhileHelped(t *testing.T) {
	entries, opts := job(t, 2, 1)
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 3000, 2000))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entries[0].Path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	opts.Workers, opts.StopOnError = 4, true
	s, err := runAll(context.Background(), entries, opts)
	if !errors.Is(err, ErrStopped) || s.Failed != 1 || s.Left+s.Pictures != 1 {
		t.Errorf("got %v, %+v", err, s)
	}
}

// TestHelpedDecoding runs over a JPEG that is large enough for several goroutines to decode,
// whole and cut short: the manifest is the same for any number of workers.
func TestHelpedDecoding(t *testing.T) {
	entries, opts := job(t, 2)
	m := image.NewRGBA(image.Rect(0, 0, 900, 700))
	for p := range m.Pix {
		m.Pix[p] = byte(p * p >> 9)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	info, err := opts.Decoder.ReadInfo(bytes.NewReader(b.Bytes()))
	if helpers, _ := info.Helpers(); err != nil || helpers == 0 {
		t.Fatalf("%d helpers are of use, %v: the test shows nothing", helpers, err)
	}
	for i, data := range [][]byte{b.Bytes(), b.Bytes()[:b.Len()*2/3]} {
		if err := os.WriteFile(entries[i].Path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	opts.Overwrite = Always
	var want string
	for _, workers := range []int{1, 3, 8} {
		opts.Workers = workers
		if _, err := runAll(context.Background(), entries, opts); err != nil {
			t.Fatal(err)
		}
		records, text := readManifest(t, opts)
		if workers == 1 {
			want = text
		}
		if text != want || records[0].Status != manifest.OK || records[1].Code != "truncated" {
			t.Errorf("%d workers: another manifest\n%s\nthan with one\n%s", workers, text, want)
		}
	}
}

func TestInterrupt(t *testing.T) {
	entries, opts := job(t, 40)
	ctx, cancel := context.WithCancel(context.Background())
	opts.Workers = 1
	opts.Each = func(r *manifest.Record) {
		if r.Output == "p004" {
			cancel()
		}
	}
	s, err := runAll(ctx, entries, opts)
	if !errors.Is(err, context.Canceled) || s.Pictures < 5 || s.Left == 0 || s.Pictures+s.Left != 40 {
		t.Errorf("got %v, %+v", err, s)
	}
	data, err := os.ReadFile(filepath.Join(opts.Out, manifest.Name))
	if err != nil || bytes.Count(data, []byte("\n")) != s.Pictures {
		t.Errorf("the manifest has %d lines, want %d (%v)", bytes.Count(data, []byte("\n")), s.Pictures, err)
	}
	folders, err := filepath.Glob(filepath.Join(opts.Out, "p*"))
	if err != nil || len(folders) != s.Pictures {
		t.Errorf("%d folders, want %d (%v)", len(folders), s.Pictures, err)
	}
}

func TestScalesAreShared(t *testing.T) {
	entries, opts := job(t, 1)
	opts.Overwrite = Always
	scales := func(per scale.Per) (out [][2]float64) {
		opts.Output.Scale.Per = per
		opts.Each = func(r *manifest.Record) {
			for _, f := range r.Files {
				if f.Scale != nil {
					out = append(out, *f.Scale)
				}
			}
		}
		if _, err := runAll(context.Background(), entries, opts); err != nil {
			t.Fatal(err)
		}
		return out
	}
	perMap, perLayer, perImage := scales(scale.PerMap), scales(scale.PerLayer), scales(scale.PerImage)
	layer := max(perMap[0][1], perMap[1][1])
	for i, want := range []float64{layer, layer, perMap[2][1]} {
		if perLayer[i] != [2]float64{0, want} {
			t.Errorf("layer: map %d has %v, want 0 to %v", i, perLayer[i], want)
		}
		if perImage[i] != [2]float64{0, max(layer, perMap[2][1])} {
			t.Errorf("image: map %d has %v", i, perImage[i])
		}
	}
	if perMap[0] == perMap[1] || perMap[0] == perMap[2] {
		t.Errorf("the maps' own scales %v do not differ, the test shows nothing", perMap)
	}
}

// TestProcessor does pictures one by one, with one processor, as Run does.
func TestProcessor(t *testing.T) {
	entries, opts := job(t, 3, 1)
	if _, err := runAll(context.Background(), entries, opts); err != nil {
		t.Fatal(err)
	}
	want, _ := readManifest(t, opts)
	p, err := NewProcessor(opts.Job, opts.Resources)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := store.Open(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range entries {
		in, err := source.Open(context.Background(), e.Path)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := p.Process(context.Background(), in, e.Rel, folder.Begin(0, e.Rel))
		in.Close()
		if want[i].Status == manifest.Failed {
			if rec != nil || err == nil || err.Error() != want[i].Error {
				t.Errorf("picture %d: got %+v, %v, want %s", i, rec, err, want[i].Error)
			}
			continue
		}
		if err != nil || rec.Digest != want[i].Digest || rec.Status != manifest.OK || rec.Seconds <= 0 {
			t.Errorf("picture %d: got %+v, %v, want %+v", i, rec, err, want[i])
		}
	}
	if _, err := NewProcessor(Job{}, Resources{}); err == nil {
		t.Error("a job without stacks is no error")
	}
}

// TestJobIsChecked: a job or options that cannot work are refused before anything is made.
func TestJobIsChecked(t *testing.T) {
	entries, opts := job(t, 1)
	for name, change := range map[string]func(*options){
		"no decoder": func(o *options) { o.Decoder = nil },
		"no stack":   func(o *options) { o.Stacks = nil },
		"two formats": func(o *options) {
			o.Output.Formats = formats(t, "png")
			o.Output.Formats = append(o.Output.Formats, output.Find("png16"))
		},
		"overwrite":       func(o *options) { o.Overwrite = "bogus" },
		"pack":            func(o *options) { o.Pack = -1 },
		"pack with never": func(o *options) { o.Pack, o.Overwrite = 1<<20, Never },
	} {
		o := opts
		change(&o)
		if _, err := runAll(context.Background(), entries, o); err == nil {
			t.Errorf("%s is no error", name)
		}
		if _, err := os.Stat(o.Out); err == nil {
			t.Errorf("%s: the output folder was made", name)
		}
	}
}

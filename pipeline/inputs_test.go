package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"sync"
	"testing"
	"time"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// TestInputsVanish takes pictures, and the folder of others, away from a run that has
// listed them, and cuts one short: each is a record, and what is there again is done by
// the next run.
func TestInputsVanish(t *testing.T) {
	entries, opts := job(t, 6)
	opts.Workers = 1
	whole, err := os.ReadFile(entries[4].Path)
	if err != nil {
		t.Fatal(err)
	}
	opts.Each = func(r *manifest.Record) {
		if r.Output != "p000" {
			return
		}
		if err := os.Remove(entries[3].Path); err != nil { // the worker may be at the next two already
			t.Error(err)
		}
		if err := os.Truncate(entries[4].Path, 60); err != nil {
			t.Error(err)
		}
		if err := os.Remove(entries[5].Path); err != nil {
			t.Error(err)
		}
		if err := os.Mkdir(entries[5].Path, 0o777); err != nil {
			t.Error(err)
		}
	}
	s, err := runAll(context.Background(), entries, opts)
	if err != nil || s.Pictures != 3 || s.Failed != 3 {
		t.Fatal(s, err)
	}
	records, _ := readManifest(t, opts)
	for i, code := range []string{3: "missing", 4: "truncated", 5: "not-a-file"} {
		if records[i].Code != code {
			t.Errorf("picture %d has the code %q, want %q: %s", i, records[i].Code, code, records[i].Error)
		}
	}
	opts.Each = nil
	if err := os.Remove(entries[5].Path); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := os.WriteFile(entries[3+i].Path, whole, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	again(t, entries, opts, 3, 3)
}

// TestInputsChange rewrites a picture with others again and again while runs read it.
// Whatever they see of it, a record's maps come from the bytes that it names, and what
// is half written is a failure.
func TestInputsChange(t *testing.T) {
	entries, opts := job(t, 1)
	opts.Overwrite = Always
	var versions [][]byte
	want := map[string]string{} // digests of maps by digests of inputs
	for i := range 3 {
		m := image.NewRGBA(image.Rect(0, 0, 150+70*i, 90))
		for p := range m.Pix {
			m.Pix[p] = byte(p*p>>i) | 3
		}
		m.SetRGBA(0, 0, color.RGBA{byte(i), 0, 0, 255})
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		versions = append(versions, b.Bytes())
		if err := os.WriteFile(entries[0].Path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		again(t, entries, opts, 1, 0)
		records, _ := readManifest(t, opts)
		want[records[0].SHA256] = records[0].Digest
	}
	done := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			if err := rewrite(entries[0].Path, versions[i%len(versions)], i%2 == 0); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Duration(i%5) * 200 * time.Microsecond)
		}
	})
	outcomes := map[string]int{}
	for range 40 {
		if _, err := runAll(context.Background(), entries, opts); err != nil {
			t.Fatal(err)
		}
		records, _ := readManifest(t, opts)
		switch r := records[0]; r.Status {
		case manifest.OK:
			if want[r.SHA256] != r.Digest || r.Digest == "" {
				t.Errorf("maps of %s are %s, want %s", r.SHA256, r.Digest, want[r.SHA256])
			}
			for _, f := range r.Files {
				if data, err := os.ReadFile(opts.Out + "/" + string(f.Path)); err != nil || int64(len(data)) != f.Bytes {
					t.Error(fmt.Errorf("%s has %d bytes, want %d: %w", f.Path, len(data), f.Bytes, err))
				}
			}
			outcomes["ok"]++
		case manifest.Failed:
			outcomes[r.Code]++
		}
	}
	close(done)
	writer.Wait()
	for code := range outcomes {
		switch code {
		case "ok", "truncated", "corrupt", "empty":
		default:
			t.Errorf("%d runs ended with %q", outcomes[code], code)
		}
	}
	if outcomes["ok"] == 0 {
		t.Errorf("the runs ended as %v, want some that saw a whole picture", outcomes)
	}
}

// rewrite gives a file other bytes: part by part in its place, or all at once.
func rewrite(path string, data []byte, inPlace bool) error {
	if !inPlace {
		if err := os.WriteFile(path+".new", data, 0o666); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	half := int64(len(data) / 2)
	_, firstErr := file.WriteAt(data[half:], half)
	_, secondErr := file.WriteAt(data[:half], 0)
	return errors.Join(firstErr, secondErr, file.Truncate(int64(len(data))), file.Close())
}

// TestReadingEnds gives an input up in the middle of its digest, of its header and of its
// pixels.
func TestReadingEnds(t *testing.T) {
	_, opts := job(t, 1)
	p := newProcessor(&opts.Job, &opts.Resources, nil, opts.shared(0, 0))
	header := append([]byte("\xff\xd8"), bytes.Repeat([]byte{0xff}, 60<<20)...) // fill bytes, which may be any number
	for name, do := range map[string]func(context.Context, *source.Input) error{
		"digest": func(_ context.Context, in *source.Input) error { _, _, err := in.Sum(0); return err },
		"header": func(_ context.Context, in *source.Input) error {
			_, err := p.header(in, new(manifest.Record))
			return err
		},
		"pixels": func(ctx context.Context, in *source.Input) error {
			_, err := p.decode(ctx, in, decode.Info{}, new(manifest.Record))
			return err
		},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		r := &cancelling{Reader: bytes.NewReader(header), left: 3, cancel: cancel}
		in := source.NewInput(ctx, "x", r, int64(len(header)))
		if err := do(ctx, in); !errors.Is(err, context.Canceled) || r.left != 0 {
			t.Errorf("%s: got %v with %d reads left", name, err, r.left)
		}
	}
}

// cancelling ends the work at its last read.
type cancelling struct {
	*bytes.Reader
	left   int
	cancel func()
}

func (c *cancelling) Read(p []byte) (int, error) {
	if c.left--; c.left == 0 {
		c.cancel()
	}
	return c.Reader.Read(p)
}

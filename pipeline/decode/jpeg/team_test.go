package jpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// teams returns decoders with 1, 2 and 3 goroutines. Their grains are so small that the
// smallest pictures have teams.
func teams() []*Decoder {
	return []*Decoder{{}, {Workers: 2, fine: 1}, {Workers: 3, fine: 1}, {Workers: 2, fine: 5}, {Workers: 3, fine: 3}}
}

// checkTeams decodes a file with every team: pictures, warnings and errors are equal.
func checkTeams(t *testing.T, ds []*Decoder, name string, data []byte) {
	t.Helper()
	want, wantErr := ds[0].Decode(context.Background(), data)
	for _, d := range ds[1:] {
		m, err := d.Decode(context.Background(), data)
		if fmt.Sprintf("%#v", err) != fmt.Sprintf("%#v", wantErr) {
			t.Errorf("%s, %d goroutines, grain %d: error %v, alone %v", name, d.Workers, d.fine, err, wantErr)
		}
		if err != nil || wantErr != nil {
			continue
		}
		if !bytes.Equal(pnm(m), pnm(want)) || !slices.Equal(m.Warnings, want.Warnings) {
			t.Errorf("%s, %d goroutines, grain %d: another picture, warnings %q, alone %q", name, d.Workers, d.fine, m.Warnings, want.Warnings)
		}
		d.Recycle(m)
	}
	if wantErr == nil {
		ds[0].Recycle(want)
	}
}

// TestTeams decodes the corpus, the cases and damaged files.
func TestTeams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // fails if a goroutine still waits after the last picture
		ds := teams()
		seeds := corpus(t)
		for _, f := range seeds {
			checkTeams(t, ds, f.name, f.data)
		}
		names, err := filepath.Glob("testdata/cases/*.jpg")
		if err != nil || len(names) < 20 {
			t.Fatal(names, err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			checkTeams(t, ds, name, data)
		}
		count := 2000
		if os.Getenv("FILTERBANK_LONG") != "" {
			count = 30000
		}
		for n := range count {
			name, data := mutant(seeds, n)
			if h, err := ReadHeader(data); err == nil && h.Width*h.Height > 1<<16 {
				continue
			}
			checkTeams(t, ds, name, data)
		}
	})
}

// counted is done after so many looks at it, from any goroutine.
type counted struct {
	context.Context
	left  atomic.Int64
	panic bool
}

func (c *counted) Err() error {
	if c.left.Add(-1) >= 0 {
		return nil
	}
	if c.panic {
		panic("the last look")
	}
	return context.Canceled
}

// teamFiles have a scan of all components, such a scan with restart markers, scans of one
// component each, progressive scans, and arithmetic coding.
var teamFiles = []string{
	"size-baseline-64x48-2x2_1x1_1x1.jpg", "ycc-restart-35x27-1x1_1x1_1x1.jpg", "rare-apart-45x37-2x2_1x1_1x1.jpg",
	"size-progressive-64x48-2x2_1x1_1x1.jpg", "arithmetic-arithmetic-45x37-2x2_1x1_1x1.jpg",
}

// TestTeamContext ends the work at any row of MCUs, by the context and by a panic in any
// goroutine. The decoder is as good as before.
func TestTeamContext(t *testing.T) {
	for _, name := range teamFiles {
		data := named(t, name)
		want, err := new(Decoder).Decode(context.Background(), data)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range teams()[1:] {
			for _, panics := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					looks := 0
					for ; ; looks++ {
						ctx := &counted{Context: context.Background(), panic: panics}
						ctx.left.Store(int64(looks))
						m, err := interrupted(d, ctx, data)
						if err == nil {
							if !bytes.Equal(pnm(m), pnm(want)) {
								t.Errorf("%s: other pixels after an interruption", name)
							}
							break
						}
						if !errors.Is(err, context.Canceled) {
							t.Fatalf("%s: error is %v", name, err)
						}
					}
					if looks < 3 {
						t.Errorf("%s: the context is looked at %d times", name, looks)
					}
				})
			}
		}
	}
}

// interrupted decodes a file. Its error for a panic is context.Canceled.
func interrupted(d *Decoder, ctx context.Context, data []byte) (m *Image, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			if cause != "the last look" {
				panic(cause)
			}
			err = context.Canceled
		}
	}()
	return d.Decode(ctx, data)
}

// TestTeamSizes compares the number of helpers with the sizes that headers have.
func TestTeamSizes(t *testing.T) {
	for _, c := range []struct {
		name    string
		w, h    int
		helpers int
	}{
		{"size-baseline-64x48-2x2_1x1_1x1.jpg", 64, 48, 0},
		{"size-baseline-64x48-2x2_1x1_1x1.jpg", 640, 480, 0},
		{"size-baseline-64x48-2x2_1x1_1x1.jpg", 1024, 768, 1},
		{"ycc-restart-35x27-1x1_1x1_1x1.jpg", 1024, 768, 15},
		{"size-progressive-64x48-2x2_1x1_1x1.jpg", 1024, 768, 15},
		{"rare-apart-45x37-2x2_1x1_1x1.jpg", 1024, 768, 15},
	} {
		h, err := ReadHeader(enlarged(t, named(t, c.name), c.w, c.h))
		if err != nil || h.Helpers != c.helpers {
			t.Errorf("%s of %d×%d pixels: %d helpers, want %d; %v", c.name, c.w, c.h, h.Helpers, c.helpers, err)
		}
	}
}

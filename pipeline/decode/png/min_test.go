package png

import (
	"bytes"
	"context"
	stdpng "image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filterbank/filters/simd"
)

func TestMin(t *testing.T) {
	folder := os.Getenv("PNG_PHOTOS")
	if folder == "" {
		t.Skip()
	}
	names, _ := filepath.Glob(folder + "/*.png")
	var files [][]byte
	for _, n := range names {
		b, _ := os.ReadFile(n)
		files = append(files, b)
	}
	best := map[string][]time.Duration{}
	run := func(name string, i int, f func()) {
		start := time.Now()
		f()
		el := time.Since(start)
		if best[name] == nil {
			best[name] = make([]time.Duration, len(files))
		}
		if best[name][i] == 0 || el < best[name][i] {
			best[name][i] = el
		}
	}
	for r := 0; r < 16; r++ {
		for i, data := range files {
			for _, set := range []simd.Set{simd.Generic, simd.AVX2} {
				run(set.String(), i, func() { Decode(context.Background(), data, Options{SIMD: set}) })
			}
			m := &Image{set: simd.AVX2}
			rd := &reader{data: data, Header: new(Header)}
			rd.readHead()
			passes, total := rd.passes()
			_ = m
			s := &stream{reader: rd, ctx: context.Background(), passes: passes, raw: make([]byte, total), set: simd.AVX2}
			s.readExactRaw()
			u := newUnfilter(s.raw, s.passes, s.bits(), s.set)
			run("undo", i, func() { u.rows(len(s.raw)) })
			if r%4 == 0 {
				run("image/png", i, func() { stdpng.Decode(bytes.NewReader(data)) })
			}
		}
	}
	for name, b := range best {
		var sum time.Duration
		for _, x := range b {
			sum += x
		}
		t.Logf("%s: %.3f ms a photo", name, sum.Seconds()*1000/float64(len(b)))
	}
}

func (s *stream) readExactRaw() {
	s.begin()
	at := 0
	for !s.inflater.Done() {
		if s.inflater.Left() == 0 {
			s.feed(len(s.data))
		}
		at, _ = s.inflater.Inflate(s.raw, at, len(s.raw))
	}
}

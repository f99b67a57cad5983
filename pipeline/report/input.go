package report

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// pixels is the share of pixelsAtOnce that a picture takes: the pixels of its file, or of
// the prepared picture if these are more.
func pixels(rec *manifest.Record) int64 {
	n := int64(rec.Width) * int64(rec.Height)
	if len(rec.Layers) > 0 {
		in := rec.Layers[0].In
		n = max(n, int64(in.H)*int64(in.W)*max(1, int64(in.C)/3))
	}
	return max(1, min(n, pixelsAtOnce))
}

// decode decodes a picture again if its file exists and has not changed. The page shows the
// error.
func (w *writer) decode(ctx context.Context, rec *manifest.Record) (*decode.Picture, error) {
	return w.decodeAs(ctx, rec, w.opts.Decoder)
}

// decodeAs is decode with another decoder.
func (w *writer) decodeAs(ctx context.Context, rec *manifest.Record, decoder *decode.Decoder) (*decode.Picture, error) {
	path := string(rec.Input)
	if path == source.Stdin {
		return nil, errors.New("the picture came from standard input")
	}
	paths := []string{path}
	if !filepath.IsAbs(path) && !bucket.IsURL(path) && w.opts.Folder != "" {
		paths = append(paths, filepath.Join(w.opts.Folder, path))
	}
	why := errors.New("the picture's file is no longer there")
	for _, p := range paths {
		e, _ := w.finder.Entry(ctx, p)
		if e.Problem != nil {
			continue
		}
		in, err := e.Open(ctx)
		if err != nil {
			if info, statErr := os.Stat(p); statErr == nil && info.Mode().IsRegular() {
				why = errUnreadable
			}
			continue
		}
		defer in.Close()
		data, err := unchanged(in, rec.SHA256)
		if err != nil {
			why = err
			continue
		}
		return decoder.Decode(ctx, data)
	}
	return nil, why
}

var (
	errUnreadable = errors.New("the picture's file can no longer be read")
	errChanged    = errors.New("the picture's file has changed since the run")
)

// unchanged reads a picture that has the given digest. A changed file may have any size and is
// not held in memory.
func unchanged(in *source.Input, digest string) ([]byte, error) {
	_, sum, err := in.Sum(0)
	if err != nil {
		return nil, errUnreadable
	}
	if sum != digest {
		return nil, errChanged
	}
	data, err := in.ReadAll()
	if err != nil {
		return nil, errUnreadable
	}
	return data, nil
}

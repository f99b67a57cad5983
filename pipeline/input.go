package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"filterbank/pipeline/decode"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/source"
)

// input is a picture's file, open, or standard input, which is held in memory.
type input struct {
	io.ReadSeeker
	ended func() error // why reading is to end early
	name  string       // as messages show it
	size  int64
	file  *os.File // nil for standard input
}

// Close closes the file.
func (in *input) Close() {
	if in.file != nil {
		in.file.Close()
	}
}

// Read reads some of the file, unless the work on it is to end. A disk gives a part of
// that size in a moment.
func (in *input) Read(p []byte) (int, error) {
	const part = 4 << 20
	if err := in.ended(); err != nil {
		return 0, err
	}
	return in.ReadSeeker.Read(p[:min(len(p), part)])
}

// open opens a picture's file, whose reading ends with ctx.
func (w *worker) open(ctx context.Context, e *source.Entry) (*input, error) {
	c := start()
	defer c.mark(&w.stages.Read)
	if e.Path == source.Stdin {
		data, err := w.readStdin(ctx)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return &input{ReadSeeker: bytes.NewReader(data), ended: ctx.Err, name: "standard input", size: int64(len(data))}, nil
	}
	info, err := os.Stat(e.Path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", shown(err))
	}
	if !info.Mode().IsRegular() { // to open a pipe is to wait for its writer
		return nil, &source.Problem{Path: e.Path, Code: source.CodeNotAFile, Err: errors.New("it is no regular file any more")}
	}
	file, err := os.Open(e.Path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", shown(err))
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return nil, fmt.Errorf("read: %w", shown(err))
	}
	return &input{ReadSeeker: file, ended: ctx.Err, name: source.Display(e.Path), size: info.Size(), file: file}, nil
}

// readStdin reads standard input whole, once its beginning has shown that it is a
// picture, and as far as memory allows. It does not wait for a writer longer than for
// ctx.
func (w *worker) readStdin(ctx context.Context) ([]byte, error) {
	type whole struct {
		data []byte
		err  error
	}
	read := make(chan whole, 1) // the reading may outlast this picture, if nobody writes
	go func() {
		data, err := w.readPicture(w.opts.Stdin)
		read <- whole{data, err}
	}()
	select {
	case r := <-read:
		return r.data, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (w *worker) readPicture(r io.Reader) ([]byte, error) {
	limit := int64(math.MaxInt64 - 1)
	if w.opts.Memory > 0 {
		limit = w.opts.Memory / 4 // reading may hold the bytes twice, and the pixels come after
	}
	const beginning = 64 << 10
	data, err := io.ReadAll(io.LimitReader(r, beginning))
	if err != nil {
		return nil, err
	}
	if _, err := w.opts.Decoder.ReadInfo(bytes.NewReader(data)); refusedKind(err) {
		return data, nil // the decoder will say so
	}
	rest, err := io.ReadAll(io.LimitReader(r, limit+1-int64(len(data))))
	data = append(data, rest...)
	if err == nil && int64(len(data)) > limit {
		err = &memoryError{4 * int64(len(data)), w.opts.Memory}
	}
	return data, err
}

// refusedKind says that a beginning is that of no picture, whatever follows.
func refusedKind(err error) bool {
	refused, ok := errors.AsType[*decode.Error](err)
	return ok && refused.Code != decode.Truncated
}

// shown is a file system's error with its path as messages show it.
func shown(err error) error {
	if pe, ok := err.(*os.PathError); ok {
		return &os.PathError{Op: pe.Op, Path: source.Display(pe.Path), Err: pe.Err}
	}
	return err
}

// sum gives the first decode.Beginning bytes of the input and the SHA-256 of all of it,
// in hexadecimal, and leaves it rewound. It holds little of it in memory.
func (in *input) sum() (beginning []byte, sum string, err error) {
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, "", fmt.Errorf("read: %w", shown(err))
	}
	if beginning, err = io.ReadAll(io.LimitReader(in, decode.Beginning)); err != nil {
		return nil, "", fmt.Errorf("read: %w", shown(err))
	}
	h := sha256.New()
	h.Write(beginning)
	if _, err := io.Copy(h, in); err != nil {
		return nil, "", fmt.Errorf("read: %w", shown(err))
	}
	_, err = in.Seek(0, io.SeekStart)
	return beginning, hex.EncodeToString(h.Sum(nil)), err
}

// header reads what a picture's header says. Where it is refused, the record gets the
// file's digest, which it otherwise gets with the pixels.
func (w *worker) header(in *input, rec *manifest.Record) (decode.Info, error) {
	c := start()
	defer c.mark(&w.stages.Decode)
	info, err := w.opts.Decoder.ReadInfo(in)
	if err != nil {
		err = fmt.Errorf("decode %s: %w", in.name, err)
		const small = 64 << 20 // more is hardly a picture with a bad header
		if in.size <= small {
			if _, sum, sumErr := in.sum(); sumErr == nil {
				rec.SHA256 = sum
			}
		}
	}
	return info, err
}

// decode reads the file whole and decodes it.
func (w *worker) decode(ctx context.Context, in *input, rec *manifest.Record) (*decode.Picture, error) {
	c := start()
	in.ended = ctx.Err
	data := make([]byte, in.size)
	_, err := in.Seek(0, io.SeekStart)
	if err == nil {
		var n int
		n, err = io.ReadFull(in, data)
		data = data[:n]
		if err == io.ErrUnexpectedEOF || err == io.EOF {
			err = nil // the file has become shorter, which the decoder will say
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read: %w", shown(err))
	}
	sum := sha256.Sum256(data)
	rec.SHA256 = hex.EncodeToString(sum[:])
	rec.Key = key(w.settings, w.opts.Decoder.Fingerprint(data), rec.SHA256)
	c.mark(&w.stages.Read)
	defer c.mark(&w.stages.Decode)
	pic, err := w.opts.Decoder.Decode(ctx, data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", in.name, err)
	}
	rec.Width, rec.Height, rec.Orientation = pic.Info.Width, pic.Info.Height, pic.Info.Orientation
	rec.Ignored, rec.Warnings = pic.Ignored, pic.Warnings
	decoded := manifest.Decoded(pic.Samples)
	rec.Decoded = &decoded
	return pic, nil
}

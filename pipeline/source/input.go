package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// Input is a picture's bytes: a file, open, or standard input, which is held in memory.
type Input struct {
	io.ReadSeeker
	Name string // as messages show it
	Size int64  // in bytes

	ended func() error // why reading is to end early
	file  *os.File     // nil for standard input
}

// NewInput is a picture's bytes from elsewhere. Reading ends with ctx.
func NewInput(ctx context.Context, name string, r io.ReadSeeker, size int64) *Input {
	return &Input{ReadSeeker: r, Name: name, Size: size, ended: ctx.Err}
}

// Open opens a picture's file. Reading ends with ctx.
func Open(ctx context.Context, path string) (*Input, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", Shown(err))
	}
	if !info.Mode().IsRegular() { // to open a pipe is to wait for its writer
		return nil, &Problem{Path: path, Code: CodeNotAFile, Err: errors.New("it is no regular file any more")}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", Shown(err))
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return nil, fmt.Errorf("read: %w", Shown(err))
	}
	return &Input{ReadSeeker: file, Name: Display(path), Size: info.Size(), ended: ctx.Err, file: file}, nil
}

// ErrTooLong says that standard input has more bytes than may be held.
var ErrTooLong = errors.New("standard input is too long")

// ReadStdin reads standard input whole, at most limit bytes, unless refuse says of its
// beginning that it is no picture, whatever follows. It does not wait for a writer longer
// than for ctx. Errors are ErrTooLong, the reader's and ctx's own.
func ReadStdin(ctx context.Context, r io.Reader, limit int64, refuse func(beginning []byte) bool) (*Input, error) {
	type whole struct {
		data []byte
		err  error
	}
	read := make(chan whole, 1) // the reading may outlast this picture, if nobody writes
	go func() {
		data, err := readPicture(r, limit, refuse)
		read <- whole{data, err}
	}()
	select {
	case w := <-read:
		return NewInput(ctx, "standard input", bytes.NewReader(w.data), int64(len(w.data))), w.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func readPicture(r io.Reader, limit int64, refuse func([]byte) bool) ([]byte, error) {
	const beginning = 64 << 10
	data, err := io.ReadAll(io.LimitReader(r, beginning))
	if err != nil || refuse(data) {
		return data, err
	}
	rest, err := io.ReadAll(io.LimitReader(r, limit+1-int64(len(data))))
	data = append(data, rest...)
	if err == nil && int64(len(data)) > limit {
		err = ErrTooLong
	}
	return data, err
}

// Bind lets reading end with another context.
func (in *Input) Bind(ctx context.Context) { in.ended = ctx.Err }

// Close closes the file.
func (in *Input) Close() {
	if in.file != nil {
		in.file.Close()
	}
}

// Read reads some of the file, unless reading is to end. A disk gives a part of that size
// in a moment.
func (in *Input) Read(p []byte) (int, error) {
	const part = 4 << 20
	if err := in.ended(); err != nil {
		return 0, err
	}
	return in.ReadSeeker.Read(p[:min(len(p), part)])
}

// Sum gives the first n bytes of the input and the SHA-256 of all of it, in hexadecimal,
// and leaves it rewound. It holds little of it in memory.
func (in *Input) Sum(n int64) (beginning []byte, sum string, err error) {
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, "", fmt.Errorf("read: %w", Shown(err))
	}
	if beginning, err = io.ReadAll(io.LimitReader(in, n)); err != nil {
		return nil, "", fmt.Errorf("read: %w", Shown(err))
	}
	h := sha256.New()
	h.Write(beginning)
	if _, err := io.Copy(h, in); err != nil {
		return nil, "", fmt.Errorf("read: %w", Shown(err))
	}
	_, err = in.Seek(0, io.SeekStart)
	return beginning, hex.EncodeToString(h.Sum(nil)), err
}

// ReadAll reads the input from its beginning. If the file has become shorter meanwhile, it
// gives what is there.
func (in *Input) ReadAll() ([]byte, error) {
	data := make([]byte, in.Size)
	_, err := in.Seek(0, io.SeekStart)
	if err == nil {
		var n int
		n, err = io.ReadFull(in, data)
		data = data[:n]
		if err == io.ErrUnexpectedEOF || err == io.EOF {
			err = nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read: %w", Shown(err))
	}
	return data, nil
}

// Shown is a file system's error with its path as messages show it.
func Shown(err error) error {
	if pe, ok := err.(*os.PathError); ok {
		return &os.PathError{Op: pe.Op, Path: Display(pe.Path), Err: pe.Err}
	}
	return err
}

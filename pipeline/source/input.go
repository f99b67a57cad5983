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

// Input reads a picture's bytes: from an open file, or from standard input held in memory.
type Input struct {
	io.ReadSeeker
	Name string // in the words of messages
	Size int64  // in bytes
	ETag string // of an object, which changes with its content; empty for others

	ended func() error           // says why reading must end early; nil goes on
	file  *os.File               // nil for standard input and objects
	all   func() ([]byte, error) // reads an object whole; nil for others
	held  bool                   // the bytes are in memory already

	path, want string // the path, and the SHA-256 that a frozen list has; empty if it has none
}

// NewInput returns an Input of size bytes from r. Reading ends with ctx.
func NewInput(ctx context.Context, name string, r io.ReadSeeker, size int64) *Input {
	return &Input{ReadSeeker: r, Name: name, Size: size, ended: ctx.Err}
}

// Open opens a picture's file. Reading ends with ctx. The error is a *Problem if the file is
// no longer regular. A Finder gives entries that lie in tar files.
func Open(ctx context.Context, path string) (*Input, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", Shown(err))
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, &Problem{Path: path, Code: CodeNotAFile, Err: errors.New("it is no longer a regular file")}
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

// Open opens the entry's bytes. It is not for standard input. Reading ends with ctx. The error
// is a *Problem if the file is no longer regular, if the tar file that it lies in has
// changed, or if the file is not as a frozen list has it.
func (e *Entry) Open(ctx context.Context) (in *Input, err error) {
	switch {
	case e.written:
		return openInline(ctx, e.Path), nil
	case e.at != nil:
		in, err = e.at.open(ctx, e.Path)
	case e.remote != nil:
		in, err = e.remote.open(ctx, e.Path)
	default:
		in, err = Open(ctx, e.Path)
	}
	if err != nil || e.listed == nil {
		return in, err
	}
	if err = e.listed.check(in); err != nil {
		in.Close()
		return nil, &Problem{Path: e.Path, Code: CodeChanged, Err: err}
	}
	in.path, in.want = e.Path, e.listed.sha256
	return in, nil
}

// check refuses a file that is not as it was when the list was made, as far as can be seen before
// its bytes are read.
func (l *asListed) check(in *Input) error {
	changed := in.Size != l.size
	if !changed && !l.modified.IsZero() {
		info, err := in.file.Stat()
		changed = err != nil || !info.ModTime().Equal(l.modified)
	}
	if changed {
		return errListChanged
	}
	return nil
}

var errListChanged = errors.New("it has changed since the list of inputs was made: make the list again with filterbank list, or restore the file")

// Check refuses the bytes of a file in a frozen list if the list has another SHA-256, in
// hexadecimal. The error is a *Problem.
func (in *Input) Check(sum string) error {
	if in.want != "" && in.want != sum {
		return &Problem{Path: in.path, Code: CodeChanged, Err: errListChanged}
	}
	return nil
}

// Bytes is the size of the entry's file, or 0 if it cannot be told.
func (e *Entry) Bytes() int64 {
	switch {
	case e.at != nil:
		return e.at.size
	case e.remote != nil:
		return max(0, e.remote.size)
	case e.listed != nil:
		return e.listed.size
	}
	if info, err := os.Stat(e.Path); err == nil && e.Problem == nil && e.Path != Stdin {
		return info.Size()
	}
	return 0
}

// ErrTooLong says that standard input has more bytes than may be held in memory.
var ErrTooLong = errors.New("standard input is too long")

// ReadStdin reads standard input to its end, at most limit bytes. It stops early if refuse
// says of the first bytes that they cannot begin a picture. If nobody writes, it waits no
// longer than ctx. Errors are ErrTooLong, the reader's and ctx's own.
func ReadStdin(ctx context.Context, r io.Reader, limit int64, refuse func(beginning []byte) bool) (*Input, error) {
	type whole struct {
		data []byte
		err  error
	}
	read := make(chan whole, 1) // the read may outlast this picture if nobody writes
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

// Bind makes reading end with another context.
func (in *Input) Bind(ctx context.Context) { in.ended = ctx.Err }

// Close closes the file.
func (in *Input) Close() {
	if in.file != nil {
		in.file.Close()
	}
}

// Read reads a part of the file. It fails if reading must end. A disk reads a part of this
// size in a moment.
func (in *Input) Read(p []byte) (int, error) {
	const part = 4 << 20
	if err := in.ended(); err != nil {
		return 0, err
	}
	return in.ReadSeeker.Read(p[:min(len(p), part)])
}

// Sum returns the first n bytes of the input and the SHA-256 of all of it in hexadecimal. It
// rewinds the input before and after, and holds little of it in memory.
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
	sum = hex.EncodeToString(h.Sum(nil))
	if err := in.Check(sum); err != nil {
		return nil, "", err
	}
	_, err = in.Seek(0, io.SeekStart)
	return beginning, sum, err
}

// Beginning returns the first n bytes of the input, or all if there are fewer, and rewinds it.
func (in *Input) Beginning(n int64) ([]byte, error) {
	_, err := in.Seek(0, io.SeekStart)
	var beginning []byte
	if err == nil {
		beginning, err = io.ReadAll(io.LimitReader(in, n))
	}
	if err == nil {
		_, err = in.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("read: %w", Shown(err))
	}
	return beginning, nil
}

// Unread is the number of bytes that ReadAll needs besides those that the input holds.
func (in *Input) Unread() int64 {
	if in.held {
		return 0
	}
	return in.Size
}

// ReadAll reads the input from its beginning. If the file has become shorter, it returns the
// bytes that are left.
func (in *Input) ReadAll() ([]byte, error) {
	if in.all != nil {
		data, err := in.all()
		if err != nil {
			err = fmt.Errorf("read: %w", err)
		}
		return data, err
	}
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

// Shown puts the path in a file system's error in the form of messages; see Display.
func Shown(err error) error {
	if pe, ok := err.(*os.PathError); ok {
		return &os.PathError{Op: pe.Op, Path: Display(pe.Path), Err: pe.Err}
	}
	return err
}

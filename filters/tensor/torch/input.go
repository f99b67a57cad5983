package torch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// input reads a pickle. It believes a length only as far as bytes follow.
type input struct {
	r    *bufio.Reader
	at   int64
	size int64 // of everything that can be read
}

func newInput(r io.Reader, size int64) *input { return &input{bufio.NewReader(r), 0, size} }

var errCut = errors.New("it is cut short")

func (in *input) byte() (byte, error) {
	b, err := in.r.ReadByte()
	if err != nil {
		return 0, ended(err)
	}
	in.at++
	return b, nil
}

// bytes reads n bytes. Memory grows with what is there.
func (in *input) bytes(n uint64) ([]byte, error) {
	if n > uint64(in.size-in.at) {
		return nil, fmt.Errorf("it names a length of %d bytes, and %d follow", n, in.size-in.at)
	}
	if n <= 4096 {
		b := make([]byte, n)
		k, err := io.ReadFull(in.r, b)
		in.at += int64(k)
		return b, ended(err)
	}
	var b bytes.Buffer
	k, err := io.CopyN(&b, in.r, int64(n))
	in.at += k
	return b.Bytes(), ended(err)
}

// number reads an unsigned number, the lowest byte first.
func (in *input) number(size int) (uint64, error) {
	n := uint64(0)
	for i := range size {
		b, err := in.byte()
		if err != nil {
			return 0, err
		}
		n |= uint64(b) << (8 * i)
	}
	return n, nil
}

// line reads up to a newline, which it leaves out.
func (in *input) line() (string, error) {
	const most = 1000
	var line []byte
	for range most {
		b, err := in.byte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return string(line), nil
		}
		line = append(line, b)
	}
	return "", fmt.Errorf("a name of more than %d bytes", most)
}

func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return err
}

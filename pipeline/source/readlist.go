package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxName is more than any system takes for a path: 32767 UTF-16 units, three
// bytes each at most, on Windows; 4096 bytes on Linux.
const maxName = 128 << 10

// ReadList reads the names of inputs, one a line, or with nul each ended by a
// NUL byte, as find -print0 writes them. Empty ones are skipped and the last
// needs no end. At the end of a line one \r is dropped; every other byte,
// blanks included, is part of the name.
//
// It is an error when reading fails, a name is longer than 128 KiB, or a line
// holds a NUL byte, which no name can.
func ReadList(r io.Reader, nul bool) ([]string, error) {
	end, unit := byte('\n'), "line"
	if nul {
		end, unit = 0, "name"
	}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 4<<10), maxName+2) // room for \r and \n
	scanner.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, end); i >= 0 {
			return i + 1, data[:i], nil
		}
		if atEOF && len(data) > 0 {
			return len(data), data, nil
		}
		return 0, nil, nil
	})
	var names []string
	n := 0
	tooLong := func() error {
		return fmt.Errorf("read list of inputs: %s %d is longer than %d bytes, which no file name is", unit, n, maxName)
	}
	for scanner.Scan() {
		n++
		name := scanner.Bytes()
		if !nul {
			name = bytes.TrimSuffix(name, []byte("\r"))
			if bytes.IndexByte(name, 0) >= 0 {
				return nil, fmt.Errorf("read list of inputs: line %d holds a NUL byte: give -0 for a list that NUL separates", n)
			}
		}
		if len(name) > maxName {
			return nil, tooLong()
		}
		if len(name) > 0 {
			names = append(names, string(name))
		}
	}
	n++
	if err := scanner.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, tooLong()
	} else if err != nil {
		return nil, fmt.Errorf("read list of inputs: %w", err)
	}
	return names, nil
}

package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxName is more than any system allows for a path: 32767 UTF-16 units of at most three
// bytes each on Windows, and 4096 bytes on Linux.
const maxName = 128 << 10

// ReadList reads the names of inputs, one a line, or with nul each ended by a NUL byte, as
// find -print0 writes them. Empty names are skipped. The last name needs no end. One \r at
// the end of a line is dropped. Every other byte, blanks included, belongs to the name.
//
// Errors are errors of reading, a name longer than 128 KiB, and a NUL byte in a line, since
// no name can have one.
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
		return fmt.Errorf("read list of inputs: %s %d is longer than %d bytes; no file name is so long", unit, n, maxName)
	}
	for scanner.Scan() {
		n++
		name := scanner.Bytes()
		if !nul {
			name = bytes.TrimSuffix(name, []byte("\r"))
			if bytes.IndexByte(name, 0) >= 0 {
				return nil, fmt.Errorf("read list of inputs: line %d has a NUL byte: use -0 for a list whose names end with NUL", n)
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

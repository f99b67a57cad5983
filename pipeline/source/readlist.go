package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxName is more than any system allows for a path: 32767 UTF-16 units of at most three
// bytes each on Windows, and 4096 bytes on Linux.
const maxName = 128 << 10

// ReadList reads a plain list: the names of inputs, one a line, or with nul each ended by a NUL
// byte, as find -print0 writes them. Empty names are skipped. The last name needs no end. One
// \r at the end of a line is dropped. Every other byte, blanks included, belongs to the name.
//
// An error ends the names: an error of reading, a name longer than 128 KiB, or a NUL byte in a
// line, since no name can have one.
func ReadList(r io.Reader, nul bool) iter.Seq2[Row, error] {
	end, unit := byte('\n'), "line"
	if nul {
		end, unit = 0, "name"
	}
	return func(yield func(Row, error) bool) {
		scanner := bufio.NewScanner(r)
		scanner.Buffer(make([]byte, 0, 4<<10), maxName+2) // room for \r and \n
		scanner.Split(endedBy(end))
		n := 1
		for ; scanner.Scan(); n++ {
			name, err := listed(scanner.Bytes(), nul, n)
			if len(name) > maxName {
				err = tooLong(unit, n)
			}
			if (err != nil || len(name) > 0) && !yield(Row{Path: string(name)}, err) || err != nil {
				return
			}
		}
		if err := scanner.Err(); errors.Is(err, bufio.ErrTooLong) {
			yield(Row{}, tooLong(unit, n))
		} else if err != nil {
			yield(Row{}, fmt.Errorf("read list of inputs: %w", err))
		}
	}
}

// endedBy splits at a byte. The last part needs no end.
func endedBy(end byte) bufio.SplitFunc {
	return func(data []byte, atEOF bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, end); i >= 0 {
			return i + 1, data[:i], nil
		}
		if atEOF && len(data) > 0 {
			return len(data), data, nil
		}
		return 0, nil, nil
	}
}

// listed is the name in the n-th part of a list.
func listed(part []byte, nul bool, n int) ([]byte, error) {
	if nul {
		return part, nil
	}
	if bytes.IndexByte(part, 0) >= 0 {
		return nil, fmt.Errorf("read list of inputs: line %d has a NUL byte: use -0 for a list whose names end with NUL", n)
	}
	return bytes.TrimSuffix(part, []byte("\r")), nil
}

func tooLong(unit string, n int) error {
	return fmt.Errorf("read list of inputs: %s %d is longer than %d bytes; no file name is so long", unit, n, maxName)
}

package features

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// creator is the program's name in a Parquet file's created_by.
const creator = "filterbank"

// csvBeginning is the beginning of every table in CSV.
const csvBeginning = "input,output,label,status,"

// footerBytes bounds how much of a Parquet file's footer is read. created_by stands after the row
// groups, before a list of a few bytes for each column: at most 400 kB.
const footerBytes = 1 << 20

// CheckPlace refuses a regular file that a table must not replace: it is not empty, and it does
// not look like a table of the kind that its name tells. The error does not have the file's name.
func CheckPlace(name string) error {
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && (!info.Mode().IsRegular() || info.Size() == 0) {
		return nil
	}
	if err != nil {
		return err
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return CheckContent(name, file, info.Size())
}

// CheckContent is CheckPlace for the content of a file, of a size in bytes, wherever it lies.
func CheckContent(name string, file io.ReaderAt, size int64) error {
	if size == 0 {
		return nil
	}
	ours, err := kinds()[filepath.Ext(name)].ours(file, size)
	if err == nil && !ours {
		err = errors.New("this file is not a table of features, and a run would replace it: move it away, or name another file")
	}
	return err
}

// oursCSV says whether a file begins as a table in CSV does.
func oursCSV(file io.ReaderAt, size int64) (bool, error) {
	return has(file, 0, size, csvBeginning)
}

// oursParquet says whether a file is Parquet whose footer names this program. It reads the end of
// the footer only and does not parse it, so that no file takes much memory.
func oursParquet(file io.ReaderAt, size int64) (bool, error) {
	const mark = "PAR1"
	for _, at := range []int64{0, size - int64(len(mark))} {
		if ok, err := has(file, at, size, mark); !ok {
			return false, err
		}
	}
	end := size - 8 // a footer, its length in 4 bytes, and the mark
	if end < 4 {
		return false, nil
	}
	var length [4]byte
	if _, err := file.ReadAt(length[:], end); err != nil {
		return false, err
	}
	n := min(int64(binary.LittleEndian.Uint32(length[:])), end-4, footerBytes)
	footer := make([]byte, n)
	if _, err := file.ReadAt(footer, end-n); err != nil {
		return false, err
	}
	return bytes.Contains(footer, []byte(creator+" version ")), nil
}

// has says whether a file has a text at an offset.
func has(file io.ReaderAt, at, size int64, text string) (bool, error) {
	if at < 0 || at+int64(len(text)) > size {
		return false, nil
	}
	got := make([]byte, len(text))
	if _, err := file.ReadAt(got, at); err != nil {
		return false, err
	}
	return string(got) == text, nil
}

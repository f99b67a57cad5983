package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// marker is a file that tells a data folder from any other folder.
const marker = ".filterbank-report"

// generator is at the beginning of every page.
const generator = "<meta name=\"generator\" content=\"filterbank\">"

// isReport says whether a file begins like a page.
func isReport(name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	head := make([]byte, 1024)
	n, _ := io.ReadFull(file, head) // a shorter file gives an error, and its bytes are enough
	return bytes.Contains(head[:n], []byte(generator))
}

// CheckPage returns an error if Write would refuse a page's path: the path does not end in
// .html, another file has the page's name, or another folder has the name of the data folder.
func CheckPage(page string) error {
	if filepath.Ext(page) != ".html" || filepath.Base(page) == ".html" {
		return fmt.Errorf("report %s: the page's name must end in .html", page)
	}
	if info, err := os.Lstat(page); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("report %s: it is not a regular file; choose another name with -o", page)
	} else if err == nil && info.Size() > 0 && !isReport(page) {
		return fmt.Errorf("report %s: a file of this name exists and is not a report; choose another name with -o, or remove it", page)
	}
	if info, err := os.Stat(filepath.Dir(page)); err == nil && !info.IsDir() {
		return fmt.Errorf("report %s: %s is a file; name a page in a folder with -o", page, filepath.Dir(page))
	}
	data := DataFolder(page)
	info, err := os.Lstat(data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.IsDir() {
		return fmt.Errorf("report %s: its data would go to %s, which is not a folder; choose another name with -o, or remove it", page, data)
	}
	if _, err := os.Lstat(filepath.Join(data, marker)); err != nil {
		return fmt.Errorf("report %s: its data would go to %s, a folder that does not belong to a report; choose another name with -o", page, data)
	}
	return nil
}

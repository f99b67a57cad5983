package diff

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"

	"filterbank/pipeline/sink"
)

// maxLine bounds a manifest's lines: a picture with 100,000 maps takes 30 MB.
const maxLine = 256 << 20

// run is the output folder of a run. Of its manifest only the places of the lines are
// in memory.
type run struct {
	dir      string
	root     *os.Root
	manifest *os.File
	order    []string        // pictures, as the manifest has them first
	lines    map[string]span // the newest of each picture
}

type span struct{ at, length int64 }

func open(dir string) (*run, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open run: %w", err)
	}
	r := &run{dir: dir, root: root, lines: map[string]span{}}
	if r.manifest, err = root.Open(sink.ManifestName); err == nil {
		err = r.index()
	} else if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("there is none: name the output folder of a run")
	}
	if err != nil {
		r.close()
		return nil, fmt.Errorf("read %s of %s: %w", sink.ManifestName, dir, err)
	}
	return r, nil
}

func (r *run) close() {
	r.root.Close()
	if r.manifest != nil {
		r.manifest.Close()
	}
}

// index finds each picture's newest line. A last line without an end, which a crash
// leaves behind, does not count.
func (r *run) index() error {
	in := bufio.NewScanner(r.manifest)
	in.Buffer(nil, maxLine)
	in.Split(wholeLines)
	at := int64(0)
	for n := 1; in.Scan(); n++ {
		line := in.Bytes()
		var name struct{ Input, Output sink.Path }
		if err := json.Unmarshal(line, &name); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if name.Input == "" {
			return fmt.Errorf("line %d is no picture's record", n)
		}
		place := "i" + string(name.Input)
		if name.Output != "" {
			place = "o" + string(name.Output)
		}
		if _, known := r.lines[place]; !known {
			r.order = append(r.order, place)
		}
		r.lines[place] = span{at, int64(len(line))}
		at += int64(len(line))
	}
	return in.Err()
}

// wholeLines splits into lines that keep their ends.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}

// record is a picture's, nil where the run has none.
func (r *run) record(place string) (*sink.Record, error) {
	at, ok := r.lines[place]
	if !ok {
		return nil, nil
	}
	line := make([]byte, at.length)
	_, err := r.manifest.ReadAt(line, at.at)
	rec := new(sink.Record)
	if err == nil {
		err = json.Unmarshal(line, rec)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", sink.ManifestName, r.dir, err)
	}
	return rec, nil
}

// places are the pictures of the first run, then those that only the second has.
func places(runs [2]*run) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, r := range runs {
			for _, place := range r.order {
				if _, both := runs[0].lines[place]; i == 1 && both {
					continue
				}
				if !yield(place) {
					return
				}
			}
		}
	}
}

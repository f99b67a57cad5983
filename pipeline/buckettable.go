package pipeline

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"filterbank/pipeline/bucket"
	"filterbank/pipeline/features"
	"filterbank/pipeline/source"
)

// table returns the name, below the output, of a table of features that is written there. An object
// that is no such table is not replaced.
func (m *remote) table(name string) (below string, err error) {
	_, key, err := bucket.Split(name)
	if err == nil {
		var inside bool
		if below, inside = strings.CutPrefix(key, m.prefix); !inside || below == "" || strings.Contains(below, "/") || m.objects.URL(key) != name {
			err = fmt.Errorf("name a file at the top of the output, %s, or on this machine", m.objects.URL(m.prefix))
		}
	}
	if err == nil {
		err = m.checkTable(name, key)
	}
	if err != nil {
		return "", fmt.Errorf("features %s: %w", source.Display(name), err)
	}
	return below, nil
}

func (m *remote) checkTable(name, key string) error {
	info, err := m.objects.Stat(m.requests, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return features.CheckContent(name, objectAt{m, &info}, info.Size)
}

// objectAt reads an object at any place.
type objectAt struct {
	*remote
	info *bucket.Info
}

// ReadAt makes a request.
func (o objectAt) ReadAt(p []byte, at int64) (int, error) {
	in, err := o.objects.Get(o.requests, o.info.Key, bucket.Range{From: at, Length: int64(len(p)), ETag: o.info.ETag})
	if err != nil {
		return 0, err
	}
	defer in.Close()
	return io.ReadFull(in, p)
}

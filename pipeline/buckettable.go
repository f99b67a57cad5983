package pipeline

import (
	"errors"
	"fmt"
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
	return features.CheckContent(name, m.objects.ReaderAt(m.requests, info), info.Size)
}

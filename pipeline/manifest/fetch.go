package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"filterbank/pipeline/store"
)

// Fetch opens the manifest of a run whose output is a bucket. It copies the manifest into a folder of
// this machine, which Close removes. The run's name is for messages.
func Fetch(ctx context.Context, place store.Place, run string) (m *Reader, err error) {
	m = &Reader{dir: run, lines: map[string]span{}}
	if m.scratch, err = store.OpenScratch(); err != nil {
		return nil, fmt.Errorf("make a folder for %s of %s: %w", Name, run, err)
	}
	if m.file, err = m.scratch.OpenFile(Name); err == nil {
		err = m.fetch(ctx, place)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s of %s: %w", Name, run, err), m.Close())
	}
	return m, nil
}

func (m *Reader) fetch(ctx context.Context, place store.Place) error {
	in, err := place.Open(ctx, Name)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := place.Read(ctx, store.ConfigName, maxLine); err == nil {
			return errors.New("there is none yet, since its shards are not merged: run filterbank merge " + m.dir)
		}
	}
	if err != nil {
		return err
	}
	defer in.Close()
	if _, err := io.Copy(m.file, in); err != nil {
		return err
	}
	if _, err := m.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return m.index()
}

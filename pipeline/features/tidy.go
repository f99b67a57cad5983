package features

import (
	"errors"
	"filterbank/pipeline/store"
	"io"
)

// Tidy puts the rows that Values and Keep were called for into the order of these calls and
// drops all others. If they have another order in the file, a new file takes its place. The
// journal must not be used afterwards except for Close.
func (j *Journal) Tidy() error {
	end := int64(len(magic))
	for _, s := range j.used {
		if s.at == end {
			end += s.bytes()
		} else if s.at > end {
			end = -1 // no row is there
			break
		}
	}
	if end == j.size {
		return nil
	}
	b := j.folder.BeginOwn()
	err := j.copyUsed(b.Create(store.FeaturesName))
	if err = errors.Join(err, j.Close()); err != nil { // Windows does not rename onto an open file
		b.Abort()
		return err
	}
	_, err = b.Commit()
	return err
}

// copyUsed copies the rows in use, each once.
func (j *Journal) copyUsed(out io.Writer) error {
	if _, err := io.WriteString(out, magic); err != nil {
		return err
	}
	copied := map[span]bool{}
	var row []byte
	for _, s := range j.used {
		if copied[s] {
			continue
		}
		copied[s] = true
		var err error
		if row, err = j.read(s, row); err == nil {
			_, err = out.Write(row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

package manifest

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// Judge decides on the record of an earlier run. It returns the record, or another one that
// takes its place, or nil to drop it. A nil Judge keeps all records.
type Judge func(*Record) *Record

// Close rewrites the manifest: first the newest record of each of the given pictures,
// inputs and outputs, in their order, then the records of other pictures. The judge given
// decides on records of earlier runs for the given pictures, and others decides
// on the records of other pictures. If Close fails, a run can go on from the journal.
func (j *Journal) Close(pictures iter.Seq2[string, string], given, others Judge) error {
	batch := j.folder.BeginOwn()
	err := j.copyLines(batch.Create(Name), pictures, given, others)
	// Windows does not rename onto an open file.
	if err = errors.Join(err, j.closeFiles()); err != nil {
		batch.Abort()
		return err
	}
	_, err = batch.Commit()
	return err
}

func (j *Journal) copyLines(out io.Writer, pictures iter.Seq2[string, string], given, others Judge) error {
	for input, output := range pictures {
		where := place(input, output)
		if err := j.judge(where, given); err != nil {
			return err
		}
		if err := j.copyLine(out, where); err != nil {
			return err
		}
		if output != "" {
			j.forget(input)
		}
	}
	for _, place := range j.order {
		if err := j.judge(place, others); err != nil {
			return err
		}
		if _, left := j.earlier[place]; !left {
			continue
		}
		if err := j.copyLine(out, place); err != nil {
			return err
		}
	}
	return nil
}

// forget drops the records of earlier runs that say that an input, or a folder or tar file that
// it lies in, gave no picture: it does now.
func (j *Journal) forget(input string) {
	delete(j.earlier, place(input, ""))
	for i := range len(input) {
		if os.IsPathSeparator(input[i]) {
			delete(j.earlier, place(input[:i], ""))
		}
	}
}

// judge has a judge decide on the record of an earlier run. A record that cannot be read is
// dropped. Nothing changes if there is a newer record or no judge.
func (j *Journal) judge(place string, decide Judge) error {
	at, ok := j.earlier[place]
	if _, newer := j.fresh[place]; newer || !ok || decide == nil {
		return nil
	}
	r, err := j.read(at)
	if err != nil {
		return err
	}
	var kept *Record
	if r != nil {
		kept = decide(r)
	}
	switch {
	case kept == nil:
		delete(j.earlier, place)
	case kept != r:
		return j.append(kept)
	}
	return nil
}

// copyLine copies the newest record of a place, once.
func (j *Journal) copyLine(out io.Writer, place string) error {
	at, ok := j.fresh[place]
	if !ok {
		if at, ok = j.earlier[place]; !ok {
			return nil
		}
	}
	delete(j.fresh, place)
	delete(j.earlier, place)
	line := make([]byte, at.length)
	if _, err := j.file.ReadAt(line, at.at); err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	_, err := out.Write(line)
	return err
}

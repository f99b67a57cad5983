package torch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	tensors "filterbank/filters/tensor"
)

// The first two pickles of the stream form.
const (
	streamMagic   = big("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")
	streamVersion = 1001
)

// IsStream says whether a file that begins so is a checkpoint in the stream form. It looks at
// 22 bytes.
func IsStream(beginning string) bool {
	rest, ok := strings.CutPrefix(beginning, "\x80")
	if !ok || rest == "" {
		return false
	}
	if rest = rest[1:]; len(rest) > 9 && rest[0] == opFrame { // from protocol 4 on
		rest = rest[9:]
	}
	return strings.HasPrefix(rest, "\x8a\x0a"+string(streamMagic[:8]))
}

// ReadStream lists the tensors of a checkpoint in the stream form, which torch.save wrote
// before PyTorch 1.6: five pickles, then for each storage the number of its values and these.
func ReadStream(file *io.SectionReader) ([]tensors.Member, error) {
	in := newInput(io.NewSectionReader(file, 0, file.Size()), file.Size())
	storages := map[string]*storage{}
	if err := streamHead(in); err != nil {
		return nil, err
	}
	v, err := unpickle(in, persistentID(storages))
	if err != nil {
		return nil, err
	}
	keys, err := unpickle(in, nil)
	if err != nil {
		return nil, err
	}
	places, err := streamPlaces(file, in.at, keys, storages)
	if err != nil {
		return nil, err
	}
	c := collector{open: func(s *storage) (place, error) {
		begin, ok := places[s.key]
		if !ok {
			return place{}, fmt.Errorf("the file does not list storage %.60q", s.key)
		}
		size := s.values * int64(tensors.RawSize(s.kind))
		return place{func() (io.ReadCloser, error) { return section{io.NewSectionReader(file, begin, size)}, nil }}, nil
	}}
	if err := c.collect("", v, 0); err != nil {
		return nil, err
	}
	return c.members, nil
}

// streamHead reads the magic number, the version and what is known about the machine.
func streamHead(in *input) error {
	magic, err := unpickle(in, nil)
	if err != nil {
		return err
	}
	version, err := unpickle(in, nil)
	if err != nil {
		return err
	}
	if magic != any(streamMagic) || version != any(int64(streamVersion)) {
		return fmt.Errorf("it begins with %s and version %s: want the magic number of torch.save and version %d", describe(magic), describe(version), streamVersion)
	}
	system, err := unpickle(in, nil)
	if err != nil {
		return err
	}
	about, _ := system.(*dict)
	if about == nil {
		return errors.New("its third pickle is no dictionary about the machine")
	}
	for i, key := range about.keys {
		if key == any("little_endian") && about.values[i] != any(true) {
			return errors.New("its values have the highest byte first: save it on a machine of the other order")
		}
	}
	return nil
}

// streamPlaces finds the storages' values, which follow from at on in the order of keys.
func streamPlaces(file *io.SectionReader, at int64, keys any, storages map[string]*storage) (map[string]int64, error) {
	all, ok := keys.(*list)
	if !ok {
		return nil, fmt.Errorf("its last pickle is %s and must be the list of the storages", describe(keys))
	}
	places := map[string]int64{}
	for _, item := range all.items {
		key, _ := item.(string)
		s := storages[key]
		if s == nil {
			return nil, fmt.Errorf("its list of storages has %s, which no tensor names", describe(item))
		}
		if _, twice := places[key]; twice {
			return nil, fmt.Errorf("its list of storages has %.60q twice", key)
		}
		var count [8]byte
		if _, err := file.ReadAt(count[:], at); err != nil {
			return nil, fmt.Errorf("storage %.60q: %w", key, ended(err))
		}
		if n := int64(binary.LittleEndian.Uint64(count[:])); n != s.values {
			return nil, fmt.Errorf("storage %.60q has %d values at its place, and %d in the pickle", key, n, s.values)
		}
		at += int64(len(count))
		places[key] = at
		size := int64(tensors.RawSize(s.kind))
		if s.values > (file.Size()-at)/size {
			return nil, fmt.Errorf("storage %.60q: %d values of %s reach outside the file: %w", key, s.values, s.kind, errCut)
		}
		at += s.values * size
	}
	return places, nil
}

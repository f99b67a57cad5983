package torch

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	tensors "filterbank/filters/tensor"
)

// maxPickle bounds the pickle in a ZIP file, in bytes. Compressed, it may be far smaller there.
const maxPickle = 64 << 20

// maxRatio is more than deflate ever saves: a byte gives at most 1032.
const maxRatio = 1100

// InZip says whether a ZIP file is a checkpoint: it has a member FOLDER/data.pkl.
func InZip(z *zip.Reader) bool { return pickleIn(z) != nil }

func pickleIn(z *zip.Reader) *zip.File {
	for _, f := range z.File {
		if folder, name := path.Split(f.Name); name == "data.pkl" && strings.Count(folder, "/") <= 1 {
			return f
		}
	}
	return nil
}

// place is where a storage's values are.
type place struct{ open func() (io.ReadCloser, error) }

// archive is the ZIP form of a checkpoint.
type archive struct {
	file    io.ReaderAt
	size    int64
	members map[string]*zip.File
	folder  string
}

// ReadZip lists the tensors of a checkpoint in a ZIP file, which torch.save writes since
// PyTorch 1.6. Values are read from the file when they are asked for.
func ReadZip(z *zip.Reader, file *io.SectionReader) ([]tensors.Member, error) {
	pickle := pickleIn(z)
	if pickle == nil {
		return nil, errors.New("the ZIP file has no data.pkl, which torch.save writes")
	}
	a := archive{file: file, size: file.Size(), members: map[string]*zip.File{}}
	a.folder, _ = path.Split(pickle.Name)
	for _, f := range z.File {
		a.members[f.Name] = f
	}
	if err := a.checkOrder(); err != nil {
		return nil, err
	}
	if pickle.UncompressedSize64 > maxPickle {
		return nil, fmt.Errorf("%s has %d bytes: at most %d are read", pickle.Name, pickle.UncompressedSize64, maxPickle)
	}
	r, err := pickle.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pickle.Name, err)
	}
	defer r.Close()
	size := int64(pickle.UncompressedSize64)
	v, err := unpickle(newInput(io.LimitReader(r, size), size), persistentID(map[string]*storage{}))
	if err != nil {
		if _, script := a.members[a.folder+"constants.pkl"]; script {
			err = fmt.Errorf("%w (a file of TorchScript: load it with torch.jit.load and save its state_dict())", err)
		}
		return nil, err
	}
	c := collector{open: a.place}
	if err := c.collect("", v, 0); err != nil {
		return nil, err
	}
	return c.members, nil
}

// checkOrder refuses values whose highest byte is first.
func (a *archive) checkOrder() error {
	f := a.members[a.folder+"byteorder"]
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	defer r.Close()
	order, err := io.ReadAll(io.LimitReader(r, 16))
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	if string(order) != "little" {
		return fmt.Errorf("%s is %q: little is read; save it on a machine of that order", f.Name, order)
	}
	return nil
}

// place finds a storage's member.
func (a *archive) place(s *storage) (place, error) {
	name := a.folder + "data/" + s.key
	f := a.members[name]
	if f == nil {
		return place{}, fmt.Errorf("the file has no member %.100q with its values", name)
	}
	if size := uint64(tensors.RawSize(s.kind)); uint64(s.values) > f.UncompressedSize64/size {
		return place{}, fmt.Errorf("member %.100q has %d bytes, too few for %d values of %s", name, f.UncompressedSize64, s.values, s.kind)
	}
	if f.Method != zip.Store {
		if f.UncompressedSize64/maxRatio > f.CompressedSize64 {
			return place{}, fmt.Errorf("member %.100q claims %d bytes, more than its %d compressed ones can hold", name, f.UncompressedSize64, f.CompressedSize64)
		}
		return place{f.Open}, nil
	}
	return place{func() (io.ReadCloser, error) {
		begin, err := f.DataOffset()
		if err != nil {
			return nil, err
		}
		if end := a.size - begin; f.UncompressedSize64 > uint64(max(end, 0)) {
			return nil, fmt.Errorf("member %.100q of %d bytes reaches outside the file", name, f.UncompressedSize64)
		}
		return section{io.NewSectionReader(a.file, begin, int64(f.UncompressedSize64))}, nil
	}}, nil
}

// section is a part of a file, which another one closes.
type section struct{ *io.SectionReader }

func (section) Close() error { return nil }

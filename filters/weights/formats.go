package weights

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"filterbank/filters/onnx"
	"filterbank/filters/tensor"
	"filterbank/filters/tensor/torch"
)

// format is a kind of file that holds arrays.
type format struct {
	name string
	is   func(f opened) bool
	list func(f opened) ([]tensor.Member, error) // its errors name the format
}

// opened is a file whose format is looked for.
type opened struct {
	path      string
	beginning string
	file      *io.SectionReader
	zip       *zip.Reader // nil for other files
}

func formats() []format {
	begins := func(text string) func(opened) bool {
		return func(f opened) bool { return strings.HasPrefix(f.beginning, text) }
	}
	return []format{
		{"npy", begins("\x93NUMPY"), listNPY},
		{"pytorch", func(f opened) bool { return f.zip != nil && torch.InZip(f.zip) }, listTorch},
		{"npz", func(f opened) bool { return f.zip != nil }, listNPZ},
		{"pytorch", func(f opened) bool { return torch.IsStream(f.beginning) }, listTorch},
		{"safetensors", isSafetensors, func(f opened) ([]tensor.Member, error) { return tensor.SafetensorsMembers(f.file) }},
		{"onnx", isONNX, listONNX},
	}
}

// beginning is how many bytes of a file tell its format.
const beginning = 512

// list lists the arrays of a file.
func list(f opened) (name string, all []tensor.Member, err error) {
	if strings.HasPrefix(f.beginning, "PK\x03\x04") {
		if f.zip, err = zip.NewReader(f.file, f.file.Size()); err != nil {
			return "", nil, fmt.Errorf("it begins as a ZIP file, as .npz and .pth are: %w", err)
		}
	}
	for _, format := range formats() {
		if format.is(f) {
			all, err := format.list(f)
			return format.name, all, err
		}
	}
	return "", nil, f.unknown()
}

// unknown is the error of a file in no format that is read.
func (f opened) unknown() error {
	b := f.beginning
	switch {
	case b == "":
		return errors.New("the file is empty")
	case strings.HasPrefix(b, "version https://git-lfs"):
		return errors.New("it is a pointer of Git LFS and not the file itself: git lfs pull fetches that")
	case strings.HasPrefix(b, "\x89HDF"):
		return errors.New("an HDF5 file, as Keras writes: save its arrays with numpy.savez")
	case len(b) > 262 && b[257:262] == "ustar":
		return errors.New("a tar file, as PyTorch wrote before 0.1.10: load it and save its state_dict() again")
	case len(b) > 1 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5:
		return errors.New("a pickle that torch.save did not write: save the arrays with numpy.savez")
	}
	return errors.New("its content is of no format that weights are read from: .npy, .npz, .safetensors, .pt and .pth of torch.save, and .onnx")
}

func listNPY(f opened) ([]tensor.Member, error) {
	m, err := tensor.NPYMember("", func() (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(f.file, 0, f.file.Size())), nil
	})
	if err != nil {
		return nil, err
	}
	return []tensor.Member{m}, nil
}

// listNPZ passes over members that are no arrays.
func listNPZ(f opened) ([]tensor.Member, error) {
	var all []tensor.Member
	for _, member := range f.zip.File {
		name, ok := strings.CutSuffix(member.Name, ".npy")
		if !ok {
			continue
		}
		m, err := tensor.NPYMember(name, member.Open)
		if err != nil {
			m = tensor.Unread(name, "unknown", nil, err)
		}
		all = append(all, m)
	}
	return all, nil
}

// listTorch lists a checkpoint in either form.
func listTorch(f opened) (all []tensor.Member, err error) {
	if f.zip != nil {
		all, err = torch.ReadZip(f.zip, f.file)
	} else {
		all, err = torch.ReadStream(f.file)
	}
	if err != nil {
		return nil, fmt.Errorf("pytorch: %w", err)
	}
	return all, nil
}

func isSafetensors(f opened) bool {
	format := tensor.Sniff([]byte(f.beginning))
	return format != nil && format.Name == tensor.Safetensors().Name
}

// isONNX says whether a file may be a model: its first field is the version, or its name ends
// in .onnx.
func isONNX(f opened) bool {
	return strings.EqualFold(filepath.Ext(f.path), ".onnx") || len(f.beginning) > 3 && f.beginning[0] == 0x08 && f.beginning[1] < 0x80
}

func listONNX(f opened) ([]tensor.Member, error) {
	m, err := onnx.Read(f.file, filepath.Dir(f.path)) // with external data beside the model
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return m.Graph.Members(), nil
}

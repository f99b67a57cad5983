package tensor

import (
	"fmt"
	"io"

	"filterbank/filters/volume"
)

// Member is an array in a file. Its values are read when they are asked for.
type Member struct {
	Name  string
	Type  string // of its values in the file, as NumPy and PyTorch call it: float32, bfloat16
	Shape []int

	// Scan passes the values to take in C order, in parts, with the index of each part's first
	// value. take must not keep the slice. An error of take ends the reading and is returned as
	// it is.
	Scan func(take func(at int, values []float32) error) error
}

// Read reads an array of at most limit values. It believes the shape only as far as values
// follow.
func (m *Member) Read(limit int64) (*Array, error) {
	if n, ok := volume.Product(m.Shape...); !ok || int64(n) > limit {
		return nil, fmt.Errorf("shape %v: at most %d values are read", m.Shape, limit)
	}
	data := []float32{}
	err := m.Scan(func(_ int, values []float32) error {
		data = append(data, values...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &Array{Shape: append([]int{}, m.Shape...), Data: data}, nil
}

// Unread is a member whose values cannot be read, with the reason.
func Unread(name, kind string, shape []int, reason error) Member {
	return Member{name, kind, shape, func(func(int, []float32) error) error { return reason }}
}

// NPYMember describes the array of a .npy file that open gives. A type that is not read is an
// error of its Scan only, so that a list of arrays can have it.
func NPYMember(name string, open func() (io.ReadCloser, error)) (Member, error) {
	in, err := open()
	if err != nil {
		return Member{}, err
	}
	defer in.Close()
	text, err := readHeader(in)
	if err != nil {
		return Member{}, err
	}
	h, err := parseHeader(text)
	if err != nil {
		return Member{}, err
	}
	return Member{name, numpyName(h.descr), h.shape, func(take func(int, []float32) error) error {
		in, err := open()
		if err != nil {
			return err
		}
		defer in.Close()
		_, err = ScanNPY(in, func(_ []int, at int, values []float32) error { return take(at, values) })
		return err
	}}, nil
}

// numpyName is the name of a type such as <f4. Other types keep NumPy's short name.
func numpyName(descr string) string {
	if len(descr) == 3 {
		for _, t := range rawTypes() {
			if t.numpy == descr[1:] {
				return t.name
			}
		}
	}
	return descr
}

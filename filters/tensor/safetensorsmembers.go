package tensor

import "io"

// SafetensorsMembers lists the arrays of a safetensors file in the order of their values.
func SafetensorsMembers(file *io.SectionReader) ([]Member, error) {
	begin, all, err := openSafetensors(io.NewSectionReader(file, 0, file.Size()), file.Size())
	if err != nil {
		return nil, err
	}
	var members []Member
	for _, s := range all {
		kind := numpyName(s.kind.descr)
		if s.kind.brain {
			kind = "bfloat16"
		}
		shape := append([]int{}, s.shape...)
		raw := Raw{Type: kind, Shape: shape, Values: (s.end - s.begin) / s.kind.size, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(io.NewSectionReader(file, begin+s.begin, s.end-s.begin)), nil
		}}
		m, err := raw.Member(s.name)
		if err != nil {
			m = Unread(s.name, kind, shape, err)
		}
		members = append(members, m)
	}
	return members, nil
}

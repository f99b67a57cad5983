package manifest

import "filterbank/pipeline/bytename"

// Path is a file name in JSON. Names are bytes and need not be UTF-8. A byte that is not
// UTF-8 is written as a lone surrogate, U+DC80 to U+DCFF, as Python's surrogateescape does
// (PEP 383). Python's os.fsencode returns the original name.
type Path string

// MarshalJSON writes the name as a JSON string.
func (p Path) MarshalJSON() ([]byte, error) { return bytename.Encode(string(p)), nil }

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Path) UnmarshalJSON(data []byte) error {
	name, err := bytename.Decode(data)
	*p = Path(name)
	return err
}

package tensor

import "fmt"

// Type is a type of numbers in files that are written.
type Type int

// The types. Float32 is the zero value.
const (
	Float32 Type = iota
	Float16
)

// Bytes is the size of a number.
func (t Type) Bytes() int {
	if t == Float16 {
		return 2
	}
	return 4
}

// String is the name of a type, as ParseType reads it.
func (t Type) String() string {
	if t == Float16 {
		return "f16"
	}
	return "f32"
}

// ParseType reads the name of a type.
func ParseType(name string) (Type, error) {
	for _, t := range []Type{Float32, Float16} {
		if name == t.String() {
			return t, nil
		}
	}
	return Float32, fmt.Errorf("%q: it must be f32 or f16", name)
}

// descr is NumPy's name.
func (t Type) descr() string {
	if t == Float16 {
		return "<f2"
	}
	return "<f4"
}

// safetensors is the name in safetensors files.
func (t Type) safetensors() string {
	if t == Float16 {
		return "F16"
	}
	return "F32"
}

// Put writes values to the start of dst, the lowest byte of each first. It returns how many
// finite values become infinite in the type.
func (t Type) Put(dst []byte, values []float32) (overflowed int) {
	if t == Float16 {
		return PutHalves(dst, values)
	}
	PutFloats(dst, values)
	return 0
}

package tensor

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

package kernel

import "fmt"

// Activation is a pointwise function of a layer's sums.
type Activation int

// ReLU is the zero value. Every activation turns any NaN into the one quiet NaN
// 0x7fc00000, because the sign and payload of a computed NaN differ between processors.
const (
	ReLU        Activation = iota // x for x > 0, otherwise +0
	None                          // x
	LeakyReLU                     // x for x > 0, otherwise Slope·x
	ReLU6                         // 6 for x > 6, otherwise ReLU
	Abs                           // x without its sign
	Square                        // x·x, rounded to float32
	activations                   // their number
)

var activationNames = [activations]string{"relu", "none", "leaky_relu", "relu6", "abs", "square"}

// Valid says whether a is one of the activations above.
func (a Activation) Valid() bool { return 0 <= a && a < activations }

// String is the name that stack files use.
func (a Activation) String() string {
	if !a.Valid() {
		return fmt.Sprintf("Activation(%d)", int(a))
	}
	return activationNames[a]
}

// Pointwise is an activation with its parameter.
type Pointwise struct {
	Activation Activation
	Slope      float32 // of LeakyReLU: the factor of values that are not positive
}

// Activations are all of them, in the order of their numbers.
func Activations() []Activation {
	all := make([]Activation, activations)
	for i := range all {
		all[i] = Activation(i)
	}
	return all
}

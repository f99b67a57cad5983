//go:build !purego

package kernel

// Every arm64 processor that Go runs on has NEON.
var neon = &Kernel{
	name: "neon", lanes: 4, pixels: pixelsNEON, max: maxNEON, average: averageNEON,
	apply: applyLoops{LeakyReLU: leakyNEON, ReLU6: atMostNEON, Abs: absNEON, Square: squareNEON},
}

func available() []*Kernel { return []*Kernel{neon, generic} }

//go:build !purego

package kernel

// Every arm64 processor that Go runs on has NEON.
var neon = &Kernel{name: "neon", lanes: 4, pixels: pixelsNEON}

func available() []*Kernel { return []*Kernel{neon, generic} }

package simd

const (
	architecture = "arm64"
	hasAVX2      = false
	hasAVX512    = false
	hasVNNI      = false
	hasNEON      = assembly // every arm64 processor that Go runs on has it
)

func features() []feature { return []feature{{"NEON", true}} }

//go:build !amd64 && !arm64

package simd

import "runtime"

const (
	architecture = runtime.GOARCH
	hasAVX2      = false
	hasAVX512    = false
	hasVNNI      = false
	hasNEON      = false
)

func features() []feature { return nil }

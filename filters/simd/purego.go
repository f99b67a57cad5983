//go:build purego

package simd

const assembly = false

//go:build !linux

package pages

// Spread does nothing: only Linux is asked for large pages.
func Spread([]float32) {}

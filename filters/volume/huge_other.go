//go:build !linux

package volume

// spread does nothing: only Linux is asked for large pages.
func spread([]float32) {}

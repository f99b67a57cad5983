//go:build !amd64 || purego

package render

func (g *Gray) bracket8(dst []byte, row []float32) { g.bracket8Generic(dst, row) }
func (g *Gray) exact8(dst []byte, row []float32)   { g.exact8Generic(dst, row) }
func (g *Gray) exact16(dst []byte, row []float32)  { g.exact16Generic(dst, row) }

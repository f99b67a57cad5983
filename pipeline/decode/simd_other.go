//go:build !amd64 || purego

package decode

func (loops) fromGray(px, gray []uint8)                  { fromGrayGeneric(px, gray) }
func (loops) fromBigEndian(dst []uint16, pix []uint8)    { fromBigEndianGeneric(dst, pix) }
func (v *values) opaque8(dst [3][]float32, px []uint8)   { v.opaque8Generic(dst, px) }
func (v *values) rgb8(dst [3][]float32, px []uint8)      { v.rgb8Generic(dst, px) }
func (v *values) opaque16(dst [3][]float32, px []uint16) { v.opaque16Generic(dst, px) }
func (v *values) blend8(dst [3][]float32, px []uint8)    { blendGeneric(v, dst, px) }
func (v *values) blend16(dst [3][]float32, px []uint16)  { blendGeneric(v, dst, px) }

func (v *values) plane8(dst []float32, src []uint8, c int) { v.plane8Generic(dst, src, c) }

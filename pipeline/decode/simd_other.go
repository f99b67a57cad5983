//go:build !amd64 || purego

package decode

func (loops) upsampleH2V1(dst, near []uint8)             { upsampleH2V1Generic(dst, near) }
func (loops) upsampleH2V2(dst, near, far []uint8)        { upsampleH2V2Generic(dst, near, far) }
func (loops) fromYCC(px, luma, cb, cr []uint8)           { fromYCCGeneric(px, luma, cb, cr) }
func (loops) fromGray(px, gray []uint8)                  { fromGrayGeneric(px, gray) }
func (loops) fromBigEndian(dst []uint16, pix []uint8)    { fromBigEndianGeneric(dst, pix) }
func (v *values) opaque8(dst [3][]float32, px []uint8)   { v.opaque8Generic(dst, px) }
func (v *values) opaque16(dst [3][]float32, px []uint16) { v.opaque16Generic(dst, px) }
func (v *values) blend8(dst [3][]float32, px []uint8)    { blendGeneric(v, dst, px) }
func (v *values) blend16(dst [3][]float32, px []uint16)  { blendGeneric(v, dst, px) }

package png

import "filterbank/filters/simd"

func undoSub(row []byte, bpp int, _ simd.Set)             { undoSubGeneric(row, bpp) }
func undoUp(row, above []byte, _ simd.Set)                { undoUpGeneric(row, above) }
func undoAverage(row, above []byte, bpp int, _ simd.Set)  { undoAverageGeneric(row, above, bpp) }
func undoPaeth(row, above []byte, bpp int, _ simd.Set)    { undoPaethGeneric(row, above, bpp) }
func fromGray(dst, row []uint8, _ simd.Set)               { fromGrayGeneric(dst, row) }
func fromRGB(dst, row []uint8, _ simd.Set)                { fromRGBGeneric(dst, row) }
func fromBigEndian(dst []uint16, row []uint8, _ simd.Set) { fromBigEndianGeneric(dst, row) }

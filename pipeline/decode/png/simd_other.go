//go:build !amd64 || purego

package png

import "filterbank/filters/simd"

func waveRows(int, simd.Set) int                                         { return 1 }
func waveLoop(_ []byte, _ int, _ []byte, _, _ int, _ *waveState, _ bool) {}

func fromGray(dst, row []uint8, _ simd.Set)               { fromGrayGeneric(dst, row) }
func fromRGB(dst, row []uint8, _ simd.Set)                { fromRGBGeneric(dst, row) }
func fromRGB16(dst []uint16, row []uint8, _ simd.Set)     { fromRGB16Generic(dst, row) }
func fromBigEndian(dst []uint16, row []uint8, _ simd.Set) { fromBigEndianGeneric(dst, row) }

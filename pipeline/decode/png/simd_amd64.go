//go:build !purego

package png

//go:generate go -C _asm run . -dir ..

import "filterbank/filters/simd"

// waveRows returns the number of rows of a wave, for pixels of bpp bytes. It is 1 if there is no loop.
func waveRows(bpp int, set simd.Set) int {
	switch {
	case !set.AVX2():
		return 1
	case bpp <= 4:
		return 4
	}
	return 2
}

// waveLoop goes steps > 0 with a wave in the rows that are stride bytes apart in rows, from
// the pixel in its first row that is the last of the others' offset.
func waveLoop(rows []byte, stride int, above []byte, bpp, steps int, state *waveState, paeth bool) {
	type wave func(row *byte, stride int, above *byte, steps int, state *[7][16]uint8)
	loops := [...][2]wave{
		1: {wave1AVX2, wavePaeth1AVX2}, 2: {wave2AVX2, wavePaeth2AVX2}, 3: {wave3AVX2, wavePaeth3AVX2},
		4: {wave4AVX2, wavePaeth4AVX2}, 6: {wave6AVX2, wavePaeth6AVX2}, 8: {wave8AVX2, wavePaeth8AVX2},
	}
	loop := loops[bpp][0]
	if paeth {
		loop = loops[bpp][1]
	}
	loop(&rows[0], stride, &above[0], steps, (*[7][16]uint8)(state))
}

func fromGray(dst, row []uint8, set simd.Set) {
	n := len(row)
	if n < 8 || !set.AVX2() {
		fromGrayGeneric(dst, row)
		return
	}
	_ = dst[4*n-1]
	fromGrayAVX2(&dst[0], &row[0], n)
}

func fromRGB(dst, row []uint8, set simd.Set) {
	n := len(row) / 3
	if n < 8 || !set.AVX2() {
		fromRGBGeneric(dst, row)
		return
	}
	_ = dst[4*n-1]
	fromRGBAVX2(&dst[0], &row[0], n)
}

func fromRGB16(dst []uint16, row []uint8, set simd.Set) {
	n := len(row) / 6
	if n < 4 || !set.AVX2() {
		fromRGB16Generic(dst, row)
		return
	}
	_ = dst[4*n-1]
	fromRGB16AVX2(&dst[0], &row[0], n)
}

func fromBigEndian(dst []uint16, row []uint8, set simd.Set) {
	n := len(dst)
	if n < 16 || !set.AVX2() {
		fromBigEndianGeneric(dst, row)
		return
	}
	_ = row[2*n-1]
	fromBigEndianAVX2(&dst[0], &row[0], n)
}

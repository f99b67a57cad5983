//go:build !amd64 || purego

package mapng

func sub(dst, cur, pred []byte)                  { subGeneric(dst, cur, pred) }
func subMean(dst, cur, left, up []byte)          { subMeanGeneric(dst, cur, left, up) }
func subPaeth(dst, cur, left, up, upLeft []byte) { subPaethGeneric(dst, cur, left, up, upLeft) }
func sumMagnitudes(b []byte) uint64              { return sumMagnitudesGeneric(b) }
func findSame(same []uint64, p []byte)           { findSameGeneric(same, p) }
func sums(p []byte) (plain, weighted uint64)     { return sumsGeneric(p) }
func writeGroups(out []byte, token []uint16, entry *[tokens]uint32, pending, bits uint64) (at int, _, _ uint64) {
	return writeGroupsGeneric(out, token, entry, pending, bits)
}
func widen(dst []uint16, p []byte)                   { widenGeneric(dst, p) }
func tally(count *[8][tokens]uint16, token []uint16) { tallyGeneric(count, token) }
func fold(count *[8][tokens]uint16)                  { foldGeneric(count) }

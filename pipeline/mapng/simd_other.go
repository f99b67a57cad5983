//go:build !amd64 || purego

package mapng

func (loops) sub(dst, cur, pred []byte)                  { subGeneric(dst, cur, pred) }
func (loops) subMean(dst, cur, left, up []byte)          { subMeanGeneric(dst, cur, left, up) }
func (loops) subPaeth(dst, cur, left, up, upLeft []byte) { subPaethGeneric(dst, cur, left, up, upLeft) }
func (loops) sumMagnitudes(b []byte) uint64              { return sumMagnitudesGeneric(b) }
func (loops) findSame(same []uint64, p []byte)           { findSameGeneric(same, p) }
func (loops) sums(p []byte) (plain, weighted uint64)     { return sumsGeneric(p) }
func (loops) writeGroups(out []byte, token []uint16, entry *[tokens]uint64, pending, bits uint64) (at int, _, _ uint64) {
	return writeGroupsGeneric(out, token, entry, pending, bits)
}
func (loops) tokenize(token []uint16, p []byte, same []uint64) int {
	return tokenizeGeneric(token, p, same)
}
func (loops) tally(tables *[8][tokens]uint16, token []uint16)       { tallyGeneric(tables, token) }
func (loops) fold(count *[tokens]uint16, tables *[8][tokens]uint16) { foldGeneric(count, tables) }

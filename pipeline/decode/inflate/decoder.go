// Package inflate owns the decompression of zlib streams (RFC 1950 and RFC 1951). It
// knows nothing of files, chunks or pictures.
//
// The output is the window: a [Decoder] writes into one slice from front to back and copies
// matches within it. A Decoder stops and goes on where zlib does. So a reader that is built on
// it, as libpng is built on zlib, finds damage at the same byte. A Decoder allocates nothing.
package inflate

import (
	"filterbank/filters/simd"
	"filterbank/pipeline/decode/noun"
)

// Decoder decompresses one stream at a time. Its zero value needs Reset. It has one owner.
type Decoder struct {
	src []byte // the fed bytes; src[in:] is not taken yet
	in  int
	buf uint64 // bits that are taken and not used; the next one is lowest
	n   uint   // the number of bits in buf

	mode   mode
	last   bool // the block is the stream's last
	fixed  bool // the tables of fixed blocks are set
	paired bool // pairs is made of lit
	window int  // bytes that a match may reach back into earlier calls
	low    int  // the first byte of the output that a match of this call may use
	before int  // bytes that Feed has replaced

	length, distance int // of the match that is being copied, or the bytes of a stored block
	extra            uint
	counts           counts

	sum    adler
	summed int // bytes of the output that are in sum
	set    simd.Set

	lens    [maxLitLen + maxDistance]uint8
	lenCode [1 << lenCodeBits]uint32
	lit     [litSize]uint32
	pairs   [1 << litBits]uint32
	dist    [distSize]uint32
}

// counts are the numbers in the head of a dynamic block, and the number of lengths read.
type counts struct{ lit, dist, lenCode, have int }

// mode names the part of the stream that comes next.
type mode uint8

const (
	modeHeader mode = iota
	modeBlock
	modeStored     // the length of a stored block
	modeCopy       // its bytes
	modeCounts     // the head of a dynamic block
	modeLenCode    // the lengths of the code for lengths
	modeLens       // the lengths of the codes
	modeSymbol     // a literal, a length or the end of the block
	modeLiteral    // a literal that has been read and not written
	modeLengthBits // the extra bits of a length
	modeDistance
	modeDistanceBits
	modeMatch // bytes of a match
	modeCheck // the checksum
	modeDone
	modeBad
)

// Reset prepares for a stream, which Feed gives. The loops use the instructions of set.
func (d *Decoder) Reset(set simd.Set) {
	d.src, d.in, d.buf, d.n = nil, 0, 0, 0
	d.mode, d.last, d.fixed, d.paired, d.before = modeHeader, false, false, false, 0
	d.sum, d.summed, d.set = 1, 0, set
}

// Feed gives the next part of the stream. All of the earlier part must have been taken.
func (d *Decoder) Feed(src []byte) {
	d.before += d.in
	d.src, d.in = src, 0
}

// Left returns the number of fed bytes that are not taken yet.
func (d *Decoder) Left() int { return len(d.src) - d.in }

// Done reports whether the stream has ended with a right checksum.
func (d *Decoder) Done() bool { return d.mode == modeDone }

// Inflate goes on with the stream. The stream's first at bytes stand in dst, and the result
// is the number that stand there now. Inflate returns when at least enough bytes stand there,
// when all fed bytes are taken, or at the end of the stream. If dst is full, it goes on until
// a byte has no room, which may be past the end of the stream.
//
// The last 32,768 bytes of dst[:at] must be as they were written. The error is a
// [*CorruptError]. After an error the stream cannot go on.
func (d *Decoder) Inflate(dst []byte, at, enough int) (int, error) {
	d.low, d.summed = max(0, at-d.window), at
	for {
		// The loop gives whole bytes back. They must all be bytes of the last Feed.
		if d.mode == modeSymbol && d.n < 8 && d.Left() >= fastInput && len(dst)-at >= fastOutput && at < enough {
			d.pair()
			at = d.fast(dst, at, min(enough, len(dst)-fastOutput+1))
		}
		if at >= enough && at < len(dst) {
			break
		}
		var more bool
		var err error
		if at, more, err = d.step(dst, at); err != nil {
			return at, err
		}
		if !more {
			break
		}
	}
	d.sum, d.summed = d.sum.add(dst[d.summed:at], d.set), at
	return at, nil
}

// need takes bytes until there are k ≤ 32 bits. It reports whether that was possible.
func (d *Decoder) need(k uint) bool {
	for d.n < k {
		if d.in == len(d.src) {
			return false
		}
		d.buf |= uint64(d.src[d.in]) << d.n
		d.in++
		d.n += 8
	}
	return true
}

// take uses k bits.
func (d *Decoder) take(k uint) int {
	v := d.buf & (1<<k - 1)
	d.buf >>= k
	d.n -= k
	return int(v)
}

// step does the part of the stream that mode names, as far as input and room allow. It
// returns the number of bytes in dst, and whether more can be done at once.
func (d *Decoder) step(dst []byte, at int) (_ int, more bool, err error) {
	switch d.mode {
	case modeHeader:
		more, err = d.readHeader()
	case modeBlock:
		more, err = d.readBlock()
	case modeStored:
		more, err = d.readStored()
	case modeCopy:
		return d.copyStored(dst, at)
	case modeCounts:
		more, err = d.readCounts()
	case modeLenCode:
		more, err = d.readLenCode()
	case modeLens:
		more, err = d.readLens()
	case modeSymbol:
		more, err = d.readSymbol()
	case modeLiteral:
		if at == len(dst) {
			return at, false, nil
		}
		dst[at] = byte(d.length)
		d.mode = modeSymbol
		return at + 1, true, nil
	case modeLengthBits:
		if more = d.need(d.extra); more {
			d.length += d.take(d.extra)
			d.mode = modeDistance
		}
	case modeDistance:
		more, err = d.readDistance()
	case modeDistanceBits:
		if more = d.need(d.extra); more {
			d.distance += d.take(d.extra)
			d.mode = modeMatch
		}
	case modeMatch:
		return d.copyMatch(dst, at)
	case modeCheck:
		more, err = d.readCheck(dst, at)
	}
	return at, more, err
}

// copyMatch copies as much of a match as there is room for. Like zlib, it checks that the
// match lies within the window once there is room, and again in a later call.
func (d *Decoder) copyMatch(dst []byte, at int) (int, bool, error) {
	if at < len(dst) && d.distance > at-d.low {
		return at, false, d.corrupt("a match reaches back %s, beyond the window of %s", noun.Count(d.distance, "byte"), noun.Count(at-d.low, "byte"))
	}
	for d.length > 0 {
		if at == len(dst) {
			return at, false, nil
		}
		dst[at] = dst[at-d.distance]
		at++
		d.length--
	}
	d.mode = modeSymbol
	return at, true, nil
}

// copyStored copies a stored block as far as it has been fed and has room.
func (d *Decoder) copyStored(dst []byte, at int) (int, bool, error) {
	n := copy(dst[at:], d.src[d.in:][:min(d.length, d.Left())])
	d.in += n
	d.length -= n
	if d.length > 0 {
		return at + n, false, nil
	}
	d.mode = modeBlock
	return at + n, true, nil
}

// Window returns the farthest reach of matches, which the stream's header states.
func (d *Decoder) Window() int { return d.window }

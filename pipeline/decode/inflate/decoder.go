// Package inflate owns the decompression of zlib streams (RFC 1950 and RFC 1951). It
// knows nothing of files, chunks or pictures.
//
// The output is the window: a [Decoder] writes into one slice from front to back and
// takes matches from where they already lie. A Decoder stops and goes on where zlib does,
// so that a reader which is built on it, as libpng is built on zlib, finds damage at the
// same byte. It allocates nothing.
package inflate

import "filterbank/filters/simd"

// Decoder decompresses one stream at a time. Its zero value needs Reset. It has one owner.
type Decoder struct {
	src []byte // what has been fed and is not taken yet starts at in
	in  int
	buf uint64 // bits that have been taken and not used, the next one lowest
	n   uint   // how many

	mode   mode
	last   bool // the block is the stream's last
	fixed  bool // the tables are those of fixed blocks
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

// counts are what the head of a dynamic block says, and how many lengths have been read.
type counts struct{ lit, dist, lenCode, have int }

// mode is what comes next in the stream.
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

// Feed gives the next part of the stream. All of the part before must have been taken.
func (d *Decoder) Feed(src []byte) {
	d.before += d.in
	d.src, d.in = src, 0
}

// Left is how many bytes of what was fed are not taken yet.
func (d *Decoder) Left() int { return len(d.src) - d.in }

// Done says whether the stream has ended and its checksum was right.
func (d *Decoder) Done() bool { return d.mode == modeDone }

// Inflate goes on with the stream whose first at bytes stand in dst, and gives how many
// stand there then. It returns when these are enough or more, when all that was fed has
// been taken, or at the end of the stream. Where dst is full it goes on until the next
// byte that has no room, which may be past the end of the stream.
//
// The last 32,768 bytes of dst[:at] must be as they were written. The error is a
// [*CorruptError]; after one, Inflate gives it no sense to go on.
func (d *Decoder) Inflate(dst []byte, at, enough int) (int, error) {
	d.low, d.summed = max(0, at-d.window), at
	for {
		// The loop gives whole bytes back, all of which must be of what was fed last.
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

// need takes bytes until there are k ≤ 32 bits, and says whether that was possible.
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

// step does what the mode says, as far as input and room allow. It gives how many bytes
// stand in dst, and whether there is more to do at once.
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

// copyMatch copies as much of a match as there is room for. Like zlib it looks whether the
// match is within the window once there is room, and again in a later call.
func (d *Decoder) copyMatch(dst []byte, at int) (int, bool, error) {
	if at < len(dst) && d.distance > at-d.low {
		return at, false, d.corrupt("a match reaches back %d bytes, where %d are in the window", d.distance, at-d.low)
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

// copyStored copies as much of a stored block as has been fed and as there is room for.
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

// Window is how far back the stream says that matches reach, once its header is read.
func (d *Decoder) Window() int { return d.window }

package mapng

import "encoding/binary"

const (
	// blockSize is the number of filtered bytes that share one set of Huffman codes. It is
	// large enough that the description of the codes weighs little, and small enough for
	// the cache and for one stored block.
	blockSize = 1 << 15
	// blockPad is the number of bytes past a block's end that loops load and ignore.
	blockPad = 64
)

// stream is the zlib stream of one picture between two blocks.
type stream struct {
	buf     []byte // the block being filled, then blockPad bytes
	n, size int    // bytes in it, and how many it takes
	begun   bool   // the zlib header is out
	bits    bitWriter
	sum     adler
}

// reset starts the stream of a picture whose filtered rows have rowBytes each.
func (s *stream) reset(rows, rowBytes int) {
	size := blockSize
	if rows <= blockSize/rowBytes {
		size = rows * rowBytes
	}
	if cap(s.buf) < size+blockPad {
		s.buf = make([]byte, size+blockPad)
	}
	*s = stream{buf: s.buf[:cap(s.buf)], size: size, sum: 1}
}

func (s *stream) putByte(b byte) {
	s.buf[s.n] = b
	s.n++
}

// room is the part of the block that is still free.
func (s *stream) room() []byte { return s.buf[s.n:s.size] }

func (s *stream) advance(n int) { s.n += n }

func (s *stream) full() bool { return s.n == s.size }

// flush compresses the block into an IDAT chunk. The chunk is valid until the next call
// with the same coder. The last one ends the zlib stream.
func (s *stream) flush(c *blockCoder, last bool) []byte {
	out, at := openChunk(c.out[:0], "IDAT")
	if !s.begun {
		out = append(out, 0x78, 0x01) // deflate with a window of 32 KB; fastest
		s.begun = true
	}
	s.sum = s.sum.add(c.loops, s.buf[:s.n])
	s.bits.out = out
	c.encode(&s.bits, s.buf[:s.n:s.n+blockPad], last)
	if last {
		s.bits.align()
		s.bits.out = binary.BigEndian.AppendUint32(s.bits.out, uint32(s.sum))
	}
	out = closeChunk(s.bits.out, at)
	c.out, s.bits.out, s.n = out, nil, 0
	return out
}

// bitWriter packs bits in DEFLATE's order, lowest first. Up to 63 bits are pending, and
// fewer than 8 between blocks.
type bitWriter struct {
	out     []byte
	pending uint64
	n       uint // pending bits
}

// put appends the low n ≤ 32 bits of v. The other bits of v must be zero.
func (b *bitWriter) put(v uint64, n uint) {
	b.pending |= v << b.n
	b.n += n
	if b.n >= 32 {
		b.out = binary.LittleEndian.AppendUint32(b.out, uint32(b.pending))
		b.pending >>= 32
		b.n -= 32
	}
}

// drain writes out all whole bytes.
func (b *bitWriter) drain() {
	for b.n >= 8 {
		b.out = append(b.out, byte(b.pending))
		b.pending >>= 8
		b.n -= 8
	}
}

// align pads with zero bits to a whole byte and writes it out.
func (b *bitWriter) align() {
	b.n = (b.n + 7) &^ 7
	b.drain()
}

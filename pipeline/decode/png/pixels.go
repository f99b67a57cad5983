package png

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"filterbank/filters/simd"
	"filterbank/pipeline/decode/inflate"
)

// pass is one of the reduced pictures of an interlaced PNG (PNG 3rd edition, 8.2), or the
// whole picture of another PNG.
type pass struct {
	x, y, dx, dy  int // of the first pixel, and to the next
	width, height int
	rowBytes      int
	at            int // of the first row in the raw pixels
}

// rowBytes returns the bytes of a row without its filter byte.
func rowBytes(bits, width int) int { return (bits*width + 7) / 8 }

// passes returns the passes that have pixels, in their order. total is their bytes together.
func (h *Header) passes() (list []pass, total uint64) {
	grid := [][4]int{{0, 0, 1, 1}}
	if h.Interlaced {
		grid = [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
	}
	for _, g := range grid {
		p := pass{x: g[0], y: g[1], dx: g[2], dy: g[3]}
		p.width, p.height = (h.Width-p.x+p.dx-1)/p.dx, (h.Height-p.y+p.dy-1)/p.dy
		if p.width <= 0 || p.height <= 0 {
			continue
		}
		p.rowBytes, p.at = rowBytes(h.bits(), p.width), int(total)
		high, low := bits.Mul64(uint64(p.height), uint64(p.rowBytes)+1)
		if total += low; high != 0 || low > 1<<62 || total > 1<<62 {
			return nil, 1 << 62
		}
		list = append(list, p)
	}
	return list, total
}

// readPixels reads the IDAT chunks into m.
func (m *Image) readPixels(ctx context.Context, r *reader) error {
	first, err := r.next()
	if err != nil {
		return err
	}
	passes, total := r.passes()
	const ratio = 1032 // of deflate at most: 258 bytes for 2 bits
	if total/ratio > uint64(len(r.data)) {
		return refuse(Corrupt, "%d×%d pixels cannot be in a file of %d bytes", r.Width, r.Height, len(r.data))
	}
	s := &stream{reader: r, ctx: ctx, passes: passes, raw: make([]byte, total), set: m.set}
	start := r.at
	whole, err := s.readFast(first)
	if err != nil {
		return err
	}
	if !whole {
		r.at = start
		if err := s.readExact(first); err != nil {
			return err
		}
	}
	r.whole = true
	if !r.Interlaced {
		m.pix, m.first, m.stride = s.raw, 1, passes[0].rowBytes+1
		return nil
	}
	return m.weave(ctx, s)
}

// weave brings the passes of an interlaced picture together.
func (m *Image) weave(ctx context.Context, s *stream) error {
	m.stride = rowBytes(s.bits(), s.Width)
	m.pix = make([]byte, s.Height*m.stride)
	for _, p := range s.passes {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.spread(m.pix, m.stride, s.raw, s.bits())
	}
	return nil
}

// stream is the zlib stream of the IDAT chunks on its way into raw pixels.
type stream struct {
	*reader
	ctx      context.Context
	passes   []pass
	raw      []byte // rows, each behind the byte of its filter
	set      simd.Set
	inflater inflate.Decoder

	chunk chunk
	rest  []byte // of its content
}

// errTooFew is libpng's error "Not enough image data".
var errTooFew = errors.New("too few")

// begin starts with the first chunk.
func (s *stream) begin(first chunk) {
	s.inflater.Reset(s.set)
	s.chunk, s.rest = first, first.content
}

// feed gives the decoder at most n more bytes. If a chunk is used up, they come from the next one.
func (s *stream) feed(n int) error {
	for len(s.rest) == 0 {
		if !s.chunk.intact() {
			return damaged(s.chunk)
		}
		c, err := s.next()
		if err != nil {
			return err
		}
		if c.kind != "IDAT" {
			return refuse(Corrupt, "its compressed pixels end too early, before %v", c)
		}
		s.chunk, s.rest = c, c.content
	}
	if err := s.ctx.Err(); err != nil {
		return err
	}
	n = min(n, len(s.rest))
	s.inflater.Feed(s.rest[:n])
	s.rest = s.rest[n:]
	return nil
}

// stretch is the number of bytes that are decompressed before their rows are unfiltered. So
// few bytes are still in the second cache then.
const (
	stretch = 128 << 10
	window  = 32 << 10 // the farthest that compressed pixels refer back
)

// readFast reads pixels if the stream is right: it ends with the last pixel, and all chunks
// are intact. Otherwise it returns false, and readExact finds out what libpng would say.
func (s *stream) readFast(first chunk) (whole bool, err error) {
	s.begin(first)
	u, at := newUnfilter(s.raw, s.passes, s.bits(), s.set), 0
	for !s.inflater.Done() {
		if err := s.ctx.Err(); err != nil {
			return false, err
		}
		if s.inflater.Left() == 0 && s.feed(len(s.data)) != nil {
			return false, nil
		}
		if at, err = s.inflater.Inflate(s.raw, at, min(at+stretch, len(s.raw))); err != nil {
			return false, nil
		}
		if s.inflater.Window() < min(window, len(s.raw)) {
			return false, nil // matches may reach back too far, which depends on libpng's steps
		}
		if at == len(s.raw) && !s.inflater.Done() && s.inflater.Left() > 0 {
			return false, nil
		}
		if at < len(s.raw) && !s.inflater.Done() && !u.rows(at-window) {
			return false, nil
		}
	}
	ended := at == len(s.raw) && s.inflater.Left() == 0 && len(s.rest) == 0 && s.chunk.intact()
	return ended && u.rows(len(s.raw)), nil
}

// readExact reads pixels in libpng's steps, row by row from parts of 8 KiB. So it finds the
// same damage.
func (s *stream) readExact(first chunk) error {
	s.begin(first)
	for at, p := 0, 0; p < len(s.passes); p++ {
		for y := range s.passes[p].height {
			end := at + s.passes[p].rowBytes + 1
			var err error
			if at, err = s.readRow(at, end); err != nil {
				return s.explain(err, s.passes[p], y)
			}
		}
	}
	s.whole = true
	if err := s.readRest(); err != nil {
		return err
	}
	if !s.chunk.intact() {
		return damaged(s.chunk)
	}
	u := newUnfilter(s.raw, s.passes, s.bits(), s.set)
	if !u.rows(len(s.raw)) {
		p := u.passes[0]
		return refuse(Corrupt, "row %d of its pixels has filter %d, where 0 to 4 are possible", p.y+u.y*p.dy, s.raw[u.at])
	}
	return s.ctx.Err()
}

// partSize is the number of bytes of a chunk that libpng takes at a time.
const partSize = 8192

// readRow decompresses up to raw[:end].
func (s *stream) readRow(at, end int) (int, error) {
	for at < end {
		if s.inflater.Done() {
			return at, errTooFew
		}
		if s.inflater.Left() == 0 {
			if err := s.feed(partSize); err != nil {
				return at, err
			}
		}
		var err error
		if at, err = s.inflater.Inflate(s.raw[:end], at, end); err != nil {
			return at, err
		}
	}
	return at, nil
}

// explain tells in words why row y cannot be read.
func (s *stream) explain(err error, p pass, y int) error {
	row := p.y + y*p.dy
	if err == errTooFew {
		return refuse(Corrupt, "its compressed pixels end too early, within row %d of %d", row, s.Height)
	}
	corrupt, ok := errors.AsType[*inflate.CorruptError](err)
	if !ok {
		return err
	}
	if !s.chunk.intact() {
		return damaged(s.chunk)
	}
	return &Error{Corrupt, fmt.Sprintf("row %d of its pixels cannot be decompressed: %v", row, corrupt), err}
}

// readRest reads the rest of the stream behind the pixels. Errors there are benign as long as
// there are chunks to read.
func (s *stream) readRest() error {
	const part = 1024 // bytes that libpng decompresses at a time
	buf := make([]byte, 2*window+part)
	at := copy(buf, s.raw[max(0, len(s.raw)-window):])
	extra := 0
	for !s.inflater.Done() {
		if s.inflater.Left() == 0 {
			if err := s.feed(partSize); err != nil {
				return err
			}
		}
		if at > 2*window {
			at = copy(buf, buf[at-window:at])
		}
		n, err := s.inflater.Inflate(buf[:at+part], at, at+part)
		if err != nil {
			s.warn("behind the pixels: %v", err)
			return nil
		}
		extra += n - at
		at = n
		if extra == 0 && !s.inflater.Done() {
			return nil // libpng gives up here, too
		}
	}
	if s.inflater.Left() > 0 || len(s.rest) > 0 {
		s.warn("%v goes on behind the compressed pixels", s.chunk)
	}
	if extra > 0 {
		s.warn("the compressed pixels are too many by %d of their bytes", extra)
	}
	return nil
}

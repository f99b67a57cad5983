// Package mapng owns the encoding of pictures as PNG, row by row: gray of 8 or 16 bits,
// 8 bits with a palette, or RGB, with text chunks. It never reads a PNG and never
// computes a pixel.
//
// It is made for the maps of a convolution layer. Most of their filtered bytes are runs
// of zeros. DEFLATE with run-length matches (distance 1) and dynamic Huffman codes writes
// 7% fewer bytes for maps of photos than zlib's level 9 with the same filters. It needs
// neither a window nor hash chains.
//
// An Encoder holds one block of filtered bytes and one row, so that hundreds may be open
// at a time. The memory for compressing a block is in a Workspace that one worker owns.
// The bytes written depend on the header and the pixels alone. They do not depend on the
// machine or on how many rows a call brings.
//
// References: Portable Network Graphics (PNG) Specification, third edition, W3C;
// RFC 1950 (zlib); RFC 1951 (DEFLATE).
package mapng

import (
	"errors"
	"fmt"
	"io"

	"filterbank/filters/simd"
)

// Encoder writes one picture at a time. The zero value is ready for Reset, and Reset
// begins each next picture. An Encoder is not safe for concurrent use, but its calls may
// come from one goroutine after another.
type Encoder struct {
	w    io.Writer
	err  error // the first failure, given again by every later call
	open bool  // between Reset and Close

	height, rowBytes, bpp int
	row                   int    // rows taken so far
	prev                  []byte // the last row of the previous call

	filter  filterChooser
	stream  stream
	scratch []byte // header and trailer
}

// Workspace is the memory in which an Encoder compresses a block, about 130 KB. One
// goroutine at a time owns it and shares it among all its encoders. The zero value is
// ready for use.
type Workspace struct {
	SIMD simd.Set // the loops to use; all sets write the same bytes

	block blockCoder
	trial [trialBytes]byte
}

// Reset starts a picture on w and writes everything before its pixels. A header that PNG
// cannot hold is an error, and nothing is written then. An unfinished picture is
// forgotten.
func (e *Encoder) Reset(w io.Writer, h Header) error {
	*e = Encoder{w: w, prev: e.prev[:0], stream: e.stream, scratch: e.scratch}
	if err := h.check(); err != nil {
		e.err = fmt.Errorf("write png: %w", err)
		return e.err
	}
	e.open = true
	e.height = h.Height
	e.bpp = h.bytesPerPixel()
	e.rowBytes = h.Width * e.bpp
	e.stream.reset(h.Height, 1+e.rowBytes)
	e.scratch = appendHeader(e.scratch[:0], h)
	return e.write("header", e.scratch)
}

// WriteRows takes the next whole rows. A row is Width bytes at 8 bits, 2·Width big-endian
// bytes at 16, and 3·Width bytes of RGB. Rows beyond the picture's height and failures of
// the writer are errors. Palette indices are not compared with the palette's length. ws
// is used during the call only.
func (e *Encoder) WriteRows(ws *Workspace, pix []byte) error {
	if e.err != nil {
		return e.err
	}
	if !e.open {
		return errors.New("write png: WriteRows needs a Reset before it")
	}
	if len(pix)%e.rowBytes != 0 {
		return fmt.Errorf("write png: %d bytes are not a whole number of rows of %d bytes", len(pix), e.rowBytes)
	}
	rows := len(pix) / e.rowBytes
	if rows > e.height-e.row {
		return fmt.Errorf("write png: %d rows after %d of %d", rows, e.row, e.height)
	}
	if rows == 0 {
		return nil
	}
	if e.row == 0 {
		e.prev = zeroed(e.prev, e.rowBytes)
	}
	ws.block.loops = newLoops(ws.SIMD)
	prev := e.prev
	for y := range rows {
		cur := pix[y*e.rowBytes : (y+1)*e.rowBytes]
		if err := e.writeRow(ws, cur, prev); err != nil {
			return err
		}
		prev = cur
	}
	copy(e.prev, prev)
	return nil
}

// writeRow filters a row into the stream, block by block.
func (e *Encoder) writeRow(ws *Workspace, cur, prev []byte) error {
	f := e.filter.choose(ws.block.loops, &ws.trial, cur, prev, e.bpp, e.row)
	e.row++
	e.stream.putByte(byte(f))
	for x := 0; ; {
		room := e.stream.room()
		n := min(len(room), len(cur)-x)
		f.apply(ws.block.loops, room[:n], cur, prev, x, e.bpp)
		e.stream.advance(n)
		x += n
		last := e.row == e.height && x == len(cur)
		if last || e.stream.full() {
			if err := e.write("IDAT chunk", e.stream.flush(&ws.block, last)); err != nil {
				return err
			}
		}
		if x == len(cur) {
			return nil
		}
	}
}

// Close ends the picture. Missing rows are an error. Close does not close the writer.
func (e *Encoder) Close() error {
	if e.err != nil {
		return e.err
	}
	if !e.open {
		return errors.New("write png: Close needs a Reset before it")
	}
	e.open = false
	if e.row < e.height {
		e.err = fmt.Errorf("write png: %d of %d rows are missing", e.height-e.row, e.height)
		return e.err
	}
	var at int
	e.scratch, at = openChunk(e.scratch[:0], "IEND")
	e.scratch = closeChunk(e.scratch, at)
	return e.write("IEND chunk", e.scratch)
}

func (e *Encoder) write(what string, p []byte) error {
	if _, err := e.w.Write(p); err != nil {
		e.err = fmt.Errorf("write png %s: %w", what, err)
	}
	return e.err
}

// zeroed returns n zero bytes, in b's memory if that is large enough.
func zeroed(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	b = b[:n]
	clear(b)
	return b
}

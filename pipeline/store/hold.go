package store

import (
	"context"
	"hash/crc32"
	"sync"
	"sync/atomic"

	"filterbank/pipeline/bucket"
)

// hold is memory for the contents of files that have outgrown their buffers and are to be sent. A
// file that finds no room lies in the folder of temporary files. It is safe for concurrent use.
type hold struct {
	mu    sync.Mutex
	freed sync.Cond
	free  [][]byte // pieces that were given back
	most  int      // number of pieces
	left  int      // number of pieces that no file has
	sent  int      // number of pieces of files that are sealed, and so are sent soon
}

// newHold returns a hold of a size in bytes.
func newHold(bytes int64) *hold {
	h := &hold{most: int(bytes / BufferBytes), left: int(bytes / BufferBytes)}
	h.freed.L = &h.mu
	return h
}

// windowOf returns the size in bytes and the number of the parts in which a shard of a size is sent
// while it is written. They take at most half of a hold, from which they are taken away.
func windowOf(shard int64, h *hold) (part int64, parts int) {
	const least, most, objectParts = 8 << 20, 6, 8000 // an object has at most 10,000 parts
	part = max(least, (shard/objectParts/BufferBytes+1)*BufferBytes)
	h.mu.Lock()
	defer h.mu.Unlock()
	parts = min(most, h.most/2/int(part/BufferBytes))
	taken := parts * int(part/BufferBytes)
	h.most, h.left = h.most-taken, h.left-taken
	return part, parts
}

// take returns a number of pieces of BufferBytes each, or nil if there is no room for all. Their
// bytes are any. A nil hold has no room.
func (h *hold) take(pieces int) [][]byte {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if pieces > h.left {
		return nil
	}
	h.left -= pieces
	taken := make([][]byte, 0, pieces)
	for range pieces {
		var piece []byte
		if n := len(h.free); n > 0 {
			piece, h.free = h.free[n-1], h.free[:n-1]
		} else {
			piece = make([]byte, BufferBytes)
		}
		taken = append(taken, piece)
	}
	return taken
}

// await waits until there is room for a number of pieces, or for half of all, or no file is left that
// is sent soon, or ctx has ended.
func (h *hold) await(ctx context.Context, pieces int) {
	defer context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.freed.Broadcast()
	})()
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.left < min(pieces, h.most/2) && h.sent > 0 && ctx.Err() == nil {
		h.freed.Wait()
	}
}

// pieces is the number of pieces of a hold that a size in bytes takes.
func pieces(size int64) int { return int((size + BufferBytes - 1) / BufferBytes) }

// held is the content of a file, or its beginning, in a hold.
type held struct {
	pieces [][]byte // each but the last one is full
	sealed bool
	crc    atomic.Uint32 // of sum
}

// add takes a whole piece of content. It says whether there was room.
func (c *held) add(h *hold, content []byte) bool {
	more := h.take(pieces(int64(len(content))))
	for i, p := range more {
		more[i] = p[:copy(p, content[i*BufferBytes:])]
	}
	c.pieces = append(c.pieces, more...)
	return more != nil
}

// size gives the content a size in bytes. It says whether there was room.
func (c *held) size(h *hold, size int64) bool {
	c.pieces = h.take(pieces(size))
	if n := len(c.pieces); n > 0 {
		c.pieces[n-1] = c.pieces[n-1][:size-int64(n-1)*BufferBytes]
	}
	return c.pieces != nil
}

// sum takes bytes into the CRC of a content that has its size. So many bytes of it follow them.
// Several goroutines may sum at a time.
func (c *held) sum(p []byte, behind int64) {
	crc := shiftCRC(crc32.Checksum(p, castagnoli), behind)
	for before := c.crc.Load(); !c.crc.CompareAndSwap(before, before^crc); {
		before = c.crc.Load()
	}
}

// writeAt writes at an offset into a content that has its size. Several goroutines may write at a
// time.
func (c *held) writeAt(p []byte, at int64) {
	for len(p) > 0 {
		n := copy(c.pieces[at/BufferBytes][at%BufferBytes:], p)
		p, at = p[n:], at+int64(n)
	}
}

// with is the content and what follows it.
func (c *held) with(rest []byte) bucket.Pieces {
	return append(c.pieces[:len(c.pieces):len(c.pieces)], rest)
}

// seal says that the content is whole and is sent soon.
func (c *held) seal(h *hold) {
	if len(c.pieces) == 0 || c.sealed {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sent += len(c.pieces)
	c.sealed = true
}

// release gives the pieces back.
func (c *held) release(h *hold) {
	if len(c.pieces) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range c.pieces {
		h.free = append(h.free, p[:BufferBytes])
	}
	h.left += len(c.pieces)
	if c.sealed {
		h.sent -= len(c.pieces)
	}
	h.freed.Broadcast()
	*c = held{}
}

package jpeg

import "filterbank/filters/simd"

// queued is how many blocks a queue holds: their 8 KiB stay in the first cache.
const queued = 64

// queue collects blocks of a component whose inverse DCT is to be done together. All of
// its blocks past n are zero.
type queue struct {
	blocks []int16
	at     []int // index in the plane of each block's samples
	n      int
}

// reset makes it an empty queue with room for size blocks.
func (q *queue) reset(size int) {
	clear(q.blocks[:q.n*blockSize])
	q.n = 0
	if cap(q.at) < size {
		q.blocks, q.at = make([]int16, size*blockSize), make([]int, size)
	}
	q.blocks, q.at = q.blocks[:size*blockSize], q.at[:size]
}

// next is the block that is to be filled next.
func (q *queue) next() *[blockSize]int16 {
	return (*[blockSize]int16)(q.blocks[q.n*blockSize:])
}

// push adds the block that next gave, whose samples belong at an index of the plane. It
// reports whether the queue is full.
func (q *queue) push(at int) bool {
	q.at[q.n] = at
	q.n++
	return q.n == len(q.at)
}

// flush does the inverse DCT of all blocks and clears them.
func (q *queue) flush(plane *Plane, quant *[blockSize]uint16, set simd.Set) {
	blocks := q.blocks[:q.n*blockSize]
	idct(plane.Pix, plane.Stride, q.at[:q.n], blocks, quant, set)
	clear(blocks)
	q.n = 0
}

// finish puts the block that is next in a unit's queue into it, a block of the MCU x, y.
func (p *picture) finish(u *unit, x, y int) {
	at := ((y*u.stepY+u.y)*u.plane.Stride + x*u.stepX + u.x) * 8
	if u.queue.push(at) {
		p.flush(u.queue, u.plane, u.comp.quant)
	}
}

// flush empties a queue, or has another goroutine do it.
func (p *picture) flush(q *queue, plane *Plane, quant *[blockSize]uint16) {
	if p.relay == nil || !p.relay.take(q, plane, quant) {
		q.flush(plane, quant, p.opts.SIMD)
	}
}

// flushQueues empties all queues of a goroutine.
func (p *picture) flushQueues(m *member) {
	for i := range p.frame.comps {
		if q := &m.queues[i]; q.n > 0 {
			q.flush(&p.planes[i], p.frame.comps[i].quant, p.opts.SIMD)
		}
	}
}

// idctBlocksGeneric does the inverse DCT of consecutive blocks. The samples of block i
// belong at index at[i] of a plane.
func idctBlocksGeneric(pix []uint8, stride int, at []int, blocks []int16, quant *[blockSize]uint16) {
	for i, to := range at {
		idctGeneric(pix[to:], stride, (*[blockSize]int16)(blocks[i*blockSize:]), quant)
	}
}

// idct is idctBlocksGeneric, in assembly as far as the set has it.
func idct(pix []uint8, stride int, at []int, blocks []int16, quant *[blockSize]uint16, set simd.Set) {
	for len(at) > 0 {
		n := idctFast(pix, stride, at, blocks, quant, set)
		if n == 0 { // assembly leaves them: too few, or out of its range
			n = min(len(at), 4)
			idctBlocksGeneric(pix, stride, at[:n], blocks, quant)
		}
		at, blocks = at[n:], blocks[n*blockSize:]
	}
}

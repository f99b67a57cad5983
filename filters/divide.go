package filters

import (
	"sync/atomic"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// compute is l.Compute(r), shared by the crew. Channels of a pool are shared. Blocks of filters
// of a convolution are shared, and its rows too unless all goroutines take about as long with blocks
// alone: there must be many, or even ones that can be divided evenly. Other layers are shared by
// rows, and so are depthwise ones, whose loops compute all channels at once.
func (c *crew) compute(l loops, r *kernel.Rows) {
	if c == nil || r.N == 0 {
		l.Compute(r)
		return
	}
	workers := len(c.rows)
	if pool, ok := l.(*kernel.Pool); ok && pool.Channels() >= workers {
		c.pool(pool, r)
		return
	}
	conv, inBlocks := l.(*kernel.Layer)
	least := 1 // rows of a piece
	if inBlocks {
		if rows := conv.DepthwiseRows(); rows > 0 {
			inBlocks, least = false, rows
		}
	}
	blocks, pieces := 1, max(1, min(r.N/least, workers))
	if inBlocks {
		blocks = conv.Blocks()
		if blocks >= 8*workers || blocks%workers == 0 && conv.Even() {
			pieces = 1
		}
	}
	c.share(blocks*pieces, func(worker, i int) {
		part, piece := &c.rows[worker], i/blocks
		part.Part(r, piece*r.N/pieces, (piece+1)*r.N/pieces)
		if inBlocks {
			conv.ComputeBlock(part, i%blocks)
		} else {
			l.Compute(part)
		}
		part.Release()
	})
}

// pool is p.Compute(r), shared by channels.
func (c *crew) pool(p *kernel.Pool, r *kernel.Rows) {
	n := min(p.Channels(), 2*len(c.rows))
	c.share(n, func(worker, i int) {
		part := &c.rows[worker]
		part.Part(r, 0, r.N)
		p.ComputeChannels(part, i*p.Channels()/n, (i+1)*p.Channels()/n)
		part.Release()
	})
}

// fewest is crew.fewest outside tests. To copy fewer values takes less time than to meet.
const fewest = 1 << 12

// divides says whether there is a crew that shares work on the values of rows.
func (c *crew) divides(rows volume.Rows) bool {
	return c != nil && rows.C*rows.N*rows.W >= c.fewest
}

// channels calls do for parts from ≤ c < to of n channels, on all goroutines.
func (c *crew) channels(n int, do func(from, to int)) {
	parts := min(n, 2*len(c.rows))
	c.share(parts, func(_, i int) { do(i*n/parts, (i+1)*n/parts) })
}

// copyRows is k.Copy of rows of the same shape.
func (c *crew) copyRows(k *kernel.Kernel, dst, src volume.Rows) {
	if !c.divides(dst) {
		k.Copy(gridOf(dst, 0), gridOf(src, 0), dst.C, dst.N, dst.W)
		return
	}
	c.channels(dst.C, func(from, to int) {
		k.Copy(gridOf(dst, from), gridOf(src, from), to-from, dst.N, dst.W)
	})
}

// gridOf is rows from a channel on.
func gridOf(rows volume.Rows, from int) kernel.Grid {
	return kernel.Grid{Data: rows.Data[from*rows.ChannelStride:], ChannelStride: rows.ChannelStride, RowStride: rows.RowStride}
}

// scan is an emit that gives each goroutine rows of its own. It returns one of their errors.
func (c *crew) scan(emit func(worker, layer int, rows volume.Rows) error) Emit {
	return func(layer int, rows volume.Rows) error {
		if !c.divides(rows) {
			return emit(0, layer, rows)
		}
		var failed atomic.Pointer[error]
		n := min(rows.N, len(c.rows))
		c.share(n, func(worker, i int) {
			if err := emit(worker, layer, rows.Sub(i*rows.N/n, (i+1)*rows.N/n)); err != nil {
				failed.Store(&err)
			}
		})
		if err := failed.Load(); err != nil {
			return *err
		}
		return nil
	}
}

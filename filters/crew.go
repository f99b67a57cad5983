package filters

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"filterbank/filters/kernel"
	"filterbank/filters/volume"
)

// crew is goroutines that compute the rows of one band together: a team's way where parts of
// the picture would repeat too much of earlier layers, or read too many weights.
type crew struct {
	calls    chan func()
	ended    atomic.Bool // no more calls will come
	busy     sync.WaitGroup
	left     atomic.Int64 // calls that have not ended, which share looks at before it waits for busy
	panicked atomic.Pointer[string]
	rows     []kernel.Rows // of each goroutine
}

func newCrew(size int) *crew {
	return &crew{calls: make(chan func(), size), rows: make([]kernel.Rows, size)}
}

// patience is how long a goroutine looks for the others before it sleeps. Bands follow each other
// closely, and to wake a goroutine takes as long as to compute many rows.
const patience = 100 * time.Microsecond

// help works for the owner until it dismisses the crew.
func (c *crew) help() {
	for {
		eventually(func() bool { return len(c.calls) > 0 || c.ended.Load() })
		call, ok := <-c.calls
		if !ok {
			return
		}
		call()
	}
}

// eventually returns when a condition is met, or has not been for as long as patience.
func eventually(met func() bool) {
	for begun := time.Now(); !met() && time.Since(begun) < patience; {
		runtime.Gosched()
	}
}

// dismiss ends help. The owner calls it when it shares no more work.
func (c *crew) dismiss() {
	c.ended.Store(true)
	close(c.calls)
}

// share calls do for 0 ≤ i < n, on all goroutines. Calls with the same worker never overlap. A
// helper's panic becomes the owner's.
func (c *crew) share(n int, do func(worker, i int)) {
	var next atomic.Int64
	work := func(worker int) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			do(worker, i)
		}
	}
	for worker := 1; worker < min(n, len(c.rows)); worker++ {
		c.busy.Add(1)
		c.left.Add(1)
		c.calls <- func() {
			defer c.busy.Done()
			defer c.left.Add(-1)
			defer func() {
				if p := recover(); p != nil {
					text := fmt.Sprintf("%v\n%s", p, debug.Stack())
					c.panicked.Store(&text)
				}
			}()
			work(worker)
		}
	}
	work(0)
	eventually(func() bool { return c.left.Load() == 0 })
	c.busy.Wait()
	if p := c.panicked.Load(); p != nil {
		panic(*p)
	}
}

// compute is l.Compute(r), shared by the crew. Blocks of filters of a convolution are shared, if
// there are so many, or so even ones, that all goroutines take about as long. Otherwise rows are
// shared too. Other layers are shared by rows, and so are depthwise ones, whose loops compute all
// channels at once.
func (c *crew) compute(l loops, r *kernel.Rows) {
	if c == nil || r.N == 0 {
		l.Compute(r)
		return
	}
	workers := len(c.rows)
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
		part, piece := &c.rows[worker], i%pieces
		part.Part(r, piece*r.N/pieces, (piece+1)*r.N/pieces)
		if inBlocks {
			conv.ComputeBlock(part, i/pieces)
		} else {
			l.Compute(part)
		}
		part.Release()
	})
}

// fewest is the number of values from which on copying is shared.
const fewest = 1 << 15

// copyRows is k.Copy of rows of the same shape. A crew shares the channels.
func (c *crew) copyRows(k *kernel.Kernel, dst, src volume.Rows) {
	if c == nil || dst.C*dst.N*dst.W < fewest {
		copyChannels(k, dst, src, 0, dst.C)
		return
	}
	n := min(len(c.rows), dst.C)
	c.share(n, func(_, i int) { copyChannels(k, dst, src, i*dst.C/n, (i+1)*dst.C/n) })
}

// copyChannels copies channels from ≤ c < to.
func copyChannels(k *kernel.Kernel, dst, src volume.Rows, from, to int) {
	k.Copy(
		kernel.Grid{Data: dst.Data[from*dst.ChannelStride:], ChannelStride: dst.ChannelStride, RowStride: dst.RowStride},
		kernel.Grid{Data: src.Data[from*src.ChannelStride:], ChannelStride: src.ChannelStride, RowStride: src.RowStride},
		to-from, dst.N, dst.W)
}

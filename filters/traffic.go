package filters

import (
	"cmp"
	"math"
)

// bandBytes is the working set of a layer that a runner aims at where weights are few: five
// eighths of a second-level cache of 1 MiB. The rest is for weights and for the consumer's
// memory. On Zen 5, speeds with 300 to 1000 KiB differ by less than 2%.
const bandBytes = 640 << 10

// tallBytes bounds the working set of a runner whose bands are tall, so that they read
// weights seldom. Bands of one row may need more.
const tallBytes = 16 << 20

// traffic estimates the bytes that bands of a layer take from beyond the second-level
// cache. Every band reads all weights again. Every block of filters reads the band's window
// again, and its own weights for every tile of outputs. The layer's maps stay in the cache until
// they are read if a band's do.
type traffic struct {
	op      operation
	plan    *LayerPlan
	cache   int // bytes of the second-level cache
	weights int // bytes
	above   int // bytes that the layers before touch from band to band
	blocks  int // of a group's filters
	taps    int
}

// reread is the cost of a byte of a window in bytes of weights. Windows are read in short
// pieces that the processor does not foresee.
const reread = 1.5

// tolerable is the share of a layer's time that its need for taller bands leaves out, and
// worth the multiply-adds that take as long as a byte from beyond the cache.
const (
	tolerable = 0.01
	worth     = 2
)

// alike is the relative difference up to which traffic counts as equal.
const alike = 0.01

func (r *Runner) traffic(layer int) traffic {
	lp := &r.plan.Layers[layer]
	t := traffic{op: r.ops[layer], plan: lp, cache: cmp.Or(r.cache, secondLevel()), weights: 4 * int(lp.Parameters), blocks: 1}
	if w, ok := t.op.(*window); ok {
		t.taps = w.taps()
		t.blocks = r.kernel.Blocks(w.layout, lp.Out.C*w.access.channels/lp.In.C)
	}
	return t
}

// own is the bytes that a band of so many rows touches.
func (t *traffic) own(band int) int {
	return 4 * (t.op.floats(band) + t.plan.Out.C*channelStride(t.plan.Out, band) + band*t.taps)
}

// beyond is the share of n bytes, used again and again, that comes from beyond the cache. On
// Sapphire Rapids speed falls slowly from 0.75 of the cache's size on.
func (t *traffic) beyond(n int) float64 { return beyond(n, t.cache) }

func beyond(n, cache int) float64 {
	c := float64(cache)
	return max(0, min(1, (float64(n)-0.75*c)/(0.5*c)))
}

// bytes is the traffic of a picture with bands of so many rows.
func (t *traffic) bytes(band int) float64 {
	passes, own := float64(ceilDiv(t.plan.Out.H, band)), t.own(band)
	window := 4 * t.op.floats(band)
	in, out := t.plan.In, t.plan.Out
	maps := 4 * (float64(in.C)*float64(in.H)*float64(in.W) + float64(out.C)*float64(out.H)*float64(out.W))
	block := window + 4*band*t.taps + (t.weights+4*t.plan.Out.C*channelStride(t.plan.Out, band))/t.blocks
	return passes*float64(t.weights)*t.beyond(own+t.weights+t.above) +
		passes*reread*float64((t.blocks-1)*window)*t.beyond(block) +
		maps*t.beyond(own)
}

// height chooses the bands of a layer among heights that divide the picture evenly and
// whose bands touch at most most bytes. want has the least traffic; among equals it is the
// tallest that is comfortable. need is the lowest that is nearly as good.
func (t *traffic) height(most int) (want, need int) {
	h := t.plan.Out.H
	least := math.Inf(1)
	slack := tolerable / worth * t.plan.MACs
	for band := range divisions(h) {
		own := t.own(band)
		if own > most && band > 1 {
			continue
		}
		b := t.bytes(band)
		if b < least*(1-alike) || b <= least*(1+alike) && t.own(want) > t.comfort(want) {
			want = band
		}
		least = min(least, b)
	}
	need = want
	for band := range divisions(want) {
		if t.bytes(band) <= least+slack {
			need = band
		}
	}
	return want, need
}

// comfort is the bytes that a band of so many rows may touch without a need. A few rows of a
// narrow map may touch more than bandBytes, because the work for each row takes longer than for
// its values.
func (t *traffic) comfort(band int) int {
	const narrow, few = 32, 8
	most := t.cache * 5 / 8
	if t.plan.Out.W <= narrow && band <= few || band <= t.common() {
		return most
	}
	return min(bandBytes, most)
}

// common is the height up to which the bands of a pool should be taller: twice the rows that
// windows above each other have in common, because a band finds anew what they share.
func (t *traffic) common() int {
	if _, ok := t.op.(*window); !ok || t.plan.MACs > 0 {
		return 0
	}
	return 2 * (t.plan.Rows.EffectiveKernel() - t.plan.Rows.Stride)
}

// divisions yields the heights of the bands that n rows can be divided into evenly, tallest
// first.
func divisions(n int) func(yield func(band int) bool) {
	return func(yield func(band int) bool) {
		for band := n; band > 1; band = evenly(n, band-1) {
			if !yield(band) {
				return
			}
		}
		yield(1)
	}
}

// evenly is the height of bands, at most most rows, that divide n rows evenly: the last one
// has the rows that are left.
func evenly(n, most int) int { return ceilDiv(n, max(1, ceilDiv(n, most))) }

func ceilDiv(a, b int) int { return (a + b - 1) / b }
